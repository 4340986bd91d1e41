"""The gate: a request leaves only for the source's own hosts, on public addresses, and while its allowance lasts.

Redirects come through here like any request, so a page can send us nowhere that a source could not.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from scrapers.addresses import AddressBook, looks_private
from scrapers.sources import Source

# What tells the gate that a request is the robots.txt of a host, which has no share in the allowance.
IS_ROBOTS = "is_robots_txt"


# Reasons of a crawl, not of an address: what is refused for them waits for the next crawl.
STOPS = ("max_pages", "max_seconds", "site_in_trouble")


class RefusedError(IgnoreRequest):
    """A request that is not sent; ``reason`` is a word to count by."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GateMiddleware:
    """Refuses requests to hosts that are not the source's, or not where they should be; counts the others."""

    def __init__(self, crawler: Crawler) -> None:
        self._source: Source = crawler.settings["SOURCE"]
        self._book: AddressBook = crawler.settings["ADDRESS_BOOK"]
        self._left = self._source.max_pages
        self._until = monotonic() + self._source.max_seconds
        # Why no further request leaves, once none does. Refusing what waits ends a crawl sooner than asking the engine to close,
        # which waits for requests that are half on their way (Scrapy 2.19; one of our tests waited for a minute).
        self.stopped: str | None = None
        crawler.signals.connect(self._open, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "GateMiddleware":
        """Build it, as Scrapy asks for."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            RefusedError: it may not.
        """
        self._stop_at_limits()
        if self.stopped is not None:
            raise RefusedError(self.stopped)
        parts = urlsplit(request.url)
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme not in ("http", "https"):
            raise RefusedError("scheme")
        if not self._source.owns(request.url):
            raise RefusedError("private_address" if looks_private(host) else "other_site")
        try:
            refusal = await maybe_deferred_to_future(deferToThread(self._book.refusal, host))
        except OSError as error:
            raise RefusedError("unknown_host") from error
        if refusal is not None:
            raise RefusedError(refusal)
        if not request.meta.get(IS_ROBOTS):
            self._left -= 1

    def _stop_at_limits(self) -> None:
        if self.stopped is None and self._left <= 0:
            self.stopped = "max_pages"
        if self.stopped is None and monotonic() > self._until:
            self.stopped = "max_seconds"

    def _open(self, **_: Any) -> None:
        from twisted.internet import reactor

        reactor.installNameResolver(BookResolver(self._book))  # pyright: ignore[reportAttributeAccessIssue]


@implementer(IHostResolution)
@dataclass(frozen=True)
class _Resolution:
    name: str

    def cancel(self) -> None:
        """Nothing is under way: the answer was known."""


@implementer(IHostnameResolver)
@dataclass(frozen=True)
class BookResolver:
    """Answers with the addresses that the gate judged, and with none for any other host."""

    book: AddressBook

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803, ARG002
        transportSemantics: str = "TCP",  # noqa: N803, ARG002
    ) -> IHostResolution:
        """Give the receiver each address, as Twisted asks for."""
        resolution: Any = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        for address in self.book.addresses(hostName):
            kind = IPv6Address if ipaddress.ip_address(address).version == 6 else IPv4Address
            resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution
