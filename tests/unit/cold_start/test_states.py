"""Which states a submission has reached by when: a table of cases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from recsys_assets.cold_start.states import Progress, current, states_of
from recsys_assets.core.windows import midnight

RECEIVED = datetime(2026, 3, 20, 12, tzinfo=UTC)
RELEASE = date(2026, 4, 3)
FOREVER = datetime(2030, 1, 1, tzinfo=UTC)
DONE = Progress(is_analysed=True, placed_on=date(2026, 3, 20), scored_on=date(2026, 3, 21))


def verdict(kind: str = "accepted", reason: str | None = None, **other: Any) -> dict[str, Any]:
    return {
        "received_at": RECEIVED, "verdict": kind, "reason": reason, "released_on": RELEASE,
        "claim_note": "sound alone", "duplicate_of": None, "duplicate_score": None,
    } | other  # fmt: skip


def names(row: dict[str, Any], progress: Progress = DONE, before: datetime = FOREVER) -> list[str]:
    return [state.state.value for state in states_of(row, progress, before=before)]


@pytest.mark.parametrize(
    ("row", "progress", "before", "expected"),
    [
        (verdict(), DONE, RECEIVED, []),
        (verdict(), Progress(), RECEIVED + timedelta(seconds=1), ["received", "accepted"]),
        (verdict(), DONE, RECEIVED + timedelta(seconds=1), ["received", "accepted", "analysed"]),
        (verdict(), DONE, midnight(date(2026, 3, 21)), ["received", "accepted", "analysed"]),
        (verdict(), DONE, midnight(date(2026, 3, 22)), ["received", "accepted", "analysed", "placed"]),
        (verdict(), DONE, midnight(date(2026, 3, 23)), ["received", "accepted", "analysed", "placed", "scored"]),
        (verdict(), DONE, midnight(RELEASE), ["received", "accepted", "analysed", "placed", "scored"]),
        (verdict(), DONE, FOREVER, ["received", "accepted", "analysed", "placed", "scored", "released"]),
        (
            verdict("late", "too late"),
            Progress(is_analysed=True),
            FOREVER,
            ["received", "late", "analysed", "released"],
        ),
        (verdict("rejected", "broken"), DONE, FOREVER, ["received", "rejected"]),
        (verdict("withdrawn", "gone"), DONE, FOREVER, ["received", "withdrawn"]),
        (
            verdict(),
            Progress(previewed_at=RECEIVED),
            RECEIVED + timedelta(1),
            ["received", "accepted", "placed", "scored"],
        ),
        (verdict(), Progress(withdrawn_on=date(2026, 3, 30)), FOREVER, ["received", "accepted", "withdrawn"]),
        (
            verdict(),
            Progress(withdrawn_on=date(2026, 4, 9)),
            FOREVER,
            ["received", "accepted", "released", "withdrawn"],
        ),
    ],
)
def test_states_are_reached_one_after_the_other(
    row: dict[str, Any], progress: Progress, before: datetime, expected: list[str]
):
    assert names(row, progress, before) == expected


def test_what_was_placed_after_its_release_is_released_all_the_same():
    late = verdict("late", "too late", received_at=midnight(RELEASE) + timedelta(hours=1))
    reached = states_of(late, Progress(is_analysed=True, placed_on=RELEASE), before=FOREVER)

    assert [state.state.value for state in reached][-1] == "placed"
    assert current(reached).state == "released"
    assert current(reached).at == late["received_at"]


def test_reasons_are_told_where_they_belong():
    row = verdict("late", "received 0.5 days before", duplicate_of="t1", duplicate_score=0.81)
    told = {state.state.value: state.reason for state in states_of(row, DONE, before=FOREVER)}

    assert told["late"] == "received 0.5 days before; sounds the same as t1 (0.81)"
    assert told["placed"] == "sound alone"
    assert told["received"] is None
