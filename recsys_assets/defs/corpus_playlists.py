"""Assets of ``corpus`` that read playlists as documents: which are good before a Monday, and what they say of tracks."""

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.corpus import playlist_gates
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_picture import draw_quality
from recsys_assets.corpus.playlist_quality import QualityParams
from recsys_assets.corpus.playlist_vectors import PlaylistVectorParams
from recsys_assets.corpus.playlist_weeks import (
    PlaylistWeeks,
    list_playlists,
    make_playlist_quality,
    make_title_terms,
    make_vectors,
)
from recsys_assets.corpus.title_terms import TitleTermParams
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.lake_assets import lake_asset
from recsys_assets.defs.metadata import markdown_table, picture
from recsys_assets.defs.partitions import WEEKLY_MONDAY, partition_days
from recsys_assets.defs.resources import SqlResource

_SNAPSHOT = "From the newest snapshot of playlists that came before the Monday."


class QualityConfig(QualityParams, dg.Config):
    """Which playlists are good, as run configuration."""


@lake_asset(t.PLAYLIST_QUALITY, partitions=WEEKLY_MONDAY, kinds={"duckdb", "scipy"}, about=_SNAPSHOT)
def playlist_quality(
    context: dg.AssetExecutionContext,
    config: QualityConfig,
    sql: SqlResource,
    raw_playlists: TableVersion,
    raw_playlist_tracks: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Judge playlists by followers, additions, artists, and whether their tracks belong together."""
    weeks, read = partition_days(context), PlaylistWeeks(raw_playlists, raw_playlist_tracks, raw_tracks)
    rows = make_playlist_quality(weeks, read, config, sql.settings)
    if rows.height:
        newest = rows.filter(pl.col("week") == rows["week"].max())
        drawn = draw_quality(
            newest, title=f"Playlists that are read, and why others are not, before {newest['week'][0]}"
        )
        listed = markdown_table(list_playlists(newest, read.names(newest["week"][0])))
        context.add_output_metadata(
            {"quality": picture(drawn, "playlists by cohesion and by reason"), "playlists": dg.MetadataValue.md(listed)}
        )
    return rows


class TitleConfig(TitleTermParams, dg.Config):
    """Which words of playlists are kept, as run configuration."""


@lake_asset(t.TITLE_TERMS, partitions=WEEKLY_MONDAY, kinds={"scipy"}, about=_SNAPSHOT)
def title_terms(
    context: dg.AssetExecutionContext,
    config: TitleConfig,
    raw_playlists: TableVersion,
    raw_playlist_tracks: TableVersion,
    raw_tracks: TableVersion,
    playlist_quality: TableVersion,
) -> pl.DataFrame:
    """Weigh the tracks that stand under a word."""
    read = PlaylistWeeks(raw_playlists, raw_playlist_tracks, raw_tracks)
    return make_title_terms(partition_days(context), read, playlist_quality, config)


class VectorConfig(PlaylistVectorParams, dg.Config):
    """How playlists become vectors, as run configuration."""


@lake_asset(t.PLAYLIST_VECTORS, partitions=WEEKLY_MONDAY, kinds={"scipy"}, about=_SNAPSHOT)
def playlist_vectors(
    context: dg.AssetExecutionContext,
    config: VectorConfig,
    raw_playlists: TableVersion,
    raw_playlist_tracks: TableVersion,
    raw_tracks: TableVersion,
    playlist_quality: TableVersion,
) -> pl.DataFrame:
    """Factorise which tracks and artists stand in the same good playlists."""
    read = PlaylistWeeks(raw_playlists, raw_playlist_tracks, raw_tracks)
    return make_vectors(partition_days(context), read, playlist_quality, config)


playlist_checks = [
    gate_check(
        t.PLAYLIST_QUALITY,
        name="enough_are_good",
        judge=lambda quality, week, _home: playlist_gates.enough_are_good(quality.only([week]).read()),
        partitions=WEEKLY_MONDAY,
        about="A tenth of the playlists or more are good enough to be read.",
    ),
    gate_check(
        t.PLAYLIST_QUALITY,
        name="few_look_bought",
        judge=lambda quality, week, _home: playlist_gates.few_look_bought(quality.only([week]).read()),
        partitions=WEEKLY_MONDAY,
        about="Less than a tenth of what good playlists hold looks bought.",
    ),
]
