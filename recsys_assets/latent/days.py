"""Products of a published day, read back from its tables: the space itself, neighbours, the map.

Making the day's space is ``making``; each product has its own module (``neighbours``, ``layout``, ``map_html``).
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.windows import monday_of
from recsys_assets.latent.anchors import Anchors, make_first
from recsys_assets.latent.layout import MapParams, build_space_map
from recsys_assets.latent.neighbours import artist_neighbours, track_neighbours
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.space_tables import SpaceTables, from_tables
from recsys_assets.latent.tables import (
    ANCHOR_ARTIST_VECTORS,
    ANCHOR_TRACK_VECTORS,
    ARTIST_NEIGHBOURS,
    ARTIST_VECTORS,
    SPACE_MAP,
    SPACE_TABLES,
    TRACK_NEIGHBOURS,
    TRACK_VECTORS,
)
from recsys_assets.raw.tables import RAW_ARTISTS


def read_day(lake: Lake, day: date) -> LatentSpace | None:
    """Read the published space of ``day``; None where nobody has a place in it.

    Raises:
        MissingInputError: its week's anchor was not made.
        VersionMismatchError: its tables are of different makings.
    """
    users, tracks, artists = (lake.open(table).only([day]).read() for table in SPACE_TABLES)
    if users.is_empty():
        return None
    params = Anchors.open(lake).params_of(monday_of(day))
    if params is None:
        raise MissingInputError(make_first(monday_of(day), f"the space of {day} belongs to it"))
    return from_tables(SpaceTables(users, tracks, artists), params)


def find_neighbours(lake: Lake, days: Sequence[date], *, k: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the ``k`` nearest of each track and artist in the spaces of some days.

    Returns:
        Rows of ``track_neighbours`` and of ``artist_neighbours``, with their date.
    """
    parts = [(TRACK_NEIGHBOURS.empty(), ARTIST_NEIGHBOURS.empty())]
    for day in days:
        space = read_day(lake, day)
        if space is not None:
            stamp = pl.lit(day).alias(c.DATE)
            tracks, artists = track_neighbours(space, k=k), artist_neighbours(space, k=k)
            parts.append((tracks.with_columns(stamp), artists.with_columns(stamp)))
    return pl.concat([tracks for tracks, _ in parts]), pl.concat([artists for _, artists in parts])


def map_days(
    lake: Lake, days: Sequence[date], confidence: TableVersion, tracks: TableVersion, params: MapParams, *, seed: int
) -> pl.DataFrame:
    """Lay out the spaces of some days: rows of ``space_map`` with their date.

    A day's map begins with its anchor's, so that the days of a week look alike in whatever order they are made.

    Args:
        lake: where the spaces are.
        days: to lay out.
        confidence: ``play_matrix.play_confidence`` of these days: how much each track is streamed.
        tracks: ``raw.raw_tracks``, all snapshots.
        params: how.
        seed: of the layout.
    """
    artists, parts = lake.open(RAW_ARTISTS), [SPACE_MAP.empty()]
    first: dict[date, pl.DataFrame] = {}
    for day in days:
        described = (tracks.latest(day).read(), artists.latest(day).read())
        streams = confidence.only([day]).scan().group_by(c.TRACK_ID).agg(pl.col(c.PLAY_COUNT).sum()).collect()
        week = monday_of(day)
        if week not in first:
            first[week] = _map_of_anchor(lake, week, described, params, seed)
        track_vectors, artist_vectors = (
            lake.open(table).only([day]).read() for table in (TRACK_VECTORS, ARTIST_VECTORS)
        )
        laid_out = build_space_map(
            track_vectors, artist_vectors, *described, streams, params, seed=seed, previous=first[week]
        )
        parts.append(laid_out.with_columns(pl.lit(day).alias(c.DATE)))
    return pl.concat(parts)


def _map_of_anchor(
    lake: Lake, week: date, described: tuple[pl.DataFrame, pl.DataFrame], params: MapParams, seed: int
) -> pl.DataFrame:
    tables = (ANCHOR_TRACK_VECTORS, ANCHOR_ARTIST_VECTORS)
    track_vectors, artist_vectors = (lake.open(table).only([week]).read() for table in tables)
    # By the length of its vector, which grows with its listeners: the day's streams would make the start depend on
    # the day.
    weights = track_vectors.select(
        c.TRACK_ID, pl.col(c.VECTOR).list.eval(pl.element() ** 2).list.sum().alias(c.PLAY_COUNT)
    )
    return build_space_map(track_vectors, artist_vectors, *described, weights, params, seed=seed)
