"""What is written, and who has much of the artist, decide who hears a submission first; whose it is has to be proven."""

import tomllib
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.beside_places import BesidePlaces, read_beside_places
from recsys_assets.cold_start.days import Day, place_day
from recsys_assets.cold_start.first_listeners import FirstListenersParams
from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.cold_start.placing import PlacingParams, build_known
from recsys_assets.cold_start.scoring import score_placed
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import EMBEDDING, IDS
from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TEXT
from recsys_assets.latent.content_prior import ContentPrior
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.text_match import TextMatchParams
from recsys_assets.latent.written import Written
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_TRACKS

DAY, WEEK = date(2026, 3, 5), date(2026, 3, 2)
FEW = PlacingParams(few_listeners=0)
# Of a1 is written in one way, of a2 in another; of the newcomers a3 as of a2, though nothing else tells.
WORDS = {"a1": [1.0, 0.0], "a2": [0.0, 1.0], "a3": [0.1, 1.0]}


def written_of(words: dict[str, list[float]]) -> Written:
    rows = pl.DataFrame(
        [("artist", artist, vector, 3.0, "e", WEEK) for artist, vector in words.items()],
        schema={"kind": pl.String, "entity_id": pl.String, "vector": EMBEDDING, "n_contexts": pl.Float32,
                "encoder": pl.String, "week": pl.Date},
        orient="row",
    )  # fmt: skip
    counts = [pl.lit(3, pl.Int32).alias(name) for name in ("n_articles", "n_sites")]
    return Written.of(ENTITY_TEXT.arrange(rows.with_columns(counts)).collect(), CO_MENTIONS.empty())


def day_of(
    words: dict[str, list[float]], *, is_verified: bool = True, of: str = "a3", more: Sequence[tuple[str, str]] = ()
) -> Day:
    """Two listeners: u1 plays a1, u2 plays a2, each the more as ``more`` says; the submission is of ``of``.

    It is of a newcomer, and both are as near to it as each other, unless it is said otherwise.
    """
    vectors = np.array([[1, 0.2], [0.2, 1]], dtype=np.float32)
    places = np.vstack([vectors, np.full((2, 2), 0.5, dtype=np.float32)])
    space = LatentSpace(
        vectors, places, vectors, IdMap.of(["u1", "u2"]), IdMap.of(["t1", "t2", "t3", "t4"]), IdMap.of(["a1", "a2"]),
        FactoriseParams(embedding_size=2), "v1",
    )  # fmt: skip
    tracks = pl.DataFrame(
        [(f"t{n}", f"Track {n}", ["a1" if n == 1 else "a2"], None, None, False) for n in (1, 2, 3, 4)],
        schema={"track_id": pl.String, "title": pl.String, "artist_ids": IDS, "released_on": pl.Date, "genres": IDS,
                "is_withdrawn": pl.Boolean},
        orient="row",
    )  # fmt: skip
    verdict = dict.fromkeys(SUBMISSION_VERDICTS.dtypes) | {
        "submission_id": "s1", "verdict": "accepted", "is_claim_verified": is_verified, "verified_artist_ids": [of],
        "artist_ids": [of], "is_on_time": True, "released_on": date(2026, 3, 20), "track_id": "submission:s1",
    }  # fmt: skip
    chosen = [("u1", "t1"), ("u2", "t2"), *more]
    confidence = pl.DataFrame(chosen, schema=["user_id", "track_id"], orient="row").with_columns(confidence=2.0)
    prior = ContentPrior(np.full(2, 0.5, dtype=np.float32), None, 1.0, 0.0, {})
    nothing = pl.DataFrame(schema={"track_id": pl.String, "vector": EMBEDDING})
    return Day(
        day=DAY,
        known=build_known(space, confidence, prior, tracks, nothing, written=written_of(words)),
        tracks=tracks,
        sounds=nothing,
        verdicts=pl.DataFrame([verdict], schema=SUBMISSION_VERDICTS.dtypes, orient="row"),
        submitted_sounds=pl.DataFrame(schema={"submission_id": pl.String, "vector": EMBEDDING}),
    )


def score(lake: Lake, day: Day, placing: PlacingParams = FEW) -> tuple[pl.DataFrame, pl.DataFrame]:
    placed = place_day(day, placing, is_whole=False)
    assert placed.columns == PLACEMENTS.empty().drop(c.DATE).columns
    return score_placed(placed, day, lake, FirstListenersParams(), placing)


def test_the_first_listener_plays_what_is_written_of_in_like_words_and_the_audience_stays(lake: Lake):
    first, audiences = score(lake, day_of(WORDS))
    silent, as_before = score(lake, day_of({}))

    assert silent[c.SCORE].n_unique() == 1
    assert first[c.USER_ID].to_list() == ["u2", "u1"]
    assert first[c.SCORE][0] > silent[c.SCORE][0] > first[c.SCORE][1]
    assert audiences.equals(as_before)


@pytest.mark.parametrize(
    "day", [day_of({}), day_of({"a1": WORDS["a1"]}), day_of({"a3": WORDS["a3"]}), day_of(WORDS, is_verified=False)]
)
def test_without_words_on_either_side_or_a_verified_claim_scores_are_the_same_to_the_bit(lake: Lake, day: Day):
    assert score(lake, day)[0].equals(score(lake, day_of({}))[0])


def test_the_weight_is_set_in_the_section_placing(lake: Lake):
    section = tomllib.loads("few_listeners = 0\ntext_match = { weight = 0.0, way_given = 0.0 }")

    said = PlacingParams.model_validate(section)

    assert said.text_match == TextMatchParams(weight=0, way_given=0)
    assert score(lake, day_of(WORDS), said)[0].equals(score(lake, day_of({}))[0])


def test_what_is_read_from_the_lake_is_what_the_day_knows(lake: Lake):
    day = day_of(WORDS)
    known = day.known
    text = known.written.entity_text
    lake.replace(ENTITY_TEXT, text, partitions=[WEEK])
    for schema, rows, key in (
        (PLAY_CONFIDENCE, known.entries.with_columns(evidence=1.0, play_count=1.0), {"date": DAY}),
        (RAW_TRACKS, day.tracks, {"arrived_on": DAY}),
    ):
        given = rows.with_columns(pl.lit(value).alias(name) for name, value in key.items())
        lacking = [pl.lit(None, dtype).alias(n) for n, dtype in schema.dtypes.items() if n not in given.columns]
        lake.replace(schema, schema.arrange(given.with_columns(lacking)).collect(), partitions=[DAY])
    placed = pl.DataFrame({c.SUBMISSION_ID: ["s1"], c.TRACK_ID: ["submission:s1"]})

    read = read_beside_places(lake, DAY, known.space, day.verdicts, FEW)
    made = BesidePlaces.of(
        known.space, known.entries, day.tracks, verdicts=day.verdicts, written=known.written, params=FEW
    )

    found, expected = read.about(placed), made.about(placed)
    assert found.match is not None
    assert expected.match is not None
    np.testing.assert_array_equal(found.match.added, expected.match.added)
    assert found.match.added[0, 1] > 0 > found.match.added[0, 0]
    # The week after nothing was read.
    assert read_beside_places(lake, date(2026, 3, 9), known.space, day.verdicts, FEW).about(placed).match is None


def test_who_has_more_of_the_artist_hears_it_first(lake: Lake):
    def first(**said: object) -> pl.DataFrame:
        placing = PlacingParams.model_validate({"few_listeners": 0, **said})
        return score(lake, day_of({}, of="a2", more=[("u2", "t3"), ("u2", "t4")]), placing)[0]

    shared, without = first(), first(share_of_artist={"weight": 0})

    assert shared[c.USER_ID].to_list() == ["u2", "u1"]
    assert shared[c.SCORE][0] > without.filter(pl.col(c.USER_ID) == "u2")[c.SCORE][0] + 0.1
    # Who has nothing of the artist stays where they were.
    assert shared[c.SCORE][1] == without.filter(pl.col(c.USER_ID) == "u1")[c.SCORE][0]


def test_an_unverified_claim_brings_nobody_of_the_artist(lake: Lake):
    more = [("u2", "t3"), ("u2", "t4")]
    claimed = score(lake, day_of({}, of="a2", more=more, is_verified=False))[0]
    alone = score(lake, day_of({}, of="a3", more=more, is_verified=False))[0]

    assert claimed.equals(alone)
