"""Gates of the landing zone: each is seen to pass and to fail."""

from datetime import date, timedelta

import polars as pl
import pytest

from recsys_assets.raw.gates import LandingGateParams, freshness, rejection_rate, stray_files, unreadable_files, volume

DAY = date(2026, 1, 31)
PARAMS = LandingGateParams()


@pytest.mark.parametrize(
    ("rows", "rejected", "passed", "blocking"),
    [
        (0, 0, True, False),
        (100, 5, True, False),
        (100, 6, False, False),
        (100, 50, False, False),
        (100, 51, False, True),
    ],
)
def test_rejection_rate(rows: int, rejected: int, passed: bool, blocking: bool) -> None:
    landed = pl.DataFrame({"rows": [rows], "rejected": [rejected]})
    refused = pl.DataFrame({"reason": ["unknown_id"] * rejected}, schema={"reason": pl.String})
    verdict = rejection_rate("plays", landed, refused, PARAMS)
    assert (verdict.passed, verdict.blocking) == (passed, blocking)
    assert ("unknown_id" in verdict.notes) == (rejected > 0)


def test_unreadable_files_are_named_and_counted() -> None:
    landed = pl.DataFrame({"file": ["a", "b", "c"], "error": [None, "torn", None]})
    verdict = unreadable_files("plays", landed)
    assert (verdict.passed, verdict.observed, verdict.blocking) == (False, 1, False)
    assert "b (torn)" in verdict.notes
    assert unreadable_files("plays", landed.filter(file="a")).passed


@pytest.mark.parametrize(
    ("rows", "history", "passed", "threshold"),
    [
        (100, 6, True, None),
        (100, 7, True, "50…300"),
        (49, 28, False, "50…300"),
        (301, 28, False, "50…300"),
        (0, 28, False, "50…300"),
    ],
)
def test_volume(rows: int, history: int, passed: bool, threshold: str | None) -> None:
    counts = [(DAY, rows), (DAY + timedelta(days=1), 9999), (DAY - timedelta(days=29), 9999)]
    counts += [(DAY - timedelta(days=1 + i), 100) for i in range(history)]
    frame = pl.DataFrame(counts, schema=["date", "rows"], orient="row")
    verdict = volume("plays", frame, DAY, PARAMS)
    assert (verdict.passed, verdict.threshold, verdict.observed) == (passed, threshold, rows)


@pytest.mark.parametrize(("age", "passed"), [(0, True), (1, True), (2, False), (None, True), (-1, False)])
def test_freshness(age: int | None, passed: bool) -> None:
    days = [] if age is None else [DAY - timedelta(days=age)]
    assert freshness("plays", days, DAY, PARAMS).passed == passed


def test_stray_files_are_shown() -> None:
    assert stray_files([]).passed
    verdict = stray_files([f"plays/{i}.txt" for i in range(7)])
    assert (verdict.passed, verdict.observed) == (False, 7)
    assert "plays/4.txt and 2 more" in verdict.notes
