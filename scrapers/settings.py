"""How the crawl behaves: who it says it is, how gently it asks, and where it stops. One function, from a source."""

from datetime import datetime
from pathlib import Path
from typing import Any

from scrapers.addresses import AddressBook
from scrapers.pages.robots_tags import AGENT
from scrapers.sources import Source

MAX_REDIRECTS = 5


def settings_for(
    source: Source, *, now: datetime, landing: Path, state: Path, warc: Path | None, contact: str
) -> dict[str, Any]:
    """Return Scrapy's settings for one crawl of one source.

    Args:
        source: the site.
        now: the crawl's clock.
        landing: the landing zone.
        state: where crawls remember.
        warc: the folder of WARC files, None for none.
        contact: an address at which the operator can be reached; it stands in the user agent.
    """
    name = f"{source.name}-{now:%Y%m%dT%H%M%SZ}"
    return {
        "SOURCE": source,
        "NOW": now,
        "LANDING": landing,
        "STATE": state,
        "ADDRESS_BOOK": AddressBook(is_local=source.is_local),
        "WARC_PATH": warc / f"{name}.warc.gz" if warc is not None else None,
        "USER_AGENT": f"{AGENT}/1.0 (+{contact})",
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,application/feed+json;q=0.9,*/*;q=0.5",
            "Accept-Language": f"{source.language},*;q=0.5" if source.language else "*",
        },
        # One at a time, with a pause; AutoThrottle makes the pause longer where a server is slow.
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": source.delay_s,
        "DOWNLOAD_DELAY_JITTER": 0.0,
        "AUTOTHROTTLE_ENABLED": source.delay_s > 0,
        "AUTOTHROTTLE_START_DELAY": source.delay_s,
        "AUTOTHROTTLE_MAX_DELAY": 60.0,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        # What was found first is asked for first.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        # Where an answer stops; where the crawl does, the gate knows.
        "DOWNLOAD_TIMEOUT": source.timeout_s,
        "DOWNLOAD_MAXSIZE": source.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DEPTH_LIMIT": 0,
        "REDIRECT_MAX_TIMES": MAX_REDIRECTS,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        # A page that failed waits for the next crawl: asking at once again is what a server in trouble needs least.
        "RETRY_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        # A proxy would look hosts up by itself, behind the gate.
        "HTTPPROXY_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "TELNETCONSOLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,  # by scrapers.middlewares.robots instead
        "DOWNLOADER_MIDDLEWARES": {
            "scrapers.middlewares.gate.GateMiddleware": 50,
            "scrapers.middlewares.robots.RobotsMiddleware": 100,
            "scrapers.middlewares.warc.WarcMiddleware": 950,
        },
        "LOG_LEVEL": "ERROR",
        "LOG_FORMAT": "%(levelname)s %(name)s: %(message)s",
    }
