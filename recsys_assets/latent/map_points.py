"""Which tracks and artists are on the map, and what is said of each. Where they lie is ``layout``."""

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, IDS, require

TRACK = "track"
ARTIST = "artist"


def choose_points(
    track_vectors: pl.DataFrame,
    artist_vectors: pl.DataFrame,
    tracks: pl.DataFrame,
    artists: pl.DataFrame,
    play_counts: pl.DataFrame,
    *,
    max_points: int,
    artist_share: float,
) -> pl.DataFrame:
    """Choose the most streamed tracks and artists; the tables are those of ``layout.build_space_map``.

    Returns:
        At most ``max_points`` rows of kind, id, name, artist_ids, genre, play_count and vector, ordered by kind and id.
    """
    tracks, artists = _described(tracks, artists)
    streams = _streams(play_counts)
    points = [_track_points(track_vectors, tracks, streams), _artist_points(artist_vectors, tracks, artists, streams)]
    return _choose(pl.concat(points), max_points, artist_share)


def _with_columns(frame: pl.DataFrame, dtypes: dict[str, PolarsDataType], *, key: str) -> pl.DataFrame:
    """Select these columns, nulls for those that are missing, one row per key."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in dtypes.items()
    ).unique(key, keep="first", maintain_order=True)


def _first(name: str) -> pl.Expr:
    """First entry of a list that says anything."""
    return pl.col(name).list.eval(pl.element().filter(pl.element().str.strip_chars() != "")).list.first()


def _described(tracks: pl.DataFrame, artists: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tracks and artists as far as anybody described them, each with its ``genre``."""
    artists = _with_columns(
        artists, {c.ARTIST_ID: pl.String(), c.NAME: pl.String(), c.GENRES: IDS}, key=c.ARTIST_ID
    ).with_columns(_first(c.GENRES).alias("genre"))
    tracks = _with_columns(
        tracks, {c.TRACK_ID: pl.String(), c.TITLE: pl.String(), c.ARTIST_IDS: IDS, c.GENRES: IDS}, key=c.TRACK_ID
    )
    tracks = (
        tracks.with_columns(_first(c.ARTIST_IDS).alias(c.ARTIST_ID), _first(c.GENRES).alias("genre"))
        .join(artists.select(c.ARTIST_ID, artist_genre="genre"), on=c.ARTIST_ID, how="left", maintain_order="left")
        .with_columns(pl.coalesce("genre", "artist_genre"))
    )
    return tracks, artists


def _streams(play_counts: pl.DataFrame) -> pl.DataFrame:
    return play_counts.group_by(c.TRACK_ID).agg(pl.col(c.PLAY_COUNT).cast(pl.Float64).sum())


def _track_points(vectors: pl.DataFrame, tracks: pl.DataFrame, streams: pl.DataFrame) -> pl.DataFrame:
    require(vectors, {c.TRACK_ID: pl.String, c.VECTOR: EMBEDDING}, what="track_vectors")
    return (
        vectors.join(tracks, on=c.TRACK_ID, how="left")
        .join(streams, on=c.TRACK_ID, how="left")
        .select(
            pl.lit(TRACK).alias("kind"),
            pl.col(c.TRACK_ID).alias("id"),
            pl.col(c.TITLE).alias(c.NAME),
            c.ARTIST_IDS,
            "genre",
            pl.col(c.PLAY_COUNT).fill_null(0.0),
            c.VECTOR,
        )
    )


def _artist_points(
    vectors: pl.DataFrame, tracks: pl.DataFrame, artists: pl.DataFrame, streams: pl.DataFrame
) -> pl.DataFrame:
    require(vectors, {c.ARTIST_ID: pl.String, c.VECTOR: EMBEDDING}, what="artist_vectors")
    # Sorted before it is summed: sums of floats depend on their order.
    of_tracks = (
        tracks.join(streams, on=c.TRACK_ID, how="left")
        .select(c.TRACK_ID, pl.col(c.ARTIST_IDS).list.unique().alias(c.ARTIST_ID), "genre", c.PLAY_COUNT)
        .explode(c.ARTIST_ID)
        .sort(c.PLAY_COUNT, c.TRACK_ID, descending=[True, False], nulls_last=True)
        .group_by(c.ARTIST_ID, maintain_order=True)
        .agg(pl.col(c.PLAY_COUNT).sum(), pl.col("genre").drop_nulls().first().alias("track_genre"))
    )
    return (
        vectors.join(artists, on=c.ARTIST_ID, how="left")
        .join(of_tracks, on=c.ARTIST_ID, how="left")
        .select(
            pl.lit(ARTIST).alias("kind"),
            pl.col(c.ARTIST_ID).alias("id"),
            c.NAME,
            pl.lit(None, dtype=IDS).alias(c.ARTIST_IDS),
            pl.coalesce("genre", "track_genre").alias("genre"),
            pl.col(c.PLAY_COUNT).fill_null(0.0),
            c.VECTOR,
        )
    )


def _choose(points: pl.DataFrame, max_points: int, artist_share: float) -> pl.DataFrame:
    """The most streamed points that have a direction, in the order of the table; artists take their share at most."""
    points = points.filter(pl.col(c.VECTOR).list.eval(pl.element() != 0).list.any()).sort(
        c.PLAY_COUNT, "id", descending=[True, False]
    )
    chosen_artists = points.filter(kind=ARTIST).head(int(max_points * artist_share))
    chosen_tracks = points.filter(kind=TRACK).head(max_points - len(chosen_artists))
    return pl.concat([chosen_artists, chosen_tracks]).sort("kind", "id")
