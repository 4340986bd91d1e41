"""Words of titles, descriptions and names: what they lead to, and that a hidden track is not taught by its own basket."""

import numpy as np
import polars as pl
import pytest
from basket_world import basket_world, playlist_world

from recsys_assets.core.ids import IdMap
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes.baskets import Baskets, build_baskets, hide_one
from recsys_assets.mixes.candidates import SOURCES, BlendParams
from recsys_assets.mixes.ranker import rank_candidates
from recsys_assets.mixes.sources import SourceIndex, SourceParams, fit_sources
from recsys_assets.mixes.tracks import TrackFacts, build_track_facts
from recsys_assets.mixes.word_features import describe_words
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
    facts = build_track_facts(tracks, ids)
    taught, untaught = (fit_words(baskets, facts) for baskets in (whole, whole.keep(is_kept)))
    query = asked("zebra", n_tracks=ids.size)

    assert (terms_of_titles(taught, query) @ taught.term_tracks)[0, jazz] > 0
    assert (terms_of_titles(untaught, query) @ untaught.term_tracks)[0, jazz] == 0


def catalogue() -> tuple[TrackFacts, IdMap]:
    tracks = pl.DataFrame(
        {
            "track_id": ["a", "b", "c", "d", "e"],
            "title": [
                "Snow (From Frozen Lakes)",
                "Ice - From Frozen Lakes",
                "Night (feat. Paper Lanterns & X)",
                "Day",
                None,
            ],
            "artist_ids": [["1"], ["2"], ["2"], ["3"], None],
        }
    )
    artists = pl.DataFrame({"artist_id": ["1", "2", "3"], "name": ["Cast", "Glass", "Paper Lanterns"]})
    ids = IdMap.of(tracks["track_id"])
    return build_track_facts(tracks, ids, artists), ids


def described(title: str, held: tuple[int, ...], tracks: list[int]) -> dict[str, np.ndarray]:
    facts, ids = catalogue()
    entries = pl.DataFrame(
        {"playlist_id": ["p", "p", "r", "r"], "position": [0, 1, 0, 1], "track_id": ["a", "c", "b", "d"]}
    )
    named = pl.DataFrame({"playlist_id": ["p", "r"], "name": ["frozen lakes", "lakes"], "description": [None, "ice"]})
    index = fit_sources(build_baskets(entries, ids, titles=named), facts, PARAMS, seed=1, num_threads=1)
    made = describe_words(index, asked(title, n_tracks=ids.size, held=held), np.array([tracks]))
    return {name: values[0] for name, values in made.items()}


def test_words_of_the_title_stand_in_names():
    named = described("Frozen", (), [0, 3])

    assert named["title_in_title"][0] > 0 == named["title_in_title"][1]


def test_titles_of_one_film_are_alike():
    named = described("", (0,), [1, 3])

    assert named["like_words"][0] > 0 == named["like_words"][1]
    assert named["title_words"].tolist() == [0, 0]


def test_a_guest_is_known_by_name():
    by_guest, with_guest = described("", (2,), [3, 0]), described("", (3,), [2, 1])

    assert by_guest["is_guest"].tolist() == [1, 0]
    assert with_guest["has_guest"][0] > 0 == with_guest["has_guest"][1]
    assert with_guest["artists_in_title"][0] > 0


def test_without_any_text_words_say_nothing():
    baskets, _, ids = basket_world(n_playlists=9)
    silent = Baskets(baskets.ids, baskets.indptr, baskets.tracks, baskets.weights, ("",) * 9, baskets.n_tracks)
    tracks = pl.DataFrame({"track_id": ids.ids, "artist_ids": [["x"]] * ids.size})
    index = fit_sources(silent, build_track_facts(tracks, ids), PARAMS, seed=1, num_threads=1)
    made = describe_words(index, silent, np.tile(np.arange(5), (9, 1)))

    assert all(not values.any() for values in made.values())


def test_a_line_feed_in_a_name_begins_no_description():
    entries = pl.DataFrame({"playlist_id": ["p"], "position": [0], "track_id": ["a"]})
    named = pl.DataFrame({"playlist_id": ["p"], "name": ["two\nlines"], "description": [" said "]})

    assert build_baskets(entries, IdMap.of(["a"]), titles=named).titles == ("two lines\nsaid",)
    assert hide_one(build_baskets(entries, IdMap.of(["a"]), titles=named), rng=np.random.default_rng(0))[0].titles == (
        "two lines\nsaid",
    )
