"""The crawl as the platform sees it: processes that end well or not, lines as they come, and the verdict."""

import contextlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from fake_crawler import put_crawler

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.corpus import crawl as crawling
from recsys_assets.corpus.crawl import (
    CRAWL_FAILED,
    crawl_sources,
    instant_of,
    list_sources,
)
from recsys_assets.corpus.crawl_logs import read_log
from recsys_assets.corpus.crawl_report import count_addresses
from recsys_assets.corpus.gates import sources_answer
from recsys_assets.corpus.tables import CRAWL_LOG
from tests.unit.corpus.crawl_lines import LINE

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


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
    table = count_addresses(rows, {each.source: each.end for each in crawls})

    assert [(each.source, each.code, each.last_words) for each in crawls] == [("a", 3, "out of memory"), ("b", 0, "")]
    assert told == [("b", [LINE | {"source": "b"}])]
    assert rows.select("source", "url", "outcome", "reason").rows() == [
        ("a", "http://a.example/", "error", CRAWL_FAILED),
        ("b", "http://a.example/1", "article", None),
    ]
    assert rows.schema == CRAWL_LOG.dtypes
    assert table.select("source", "addresses", "new", "failed", "ended").rows() == [
        ("a", 1, 0, 1, "crawl_failed: out of memory"),
        ("b", 1, 1, 0, "finished"),
    ]


def test_only_those_are_crawled_that_are_asked_for(listed: Path, crawler):
    crawler("for source in sources:\n    crawl(source, 0, counters={'requests': int(at_once)})")

    assert [(each.source, each.counters["requests"]) for each in run(listed, at_once=7)] == [("a", 7), ("b", 7)]
    assert [each.source for each in run(listed, only=["b"])] == ["b"]
    with pytest.raises(InvalidArgumentError, match="no source c: expected a, b"):
        run(listed, only=["c"])


def test_a_host_that_dies_took_its_crawls_along(listed: Path, crawler):
    crawler("crawl('a', 0)\nsys.exit('no module named scrapy')")

    assert [(each.code, each.last_words) for each in run(listed)] == [(0, ""), (1, "no module named scrapy")]


# The host forks a crawl that asks five times a second and is deaf to a polite end.
_ASKS_ON = """
import os, signal
mark = pathlib.Path({mark!r})
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pid = os.fork()
if pid:
    mark.with_suffix(".pids").write_text(f"{{os.getpid()}} {{pid}}")
    crawl("a", 0, {line})
while True:
    mark.touch()
    time.sleep(0.2)
"""


def test_nobody_goes_on_asking_when_the_run_is_interrupted(listed: Path, crawler, tmp_path: Path):
    mark = tmp_path / "asked"
    crawler(_ASKS_ON.format(mark=str(mark), line=LINE))

    def interrupt(_source: str, _lines: list) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(listed, tell=interrupt)
    pids = [int(pid) for pid in mark.with_suffix(".pids").read_text().split()]
    deadline = time.monotonic() + 5
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)

    assert len(pids) == 2
    assert alive == []


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_list_with_faults_is_told_in_the_crawler_s_own_words(listed: Path, crawler):
    crawler("sys.stderr.write('source 1 (a): no entrance'); sys.exit(2)")

    with pytest.raises(InvalidArgumentError, match="no entrance"):
        run(listed)


def test_a_crawl_that_refuses_its_arguments_leaves_the_others_alone(listed: Path, crawler):
    crawler("crawl('a', 2, error='no \\x1b[2Jsource')\ncrawl('b', 0)")

    assert [(each.code, each.last_words) for each in run(listed)] == [(2, "no [2Jsource"), (0, "")]


def test_answers_are_kept_where_it_is_said_and_by_default_nowhere(listed: Path, crawler):
    crawler(
        "for name in sources:\n    crawl(name, 0, counters={'ended': ' '.join(given[given.index('--at-once') - 2 :][:2])})"
    )

    assert [each.end for each in run(listed, warc=Path("kept"))] == ["--warc kept"] * 2
    assert [each.end for each in run(listed)] == [f"--now {NOW.isoformat()}"] * 2


@pytest.mark.parametrize("text", ["sources: 3", "- a", "sources:\n- {name: a}", "\tno yaml: [", ""])
def test_what_is_no_list_is_said_to_be_none(tmp_path: Path, text: str):
    path = tmp_path / "sources.yaml"
    path.write_text(text)

    with pytest.raises(InvalidArgumentError, match="no list of sources"):
        list_sources(path)
    with pytest.raises(MissingInputError, match="shows a list of sources"):
        list_sources(tmp_path / "other.yaml")


def test_a_list_that_is_empty_or_can_not_be_read_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "sources.yaml"
    path.write_text("sources: []\n")
    with pytest.raises(InvalidArgumentError, match="names no source"):
        run(path)
    with pytest.raises(InvalidArgumentError, match=r"can not be read \(Is a directory\)"):
        run(tmp_path)

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InvalidArgumentError, match=r"can not be read \(Permission denied\)"):
        run(path)


@pytest.mark.parametrize("name", ["/tmp/victim", "../victim", "a/b", "A", "''", "a\n", "x" * 64, "1", "[a, b]", "a"])
def test_what_can_be_no_file_is_no_name_and_nothing_begins(listed: Path, crawler, name: str):
    crawler(f"pathlib.Path({str(listed.parent / 'begun')!r}).touch()")
    listed.write_text(
        f"sources:\n- {{name: a, site: 'http://a.example/'}}\n- {{name: {name!r}, site: 'http://b.example/'}}\n"
    )
    if name in ("1", "[a, b]", "''"):
        listed.write_text(f"sources:\n- {{name: {name}, site: 'http://b.example/'}}\n")

    with pytest.raises(InvalidArgumentError, match=r"name of a source|no list of sources"):
        run(listed)
    assert not (listed.parent / "begun").exists()


def test_credentials_of_a_site_and_commands_in_it_are_told_nobody(listed: Path, crawler):
    crawler("crawl('a', 3)")
    listed.write_text('sources:\n- {name: a, site: "http://me:secret@a.example:81/x\\e[2J"}\n')
    run(listed)

    assert read_log(listed.parent / "state", NOW.date())["url"].to_list() == ["http://a.example:81/x [2J"]


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


def log_of(*rows: tuple[str, str, str | None], hour: int = 12) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={"source": pl.String, "outcome": pl.String, "reason": pl.String}, orient="row")
    return frame.with_columns(pl.lit(datetime(2026, 1, 5, hour, tzinfo=UTC)).alias("crawled_at"))


GOOD = [("a", "article", None), ("a", "error", "timeout"), ("a", "refused", "robots"), ("b", "not_modified", None)]


def test_a_source_most_of_whose_addresses_fail_is_named():
    assert sources_answer(log_of(*GOOD)).passed
    assert sources_answer(log_of(*GOOD).clear()).passed
    verdict = sources_answer(log_of(*GOOD, ("c", "error", "tls"), ("d", "refused", "robots_unavailable")))
    assert not verdict.passed
    assert not verdict.blocking
    assert "c (1 of 1 addresses failed), d (1 of 1 addresses failed)" in verdict.notes


@pytest.mark.parametrize("reason", ["known", "outside_source", "dated_after_now", "robots"])
def test_what_nobody_asked_for_hides_no_failure(reason: str):
    passed_over = [("c", "refused" if reason == "robots" else "skipped", reason)] * 30

    verdict = sources_answer(log_of(*GOOD, *passed_over, ("c", "error", "tls")))
    assert "c (1 of 1 addresses failed)" in verdict.notes
    assert sources_answer(log_of(*passed_over)).passed


def test_a_source_whose_doors_are_left_in_peace_is_still_silent():
    resting = [("c", "skipped", "failed_before"), ("c", "skipped", "known")]
    verdict = sources_answer(log_of(*GOOD, *resting))

    assert not verdict.passed
    assert verdict.observed == 1
    assert "c (all of it failed before and is left in peace)" in verdict.notes
    assert sources_answer(log_of(*resting, ("c", "not_modified", None))).passed


def test_a_crawl_that_died_is_a_failure_whatever_it_had_read():
    verdict = sources_answer(log_of(*GOOD, *[("c", "article", None)] * 9, ("c", "error", CRAWL_FAILED)))

    assert not verdict.passed
    assert "c (its crawl died)" in verdict.notes


def test_the_newest_crawl_of_a_day_is_judged():
    down, up = [("c", "error", "tls")] * 9, [("c", "article", None)]

    assert sources_answer(pl.concat([log_of(*down, hour=6), log_of(*up, hour=12)])).passed
    assert not sources_answer(pl.concat([log_of(*up, hour=6), log_of(*down, hour=12)])).passed
