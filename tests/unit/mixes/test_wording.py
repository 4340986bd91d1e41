"""Words of titles and descriptions: what they lead to, and that a hidden track is not taught by its own basket."""

import numpy as np
import polars as pl
import pytest
from basket_world import basket_world, playlist_world

from recsys_assets.core.ids import IdMap
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes.baskets import Baskets, build_baskets, hide_one
from recsys_assets.mixes.candidates import SOURCES, BlendParams, propose
from recsys_assets.mixes.features import build_features
from recsys_assets.mixes.ranker import rank_candidates
from recsys_assets.mixes.source_scores import score_sources
from recsys_assets.mixes.sources import SourceIndex, SourceParams, fit_sources
from recsys_assets.mixes.wording import fit_words, terms_of_titles

PARAMS = SourceParams(space=FactoriseParams(embedding_size=8, epochs=2, regularization=0.01, unobserved_weight=0.05))


def asked(*titles: str, n_tracks: int, held: tuple[int, ...] = ()) -> Baskets:
    """Baskets called so that hold the tracks ``held``."""
    return Baskets(
        ids=pl.Series([f"q{n}" for n in range(len(titles))]),
        indptr=np.arange(len(titles) + 1) * len(held),
        tracks=np.tile(np.array(held, dtype=np.int32), len(titles)),
        weights=np.ones(len(titles) * len(held), dtype=np.float32),
        titles=titles,
        n_tracks=n_tracks,
    )


@pytest.fixture(scope="module")
def world() -> tuple[SourceIndex, IdMap]:
    baskets, facts, ids = basket_world()
    return fit_sources(baskets, facts, PARAMS, seed=1, num_threads=1), ids


@pytest.mark.parametrize("title", ["rock", "ROCKS!", "best of rock", "my list\nall the rock there is"])
def test_a_playlist_with_a_name_and_no_tracks_gets_candidates_of_its_words(
    world: tuple[SourceIndex, IdMap], title: str
):
    index, ids = world
    queries = asked(title, n_tracks=ids.size)
    ((_, found),) = rank_candidates(None, index, queries, blend=BlendParams(n_candidates=20), num_threads=1)

    assert all(ids.ids[int(track)].startswith("rock") for track in found.tracks[0])
    assert {SOURCES[source] for source in found.sources[0]} == {"playlist_titles"}


def test_a_title_of_unknown_words_gets_the_popular_tracks(world: tuple[SourceIndex, IdMap]):
    index, ids = world
    ((_, found),) = rank_candidates(
        None, index, asked("qqqq", n_tracks=ids.size), blend=BlendParams(n_candidates=5), num_threads=1
    )

    assert {SOURCES[source] for source in found.sources[0]} == {"popular"}


def test_a_hidden_track_is_not_taught_by_its_own_title():
    entries, titles, tracks = playlist_world()
    # Two baskets alone are called so, and hold one track in common that is hidden from both.
    rare = pl.DataFrame(
        [(p, n, t) for p in ("x1", "x2") for n, t in enumerate(("rock-00", "rock-01", "jazz-07"))],
        schema=entries.columns,
        orient="row",
    )
    named = pl.DataFrame([("x1", "zebra"), ("x2", "zebra")], schema=titles.columns, orient="row")
    ids = IdMap.of(tracks["track_id"])
    whole = build_baskets(pl.concat([entries, rare]), ids, titles=pl.concat([titles, named]))
    jazz = ids.row("jazz-07")
    is_kept = ~((whole.tracks == jazz) & np.isin(whole.owners, np.flatnonzero(np.array(whole.titles) == "zebra")))
    taught, untaught = (fit_words(baskets) for baskets in (whole, whole.keep(is_kept)))
    query = asked("zebra", n_tracks=ids.size)

    assert (terms_of_titles(taught, query) @ taught.term_tracks)[0, jazz] > 0
    assert (terms_of_titles(untaught, query) @ untaught.term_tracks)[0, jazz] == 0


def test_without_any_text_words_say_nothing():
    baskets, facts, _ = basket_world(n_playlists=9)
    silent = Baskets(baskets.ids, baskets.indptr, baskets.tracks, baskets.weights, ("",) * 9, baskets.n_tracks)
    index = fit_sources(silent, facts, PARAMS, seed=1, num_threads=1)

    assert not score_sources(index, silent).by_track["title_terms"].sum()


def test_words_bring_candidates_and_are_no_features(world: tuple[SourceIndex, IdMap]):
    index, ids = world
    queries = asked("my list\nall the rock there is", n_tracks=ids.size)
    scores = score_sources(index, queries)
    found = propose(index, queries, scores, BlendParams(n_candidates=20))

    assert scores.by_track["title_terms"].sum() > 0
    assert not [name for name in build_features(index, queries, scores, found)[1] if "term" in name or "word" in name]


def test_a_line_feed_in_a_name_begins_no_description():
    entries = pl.DataFrame({"playlist_id": ["p"], "position": [0], "track_id": ["a"]})
    named = pl.DataFrame({"playlist_id": ["p"], "name": ["two\nlines"], "description": [" said "]})

    assert build_baskets(entries, IdMap.of(["a"]), titles=named).titles == ("two lines\nsaid",)
    assert hide_one(build_baskets(entries, IdMap.of(["a"]), titles=named), rng=np.random.default_rng(0))[0].titles == (
        "two lines\nsaid",
    )
