"""A day's plays and acts, counted per listener and track. Only counts: no weight is decided here."""

import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.signals.params import CompletionParams


def count_track_signals(
    plays: TableVersion,
    feedback: TableVersion,
    tracks: TableVersion,
    params: CompletionParams,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Count plays, skips and deliberate acts on tracks.

    Args:
        plays: the days of ``raw_plays`` to count, one or many.
        feedback: the same days of ``raw_feedback``.
        tracks: one snapshot of ``raw_tracks``, which knows how long a track is.
        params: what completes a play.
        settings: what the query may use.

    Returns:
        Rows of ``track_signals``, ordered by day, listener and track; nothing for a listener who did nothing.
    """
    return run_sql(
        "signals/track_signals",
        inputs={"plays": plays, "feedback": feedback, "tracks": tracks},
        parameters=params.model_dump(),
        settings=settings,
    )


def count_artist_signals(feedback: TableVersion, settings: SqlSettings | None = None) -> pl.DataFrame:
    """Count deliberate acts on artists: rows of ``artist_signals`` of the days given."""
    return run_sql("signals/artist_signals", inputs={"feedback": feedback}, settings=settings)
