"""Assets of ``latent``: weekly anchors, the day's space, neighbours and the map."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import polars as pl
from pydantic import Field

from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TEXT
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset, outputs
from recsys_assets.defs.metadata import picture
from recsys_assets.defs.partitions import DAILY, WEEKLY_MONDAY, days_before_delivery, partition_days
from recsys_assets.defs.resources import HomeResource, SqlResource
from recsys_assets.exports.map_page import write_map_page
from recsys_assets.latent import tables as t
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.content_prior import ContentPriorParams
from recsys_assets.latent.days import find_neighbours, map_days
from recsys_assets.latent.gates import anchor_beats_popularity
from recsys_assets.latent.layout import MapParams
from recsys_assets.latent.making import AnchorParams, make_anchors, make_days
from recsys_assets.latent.map_picture import draw_map
from recsys_assets.latent.prior_weeks import make_content_priors
from recsys_assets.latent.sound_part import SoundParams
from recsys_assets.play_matrix.params import WINDOW_DAYS

WINDOW_WEEKS = -(-WINDOW_DAYS // 7)


class AnchorConfig(AnchorParams, dg.Config):
    """How a week's anchor is made, as run configuration."""


@lake_multi_asset(
    t.ANCHOR_TABLES,
    name="latent_anchor",
    partitions=WEEKLY_MONDAY,
    kinds={"implicit"},
    ins={"track_signals": dg.AssetIn(partition_mapping=days_before_delivery(WINDOW_WEEKS))},
    about="From what was known before the Monday; turned onto the anchor of the week before.",
)
def latent_anchor(
    context: dg.AssetExecutionContext,
    config: AnchorConfig,
    home: HomeResource,
    sql: SqlResource,
    track_signals: TableVersion,
    raw_play_counts: TableVersion,
    raw_tracks: TableVersion,
) -> Iterator[dg.Output]:
    """Tune, fit from scratch, and turn."""
    frames = make_anchors(
        partition_days(context),
        Anchors.open(home.lake),
        track_signals=track_signals,
        play_counts=raw_play_counts,
        tracks=raw_tracks,
        confidence=home.settings.confidence,
        params=config,
        settings=sql.settings,
    )
    yield from outputs(t.ANCHOR_TABLES, frames)


class ContentPriorConfig(dg.Config):
    """How the week's content prior is learnt, as run configuration; the rest it chooses on held-out artists."""

    n_random_features: int = Field(default=SoundParams().n_random_features, ge=0, le=20_000)
    seed: int = Field(default=7, description="Of the random features, and of who is held out.")


@lake_asset(
    t.CONTENT_PRIOR,
    partitions=WEEKLY_MONDAY,
    kinds={"numpy"},
    deps=[*(table.name for table in t.ANCHOR_TABLES[:4]), "entity_text", "co_mentions"],
    about="The artist's other tracks, shrunk by how many there are, and what the recording and the articles add.",
)
def content_prior(
    context: dg.AssetExecutionContext,
    config: ContentPriorConfig,
    home: HomeResource,
    raw_tracks: TableVersion,
    audio_vectors: TableVersion,
) -> pl.DataFrame:
    """Learn it from the anchor's tracks."""
    return make_content_priors(
        partition_days(context),
        Anchors.open(home.lake),
        tracks=raw_tracks,
        audio_vectors=audio_vectors,
        entity_text=home.lake.open(ENTITY_TEXT),
        co_mentions=home.lake.open(CO_MENTIONS),
        params=ContentPriorParams(sound=SoundParams(n_random_features=config.n_random_features)),
        seed=config.seed,
    )


class SpaceConfig(dg.Config):
    """How a day is fitted; everything else is its week's anchor's."""

    seed: int = Field(default=7, description="Of the start of those whom the anchor does not know.")


@lake_multi_asset(
    t.SPACE_TABLES,
    name="latent_space",
    partitions=DAILY,
    kinds={"implicit"},
    # The trials with their gate too: an anchor that is no better than popularity carries no days.
    deps=[table.name for table in t.ANCHOR_TABLES],
    about="Started from the week's anchor and turned onto it.",
)
def latent_space(
    context: dg.AssetExecutionContext,
    config: SpaceConfig,
    home: HomeResource,
    play_confidence: TableVersion,
    raw_tracks: TableVersion,
) -> Iterator[dg.Output]:
    """Fit the day."""
    anchors = Anchors.open(home.lake)
    frames = make_days(partition_days(context), play_confidence, raw_tracks, anchors, seed=config.seed)
    yield from outputs(t.SPACE_TABLES, frames)


def _judge_anchor(version: TableVersion, week: date, home: HomeResource) -> GateResult:
    return anchor_beats_popularity(version.only([week]).read(), is_demo=home.is_demo)


anchor_check = gate_check(
    t.TUNER_TRIALS,
    name="anchor_beats_popularity",
    judge=_judge_anchor,
    partitions=WEEKLY_MONDAY,
    about="The week's setting predicts hidden listens better than the popular list.",
)


class NeighbourConfig(dg.Config):
    """How many neighbours are kept."""

    k: int = Field(default=30, ge=1, le=1000, description="Neighbours of each track and artist.")


@lake_multi_asset(
    (t.TRACK_NEIGHBOURS, t.ARTIST_NEIGHBOURS),
    name="neighbours",
    partitions=DAILY,
    kinds={"implicit"},
    deps=[table.name for table in t.SPACE_TABLES],
    about="By cosine, exact.",
)
def neighbours(context: dg.AssetExecutionContext, config: NeighbourConfig, home: HomeResource) -> Iterator[dg.Output]:
    """Find the nearest of each."""
    frames = find_neighbours(home.lake, partition_days(context), k=config.k)
    yield from outputs((t.TRACK_NEIGHBOURS, t.ARTIST_NEIGHBOURS), frames)


class MapConfig(MapParams, dg.Config):
    """How the map is laid out, as run configuration."""

    seed: int = 7


@lake_asset(
    t.SPACE_MAP,
    partitions=DAILY,
    kinds={"scikitlearn"},
    deps=[*(table.name for table in t.SPACE_TABLES), "anchor_track_vectors", "anchor_artist_vectors", "raw_artists"],
    about="For looking: colour is genre, lightness how much it is streamed. The newest is exports/map.html.",
)
def space_map(
    context: dg.AssetExecutionContext,
    config: MapConfig,
    home: HomeResource,
    play_confidence: TableVersion,
    track_neighbours: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Lay out and draw."""
    days = partition_days(context)
    rows = map_days(home.lake, days, play_confidence, raw_tracks, config, seed=config.seed)
    newest = rows.filter(pl.col("date") == days[-1])
    page = write_map_page(home.home.map_page, newest, track_neighbours, play_confidence, days[-1])
    shown = picture(draw_map(newest, title=f"The space on {days[-1]}"), "The map of the latent space")
    context.add_output_metadata({"map": shown, **({"page": dg.MetadataValue.path(str(page))} if page else {})})
    return rows
