"""The spider of any source: its feeds, sitemaps and start pages to addresses, addresses to articles or to reasons.

Belongs here: what is asked for, and what becomes of an answer. How a page is read is in ``pages``, what is remembered in
``state``, what may be asked at all in ``middlewares``.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from scrapers.failures import TROUBLE, reason_of
from scrapers.items import Article, Outcome, content_sha256
from scrapers.journal import Journal
from scrapers.landing import publish
from scrapers.middlewares.gate import STOPS, GateMiddleware
from scrapers.near_duplicates import signature
from scrapers.pages.article import ArticlePage, PageReading
from scrapers.pages.feed import Lead, Leads, read_feed
from scrapers.pages.links import links_of
from scrapers.pages.sitemap import read_sitemap
from scrapers.sources import Source
from scrapers.state import KnownPage, State

FEED, SITEMAP, START, PAGE = "feed", "sitemap", "start", "page"
# Doors first: what they say decides which pages are worth a request.
_PRIORITY = {FEED: 30, SITEMAP: 20, START: 10, PAGE: 0}
MAX_SITEMAPS = 50
# So many requests in a row without an answer, and the site is left in peace until the next crawl.
MAX_TROUBLE = 10
# So many times in a row, and a page is given up; a feed, sitemap or start page never is.
MAX_FAILURES = 3
# What failed is left in peace for so long, for twice as long when it fails again, and for four times as long from then on.
PAUSE = timedelta(days=2)
BATCH = 100
_BUSY = (429, 500, 502, 503, 504)
_BUSY_REASONS = frozenset(f"http_{status}" for status in _BUSY)
# What has been read whole; only then may an answer be "as before".
_READ = (Outcome.ARTICLE, Outcome.DUPLICATE, Outcome.NEAR_DUPLICATE, Outcome.NOT_AN_ARTICLE, Outcome.SKIPPED)


class SourceSpider(Spider):
    """Crawls one source once."""

    name = "source"
    source: Source
    now: datetime

    def __init__(self, state: State, journal: Journal, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._state, self._journal = state, journal
        self._asked: set[str] = set()
        self._taken: set[str] = set()
        self._sitemaps = 0
        self._pages = 0
        self._trouble = 0
        self.n_landed = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "SourceSpider":
        """Build it, as Scrapy asks for, with the source and the clock of the settings."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.source = crawler.settings["SOURCE"]
        spider.now = crawler.settings["NOW"]
        crawler.signals.connect(spider._unread, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the doors, then for what an earlier crawl left waiting."""
        for kind, urls in self.source.entrances.items():
            for url in urls:
                for request in self._request(url, kind):
                    yield request
        for waiting in self._state.waiting(self.now, self.source.max_pages):
            for request in self._request(waiting.url, PAGE, waiting.depth):
                yield request

    def parse(self, response: Response, kind: str, asked: str, depth: int) -> Iterator[Request]:
        """Take an answer.

        Args:
            response: the answer, whatever its status.
            kind: what was hoped for.
            asked: the address under which it is remembered; the answer may be another's, after redirects.
            depth: links from a start page to here.
        """
        self._trouble = self._trouble + 1 if response.status in _BUSY else 0
        if response.status == 304:
            self._state.still_valid(asked, self.now)
            self._say(response, asked, Outcome.NOT_MODIFIED)
        elif response.status != 200:
            self._failed(asked, f"http_{response.status}", response, kind)
        elif kind == PAGE:
            yield from self._page(response, asked, depth)
        elif kind == START:
            leads = Leads(tuple(Lead(url) for url in self._links(response)))
            yield from self._door(response, asked, leads, depth + 1)
        else:
            yield from self._door(response, asked, self._leads(response, kind), 0)
        self._stop_if_in_trouble()

    def failed(self, failure: Failure) -> None:
        """Take the lack of an answer."""
        request: Request = failure.request  # pyright: ignore[reportAttributeAccessIssue]
        asked, kind = request.cb_kwargs["asked"], request.cb_kwargs["kind"]
        reason = reason_of(failure.value or ConnectionError())
        if reason in STOPS:
            # It waits for the next crawl; saying so of each of thousands would drown the log.
            return
        self._trouble = self._trouble + 1 if reason in TROUBLE else 0
        self._failed(asked, reason, None, kind)
        self._stop_if_in_trouble()

    def _unread(self, failure: Failure, response: Response, **_: Any) -> None:
        """Take an answer that a reader stumbled over: one page, not the crawl."""
        if response.request is None:
            return
        reason, told = f"unreadable_{type(failure.value).__name__}", response.request.cb_kwargs
        self._failed(told["asked"], reason, response, told["kind"])

    @property
    def ended(self) -> str:
        """Why the crawl ended: ``finished``, or what it stopped at."""
        return self._gate.stopped or "finished"

    @property
    def _gate(self) -> GateMiddleware:
        gate = self.crawler.get_downloader_middleware(GateMiddleware)
        assert isinstance(gate, GateMiddleware)
        return gate

    def finish(self) -> None:
        """Land what has not landed."""
        self.n_landed += publish(self._state, self.settings["LANDING"], self.source.name)

    # What is asked for.

    def _request(self, url: str, kind: str, depth: int = 0) -> Iterator[Request]:
        if url in self._asked:
            return
        self._asked.add(url)
        known = self._state.page(url)
        if _is_resting(known, self.now):
            self._journal.say(url, Outcome.SKIPPED, "failed_before")
            return
        may_be_same = known is not None and known.outcome in _READ
        yield Request(
            url,
            callback=self.parse,
            errback=self.failed,
            headers=dict(known.validators) if known is not None and may_be_same else None,
            cb_kwargs={"kind": kind, "asked": url, "depth": depth},
            priority=_PRIORITY[kind],
            dont_filter=True,
        )

    def _consider(self, leads: Iterable[Lead], depth: int, *, is_quiet: bool) -> list[str]:
        """Keep the addresses that are worth a request and return them; say of the others why not, unless they are mere links."""
        worth: list[str] = []
        for lead in leads:
            if lead.url in self._asked:
                continue
            reason = self._why_not(lead)
            if reason is None:
                self._state.wait(lead.url, depth)
                worth.append(lead.url)
            elif not is_quiet or reason in ("known", "failed_before"):
                self._asked.add(lead.url)
                self._journal.say(lead.url, Outcome.SKIPPED, reason)
            if reason == "dated_after_now":
                self._state.wait(lead.url, depth, lead.published_at)
        return worth

    def _why_not(self, lead: Lead) -> str | None:
        if not self.source.holds(lead.url):
            return "outside_source"
        if lead.published_at is not None and lead.published_at > self.now:
            return "dated_after_now"
        known = self._state.page(lead.url)
        if _is_resting(known, self.now):
            return "failed_before"
        if known is None or (known.outcome == Outcome.ERROR and known.failures < MAX_FAILURES):
            return None
        asked_at = datetime.fromisoformat(known.asked_at)
        has_changed = lead.changed_at is not None and asked_at < lead.changed_at <= self.now
        is_old = (self.now - asked_at).total_seconds() >= self.source.revisit_days * 86_400
        return None if has_changed or is_old else "known"

    # What becomes of an answer.

    def _links(self, response: Response) -> list[str]:
        return links_of(response.body, response.url, _header(response, "Content-Type"), _robots(response))

    def _leads(self, response: Response, kind: str) -> Leads:
        if kind == FEED:
            return read_feed(response.body, response.url, _header(response, "Content-Type"))
        return read_sitemap(response.body, response.url, max_bytes=self.source.max_bytes)

    def _door(self, response: Response, asked: str, leads: Leads, depth: int) -> Iterator[Request]:
        is_read = bool(leads.leads or leads.nested or leads.reason is None)
        outcome = Outcome.SKIPPED if is_read else Outcome.ERROR
        with self._state.together():
            worth = self._consider(leads.leads, depth, is_quiet=depth > 0)
            if is_read:
                # Only what was read whole may be answered by "not modified" next time.
                self._decide(response, asked, outcome, keep_validators=leads.reason is None)
            else:
                self._state.fail(asked, self.now)
        self._say(response, asked, outcome, leads.reason or "leads")
        for url in worth:
            yield from self._request(url, PAGE, depth)
        for nested in leads.nested:
            if self._sitemaps < MAX_SITEMAPS and self.source.owns(nested.url):
                self._sitemaps += 1
                yield from self._request(nested.url, SITEMAP)

    def _page(self, response: Response, asked: str, depth: int) -> Iterator[Request]:
        content_type = _header(response, "Content-Type")
        page = ArticlePage(response.url, response.body, content_type, _robots(response), self.source.rule)
        reading = page.read()
        with self._state.together():
            outcome, reason = self._judge(reading, asked)
            if outcome is Outcome.SKIPPED and reading.published_at is not None:
                self._state.wait(asked, depth, reading.published_at)
            else:
                self._decide(response, asked, outcome)
            # A page that leads on: within the depth, and if it lets us.
            follows = 0 < depth < self.source.max_depth and reading.refused is None
            worth = (
                self._consider((Lead(url) for url in self._links(response)), depth + 1, is_quiet=True)
                if follows
                else []
            )
        self._say(response, asked, outcome, reason)
        for url in worth:
            yield from self._request(url, PAGE, depth + 1)
        self._pages += 1
        if self._pages % BATCH == 0:
            self.n_landed += publish(self._state, self.settings["LANDING"], self.source.name)

    def _judge(self, reading: PageReading, asked: str) -> tuple[Outcome, str | None]:
        """Decide what a page is and, if it is an article that is new, take it."""
        if reading.refused is not None:
            return Outcome.REFUSED, reading.refused
        if reading.reason is not None:
            return Outcome.NOT_AN_ARTICLE, reading.reason
        if reading.published_at is not None and reading.published_at > self.now:
            return Outcome.SKIPPED, "dated_after_now"
        return self._take(reading, reading.url if self.source.owns(reading.url) else asked)

    def _take(self, reading: PageReading, url: str) -> tuple[Outcome, str | None]:
        sha256 = content_sha256(reading.body_text)
        if url in self._taken:
            return Outcome.DUPLICATE, "same_address"
        if self._state.same_text(sha256) is not None:
            return Outcome.DUPLICATE, "same_text"
        sketch = signature(reading.body_text)
        if self._state.similar_text(sketch, url) is not None:
            return Outcome.NEAR_DUPLICATE, "similar_text"
        article = Article(
            url=url,
            site=self.source.name,
            title=reading.title,
            body_text=reading.body_text,
            fetched_at=self.now,
            author=reading.author,
            published_at=reading.published_at,
            language=reading.language or self.source.language,
            content_sha256=sha256,
            link_texts=reading.link_texts,
        )
        self._state.take(article.to_row(), f"{self.now:%Y-%m-%d}", sha256, sketch)
        self._taken.add(url)
        return Outcome.ARTICLE, None

    def _decide(self, response: Response, asked: str, outcome: Outcome, *, keep_validators: bool = True) -> None:
        etag, modified = _header(response, "ETag"), _header(response, "Last-Modified")
        self._state.decide(
            asked,
            outcome,
            self.now,
            etag=etag if keep_validators else None,
            last_modified=modified if keep_validators else None,
        )

    def _failed(self, asked: str, reason: str, response: Response | None, kind: str) -> None:
        refused = reason in ("robots", "robots_unavailable", "private_address", "other_site", "scheme")
        outcome = Outcome.REFUSED if refused else Outcome.ERROR
        with self._state.together():
            if reason == "robots_unavailable":
                # Not the page's fault: it waits until the host can be asked.
                pass
            elif refused:
                self._state.decide(asked, outcome, self.now)
            elif kind != PAGE and (reason in TROUBLE or reason in _BUSY_REASONS):
                # All that a site has to say comes through its doors: a hiccup must not shut them for a day.
                pass
            else:
                failures = self._state.fail(asked, self.now)
                if failures >= MAX_FAILURES or reason in ("http_404", "http_410"):
                    self._state.forget_waiting(asked)
                else:
                    self._state.put_off(asked, self.now + _pause(failures))
        if response is None:
            self._journal.say(asked, outcome, reason)
        else:
            self._say(response, asked, outcome, reason)

    def _say(self, response: Response, asked: str, outcome: Outcome, reason: str | None = None) -> None:
        seconds = response.meta.get("download_latency")
        self._journal.say(asked, outcome, reason, status=response.status, n_bytes=len(response.body), seconds=seconds)

    def _stop_if_in_trouble(self) -> None:
        if self._trouble >= MAX_TROUBLE:
            self._gate.stopped = self._gate.stopped or "site_in_trouble"


def _is_resting(known: KnownPage | None, now: datetime) -> bool:
    """Say whether an address failed so lately that it is left in peace."""
    if known is None or not known.failures:
        return False
    return now < datetime.fromisoformat(known.asked_at) + _pause(known.failures)


def _pause(failures: int) -> timedelta:
    return PAUSE * 2 ** (min(failures, MAX_FAILURES) - 1)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value is not None else None


def _robots(response: Response) -> list[str]:
    return [value.decode("latin-1") for value in response.headers.getlist("X-Robots-Tag")]
