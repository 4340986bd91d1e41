"""What is written of a listener's tracks and of a track that few know: the dimensions beside the space."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.latent.content import TrackContent
from recsys_assets.latent.text_match import (
    TextMatch,
    TextMatchParams,
    listeners_of_artists,
    match_cold,
    text_directions,
    widen_by_text,
)

LISTENERS = np.array([[2.0, 0], [1, 1], [0, 3]], dtype=np.float32)
TRACKS = np.array([[1.0, 0], [0, 1], [0.1, 0], [0, 0.1], [0.1, 0.1]], dtype=np.float32)
CHOSEN = sparse.csr_matrix(np.array([[1, 0, 0, 1, 0], [1, 1, 0, 0, 0], [1, 1, 0, 0, 0]], dtype=np.float32))
IS_FEW = np.array([False, False, True, True, True])
TEXT = np.array([[1, 0], [0, 1], [1, 0.1], [0.1, 1], [np.nan, np.nan]], dtype=np.float32)


def content(text: np.ndarray | None = TEXT) -> TrackContent:
    ids, artists = pl.Series([f"t{n}" for n in range(5)]), pl.Series([["a"], ["b"], ["c"], ["d"], ["e"]])
    amount = None if text is None else np.isfinite(text).all(axis=1).astype(np.float32)
    return TrackContent(ids, artists, text=text, text_amount=amount)


def gains(params: TextMatchParams, told: TrackContent) -> np.ndarray:
    wide = widen_by_text(CHOSEN, LISTENERS, TRACKS, told, is_few=IS_FEW, params=params)
    return wide.listeners @ wide.tracks.T - LISTENERS @ TRACKS.T


def test_the_score_is_the_formula():
    params = TextMatchParams(weight=0.5, way_given=0.25, half_listeners=4, half_tracks=1)
    e = text_directions(content())
    c = (e[0] + e[3]) / (2 + 1)
    # The artist of the fourth track has one listener, that of the third none; vectors of tracks many know have length 1.
    space = LISTENERS[0] @ TRACKS.T
    expected = [0, 0, 0.5 * 2 * 1 * (c @ e[2]), 0.5 * 4 / 5 * 2 * 1 * (c @ e[3]), 0] - space * [
        0,
        0,
        0.25,
        0.25 * 4 / 5,
        0,
    ]
    np.testing.assert_allclose(gains(params, content())[0], expected, atol=1e-6)


def test_what_fits_rises_what_does_not_falls_and_what_many_know_stays():
    alone = TextMatchParams(way_given=0)
    found = gains(alone, content())
    # The second and third listener chose both kinds alike; the first what is like the third track, and the fourth itself.
    assert np.abs(found[:, :2]).max() < 1e-6
    only_first = sparse.csr_matrix(np.array([[1, 0, 0, 0, 0]] * 3, dtype=np.float32))
    wide = widen_by_text(only_first, LISTENERS, TRACKS, content(), is_few=IS_FEW, params=alone)
    change = wide.listeners @ wide.tracks.T - LISTENERS @ TRACKS.T
    assert (change[:, 2] > 0).all()
    assert (change[:, 3] < 0).all()
    np.testing.assert_array_equal(change[:, 4], 0)


def test_without_text_or_without_well_known_tracks_nothing_is_added():
    for told, few in ((content(None), IS_FEW), (content(), np.ones(5, dtype=bool))):
        wide = widen_by_text(CHOSEN, LISTENERS, TRACKS, told, is_few=few, params=TextMatchParams())
        assert wide.listeners is LISTENERS
        assert wide.tracks is TRACKS


def test_listeners_of_an_artist_are_counted_once_over_all_tracks():
    ids = pl.Series(["t0", "t1", "t2", "t3", "t4"])
    told = TrackContent(ids, pl.Series([["a"], ["a", "b"], ["b"], [], ["c"]]))
    np.testing.assert_array_equal(listeners_of_artists(CHOSEN, told), [3, 3, 2, 1, 0])


def test_shapes_that_disagree_are_refused():
    with pytest.raises(InvalidArgumentError, match="4 tracks"):
        widen_by_text(CHOSEN, LISTENERS, TRACKS[:4], content(), is_few=IS_FEW, params=TextMatchParams())


def by_pairs(told: TrackContent, cold: TrackContent, params: TextMatchParams | None = None) -> TextMatch | None:
    """Some tracks matched with all listeners; of the first two tracks more than one heard."""
    return match_cold(CHOSEN, LISTENERS, TRACKS, told, cold, few=1, params=params or TextMatchParams())


def test_listeners_for_a_track_are_matched_by_the_formula_of_tracks_for_a_listener():
    told, params = content(), TextMatchParams(weight=0.7, way_given=0.2, half_listeners=3, half_tracks=1)
    found = by_pairs(told, told.filter(IS_FEW), params)

    wide = widen_by_text(CHOSEN, LISTENERS, TRACKS, told, is_few=IS_FEW, params=params)
    assert found is not None
    np.testing.assert_allclose(
        found.kept[:, None] * (TRACKS[IS_FEW] @ LISTENERS.T) + found.added,
        (wide.listeners @ wide.tracks.T)[:, IS_FEW].T,
        atol=1e-6,
    )
    assert (found.added[:2] != 0).all()


def test_a_new_track_counts_the_listeners_of_its_artist_and_one_that_many_heard_is_not_matched():
    text = np.array([[1, 0.1]] * 3, dtype=np.float32)
    cold = TrackContent(
        pl.Series(["new by c", "new by a", "t1"]), pl.Series([["c"], ["a"], ["b"]]), None, text, np.ones(3, np.float32)
    )
    found = by_pairs(content(), cold)

    assert found is not None
    # Nobody heard anything of the artist of the third track; all three heard something of the first one's.
    np.testing.assert_allclose(found.added[1], found.added[0] * 5 / 8, atol=1e-6)
    np.testing.assert_allclose(found.kept, [1 - 0.15, 1 - 0.15 * 5 / 8, 1], atol=1e-6)
    np.testing.assert_array_equal(found.added[2], 0)


def test_nothing_is_matched_where_nothing_is_written_of_one_side_or_few_heard_anything():
    cold = content().filter(IS_FEW)
    silent = content().filter(np.array([False, False, False, False, True]))
    assert by_pairs(content(None), cold) is None
    assert by_pairs(content(), silent) is None
    assert match_cold(CHOSEN, LISTENERS, TRACKS, content(), cold, few=3, params=TextMatchParams()) is None


def test_a_match_is_brought_onto_other_rows_of_listeners():
    found = TextMatch(np.array([0.5, 1], np.float32), np.array([[1, 2], [3, 4]], np.float32)).on_rows(
        np.array([1, -1, 0])
    )
    np.testing.assert_array_equal(found.added, [[2, 0, 1], [4, 0, 3]])
    np.testing.assert_array_equal(found.kept, [0.5, 1])
