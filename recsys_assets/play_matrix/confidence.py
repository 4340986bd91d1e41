"""Daily counts to confidence, as known at the end of a day. Counting is ``signals``; factorising is ``latent``."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.core.windows import trailing_window
from recsys_assets.play_matrix.params import ConfidenceParams


@dataclass(frozen=True)
class Evidence:
    """The tables that say who likes what; each may be empty.

    Attributes:
        track_signals: ``signals.track_signals``, any days; those outside of the window are not read.
        play_counts: one snapshot of ``raw.raw_play_counts``: totals that nobody dated. All snapshots where
            ``known_at`` is to choose.
        tracks: one snapshot of ``raw.raw_tracks``, which knows the artist for the cap; all of them, likewise.
    """

    track_signals: TableVersion
    play_counts: TableVersion | pl.DataFrame
    tracks: TableVersion

    def known_at(self, day: date) -> "Evidence":
        """Return what was known at the end of ``day``: its signals, and the snapshots that had arrived."""
        counts = self.play_counts
        return Evidence(
            self.track_signals.between(date.min, day),
            counts if isinstance(counts, pl.DataFrame) else counts.latest(day),
            self.tracks.latest(day),
        )


def weigh_evidence(
    evidence: Evidence, last_day: date, params: ConfidenceParams, settings: SqlSettings | None = None
) -> pl.DataFrame:
    """Weigh what is known at the end of ``last_day`` into one confidence per listener and track.

    ``confidence = min(track_cap, sum over kinds of weight * log(1 + n))`` where n counts the acts of a kind, each
    faded to ``0.5 ** (age / half_life_days)``; a total counts among the plays and fades
    likewise, from the day up to which it counts to the newest evidence there is. Pairs whose sum is not above zero are
    left out. A listener's confidences in one first-credited artist are scaled down together when they
    exceed ``artist_cap`` (logarithmic counts after Hu, Koren and Volinsky 2008, eq. 6).

    Returns:
        user_id, track_id, confidence (float32 > 0), play_count (float32, faded), ordered by both ids.
    """
    window = trailing_window(last_day, days=params.window_days)
    return run_sql(
        "play_matrix/play_confidence",
        inputs={
            "track_signals": evidence.track_signals.between(window.first_day, window.last_day),
            "play_counts": evidence.play_counts,
            "tracks": evidence.tracks,
        },
        parameters={**params.model_dump(exclude={"window_days"}), "last_day": last_day},
        settings=settings,
    )
