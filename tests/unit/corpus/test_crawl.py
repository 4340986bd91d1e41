"""The crawl as the platform sees it: processes that end well or not, lines as they come, a day's rows, and the verdict."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from fake_crawler import put_crawler

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.corpus import crawl as crawling
from recsys_assets.corpus.crawl import (
    CRAWL_FAILED,
    count_crawls,
    crawl_sources,
    instant_of,
    line_for_people,
    list_sources,
    log_file,
    read_log,
)
from recsys_assets.corpus.gates import sources_answer
from recsys_assets.corpus.tables import CRAWL_LOG

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LINE = {
    "url": "http://a.example/1",
    "source": "a",
    "at": "2026-01-05T12:00:01Z",
    "outcome": "article",
    "status": 200,
    "bytes": 9,
}


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "sources.yaml"
    path.write_text("sources:\n- {name: a, site: 'http://a.example/'}\n- {name: b, site: 'http://b.example/'}\n")
    return path


@pytest.fixture
def crawler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a program in the crawler's place."""

    def put(script: str) -> None:
        monkeypatch.setattr(crawling.sys, "executable", put_crawler(tmp_path, script))

    return put


def run(listed: Path, **more: object):
    where = {"landing": listed.parent / "landing", "state": listed.parent / "state"}
    return crawl_sources(listed, now=NOW, **where, **more)


def test_a_source_whose_crawler_dies_leaves_the_others_alone_and_says_so_in_the_log(listed: Path, crawler):
    counters = {"outcomes": {"article": 1, "near_duplicate": 2}, "requests": 4, "seconds": 1, "ended": "finished"}
    crawler(f"crawl('a', 3, error='out of memory')\ncrawl('b', 0, {LINE | {'source': 'b'}}, {counters})")
    told = []
    crawls = run(listed, tell=lambda source, lines: told.append((source, lines)))
    rows = read_log(listed.parent / "state", NOW.date())
    table, sums = count_crawls(crawls)

    assert [(each.source, each.code, each.last_words) for each in crawls] == [("a", 3, "out of memory"), ("b", 0, "")]
    assert told == [("b", [LINE | {"source": "b"}])]
    assert rows.select("source", "url", "outcome", "reason").rows() == [
        ("a", "http://a.example/", "error", CRAWL_FAILED),
        ("b", "http://a.example/1", "article", None),
    ]
    assert rows.schema == CRAWL_LOG.dtypes
    assert table.select("source", "articles", "duplicates", "ended").rows() == [
        ("a", 0, 0, "crawl_failed: out of memory"),
        ("b", 1, 2, "finished"),
    ]
    assert (sums["requests"], sums["articles"]) == (4, 1)


def test_only_those_are_crawled_that_are_asked_for(listed: Path, crawler):
    crawler("for source in sources:\n    crawl(source, 0, counters={'requests': int(at_once)})")

    assert [(each.source, each.row["requests"]) for each in run(listed, at_once=7)] == [("a", 7), ("b", 7)]
    assert [each.source for each in run(listed, only=["b"])] == ["b"]
    with pytest.raises(InvalidArgumentError, match="no source c: expected a, b"):
        run(listed, only=["c"])


def test_a_host_that_dies_took_its_crawls_along(listed: Path, crawler):
    crawler("crawl('a', 0)\nsys.exit('no module named scrapy')")

    assert [(each.code, each.last_words) for each in run(listed)] == [(0, ""), (1, "no module named scrapy")]


def test_nobody_goes_on_asking_when_the_run_is_interrupted(listed: Path, crawler, tmp_path: Path):
    crawler(f"crawl('a', 0, {LINE})\ntime.sleep(20)\npathlib.Path({str(tmp_path / 'asked')!r}).touch()")

    def interrupt(_source: str, _lines: list) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(listed, tell=interrupt)
    assert time.monotonic() - began < 15
    assert not (tmp_path / "asked").exists()


def test_a_list_with_faults_is_told_in_the_crawler_s_own_words(listed: Path, crawler):
    crawler("crawl('a', 2, error='source 1 (a): no entrance')\ncrawl('b', 2)")

    with pytest.raises(InvalidArgumentError, match="no entrance"):
        run(listed)


@pytest.mark.parametrize("text", ["sources: 3", "- a", "sources:\n- {name: a}", "\tno yaml: [", ""])
def test_what_is_no_list_is_said_to_be_none(tmp_path: Path, text: str):
    path = tmp_path / "sources.yaml"
    path.write_text(text)

    with pytest.raises(InvalidArgumentError, match="no list of sources"):
        list_sources(path)
    with pytest.raises(MissingInputError, match="shows a list of sources"):
        list_sources(tmp_path / "other.yaml")


def test_a_day_has_the_lines_of_all_of_its_crawls_and_none_that_is_half(tmp_path: Path):
    for hour, name in ((1, "a"), (13, "a"), (2, "b")):
        path = log_file(tmp_path, name, datetime(2026, 1, 5, hour, tzinfo=UTC))
        path.parent.mkdir(parents=True, exist_ok=True)
        line = LINE | {"source": name, "at": f"2026-01-05T{hour:02d}:00:00Z"}
        path.write_text(json.dumps(line) + "\n" + json.dumps({"url": "http://a.example/none"}) + '\n{"url": "htt')
    other = log_file(tmp_path, "a", datetime(2026, 1, 6, tzinfo=UTC))
    other.write_text(json.dumps(LINE) + "\n")

    rows = read_log(tmp_path, date(2026, 1, 5))

    assert [(row["source"], row["at"].hour, row["n_bytes"]) for row in rows.to_dicts()] == [
        ("a", 1, 9),
        ("a", 13, 9),
        ("b", 2, 9),
    ]
    assert read_log(tmp_path, date(2026, 1, 7)).is_empty()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-01-05T12:00:00Z", NOW),
        ("2026-01-05T12:00:00.9", NOW),
        ("2026-01-05T13:00:00+01:00", NOW),
    ],
)
def test_the_crawl_s_clock(setting: str | None, expected: datetime):
    assert instant_of(setting, datetime(2026, 3, 1, 10, 0, 0, 999, tzinfo=UTC)) == expected
    with pytest.raises(InvalidArgumentError, match="no instant"):
        instant_of("noon", NOW)


def log_of(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["source", "outcome", "reason"], orient="row")


def test_a_source_most_of_whose_addresses_fail_is_named():
    good = [("a", "article", None), ("a", "error", "timeout"), ("a", "refused", "robots"), ("b", "not_modified", None)]

    assert sources_answer(log_of(*good)).passed
    assert sources_answer(log_of(*good).clear()).passed
    verdict = sources_answer(log_of(*good, ("c", "error", "tls"), ("d", "refused", "robots_unavailable")))
    assert not verdict.passed
    assert not verdict.blocking
    assert "c (1 of 1 addresses failed), d (1 of 1 addresses failed)" in verdict.notes


def test_a_line_in_few_words():
    assert line_for_people(LINE | {"reason": None}) == "article http://a.example/1"
    assert line_for_people(LINE | {"outcome": "refused", "reason": "robots"}) == "refused (robots) http://a.example/1"
