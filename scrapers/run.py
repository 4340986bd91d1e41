"""``python -m scrapers.run``: crawl one source once.

Writes articles to ``LANDING/articles/date=<day of now>/<source>-<n>.jsonl``, a line for each address to
``STATE/crawl/<source>/log-<now>.jsonl``, and the counters as the last line of standard output, in JSON. A site that fails
is in the log and ends in 0; wrong arguments end in 2. One process at a time crawls a source: another ends at once, in 0, with
``crawled_elsewhere``.
"""

import argparse
import contextlib
import faulthandler
import fcntl
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scrapers.sources import Source, SourceList, SourcesError, read_sources

# What a crawl may take beyond its time: the request under way, and landing what was read.
_GRACE_SECONDS = 60.0
CRAWLED_ELSEWHERE = "crawled_elsewhere"
_LIMITS = ("max_pages", "max_bytes", "max_depth", "max_seconds", "timeout_s", "delay_s")


def main(arguments: list[str] | None = None) -> int:
    """Crawl, and return the exit code."""
    options = parser().parse_args(arguments)
    try:
        source, contact, now = chosen(options, read_sources(options.sources))
    except SourcesError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    counters = {"source": source.name, "ended": CRAWLED_ELSEWHERE}
    with _alone(options.state / "crawl" / source.name / "lock") as is_alone:
        if is_alone:
            # Whatever hangs, a parser included, the crawl ends in its time; what was read is in the state and lands the next time.
            faulthandler.dump_traceback_later(source.max_seconds + source.timeout_s + _GRACE_SECONDS, exit=True)
            counters = crawl(
                source, now=now, landing=options.landing, state=options.state, warc=options.warc, contact=contact
            )
            faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(json.dumps(counters) + "\n")
    return 0


def crawl(
    source: Source, *, now: datetime, landing: Path, state: Path, warc: Path | None = None, contact: str
) -> dict[str, Any]:
    """Crawl a source in this process, which can do so once, and return the counters."""
    from scrapy.crawler import AsyncCrawlerProcess

    from scrapers.journal import Journal
    from scrapers.settings import settings_for
    from scrapers.spiders.source import SourceSpider
    from scrapers.state import State

    log = state / "crawl" / source.name / f"log-{now:%Y%m%dT%H%M%SZ}.jsonl"
    journal = Journal(log, source.name, source.name, now)
    memory = State(state / "crawl" / "state.sqlite", source.name)
    settings = settings_for(source, now=now, landing=landing, state=state, warc=warc, contact=contact)
    process = AsyncCrawlerProcess(settings)
    logging.getLogger("scrapy").setLevel(logging.ERROR)
    crawler = process.create_crawler(SourceSpider)
    process.crawl(crawler, state=memory, journal=journal)
    process.start(stop_after_crawl=True)
    spider = crawler.spider
    assert isinstance(spider, SourceSpider)
    spider.finish()
    stats = crawler.stats.get_stats() if crawler.stats is not None else {}
    counters = journal.counters(
        landed=spider.n_landed, requests=stats.get("downloader/request_count", 0), ended=spider.ended, log=str(log)
    )
    memory.close()
    journal.close()
    return counters


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Say whether nobody else crawls the source, and let nobody do so meanwhile.

    Two that share an outbox land some of its articles twice and others never.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except BlockingIOError:
            is_alone = False
        yield is_alone


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m scrapers.run", description="Crawl one source once.")
    parser.add_argument("--sources", type=Path, required=True, metavar="FILE", help="the list of sources, YAML")
    parser.add_argument("--source", required=True, metavar="NAME", help="which of them")
    parser.add_argument("--landing", type=Path, required=True, metavar="DIR", help="the landing zone")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where crawls remember and log")
    parser.add_argument("--now", metavar="INSTANT", help="the crawl's clock, ISO 8601 (no offset: UTC); default: now")
    parser.add_argument("--warc", type=Path, metavar="DIR", help="also keep the answers as WARC there")
    for name in _LIMITS:
        parser.add_argument(
            f"--{name.replace('_', '-')}", dest=name, metavar="N", help=f"in place of the source's {name}"
        )
    return parser


def chosen(options: argparse.Namespace, listed: SourceList) -> tuple[Source, str, datetime]:
    """Return the source that is to be crawled, a contact for its operator, and the crawl's clock.

    Raises:
        SourcesError: the list has no such source, or no contact though the source is public; or a limit or the clock is wrong.
    """
    if options.source not in listed.sources:
        raise SourcesError(f"no source is called {options.source!r}: expected one of {', '.join(listed.sources)}")
    source = _limited(listed.sources[options.source], options)
    contact = listed.contact or ("local" if source.is_local else None)
    if contact is None:
        raise SourcesError(
            f"{options.sources} has no `contact:`: sites have to be able to reach who crawls them; give the address of a page"
        )
    return source, contact, _instant(options.now)


def _limited(source: Source, options: argparse.Namespace) -> Source:
    given = {name: getattr(options, name) for name in _LIMITS if getattr(options, name) is not None}
    try:
        return Source.model_validate(source.model_dump() | given)
    except ValidationError as error:
        faults = (f"--{str(fault['loc'][0]).replace('_', '-')}: {fault['msg']}" for fault in error.errors())
        raise SourcesError("\n".join(faults)) from error


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise SourcesError(f"--now: {text!r} is no instant: expected 2026-01-05T12:00:00Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())
