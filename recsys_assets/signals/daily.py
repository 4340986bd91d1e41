"""A day's plays and acts, counted per listener and track. Only counts: no weight is decided here."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.signals.params import CompletionParams


def count_track_signals(
    plays: TableVersion,
    feedback: TableVersion,
    tracks: TableVersion,
    params: CompletionParams,
    settings: SqlSettings | None = None,
    *,
    days: Sequence[date],
) -> pl.DataFrame:
    """Count plays, skips and deliberate acts on tracks.

    Args:
        plays: the days of ``raw_plays`` to count, one or many.
        feedback: the same days of ``raw_feedback``.
        tracks: ``raw_tracks`` with all its snapshots, which know how long a track is: each day asks its own newest
            one, so that a day gives the same counts whichever days are counted with it.
        params: what completes a play.
        settings: what the query may use.
        days: the days that are counted.

    Returns:
        Rows of ``track_signals``, ordered by day, listener and track; nothing for a listener who did nothing.
    """
    readings = {day: arrival for day in days for arrival in tracks.latest(day).partitions}
    read = pl.DataFrame(
        {c.DATE: list(readings), c.ARRIVED_ON: list(readings.values())},
        schema={c.DATE: pl.Date, c.ARRIVED_ON: pl.Date},
    )
    snapshots = tracks.only(readings.values())
    return run_sql(
        "signals/track_signals",
        inputs={"plays": plays, "feedback": feedback, "tracks": snapshots, "readings": read},
        parameters=params.model_dump(),
        settings=settings,
    )


def count_artist_signals(feedback: TableVersion, settings: SqlSettings | None = None) -> pl.DataFrame:
    """Count deliberate acts on artists: rows of ``artist_signals`` of the days given."""
    return run_sql("signals/artist_signals", inputs={"feedback": feedback}, settings=settings)
