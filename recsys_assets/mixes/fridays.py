"""Fridays, from the lake to rows of ``mixes.release_radar``: what Dagster calls. One Friday is ``release_radar_days``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from recsys_assets.cold_start.beside_places import read_beside_places
from recsys_assets.cold_start.days import place_day
from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.cold_start.placing import PlacingParams
from recsys_assets.cold_start.preview import read_newest
from recsys_assets.cold_start.tables import ACCEPTED, LATE, SUBMISSION_VERDICTS, VERDICT, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError, VersionMismatchError
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.core.windows import friday_of, midnight, monday_of
from recsys_assets.latent.days import read_day
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes.catalogue import EligibilityParams
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.release_radar import ReleaseRadarParams
from recsys_assets.mixes.release_radar_days import RadarTables, make_friday, with_submitted
from recsys_assets.mixes.tables import RELEASE_RADAR, RELEASE_RADAR_PREVIEW
from recsys_assets.mixes.text_words import read_words

# An artist that a pitch names without a verified claim: known by name alone, and to this table alone.
_CLAIMED = "claimed:"


@dataclass(frozen=True)
class Ahead:
    """From where a preview looks at a Friday to come: a day's space, and the submissions known now.

    Attributes:
        day: whose end is now, for listeners and the space.
        verdicts: of submissions.
        placements: of submissions in the day's space.
    """

    day: date
    verdicts: pl.DataFrame
    placements: pl.DataFrame


def make_fridays(
    fridays: Sequence[date],
    lake: Lake,
    params: ReleaseRadarParams,
    *,
    eligibility: EligibilityParams | None = None,
    placing: PlacingParams | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Make Release Radar of some Fridays, each from what was known before it; ``placing`` says how much text counts.

    Raises:
        MissingInputError: the space of a Thursday on whose week somebody played was not made.
        VersionMismatchError: places of the Thursday are of another space.
    """
    sources = MixSources.open(lake)
    rows = [
        make_friday(
            read_friday(friday, sources, lake, placing=placing, settings=settings), params, eligibility=eligibility
        )
        for friday in fridays
    ]
    return pl.concat([RELEASE_RADAR.empty(), *rows])


def read_friday(
    friday: date,
    sources: MixSources,
    lake: Lake,
    *,
    ahead: Ahead | None = None,
    placing: PlacingParams | None = None,
    settings: SqlSettings | None = None,
) -> RadarTables:
    """Read what a Friday's mixes are made of.

    Args:
        friday: the day of delivery.
        sources: as pinned.
        lake: where the space and the places are.
        ahead: from where a preview looks; None reads what is published of the day before the Friday.
        placing: how much text counts.
        settings: what each query may use.

    Raises:
        MissingInputError: as ``make_fridays``.
        VersionMismatchError: as ``make_fridays``.
    """
    last_day = ahead.day if ahead else friday - timedelta(days=1)
    history = sources.history(last_day, settings)
    space = read_day(lake, last_day)
    if space is None and not history.recent.is_empty():
        raise MissingInputError(
            f"there is no space of {last_day}, though somebody played in the week before {friday}. Make the day first: "
            f"dagster job backfill -j daily --partitions {last_day} --noprompt"
        )
    known = ahead.verdicts if ahead else verdicts_known(lake.open(SUBMISSION_VERDICTS), midnight(friday))
    submitted = submitted_tracks(known)
    names = sources.artists.latest(last_day).read()
    tracks = sources.tracks.latest(last_day).read()
    return RadarTables(
        friday=friday,
        tracks=tracks,
        artists=pl.concat([names, claimed_names(submitted)], how="diagonal"),
        submitted=submitted,
        placements=ahead.placements if ahead else _placements(lake.open(PLACEMENTS), last_day, space),
        history=history,
        space=space,
        written=read_words(
            sources.placements,
            sources.entity_terms,
            with_submitted(tracks, submitted),
            day=last_day,
            week=monday_of(last_day),
        ),
        beside=read_beside_places(lake, last_day, space, known, placing or PlacingParams()) if space else None,
    )


def submitted_tracks(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return accepted and late submissions as tracks of a catalogue, of the verdicts that are known.

    Of an unverified claim the artists have names and no more: who follows the real one is not told of it.
    """
    named = pl.col("artist_names").list.eval(pl.lit(_CLAIMED) + pl.element().str.to_lowercase())
    return verdicts.filter(pl.col(VERDICT).is_in([ACCEPTED, LATE]), pl.col("replaced_by").is_null()).with_columns(
        pl.when("is_claim_verified").then(c.ARTIST_IDS).otherwise(named).alias(c.ARTIST_IDS)
    )


def claimed_names(submitted: pl.DataFrame) -> pl.DataFrame:
    """Return ``artist_id`` and ``name`` of the artists that unverified claims of ``submitted_tracks`` name."""
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


def look_ahead(lake: Lake, now: datetime, placing: PlacingParams | None = None) -> Ahead | None:
    """Place what was submitted before ``now`` in the newest space; None where there is none."""
    newest = read_newest(lake, now)
    if newest is None:
        return None
    return Ahead(newest.day, newest.verdicts, place_day(newest, placing or PlacingParams(), is_whole=False))


def preview_fridays(
    submission_ids: Sequence[str],
    ahead: Ahead | None,
    lake: Lake,
    params: ReleaseRadarParams,
    *,
    eligibility: EligibilityParams | None = None,
    placing: PlacingParams | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Show in whose Release Radar some submissions would land if their Fridays were made now.

    Args:
        submission_ids: of those; who is released by the day of the space has no row.
        ahead: from where to look; without it there are no rows.
        lake: the tables.
        params: the shape of the mix.
        eligibility: what nobody gets.
        placing: how much text counts.
        settings: what each query may use.

    Returns:
        Rows of ``release_radar_preview``.
    """
    parts = [RELEASE_RADAR_PREVIEW.empty()]
    if ahead is None:
        return parts[0]
    mine = ahead.placements.filter(pl.col(c.SUBMISSION_ID).is_in(list(submission_ids)))
    fridays = sorted({friday_of(day) for day in mine[c.RELEASED_ON].drop_nulls()})
    sources = MixSources.open(lake)
    for friday in (day for day in fridays if day > ahead.day):
        tables = read_friday(friday, sources, lake, ahead=ahead, placing=placing, settings=settings)
        rows = make_friday(tables, params, eligibility=eligibility)
        landed = rows.join(mine.select(c.TRACK_ID, c.SUBMISSION_ID), on=c.TRACK_ID)
        parts.append(RELEASE_RADAR_PREVIEW.arrange(landed.with_columns(pl.lit(ahead.day).alias(c.AS_OF))).collect())
    return pl.concat(parts)
