"""Names of tracks and playlists as integers and vectors."""

import numpy as np
import polars as pl
from basket_world import basket_world

from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.titles import fit_titles, plain_title, similar_titles
from recsys_assets.mixes.tracks import build_track_facts


def test_tracks_belong_to_their_first_artist_and_the_unknown_to_themselves():
    tracks = pl.DataFrame(
        {
            "track_id": ["a", "b", "c", "d"],
            "artist_ids": [["x"], ["x", "y"], ["y"], None],
        },
        schema={"track_id": pl.String, "artist_ids": pl.List(pl.String)},
    )
    facts = build_track_facts(tracks, IdMap.of(["a", "b", "c", "d", "e"]))
    assert facts.artist[0] == facts.artist[1] != facts.artist[2]
    assert len(set(facts.artist[2:].tolist())) == 3
    assert facts.by_artist.sum() == 5


def test_a_title_of_signs_stays_itself():
    assert plain_title(" 🤘 ") == "🤘"
    assert plain_title("Road-Trip!!  2018") == "road trip 2018"


def test_like_titles_find_their_genre_and_never_the_query_itself():
    baskets, _, _ = basket_world(n_playlists=30)
    index = fit_titles(baskets)
    own = np.arange(len(baskets))
    found = similar_titles(index, baskets, own_rows=own, k=5, least=0.3)
    assert not found.diagonal().any()
    best = found.toarray().argmax(axis=1)
    assert all(baskets.titles[i].split()[0] == baskets.titles[j].split()[0] for i, j in enumerate(best))


def test_without_titles_there_is_no_answer():
    baskets, _, _ = basket_world(n_playlists=9)
    index = fit_titles(baskets)
    silent = type(baskets)(baskets.ids, baskets.indptr, baskets.tracks, baskets.weights, ("",) * 9, baskets.n_tracks)
    assert similar_titles(index, silent, own_rows=np.full(9, -1), k=5, least=0.3).nnz == 0
    assert similar_titles(fit_titles(silent), baskets, own_rows=np.full(9, -1), k=5, least=0.3).nnz == 0
