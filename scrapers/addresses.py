"""Where a host lies: only public addresses are asked, so that no page makes us knock at doors of the house.

A name is looked up once in a crawl, every address it has is judged, and the connection is made to what was judged: a
name that answers differently the second time (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scrapers.urls import origin

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# 6to4, Teredo and NAT64 carry an IPv4 address inside, which the gateway would go to.
_CARRIERS = tuple(ipaddress.ip_network(net) for net in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48"))


def is_public(address: Address) -> bool:
    """Say whether an address is one of the public internet: not loopback, private, link-local, shared, multicast or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        # The first 96 bits zero: the old IPv4-compatible form.
        if int(address) >> 32 == 0 or any(address in carrier for carrier in _CARRIERS):
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
        local_origins: ``host:port`` that may lie anywhere; empty unless the source is a local one, and then nothing else may
            be asked at all.
        find: looks a host up; called once for each.
    """

    local_origins: frozenset[str] = frozenset()
    find: Callable[[str], Sequence[str]] = look_up
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def refusal(self, url: str) -> str | None:
        """Return why an address must not be asked, None if it may be; looks its host up.

        Raises:
            OSError: the host has no address.
        """
        where = origin(url)
        host = where.rpartition(":")[0]
        if where in self.local_origins:
            self.addresses(host)
            return None
        if all(is_public(ipaddress.ip_address(address)) for address in self.addresses(host)):
            return "other_site" if self.local_origins else None
        return "private_address"

    def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host, the same ones through the whole crawl."""
        if host not in self._known:
            self._known[host] = tuple(self.find(host))
        return self._known[host]

    def connectable(self, host: str) -> str | None:
        """Return the address to connect to, IPv4 first; None for a host that was never judged."""
        addresses = sorted(self._known.get(host, ()), key=lambda address: (":" in address, address))
        return addresses[0] if addresses else None
