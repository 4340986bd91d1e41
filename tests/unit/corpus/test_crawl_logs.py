"""What crawls logged: whole lines as a day's rows, days that no run has published, and nothing that commands."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recsys_assets.core.versions import DataFile, TableVersion
from recsys_assets.corpus.crawl_logs import (
    DAYS_KEPT,
    drop_logs,
    line_for_people,
    log_file,
    logged_days,
    read_log,
    read_unpublished,
)
from recsys_assets.corpus.tables import CRAWL_LOG
from tests.unit.corpus.crawl_lines import LINE

DAY = date(2026, 1, 5)


def write_log(state: Path, source: str, now: datetime, text: str) -> None:
    path = log_file(state, source, now)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_day_has_the_lines_of_all_of_its_crawls_and_none_that_is_half(tmp_path: Path):
    for hour, name in ((1, "a"), (13, "a"), (2, "b")):
        line = LINE | {"source": name, "at": f"2026-01-05T{hour:02d}:00:00Z"}
        text = json.dumps(line) + "\n" + json.dumps({"url": "http://a.example/none"}) + '\n{"url": "htt'
        write_log(tmp_path, name, datetime(2026, 1, 5, hour, tzinfo=UTC), text)
    write_log(tmp_path, "a", datetime(2026, 1, 6, tzinfo=UTC), json.dumps(LINE) + "\n")

    rows = read_log(tmp_path, DAY)

    assert [(row["source"], row["at"].hour, row["crawled_at"].hour, row["n_bytes"]) for row in rows.to_dicts()] == [
        ("a", 1, 1, 9),
        ("a", 13, 13, 9),
        ("b", 2, 2, 9),
    ]
    assert read_log(tmp_path, date(2026, 1, 7)).is_empty()


@pytest.mark.parametrize("said", ["\u2028", "\u0085", "\x1b[2J", "\u202e", "\r"])
def test_an_address_neither_parts_its_line_nor_commands(tmp_path: Path, said: str):
    url = f"http://a.example/{said}x"
    line = json.dumps(LINE | {"url": url}, ensure_ascii=False)
    write_log(tmp_path, "a", datetime(2026, 1, 5, tzinfo=UTC), f"{line}\n")

    (kept,) = read_log(tmp_path, DAY)["url"]
    told = line_for_people(LINE | {"url": url})

    assert kept.isprintable()
    assert told.isprintable()
    assert kept.startswith("http://a.example/")
    assert kept.endswith("x")
    assert told == f"article {kept}"


def test_a_line_in_few_words():
    assert line_for_people(LINE | {"reason": None}) == "article http://a.example/1"
    assert line_for_people(LINE | {"outcome": "refused", "reason": "robots"}) == "refused (robots) http://a.example/1"


def published(**rows_by_day: int) -> TableVersion:
    files = [DataFile("", rows, 0, date(2026, 1, int(day[1:]))) for day, rows in rows_by_day.items()]
    return TableVersion(CRAWL_LOG, 1, tuple(files))


def test_a_day_whose_last_run_failed_is_published_with_the_next(tmp_path: Path):
    assert logged_days(tmp_path) == []
    for day, n in ((3, 2), (4, 3), (5, 1)):
        write_log(tmp_path, "a", datetime(2026, 1, day, tzinfo=UTC), f"{json.dumps(LINE)}\n" * n + '\n{"url": "htt')

    rows, days = read_unpublished(tmp_path, published(d3=2, d4=1, d5=1), DAY)
    quiet, only = read_unpublished(tmp_path, published(d3=2, d4=3), date(2026, 1, 6))

    # The third has all of its rows, the fourth two too few; the fifth is the day of the crawl.
    assert days == [date(2026, 1, 4), DAY]
    assert rows["arrived_on"].to_list() == [date(2026, 1, 4)] * 3 + [DAY]
    assert (quiet.height, only) == (1, [DAY, date(2026, 1, 6)])


def test_logs_of_days_long_over_are_dropped_and_no_other(tmp_path: Path):
    for days in (0, DAYS_KEPT, DAYS_KEPT + 1):
        write_log(tmp_path, "a", datetime(2026, 1, 5, 12, tzinfo=UTC) - timedelta(days=days), json.dumps(LINE))
    (tmp_path / "crawl" / "state.sqlite").touch()
    gone = drop_logs(tmp_path, DAY)

    assert [path.parent.name for path in gone] == ["a"]
    assert logged_days(tmp_path) == [DAY - timedelta(days=DAYS_KEPT), DAY]
    assert (tmp_path / "crawl" / "state.sqlite").exists()
    assert drop_logs(tmp_path, DAY) == []
