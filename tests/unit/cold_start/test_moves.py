"""Whom articles moved: a small space in which one unknown artist is compared with a well-known band."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.days import Day
from recsys_assets.cold_start.move_tables import ARTIST_MOVES
from recsys_assets.cold_start.moves import find_moves, list_moves, nobody_well_evidenced_moves, quote_moves
from recsys_assets.cold_start.moves_picture import draw_moves, move_line
from recsys_assets.cold_start.placing import PlacingParams, build_known, place_subjects
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core.ids import IdMap
from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TERMS, ENTITY_TEXT
from recsys_assets.latent.content_prior import ContentPrior
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.text_part import TextPart
from recsys_assets.latent.written import Written

DAY = date(2026, 3, 5)
MONDAY = date(2026, 3, 2)
D = 4
PARAMS = PlacingParams()
NAMES = {"band": "The Band", "other": "Others", "small": "Small\x1b[31m <b>One</b>"}


def written(n_articles: float) -> Written:
    row = {
        "artist_id": "small", "other_artist_id": "band", "weight": n_articles, "n_articles": int(n_articles),
        "excerpt": "Small sound like The Band.", "url": "http://press.example/1", "week": MONDAY,
    }  # fmt: skip
    away = row | {"other_artist_id": "other", "weight": 0.1, "excerpt": "Small are not Others."}
    text = {
        "kind": "artist", "entity_id": "small", "vector": [1.0, 0.0], "n_contexts": n_articles, "encoder": "e",
        "n_articles": int(n_articles), "n_sites": 1, "week": MONDAY,
    }  # fmt: skip
    rows = [row, away] if n_articles else []
    return Written.of(
        pl.DataFrame([text] if n_articles else [], schema=ENTITY_TEXT.dtypes),
        pl.DataFrame(rows, schema=CO_MENTIONS.dtypes),
    )


def day(n_articles: float, *, listeners_of_small: int = 0, is_heard: bool = True) -> Day:
    rng = np.random.default_rng(1)
    everything = [f"{name}{n}" for name in ("band", "other") for n in range(8)] + ["small0"]
    ids = IdMap.of(everything if is_heard else everything[:-1])
    axis = {"band": 0, "other": 1, "small": 2}
    vectors = np.stack([np.eye(D)[axis[name.rstrip("0123456789")]] for name in ids.ids])
    vectors = (vectors + rng.normal(0, 0.05, vectors.shape)).astype(np.float32)
    users = IdMap.of([f"u{n:02d}" for n in range(40)])
    user_vectors = np.stack([np.eye(D)[n % 3] for n in range(40)]).astype(np.float32)
    plays = [(user, f"{('band', 'other')[n % 2]}{k}", 2.0) for n, user in enumerate(users.ids) for k in range(8)]
    plays += [(users.ids[3 * n + 2], "small0", 2.0) for n in range(listeners_of_small)]
    confidence = pl.DataFrame(plays, schema=["user_id", "track_id", "confidence"], orient="row")
    artists = IdMap.of(["band", "other", "small"])
    params = FactoriseParams(embedding_size=D, regularization=0.01, unobserved_weight=0.1)
    space = LatentSpace(user_vectors, vectors, np.eye(3, D, dtype=np.float32), users, ids, artists, params, "v7")
    prior = ContentPrior(vectors.mean(axis=0), None, 1.0, 0.0, {}, text=TextPart(None, 0.0, 1.0, 4.0, 3.0))
    tracks = pl.DataFrame(
        [
            (name, [name.rstrip("0123456789")], ["rock" if name.startswith("band") else "jazz"], None, None)
            for name in everything
        ],
        schema={
            "track_id": pl.String, "artist_ids": pl.List(pl.String), "genres": pl.List(pl.String),
            "released_on": pl.Date, "is_withdrawn": pl.Boolean,
        },
        orient="row",
    )  # fmt: skip
    sounds = pl.DataFrame(schema={"track_id": pl.String, "vector": pl.List(pl.Float32)})
    known = build_known(space, confidence, prior, tracks, sounds, written=written(n_articles))
    no_sounds = pl.DataFrame(schema={"submission_id": pl.String, "vector": pl.List(pl.Float32)})
    return Day(DAY, known, tracks, sounds, SUBMISSION_VERDICTS.empty(), no_sounds)


def test_an_artist_moves_towards_the_band_they_are_compared_with_and_the_sentence_says_why():
    moves = find_moves(day(10), ENTITY_TERMS.empty(), PARAMS)
    ARTIST_MOVES.arrange(moves)
    row = moves.row(0, named=True)
    assert moves["artist_id"].to_list() == ["small"]
    assert (row["because_artist_id"], row["excerpt"]) == ("band", "Small sound like The Band.")
    assert (row["near_after"][0], row["genre_after"], row["n_articles"]) == ("band", "rock", 10)
    assert row["vector_after"][0] > row["vector_before"][0] + 0.2


def test_more_articles_move_further_and_listeners_hold():
    distances = [find_moves(day(n), ENTITY_TERMS.empty(), PARAMS)["distance"][0] for n in (1, 10, 100)]
    assert distances == sorted(distances)
    assert distances[0] < distances[2]
    held = find_moves(day(10, listeners_of_small=5), ENTITY_TERMS.empty(), PARAMS)
    assert held.is_empty() or held["distance"][0] < distances[1]
    # More than a few listeners: the track is not placed by content at all.
    assert find_moves(day(10, listeners_of_small=9), ENTITY_TERMS.empty(), PARAMS).is_empty()


def test_of_whom_nothing_else_is_known_comes_from_nowhere():
    row = find_moves(day(10, is_heard=False), ENTITY_TERMS.empty(), PARAMS).row(0, named=True)
    # The middle of all tracks, where they would stand, is near to somebody as well.
    assert (row["near_before"], row["genre_before"]) == ([], None)
    assert row["near_after"][0] == "band"
    assert move_line(row, NAMES).startswith("from nowhere (nothing else is known of them) to rock near The Band")
    known = find_moves(day(10, listeners_of_small=2), ENTITY_TERMS.empty(), PARAMS).row(0, named=True)
    assert known["near_before"]


def test_without_articles_or_without_a_text_part_nobody_moves():
    assert find_moves(day(0), ENTITY_TERMS.empty(), PARAMS).is_empty()
    silent = day(10)
    silent = replace(silent, known=replace(silent.known, prior=replace(silent.known.prior, text=None)))
    assert find_moves(silent, ENTITY_TERMS.empty(), PARAMS).is_empty()


@pytest.mark.parametrize(("inherits", "artists"), [(False, ["small"]), (False, []), (True, ["small"])])
def test_an_unverified_submission_does_not_inherit_the_artists_text(inherits: bool, artists: list[str]):
    known = day(10).known
    subject = pl.DataFrame(
        {
            "track_id": ["new"], "submission_id": ["s"], "artist_ids": [artists], "inherits_artist": [inherits],
            "sound": [None], "is_on_time": [True], "released_on": [DAY],
        },
        schema_overrides={"artist_ids": pl.List(pl.String), "sound": pl.List(pl.Float32)},
    )  # fmt: skip
    placed = place_subjects(subject, known, PARAMS).row(0, named=True)
    assert (placed["text_weight"] > 0) is inherits
    if not inherits:
        np.testing.assert_allclose(placed["vector"], known.prior.centre)


def test_the_gate_names_who_moved_though_many_listen():
    moves = find_moves(day(10), ENTITY_TERMS.empty(), PARAMS)
    assert nobody_well_evidenced_moves(moves).passed
    loud = nobody_well_evidenced_moves(moves.with_columns(n_listeners=pl.lit(5000, pl.Int32)))
    assert not loud.passed
    assert "small" in loud.notes


def test_the_report_is_drawn_and_listed_without_harm():
    moves = find_moves(day(10), ENTITY_TERMS.empty(), PARAMS)
    assert draw_moves(moves, NAMES, title="T") == draw_moves(moves, NAMES, title="T")
    assert draw_moves(ARTIST_MOVES.empty(), {}, title="T").startswith(b"\x89PNG")
    listed = list_moves(moves, NAMES)
    assert listed.select("named with", "articles", "listeners").rows() == [("The Band", 10, 0)]
    assert listed["to"][0] == "rock near The Band"
    assert quote_moves(moves, NAMES) == [
        ("Small[31m <b>One</b>", "Small sound like The Band.", "http://press.example/1")
    ]
    assert quote_moves(moves.with_columns(excerpt=pl.lit(None, pl.String)), NAMES) == []
    assert list_moves(ARTIST_MOVES.empty(), {}).is_empty()


def test_names_that_the_pictures_font_can_not_write_are_listed_all_the_same():
    moves = find_moves(day(10), ENTITY_TERMS.empty(), PARAMS)
    names = dict.fromkeys(NAMES, "夕焼け風")
    assert list_moves(moves, names)["named with"][0] == "夕焼け風"
    assert draw_moves(moves, names, title="T") == draw_moves(moves, {}, title="T")
