"""A small map to draw: rows of SPACE_MAP from a few values."""

import math

import polars as pl

from recsys_assets.latent.tables import SPACE_MAP

DTYPES = {column.name: column.dtype for column in SPACE_MAP.columns}


def space_map(*rows: tuple):
    """Rows of (kind, id, name, artist_ids, genre, x, y, play_count)."""
    return pl.DataFrame(rows, schema=DTYPES, orient="row")


def neighbours(*rows: tuple):
    """Rows of (track_id, neighbour_id, rank, cosine)."""
    return pl.DataFrame(
        rows,
        schema={"track_id": pl.String, "neighbour_id": pl.String, "rank": pl.Int32, "cosine": pl.Float32},
        orient="row",
    )


def listeners(*rows: tuple):
    """Rows of (user_id, track_id, play_count)."""
    return pl.DataFrame(
        rows, schema={"user_id": pl.String, "track_id": pl.String, "play_count": pl.Int64}, orient="row"
    )


def crowd(n: int, *, genres: int = 15, artists: int = 10):
    """A map of n tracks and some artists, genres of unequal size, spread evenly over a disc: the costliest to draw."""
    rows = []
    for i in range(n + artists):
        radius, angle = ((i + 0.5) / (n + artists)) ** 0.5, i * math.pi * (3 - 5**0.5)
        x, y = radius * math.cos(angle), radius * math.sin(angle)
        genre = f"Genre {int(genres * ((i * 7919 % n) / n) ** 1.5)}"
        if i < artists:
            rows.append(("artist", f"a{i:05}", f"Artist {i}", None, genre, x, y, 100.0 + i))
        else:
            credit = [f"a{i % max(artists, 1):05}"]
            rows.append(("track", f"t{i - artists:05}", f"A usual title {i}", credit, genre, x, y, float(i % 97)))
    return space_map(*rows)
