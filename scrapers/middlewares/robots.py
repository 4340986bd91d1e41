"""robots.txt by RFC 9309: what it says, and what its absence says.

Scrapy's own middleware takes a server that fails for consent; the RFC takes it for "disallow all".
"""

from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from scrapers.failures import NO_ANSWER
from scrapers.middlewares.gate import IS_ROBOTS, RefusedError
from scrapers.pages.robots_tags import AGENT
from scrapers.urls import origin

# RFC 9309, 2.5: at least 500 kibibytes have to be read.
MAX_ROBOTS_BYTES = 512 * 1024
# A host that asks for more than this between two requests is left alone for the rest of the crawl's time by itself.
MAX_CRAWL_DELAY_S = 60.0


class Rules:
    """What a host allows. A host that can not be asked, or answers with 5xx, allows nothing; one with 4xx everything."""

    def __init__(self, status: int | None, body: bytes = b"") -> None:
        self.reason = "robots" if status is not None and status < 400 else "robots_unavailable"
        self._allows_all = status is not None and 400 <= status < 500
        self._allows_none = status is None or status >= 500
        # Protego reads line by line and passes over what it does not know: of a page of HTML nothing is left, which allows all.
        self._parsed = Protego.parse(body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", errors="replace"))

    def allow(self, url: str) -> bool:
        """Say whether an address may be asked for."""
        return self._allows_all or (not self._allows_none and self._parsed.can_fetch(url, AGENT))

    @property
    def crawl_delay_s(self) -> float:
        """The seconds between two requests that the host asks for, at most ``MAX_CRAWL_DELAY_S``; 0 if it does not say."""
        return (
            0.0
            if self._allows_all or self._allows_none
            else min(self._parsed.crawl_delay(AGENT) or 0.0, MAX_CRAWL_DELAY_S)
        )


class RobotsMiddleware:
    """Asks each host once for its rules and refuses what they do not allow, also after a redirect."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, Rules] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        """Build it, as Scrapy asks for."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            RefusedError: the host does not want it.
        """
        if request.meta.get(IS_ROBOTS):
            return
        where = f"{urlsplit(request.url).scheme}://{origin(request.url)}"
        if where not in self._rules:
            self._rules[where] = await self._ask(request)
            self._slow_down(self._rules[where])
        if not self._rules[where].allow(request.url):
            raise RefusedError(self._rules[where].reason)

    async def _ask(self, request: Request) -> Rules:
        parts = urlsplit(request.url)
        url: str | None = f"{parts.scheme}://{parts.netloc}/robots.txt"
        engine = self._crawler.engine
        assert engine is not None
        # download_async follows no redirect by itself; RFC 9309, 2.3.1.2: at least five.
        for hop in range(6):
            asked = Request(
                url or "", meta={IS_ROBOTS: True, "dont_redirect": True, "download_maxsize": 4 * MAX_ROBOTS_BYTES}
            )
            try:
                response = await engine.download_async(asked)
            except IgnoreRequest:
                # Refused by the gate: a robots.txt that leads away is none (2.3.1.3, "unavailable").
                return Rules(404 if hop else None)
            except NO_ANSWER:
                return Rules(None)
            location = _location(response)
            if location is None:
                return Rules(response.status, response.body)
            url = location
        return Rules(404)

    def _slow_down(self, rules: Rules) -> None:
        """Keep the pause that a host asks for where it is longer than the source's."""
        engine = self._crawler.engine
        if engine is None or not rules.crawl_delay_s:
            return
        downloader = engine.downloader
        downloader._delay = max(downloader._delay, rules.crawl_delay_s)
        for slot in downloader.slots.values():
            slot.delay = max(slot.delay, rules.crawl_delay_s)


def _location(response: Response) -> str | None:
    said = response.headers.get("Location")
    is_redirect = response.status in (301, 302, 303, 307, 308) and said is not None
    return response.urljoin(said.decode("latin-1")) if is_redirect and said is not None else None
