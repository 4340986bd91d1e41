"""How gently the crawl asks: robots.txt, pauses, who it says it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrapers.failures import reason_of
from scrapers.middlewares.gate import RefusedError
from scrapers.middlewares.robots import MAX_CRAWL_DELAY_S, Rules
from scrapers.settings import settings_for
from scrapers.sources import Source

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PAGE = "https://b.example/reviews/1"


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        (200, b"User-agent: *\nDisallow: /reviews/", False),
        (200, b"User-agent: *\nDisallow: /reviews/\nAllow: /reviews/1", True),
        (200, b"User-agent: *\nDisallow: /\nUser-agent: RecsysBot\nAllow: /", True),
        (200, b"User-agent: recsysbot\nDisallow: /\nUser-agent: *\nAllow: /", False),
        (200, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /*/1$", False),
        (200, b"<!doctype html><html><body><p>Welcome to our site</p></body></html>", True),
        (200, b"", True),
        (200, b"\xff\xfe\x00" * 1000, True),
        (404, b"User-agent: *\nDisallow: /", True),
        (403, b"", True),
        (429, b"", True),
        (500, b"User-agent: *\nAllow: /", False),
        (503, b"", False),
        (None, b"", False),
    ],
)
def test_what_robots_txt_and_its_absence_say(status: int | None, body: bytes, allowed: bool):
    assert Rules(status, body).allow(PAGE) is allowed


def test_the_pause_that_a_host_asks_for_is_kept_within_reason():
    assert Rules(200, b"User-agent: *\nCrawl-delay: 7").crawl_delay_s == 7
    assert Rules(200, b"User-agent: *\nCrawl-delay: 86400").crawl_delay_s == MAX_CRAWL_DELAY_S
    assert Rules(404, b"User-agent: *\nCrawl-delay: 7").crawl_delay_s == 0


def test_one_request_at_a_time_a_second_apart_by_a_named_agent():
    source = Source(name="s", site="https://b.example", feeds=("/f",))
    settings = settings_for(
        source, now=NOW, landing=Path("l"), state=Path("s"), warc=None, contact="https://us.example/bot"
    )

    assert settings["CONCURRENT_REQUESTS"] == settings["CONCURRENT_REQUESTS_PER_DOMAIN"] == 1
    assert (settings["DOWNLOAD_DELAY"], settings["DOWNLOAD_DELAY_JITTER"]) == (1.0, 0.0)
    assert settings["AUTOTHROTTLE_ENABLED"]
    assert settings["AUTOTHROTTLE_START_DELAY"] == 1.0
    assert settings["USER_AGENT"] == "recsysbot/1.0 (+https://us.example/bot)"
    assert settings["DOWNLOAD_MAXSIZE"] == source.max_bytes
    assert settings["DOWNLOAD_VERIFY_CERTIFICATES"]
    assert not settings["HTTPPROXY_ENABLED"]


def test_the_reason_of_a_refusal_is_its_own():
    assert reason_of(RefusedError("private_address")) == "private_address"
    assert reason_of(ConnectionResetError()) == "connection"
