"""A small planted world: three taste groups of unequal size over three genres of unequal size."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recsys_assets.core.ids import IdMap
from recsys_assets.core.seeds import generator
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace, fit_anchor
from recsys_assets.play_matrix.matrix import InteractionMatrix

GROUPS, GENRES = (30, 20, 10), (40, 24, 16)


@pytest.fixture(scope="session")
def params() -> FactoriseParams:
    return FactoriseParams(
        embedding_size=8, epochs=12, regularization=0.02, unobserved_weight=0.1, confidence_exponent=1
    )


@pytest.fixture(scope="session")
def world() -> InteractionMatrix:
    """60 listeners x 80 tracks, each listener 12 of the own genre; listener 59 and track 79 have nothing."""
    rng = generator(0, "world")
    dense = np.zeros((sum(GROUPS), sum(GENRES)), dtype=np.float32)
    user_at = item_at = 0
    for users, items in zip(GROUPS, GENRES, strict=True):
        for user in range(user_at, user_at + users):
            liked = item_at + rng.choice(items, 12, replace=False)
            dense[user, liked] = rng.integers(1, 6, 12)
        user_at, item_at = user_at + users, item_at + items
    dense[59], dense[:, 79] = 0, 0
    users = IdMap.of([f"u{n:02}" for n in range(60)])
    tracks = IdMap.of([f"t{n:02}" for n in range(80)])
    return InteractionMatrix(sparse.csr_matrix(dense), users, tracks)


def genre_of(track: int) -> int:
    return int(np.searchsorted(np.cumsum(GENRES), track, side="right"))


@pytest.fixture(scope="session")
def credited() -> pl.DataFrame:
    """Four tracks in a row share an artist; the last track has none."""
    return pl.DataFrame(
        {"track_id": [f"t{n:02}" for n in range(80)], "artist_ids": [[f"a{n // 4:02}"] for n in range(79)] + [None]},
        schema={"track_id": pl.String, "artist_ids": pl.List(pl.String)},
    )


@pytest.fixture(scope="session")
def space(world, credited, params) -> LatentSpace:
    return fit_anchor(world, credited, params, space_version="2026-01-05-a", seed=3, num_threads=1).space
