"""The states of all submissions as they were known at an instant, from the tables that tell.

``states`` decides what they mean; here is where it stands that a submission was heard, placed, scored, or its track
withdrawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from recsys_assets.cold_start.place_tables import MADE_AT
from recsys_assets.cold_start.states import Progress, State, current, states_of
from recsys_assets.cold_start.tables import (
    CONTENT_SHA256,
    RECEIVED_AT,
    REJECTED,
    STATE,
    SUBMISSION_STATES,
    VERDICT,
    WITHDRAWN,
    verdicts_known,
)
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion


@dataclass(frozen=True)
class StateSources:
    """The tables that tell, all of them whole.

    Attributes:
        verdicts: ``submission_verdicts``.
        analyses: ``submission_analysis``.
        tracks: ``raw_tracks``.
        placements: ``placements``, by day; its rows of submissions name them.
        first_listeners: ``first_listeners``, by day.
        previews: ``submission_preview``: what the space there was showed at once, and since when.
    """

    verdicts: TableVersion
    analyses: TableVersion
    tracks: TableVersion
    placements: TableVersion | None = None
    first_listeners: TableVersion | None = None
    previews: TableVersion | None = None


def states_before(sources: StateSources, before: datetime) -> pl.DataFrame:
    """Return the states that submissions had reached before an instant.

    Args:
        sources: the tables.
        before: nothing of this instant or later is known; of days, those that had ended.

    Returns:
        The columns of ``submission_states`` without the day, by submission and time.
    """
    verdicts = verdicts_known(sources.verdicts, before)
    if verdicts.is_empty():
        return SUBMISSION_STATES.empty().drop(c.DATE)
    told = _Told(sources, verdicts, before)
    stood = _stood_before(sources.verdicts, verdicts)
    rows = []
    for verdict in verdicts.iter_rows(named=True):
        reached = states_of(verdict, told.progress(verdict), before=before)
        earlier = stood.get(verdict[c.SUBMISSION_ID])
        if earlier is not None:
            # What is taken back had come so far by then; `received` is when it first came.
            had = states_of(earlier, told.progress(earlier), before=verdict[RECEIVED_AT])
            ended = [state for state in reached if state.state != State.RECEIVED]
            reached = [state for state in had if state.state != State.WITHDRAWN] + ended
        now = current(reached)
        rows += [
            {
                c.SUBMISSION_ID: verdict[c.SUBMISSION_ID],
                STATE: state.state.value,
                c.AT: state.at,
                c.REASON: state.reason,
                "is_current": state is now,
                c.TITLE: verdict[c.TITLE],
                "artist_names": verdict["artist_names"],
                c.RELEASED_ON: verdict[c.RELEASED_ON],
            }
            for state in reached
        ]
    return pl.DataFrame(rows, schema=SUBMISSION_STATES.dtypes, orient="row").drop(c.DATE)


def _stood_before(table: TableVersion, verdicts: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return of submissions that are withdrawn the verdict on what they were, by submission; none of those that never stood."""
    withdrawn = verdicts.filter(pl.col(VERDICT) == WITHDRAWN).select(c.SUBMISSION_ID, ended_at=RECEIVED_AT)
    rows = table.only(withdrawn[c.SUBMISSION_ID].to_list()).scan().collect().join(withdrawn, on=c.SUBMISSION_ID)
    earlier = rows.filter(pl.col(RECEIVED_AT) < pl.col("ended_at"), pl.col(VERDICT) != WITHDRAWN)
    # Oldest first: the newest of each stays.
    ordered = earlier.sort(c.SUBMISSION_ID, RECEIVED_AT).drop("ended_at")
    return {row[c.SUBMISSION_ID]: row for row in ordered.iter_rows(named=True) if row[VERDICT] != REJECTED}


class _Told:
    """What the tables tell of these submissions, looked up once."""

    def __init__(self, sources: StateSources, verdicts: pl.DataFrame, before: datetime) -> None:
        ids = verdicts[c.SUBMISSION_ID].to_list()
        # The last day that is over before the instant.
        day = (before - timedelta(days=1)).date()
        heard = sources.analyses.only(ids).scan().select(c.SUBMISSION_ID, CONTENT_SHA256).collect()
        self._heard = set(heard.iter_rows())
        self._placed = _days(sources.placements, day, ids)
        self._scored = _days(sources.first_listeners, day, ids)
        self._withdrawn = _withdrawals(sources.tracks, day, verdicts[c.TRACK_ID].to_list())
        self._previewed = _previews(sources.previews, ids)

    def progress(self, verdict: Mapping[str, Any]) -> Progress:
        """What is known of one submission; days before its receipt were about earlier content."""
        submission_id, received_at = verdict[c.SUBMISSION_ID], verdict[RECEIVED_AT]
        since = received_at.date()
        return Progress(
            is_analysed=(submission_id, verdict[CONTENT_SHA256]) in self._heard,
            placed_on=min((day for day in self._placed.get(submission_id, ()) if day >= since), default=None),
            scored_on=min((day for day in self._scored.get(submission_id, ()) if day >= since), default=None),
            withdrawn_on=self._withdrawn.get(verdict[c.TRACK_ID]),
            previewed_at=self._previewed.get((submission_id, received_at)),
        )


def _days(table: TableVersion | None, last: date, ids: list[str]) -> dict[str, list[date]]:
    if table is None:
        return {}
    rows = table.between(date.min, last).scan().filter(pl.col(c.SUBMISSION_ID).is_in(ids))
    days = rows.select(c.SUBMISSION_ID, c.DATE).unique().group_by(c.SUBMISSION_ID).agg(c.DATE).collect()
    return dict(days.iter_rows())


def _previews(table: TableVersion | None, ids: list[str]) -> dict[tuple[str, datetime], datetime]:
    """Since when previews show what came with a receipt; one of an earlier receipt says nothing about a correction."""
    if table is None:
        return {}
    rows = table.only(ids).scan().select(c.SUBMISSION_ID, RECEIVED_AT, MADE_AT).collect()
    return {
        (submission_id, received_at): made_at for submission_id, received_at, made_at in rows.iter_rows() if made_at
    }


def _withdrawals(tracks: TableVersion, last: date, track_ids: list[str]) -> dict[str, date]:
    """Since when the catalogue says that tracks are withdrawn, of those that it still says it of."""
    said = tracks.between(date.min, last).scan()
    rows = said.filter(pl.col(c.TRACK_ID).is_in(track_ids) & pl.col(c.IS_WITHDRAWN).fill_null(value=False))
    since = dict(rows.group_by(c.TRACK_ID).agg(pl.col(c.ARRIVED_ON).min()).collect().iter_rows())
    newest = tracks.latest(last).partitions
    still = rows.filter(pl.col(c.ARRIVED_ON).is_in(newest)).select(c.TRACK_ID).collect()[c.TRACK_ID].to_list()
    return {track_id: since[track_id] for track_id in still}
