"""`make run`: which days it reads, and where it keeps things."""

import os
from datetime import date
from pathlib import Path

import pytest

from scripts import run
from scripts.graph import landed_days

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 4)


@pytest.mark.parametrize(
    ("landed", "days", "waiting"),
    [
        ([], [4], []),
        ([date(2026, 1, 3)], [3, 4], []),
        ([date(2026, 1, 2), date(2026, 1, 4), date(2026, 1, 9)], [2, 3, 4], []),
        # Imported history from before the calendar begins: Dagster has no partition for it.
        ([date(2026, 1, 3), date(2023, 5, 6), date(2025, 12, 31)], [3, 4], [date(2023, 5, 6), date(2025, 12, 31)]),
        ([date(2023, 5, 6)], [4], [date(2023, 5, 6)]),
    ],
)
def test_days_before_the_calendar_wait(landed: list[date], days: list[int], waiting: list[date]):
    found = landed_days(landed, FIRST, LAST)

    assert [day.day for day in found.days] == days
    assert found.waiting == waiting


def test_a_relative_home_becomes_absolute_for_dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECSYS_HOME", "my data")
    monkeypatch.setenv("DAGSTER_HOME", "my data/dagster")

    home = run.prepare_home()

    assert home == tmp_path / "my data"
    assert (os.environ["RECSYS_HOME"], os.environ["DAGSTER_HOME"]) == (str(home), str(home / "dagster"))
    assert (home / "dagster" / "dagster.yaml").is_file()
