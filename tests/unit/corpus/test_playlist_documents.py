"""What good playlists say: words to tracks, and vectors."""

import numpy as np
import polars as pl
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_quality import Held, build_held
from recsys_assets.corpus.playlist_vectors import PlaylistVectorParams, make_playlist_vectors
from recsys_assets.corpus.pmi import PmiParams, associate, factorise_associations
from recsys_assets.corpus.title_terms import TitleTermParams, weigh_title_terms
from tests.unit.corpus.playlist_world import planted, theme_of


def held_and_texts() -> tuple[Held, list[tuple[str, str]]]:
    playlists, entries, _ = planted()
    held = build_held(entries.filter(pl.col(c.PLAYLIST_ID).str.starts_with("p")))
    named = playlists.filter(pl.col(c.PLAYLIST_ID).str.starts_with("p")).sort(c.PLAYLIST_ID)
    return held, named.select(pl.col(c.NAME), pl.col(c.DESCRIPTION).fill_null("")).rows()


def test_words_lead_to_the_tracks_of_their_theme():
    held, texts = held_and_texts()
    rows = weigh_title_terms(held.matrix, held.track_ids.ids, texts)
    rock = rows.filter(pl.col(t.TERM) == "rock")[c.TRACK_ID].to_list()

    assert {"90s", "90s rock", "rock", "late night", "jazz", "christmas", "🎄", "sad country"} <= set(rows[t.TERM])
    assert len(rock) >= 25
    assert {theme_of(track) for track in rock[:25]} == {0}
    assert rows.filter(pl.col(t.TERM) == "rock")[c.RANK].to_list() == list(range(1, len(rock) + 1))
    assert rows[t.WEIGHT].min() > 0
    assert rows.columns == [name for name in t.TITLE_TERMS.dtypes if name != c.WEEK]


def test_counts_are_those_of_playlists():
    held, texts = held_and_texts()
    rows = weigh_title_terms(held.matrix, held.track_ids.ids, texts, TitleTermParams(min_playlists=1))
    smoky = rows.filter(pl.col(t.TERM) == "smoky")

    assert smoky[t.N_PLAYLISTS].to_list() == [1] * smoky.height
    assert smoky.height > 0


def test_no_more_tracks_and_terms_than_asked_for():
    held, texts = held_and_texts()
    rows = weigh_title_terms(held.matrix, held.track_ids.ids, texts, TitleTermParams(most_tracks=3, most_terms=2))

    assert rows[c.RANK].max() == 3
    assert rows[t.TERM].n_unique() == 2


def test_tracks_and_artists_of_a_theme_lie_together():
    held, _ = held_and_texts()
    artist = pl.Series(["a99" if each == "paid" else f"a{int(each[1:]) // 5:02d}" for each in held.track_ids.ids])
    rows = make_playlist_vectors(held.matrix, held.track_ids.ids, artist, PlaylistVectorParams(n_dimensions=8), seed=1)
    vectors = np.stack(rows[c.VECTOR].to_list())
    names = rows.select(t.KIND, t.ENTITY_ID).rows()
    theme = np.array([theme_of(each) if kind == t.TRACK else int(each[1:]) // 6 for kind, each in names])
    is_same = theme[:, None] == theme[None, :]
    cosine = vectors @ vectors.T

    assert set(rows[t.KIND]) == {t.ARTIST, t.TRACK}
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert cosine[is_same].mean() > cosine[~is_same].mean() + 0.5


def test_the_same_playlists_give_the_same_vectors():
    held, _ = held_and_texts()
    artist = pl.Series(["a"] * len(held.track_ids), dtype=pl.String)
    made = [make_playlist_vectors(held.matrix, held.track_ids.ids, artist, seed=1) for _ in range(2)]

    assert made[0].equals(made[1])


def test_association_by_hand():
    documents = sparse.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]], dtype=np.float32))
    params = PmiParams(shift=0, doubt=0, smoothing=1, least_count=1)
    found = associate(documents, documents, params, is_same=True).toarray()

    # Things 0 and 1 stand together twice, in 3 and in 2 of 4 documents: log(2 * 4 / (3 * 2)).
    assert found[0, 1] == found[1, 0] == np.float32(np.log(8 / 6))
    assert found[0, 2] == 0
    assert (np.diag(found) == 0).all()


def test_nothing_gives_nothing():
    left, right = factorise_associations(sparse.csr_matrix((3, 5), dtype=np.float32), 4, seed=1)
    empty = build_held(pl.DataFrame(schema={c.PLAYLIST_ID: pl.String, c.TRACK_ID: pl.String}))

    assert (left.shape, right.shape) == ((3, 4), (5, 4))
    assert weigh_title_terms(empty.matrix, empty.track_ids.ids, []).is_empty()
    assert make_playlist_vectors(empty.matrix, empty.track_ids.ids, pl.Series([], dtype=pl.String), seed=1).is_empty()
