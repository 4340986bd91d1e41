"""How far a submission has come, with times and reasons: pure, from the verdict and the days it was placed and scored.

received → rejected | accepted | late → analysed → placed → scored → released; and withdrawn, from anywhere. A correction
begins anew with its own receipt. Which tables tell what is ``known_states``; nothing here asks what time it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from recsys_assets.cold_start.tables import RECEIVED_AT, REJECTED, VERDICT, WITHDRAWN
from recsys_assets.core import columns as c
from recsys_assets.core.windows import midnight


class State(StrEnum):
    """What a submission is, in the order in which it becomes it."""

    RECEIVED = "received"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    LATE = "late"
    ANALYSED = "analysed"
    PLACED = "placed"
    SCORED = "scored"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Reached:
    """One state, since when, and why where that is not said by the state."""

    state: State
    at: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Progress:
    """What happened to a submission besides its verdict, as known at some instant.

    Attributes:
        is_analysed: whether its recording was heard.
        placed_on: the first day in whose space it has a place, None before that.
        scored_on: the first day on which listeners were scored for it.
        withdrawn_on: the first day on which the catalogue says that its track is withdrawn.
        previewed_at: when the space there was showed its place and its listeners ahead of the day's run.
    """

    is_analysed: bool = False
    placed_on: date | None = None
    scored_on: date | None = None
    withdrawn_on: date | None = None
    previewed_at: datetime | None = None


def states_of(verdict: Mapping[str, Any], progress: Progress, *, before: datetime) -> list[Reached]:
    """Return the states that a submission had reached before an instant, by time; see ``current`` for the one it is in.

    What a day's run makes counts from the end of that day: the run reads all of it. A preview counts from when it was
    made. A track is released at 00:00 UTC of its day if it is neither rejected nor withdrawn by then, whether or not it
    was placed.

    Args:
        verdict: the row of ``submission_verdicts`` that held then.
        progress: what else was known then.
        before: states reached at this instant or later are left out.
    """
    received_at = verdict[RECEIVED_AT]
    received = Reached(State.RECEIVED, received_at)
    if verdict[VERDICT] in {REJECTED, WITHDRAWN}:
        ended = Reached(State(verdict[VERDICT]), received_at, verdict[c.REASON])
        return [state for state in (received, ended) if state.at < before]
    reached = [received, Reached(State(verdict[VERDICT]), received_at, _remarks(verdict))]
    if progress.is_analysed:
        reached.append(Reached(State.ANALYSED, received_at))
    for state, day, why in (
        (State.PLACED, progress.placed_on, _placed_by(verdict)),
        (State.SCORED, progress.scored_on, None),
    ):
        at = _first(progress.previewed_at, _end_of(day, received_at))
        if at is not None:
            reached.append(Reached(state, at, why))
    reached.append(Reached(State.RELEASED, max(midnight(verdict[c.RELEASED_ON]), received_at)))
    if progress.withdrawn_on is not None:
        gone = Reached(
            State.WITHDRAWN, max(midnight(progress.withdrawn_on), received_at), "the catalogue withdrew its track"
        )
        reached = [state for state in reached if state.at <= gone.at or state.state != State.RELEASED] + [gone]
    return sorted((state for state in reached if state.at < before), key=lambda state: state.at)


def current(reached: Sequence[Reached]) -> Reached:
    """Return the state that a submission is in: the furthest. What is late may be placed after its release."""
    order = list(State)
    return max(reached, key=lambda state: order.index(state.state))


def _end_of(day: date | None, received_at: datetime) -> datetime | None:
    return None if day is None else max(midnight(day + timedelta(days=1)), received_at)


def _first(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _placed_by(verdict: Mapping[str, Any]) -> str | None:
    return verdict["claim_note"]


def _remarks(verdict: Mapping[str, Any]) -> str | None:
    """What there is to say of a submission that was not refused."""
    told = [verdict[c.REASON]] if verdict[c.REASON] else []
    if verdict["duplicate_of"]:
        told.append(f"sounds the same as {verdict['duplicate_of']} ({verdict['duplicate_score']:.2f})")
    return "; ".join(told) or None
