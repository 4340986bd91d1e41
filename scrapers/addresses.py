"""Where a host lies: only public addresses are asked, so that no page makes us knock at doors of the house.

A name is looked up once in a crawl, every address it has is judged, and the connection is made to what was judged: a
name that answers differently the second time (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# 6to4, Teredo and NAT64 carry an IPv4 address inside, which the gateway would go to.
_CARRIERS = tuple(ipaddress.ip_network(net) for net in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48"))


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet: not loopback, private, link-local, shared, multicast or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        # The first 96 bits zero: the old IPv4-compatible form.
        if address.is_site_local or int(address) >> 32 == 0 or any(address in carrier for carrier in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def look_up(host: str) -> tuple[str, ...]:
    """Ask the system for the addresses of a host, which may itself be one, in any notation.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


@dataclass
class AddressBook:
    """The hosts that a crawl may connect to.

    Attributes:
        is_local: whether the source lies on this machine or network, so that its own host may lie anywhere.
        find: looks a host up; called once for each.
    """

    is_local: bool = False
    find: Callable[[str], Sequence[str]] = look_up
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def refusal(self, host: str) -> str | None:
        """Look a host of the source up and return why it must not be asked, None if it may be.

        Raises:
            OSError: the host has no address.
        """
        if host not in self._known:
            found = tuple(self.find(host))
            if not self.is_local and not all(is_public(ipaddress.ip_address(address)) for address in found):
                return "private_address"
            self._known[host] = found
        return None

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses to connect to; none for a host that was never let in."""
        return self._known.get(host, ())


def looks_private(host: str) -> bool:
    """Say, without looking it up, whether a host of somebody else's is a private one: for the reason in the log."""
    try:
        # inet_aton reads all the old notations: 127.1, 0x7f000001, 2130706433.
        plain = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
        return not is_public(ipaddress.ip_address(plain))
    except (OSError, ValueError):
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".home.arpa"))
