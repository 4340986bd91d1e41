"""Fridays, from the lake to rows of ``mixes.release_radar``: what Dagster calls. One Friday is ``release_radar_days``."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.cold_start.tables import ACCEPTED, LATE, SUBMISSION_VERDICTS, VERDICT, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError, VersionMismatchError
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.core.windows import midnight
from recsys_assets.latent.days import read_day
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes.catalogue import EligibilityParams
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.release_radar import ReleaseRadarParams
from recsys_assets.mixes.release_radar_days import RadarTables, make_friday
from recsys_assets.mixes.tables import RELEASE_RADAR

# An artist that a pitch names without a verified claim: known by name alone, and to this table alone.
_CLAIMED = "claimed:"


def make_fridays(
    fridays: Sequence[date],
    lake: Lake,
    params: ReleaseRadarParams,
    *,
    eligibility: EligibilityParams | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Make Release Radar of some Fridays, each from what was known before it.

    Raises:
        MissingInputError: the space of a Thursday on whose week somebody played was not made.
        VersionMismatchError: places of the Thursday are of another space.
    """
    sources = MixSources.open(lake)
    rows = [
        make_friday(read_friday(friday, sources, lake, settings=settings), params, eligibility=eligibility)
        for friday in fridays
    ]
    return pl.concat([RELEASE_RADAR.empty(), *rows])


def read_friday(
    friday: date,
    sources: MixSources,
    lake: Lake,
    *,
    last_day: date | None = None,
    settings: SqlSettings | None = None,
) -> RadarTables:
    """Read what a Friday's mixes are made of.

    Args:
        friday: the day of delivery.
        sources: as pinned.
        lake: where the space and the places are.
        last_day: the day whose end is now; the day before the Friday where None. A preview looks from an earlier one.
        settings: what each query may use.

    Raises:
        MissingInputError: as ``make_fridays``.
        VersionMismatchError: as ``make_fridays``.
    """
    last_day = last_day or friday - timedelta(days=1)
    history = sources.history(last_day, settings)
    space = read_day(lake, last_day)
    if space is None and not history.recent.is_empty():
        raise MissingInputError(
            f"there is no space of {last_day}, though somebody played in the week before {friday}. Make the day first: "
            f"dagster job backfill -j daily --partitions {last_day} --noprompt"
        )
    submitted = submitted_tracks(lake.open(SUBMISSION_VERDICTS), last_day)
    names = sources.artists.latest(last_day).read()
    return RadarTables(
        friday=friday,
        tracks=sources.tracks.latest(last_day).read(),
        artists=pl.concat([names, _claimed_names(submitted)], how="diagonal"),
        submitted=submitted,
        placements=_placements(lake.open(PLACEMENTS), last_day, space),
        history=history,
        space=space,
    )


def submitted_tracks(verdicts: TableVersion, last_day: date) -> pl.DataFrame:
    """Return accepted and late submissions as tracks of a catalogue, as known at the end of a day.

    Of an unverified claim the artists have names and no more: who follows the real one is not told of it.
    """
    known = verdicts_known(verdicts, midnight(last_day + timedelta(days=1)))
    named = pl.col("artist_names").list.eval(pl.lit(_CLAIMED) + pl.element().str.to_lowercase())
    return known.filter(pl.col(VERDICT).is_in([ACCEPTED, LATE]), pl.col("replaced_by").is_null()).with_columns(
        pl.when("is_claim_verified").then(c.ARTIST_IDS).otherwise(named).alias(c.ARTIST_IDS)
    )


def _claimed_names(submitted: pl.DataFrame) -> pl.DataFrame:
    unverified = submitted.filter(~pl.col("is_claim_verified"))
    pairs = unverified.select(pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID), pl.col("artist_names").alias(c.NAME))
    return pairs.explode(c.ARTIST_ID, c.NAME).drop_nulls().unique(c.ARTIST_ID, keep="first", maintain_order=True)


def _placements(placements: TableVersion, day: date, space: LatentSpace | None) -> pl.DataFrame:
    rows = placements.only([day]).read()
    versions = rows[c.SPACE_VERSION].unique().to_list()
    if space is not None and versions not in ([], [space.space_version]):
        raise VersionMismatchError(
            f"the places of {day} are of {versions} and its space is {space.space_version}: make `placements` of {day} again"
        )
    return rows
