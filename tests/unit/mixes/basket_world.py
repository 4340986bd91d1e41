"""A planted world of playlists: three genres of unequal size, artists with runs of tracks, titles that name the genre."""

import numpy as np
import polars as pl

from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.baskets import Baskets, build_baskets
from recsys_assets.mixes.tracks import TrackFacts, build_track_facts

GENRES = {"rock": 40, "jazz": 30, "folk": 20}
TRACKS_PER_ARTIST = 5


def playlist_world(*, n_playlists: int = 90, seed: int = 3) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Entries, titles and tracks: playlists hold runs of consecutive tracks of one genre."""
    rng = np.random.default_rng(seed)
    tracks = [
        (f"{genre}-{i:02d}", f"{genre} song {i}", [f"{genre}-artist-{i // TRACKS_PER_ARTIST}"])
        for genre, n in GENRES.items()
        for i in range(n)
    ]
    names = list(GENRES)
    entries, titles = [], []
    for p in range(n_playlists):
        genre = names[p % len(names)]
        length = int(rng.integers(10, 15))
        start = int(rng.integers(0, GENRES[genre]))
        titles.append((f"p{p:03d}", f"{genre} number {p % 7}"))
        entries += [(f"p{p:03d}", i, f"{genre}-{(start + i) % GENRES[genre]:02d}") for i in range(length)]
    return (
        pl.DataFrame(entries, schema=["playlist_id", "position", "track_id"], orient="row"),
        pl.DataFrame(titles, schema=["playlist_id", "name"], orient="row"),
        pl.DataFrame(tracks, schema=["track_id", "title", "artist_ids"], orient="row"),
    )


def basket_world(**kwargs: int) -> tuple[Baskets, TrackFacts, IdMap]:
    """The same as baskets."""
    entries, titles, tracks = playlist_world(**kwargs)
    ids = IdMap.of(tracks["track_id"])
    return build_baskets(entries, ids, titles=titles), build_track_facts(tracks, ids), ids
