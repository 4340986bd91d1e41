"""How much of an artist a listener has: against the formula written out pair by pair."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.content import TrackContent
from recsys_assets.latent.share_of_artist import ArtistCounts, ShareOfArtistParams

CREDITS = [["a"], ["a"], ["a", "b"], ["b"], ["c"], [], ["a"], ["b", "d"]]
CHOSEN = (np.random.default_rng(3).random((9, len(CREDITS))) < 0.4).astype(np.float32)


def content(ids: list[str], credited: list[list[str] | None]) -> TrackContent:
    return TrackContent(pl.Series(ids, dtype=pl.String), pl.Series(credited, dtype=pl.List(pl.String)))


SPACE = content([f"t{n}" for n in range(len(CREDITS))], list(CREDITS))


def root(listener: int, artist: str, own: int, params: ShareOfArtistParams) -> float:
    """Of a listener and an artist, the track ``own`` left out."""
    others = [n for n, credited in enumerate(CREDITS) if artist in credited and n != own]
    return np.sqrt(CHOSEN[listener, others].sum() / max(len(others) + params.added_tracks, 1))


def spread(params: ShareOfArtistParams) -> float:
    pairs = [(own, artist) for own, credited in enumerate(CREDITS) for artist in credited]
    return float(np.std([root(u, artist, own, params) for u in range(len(CHOSEN)) for own, artist in pairs]))


@pytest.mark.parametrize("params", [ShareOfArtistParams(), ShareOfArtistParams(weight=0.7, added_tracks=0)])
def test_the_share_is_the_formula(params: ShareOfArtistParams):
    asked = content(["new", "t2", "nobody's", "duet", "unknown"], [["a"], ["a", "b"], None, ["c", "b", "b"], ["z"]])

    shares = ArtistCounts.of(sparse.csr_matrix(CHOSEN * 3), SPACE).shares(asked, params).toarray()

    for row, (credited, own) in enumerate([(["a"], -1), (["a", "b"], 2), ([], -1), (["b", "c"], -1), (["z"], -1)]):
        for listener in range(len(CHOSEN)):
            most = max([0.0, *(root(listener, artist, own, params) for artist in credited)])
            assert shares[row, listener] == pytest.approx(params.weight * most / spread(params), abs=1e-5)


def test_a_track_does_not_change_what_is_said_of_another():
    counts = ArtistCounts.of(sparse.csr_matrix(CHOSEN), SPACE)
    together = counts.shares(content(["new", "t0"], [["a"], ["a"]]), ShareOfArtistParams()).toarray()
    alone = counts.shares(content(["new"], [["a"]]), ShareOfArtistParams()).toarray()
    np.testing.assert_array_equal(together[:1], alone)


@pytest.mark.parametrize(
    ("chosen", "weight"),
    [(np.zeros_like(CHOSEN), 0.2), (CHOSEN[:0], 0.2), (CHOSEN, 0.0)],
)
def test_without_choices_listeners_or_weight_there_is_no_share(chosen: np.ndarray, weight: float):
    counts = ArtistCounts.of(sparse.csr_matrix(chosen), SPACE)
    shares = counts.shares(content(["new"], [["a"]]), ShareOfArtistParams(weight=weight))
    assert shares.shape == (1, len(chosen))
    assert shares.nnz == 0


def test_other_tracks_than_those_that_were_chosen_from_are_refused():
    with pytest.raises(InvalidArgumentError, match="8 tracks with content of 2"):
        ArtistCounts.of(sparse.csr_matrix(CHOSEN), content(["t0", "t1"], [["a"], ["b"]]))
