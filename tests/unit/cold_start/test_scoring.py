"""By which heard tracks it is learnt how near is near."""

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.placing import Known
from recsys_assets.cold_start.scoring import calibrate
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.content import PlacedTracks, TrackContent
from recsys_assets.latent.content_prior import ContentPriorParams, fit_content_prior
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.sound_part import SoundParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.play_matrix.matrix import build_matrix

D, N, USERS = 4, 200, 90


@pytest.fixture
def known() -> Known:
    """Fifty artists of four tracks, each played by the twenty nearest listeners, with a sound that says half of the place."""
    rng = np.random.default_rng(4)
    tracks = (np.repeat(rng.normal(size=(50, D)), 4, axis=0) + 0.5 * rng.normal(size=(N, D))).astype(np.float32)
    users = rng.normal(size=(USERS, D)).astype(np.float32)
    ids, names = [f"t{n:03}" for n in range(N)], [f"u{n:02}" for n in range(USERS)]
    near = np.argsort(-(tracks @ users.T), axis=1)[:, :20]
    entries = pl.DataFrame(
        {
            c.USER_ID: [names[user] for user in near.ravel()],
            c.TRACK_ID: np.repeat(ids, 20).tolist(),
            c.CONFIDENCE: np.ones(20 * N),
        }
    )
    sound = (tracks + rng.normal(size=(N, D))).astype(np.float32)
    content = TrackContent(pl.Series(ids), pl.Series([[f"a{n // 4}"] for n in range(N)]), sound)
    placed = PlacedTracks(content, tracks)
    params = FactoriseParams(embedding_size=D)
    space = LatentSpace(users, tracks, tracks[:0], IdMap.of(names), IdMap.of(ids), IdMap.of([]), params, "v")
    prior = fit_content_prior(placed, ContentPriorParams(sound=SoundParams(n_random_features=50)), seed=0)
    return Known(space, build_matrix(entries, users=space.users), entries, prior, placed)


def test_reach_is_learnt_from_artists_that_the_prior_has_not_seen(known: Known):
    by_artist, by_sound = calibrate(known)

    assert known.prior.held_out is not None
    assert by_artist.log_ratios.size == by_sound.log_ratios.size == len(known.prior.held_out.track_ids) == 40
    # Sound alone places less surely, so it takes less to be near.
    assert by_sound.threshold < by_artist.threshold
