"""Gates on Release Radar: what was promised to submitted tracks is held, and what must not be in it is not.

Only verdicts. What a Friday knows is ``fridays``, choosing ``release_radar``.
"""

from datetime import timedelta

import polars as pl

from recsys_assets.cold_start.tables import came_in_time
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.mixes.catalogue import EligibilityParams, build_catalogue
from recsys_assets.mixes.release_radar import WEEK
from recsys_assets.mixes.release_radar_days import RadarTables, with_submitted


def promised_tracks(tables: RadarTables, eligibility: EligibilityParams) -> pl.Series:
    """Return the tracks that Release Radar has to hold: accepted in time, released in the week, offerable to anybody."""
    known = with_submitted(tables.tracks, tables.submitted)
    catalogue = build_catalogue(known, delivered_on=tables.friday, params=eligibility)
    offerable = catalogue.tracks.ids.filter(pl.Series(catalogue.is_offerable))
    in_week = known.filter(
        (pl.col(c.RELEASED_ON) > tables.friday - WEEK) & (pl.col(c.RELEASED_ON) <= tables.friday),
        pl.col(c.TRACK_ID).is_in(offerable.implode()),
    )
    days = in_week.select(c.TRACK_ID, known_on=c.RELEASED_ON)
    on_time = tables.submitted.join(days, on=c.TRACK_ID).filter(came_in_time(pl.col("known_on")))
    return on_time[c.TRACK_ID].unique().sort()


def every_accepted_track_lands(radar: pl.DataFrame, tables: RadarTables, eligibility: EligibilityParams) -> GateResult:
    """Judge whether every track that was accepted in time stands in somebody's Release Radar of its first week."""
    promised = promised_tracks(tables, eligibility) if tables.space is not None else pl.Series([], dtype=pl.String)
    landed = promised.is_in(radar[c.TRACK_ID].implode())
    missing = promised.filter(~landed).to_list()
    notes = f"{int(landed.sum())} of {len(promised)} accepted, on-time submissions stand in Release Radar"
    if missing:
        shown = ", ".join(missing[:5])
        notes += f"; missing: {shown}. Look whether `placements` of {tables.friday - timedelta(days=1)} has them"
    return GateResult(
        name="every_accepted_track_lands",
        passed=not missing,
        observed=int(landed.sum()),
        threshold=len(promised),
        blocking=False,
        notes=notes,
    )


def nothing_unwanted_lands(radar: pl.DataFrame, tables: RadarTables, eligibility: EligibilityParams) -> GateResult:
    """Judge whether a mix holds something withdrawn, unreleased or of another week, or by its sound what came too late.

    Always blocking: a listener would see it.
    """
    known = with_submitted(tables.tracks, tables.submitted)
    catalogue = build_catalogue(known, delivered_on=tables.friday, params=eligibility)
    offerable = catalogue.tracks.ids.filter(pl.Series(catalogue.is_offerable))
    days = radar.join(known.select(c.TRACK_ID, c.RELEASED_ON), on=c.TRACK_ID, how="left")[c.RELEASED_ON]
    is_new = ((days > tables.friday - WEEK) & (days <= tables.friday)).fill_null(value=False)
    by_sound = radar.filter(pl.col(c.SOURCE) == "sound")[c.TRACK_ID]
    counts = {
        "that nobody may get": int((~radar[c.TRACK_ID].is_in(offerable.implode())).sum()),
        "not released in the week": int((~is_new).sum()),
        "by their sound though not accepted in time": int(
            (~by_sound.is_in(promised_tracks(tables, eligibility).implode())).sum()
        ),
    }
    faults = [f"{n} rows of tracks {what}" for what, n in counts.items() if n]
    return GateResult(
        name="nothing_unwanted_lands",
        passed=not faults,
        observed=sum(counts.values()),
        threshold=0,
        blocking=True,
        notes=f"{'; '.join(faults)}. Make the Friday again"
        if faults
        else f"{len(radar)} rows, all of the week's releases",
    )
