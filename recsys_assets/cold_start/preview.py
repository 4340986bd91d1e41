"""A submission at once: its place in the newest space there is, and its audience, before any day is made.

Belongs here: rows of ``submission_preview``. What the days say of it is ``days`` and ``scoring``; in whose mix it would land
is ``mixes``, which knows the rules of mixes.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from recsys_assets.cold_start.days import Day, newest_day, place_day, read_known_day
from recsys_assets.cold_start.first_listeners import FirstListenersParams
from recsys_assets.cold_start.place_tables import MADE_AT, SUBMISSION_PREVIEW
from recsys_assets.cold_start.placing import PlacingParams, as_catalogued
from recsys_assets.cold_start.scoring import score_placed
from recsys_assets.cold_start.tables import (
    ACCEPTED,
    LATE,
    RECEIVED_AT,
    SUBMISSION_VERDICTS,
    VERDICT,
    verdicts_known,
)
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import TableSchema
from recsys_assets.raw.tables import RAW_TRACKS

logger = logging.getLogger(__name__)


def read_newest(lake: Lake, now: datetime) -> Day | None:
    """Read the newest day that has a space, with the submissions received before ``now``; None where there is none."""
    day = newest_day(lake)
    if day is None:
        logger.info("there is no space yet: submissions are placed by the first day that has one")
        return None
    return read_known_day(lake, day, before=now)


def settled_previews(
    submission_ids: Sequence[str], lake: Lake, now: datetime, *, shown_in: TableSchema = SUBMISSION_PREVIEW
) -> set[str]:
    """Return those of some submissions whose previews stay as they are, rows or none: in the newest space they are out.

    One that came when it was out already is shown once. One that was rejected, replaced or withdrawn is none of them: its
    preview becomes empty.

    Args:
        submission_ids: of those.
        lake: where verdicts and previews are.
        now: the instant of making them.
        shown_in: the table of previews that is made, each its own: that of places is there before that of Release Radar.
    """
    ids = list(submission_ids)
    # A home that is made long after its days looks ahead from its newest day, and the catalogue says what is out, as for places.
    seen_from = newest_day(lake) or now.date()
    known = verdicts_known(lake.open(SUBMISSION_VERDICTS).only(ids), now)
    known = as_catalogued(known, lake.open(RAW_TRACKS).latest(seen_from).read())
    is_out = pl.col(VERDICT).is_in([ACCEPTED, LATE]) & (pl.col(c.RELEASED_ON) <= seen_from)
    shown = lake.open(shown_in).only(ids).read()
    same = [name for name in (c.SUBMISSION_ID, RECEIVED_AT) if name in shown.columns]
    shown = shown.select(*same, is_shown=True).unique()
    came_before = pl.col(RECEIVED_AT).dt.date() < pl.col(c.RELEASED_ON)
    return set(
        known.filter(is_out, pl.col("replaced_by").is_null())
        .join(shown, on=same, how="left")
        .filter(came_before | pl.col("is_shown").is_not_null())[c.SUBMISSION_ID]
    )


def preview_submissions(
    submission_ids: Sequence[str],
    day: Day | None,
    lake: Lake,
    placing: PlacingParams,
    *,
    first_listeners: FirstListenersParams | None = None,
    now: datetime,
) -> pl.DataFrame:
    """Place some submissions and count their audiences.

    Args:
        submission_ids: of those; one that was rejected, withdrawn or released long ago has no row.
        day: from ``read_newest``; without one there are no rows.
        lake: where playlists are, and the previews that were made before: what came with the same receipt stands since then.
        placing: how much content counts.
        first_listeners: how many are named, as on days.
        now: the instant of making them.

    Returns:
        Rows of ``submission_preview``.
    """
    if day is None:
        return SUBMISSION_PREVIEW.empty()
    placed = place_day(day, placing, is_whole=False).filter(pl.col(c.SUBMISSION_ID).is_in(list(submission_ids)))
    if placed.is_empty():
        return SUBMISSION_PREVIEW.empty()
    _, audiences = score_placed(placed, day, lake, first_listeners or FirstListenersParams(), placing)
    shown = day.verdicts.select(c.SUBMISSION_ID, RECEIVED_AT)
    before = (
        lake.open(SUBMISSION_PREVIEW).only(list(submission_ids)).read().select(c.SUBMISSION_ID, RECEIVED_AT, MADE_AT)
    )
    rows = (
        placed.join(audiences, on=c.SUBMISSION_ID, maintain_order="left")
        .join(shown, on=c.SUBMISSION_ID, how="left", maintain_order="left")
        .join(before, on=(c.SUBMISSION_ID, RECEIVED_AT), how="left", maintain_order="left")
        .with_columns(pl.lit(day.day).alias(c.AS_OF), pl.col(MADE_AT).fill_null(now))
    )
    return SUBMISSION_PREVIEW.arrange(rows).collect()
