"""Newcomers: artists of whom the press writes and whom nobody has heard yet, so that what is written alone says where they stand.

Belongs here: who they are, where they lie, and their rows of the catalogue, which come as a supplier's own: the world's listeners
never choose them. Each lies beside a well-known artist, with whom honest sites compare it.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.files import written_aside
from recsys_assets.core.seeds import generator
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.geometry import CONTENT_DIMENSIONS, random_directions, unit_rows
from recsys_assets.demo.names import NameMaker
from recsys_assets.demo.world import World

N_NEWCOMERS, N_SONGS = 4, 3
FEED = "feed=press"
# How far they lie from the artist beside them: an artist's own songs lie at .45.
SPREAD = 0.4
_MINUTES = 3.5


@dataclass(frozen=True)
class Newcomers:
    """One entry for each: name, row of the genre, titles, day of release, and content vector of length one, float32."""

    names: tuple[str, ...]
    genres: tuple[int, ...]
    titles: tuple[tuple[str, ...], ...]
    released_day: tuple[int, ...]
    content: np.ndarray

    @property
    def artist_ids(self) -> list[str]:
        """Ids of the artists."""
        return [f"a_new_{row}" for row in range(len(self.names))]


def plan_newcomers(world: World) -> Newcomers:
    """Draw the newcomers of a world: beside different ones of its best-known artists, in their genres."""
    rng = generator(world.seed, "demo", "newcomers")
    catalogue = world.catalogue
    known = np.argsort(-catalogue.artist_log_popularity, kind="stable")[: max(3 * N_NEWCOMERS, 12)]
    beside = rng.choice(known, size=N_NEWCOMERS, replace=False)
    near = catalogue.artist_vectors[beside, :CONTENT_DIMENSIONS] + SPREAD * random_directions(rng, N_NEWCOMERS)
    maker, taken = NameMaker(rng), set(world.artists[c.NAME])
    genres = [int(genre) for genre in catalogue.artist_genre[beside]]
    names = []
    for genre in genres:
        drawn = (maker.artist(genre) for _ in range(1_000))
        names.append(next(name for name in drawn if name not in taken and " " in name))
    return Newcomers(
        names=tuple(names),
        genres=tuple(genres),
        titles=tuple(tuple(maker.title(genre, artist=row) for _ in range(N_SONGS)) for row, genre in enumerate(genres)),
        released_day=tuple(rng.integers(0, max(world.days // 3, 1), N_NEWCOMERS).tolist()),
        content=unit_rows(near),
    )


def write_newcomers(newcomers: Newcomers, world: World, landing: Path) -> None:
    """Write their rows of artists and tracks into the landing zone, as of the world's first day."""
    ids, labels = newcomers.artist_ids, [[GENRES[genre].label] for genre in newcomers.genres]
    artists = pl.DataFrame({c.ARTIST_ID: ids, c.NAME: list(newcomers.names), c.GENRES: labels})
    songs = [(row, n) for row in range(len(ids)) for n in range(N_SONGS)]
    tracks = pl.DataFrame(
        {
            c.TRACK_ID: [f"t_new_{row}_{n}" for row, n in songs],
            c.TITLE: [newcomers.titles[row][n] for row, n in songs],
            c.ARTIST_IDS: [[ids[row]] for row, _ in songs],
            c.RELEASED_ON: [world.start + timedelta(days=newcomers.released_day[row]) for row, _ in songs],
            c.DURATION_MS: [round(_MINUTES * 60_000)] * len(songs),
            c.GENRES: [labels[row] for row, _ in songs],
        }
    )
    remove_newcomers(landing)
    for table, frame in (("artists", artists), ("tracks", tracks)):
        with written_aside(landing / table / FEED / f"{c.DATE}={world.start}" / "part.parquet") as fresh:
            frame.write_parquet(fresh)


def remove_newcomers(landing: Path) -> None:
    """Take the newcomers of an earlier world out of the landing zone."""
    for path in (*landing.glob(f"artists/{FEED}/*/part.parquet"), *landing.glob(f"tracks/{FEED}/*/part.parquet")):
        path.unlink()
