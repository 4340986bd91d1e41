"""Who is placed, and from what: a small space, artists with tracks, submissions of all kinds."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.placing import (
    Known,
    PlacingParams,
    build_known,
    catalogue_subjects,
    place_subjects,
    submitted_subjects,
)
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core.ids import IdMap
from recsys_assets.latent.content_prior import ContentPrior
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace

DAY = date(2026, 3, 5)
D = 4
PARAMS = PlacingParams()


def tracks(*rows: tuple) -> pl.DataFrame:
    schema = {
        "track_id": pl.String,
        "artist_ids": pl.List(pl.String),
        "released_on": pl.Date,
        "is_withdrawn": pl.Boolean,
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


OLD = date(2020, 1, 1)
TRACKS = tracks(
    *[(f"a{n}", ["artist-a"], OLD, False) for n in range(8)],
    *[(f"b{n}", ["artist-b"], OLD, False) for n in range(8)],
    ("few", ["artist-a"], OLD, False),
    ("nobody", ["artist-a"], None, None),
    ("heard_only", [], OLD, False),
    ("unknown", [], OLD, False),
    ("gone", ["artist-a"], OLD, True),
    ("coming", ["artist-a"], DAY + timedelta(days=10), False),
)


def sounds(key: str, *rows: tuple[str, list[float]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={key: pl.String, "vector": pl.List(pl.Float32)}, orient="row")


def vectors() -> tuple[IdMap, np.ndarray]:
    rng = np.random.default_rng(2)
    ids = IdMap.of([*(f"a{n}" for n in range(8)), *(f"b{n}" for n in range(8)), "few"])
    axis = {"a": 0, "b": 1, "f": 0}
    rows = np.stack([np.eye(D)[axis[name[0]]] + rng.normal(0, 0.05, D) for name in ids.ids])
    return ids, rows.astype(np.float32)


@pytest.fixture
def known() -> Known:
    rng = np.random.default_rng(1)
    ids, track_vectors = vectors()
    users = IdMap.of([f"u{n:02d}" for n in range(30)])
    user_vectors = np.stack([np.eye(D)[n % 2] + rng.normal(0, 0.05, D) for n in range(30)]).astype(np.float32)
    plays = [(user, f"{'ab'[n % 2]}{k}", 2.0) for n, user in enumerate(users.ids) for k in range(8)]
    plays += [("u01", "few", 2.0), ("u03", "few", 2.0)]
    confidence = pl.DataFrame(plays, schema=["user_id", "track_id", "confidence"], orient="row")
    params = FactoriseParams(embedding_size=D, regularization=0.01, unobserved_weight=0.1)
    space = LatentSpace(
        user_vectors,
        track_vectors,
        np.eye(2, D, dtype=np.float32),
        users,
        ids,
        IdMap.of(["artist-a", "artist-b"]),
        params,
        "v7",
    )
    # A prior that believes what it is told: sound comes as places, so the regression on it is left out here.
    prior = ContentPrior(track_vectors.mean(axis=0), None, 1.0, 0.0, {})
    return build_known(space, confidence, prior, TRACKS, sounds("track_id", ("heard_only", [0, 0, 1, 0])))


def verdict(submission_id: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(SUBMISSION_VERDICTS.dtypes)
    row |= {
        "submission_id": submission_id, "received_at": datetime(2026, 2, 1, tzinfo=UTC), "verdict": "accepted",
        "is_claim_verified": True, "verified_artist_ids": ["artist-a"], "artist_ids": ["artist-a"], "is_on_time": True,
        "released_on": DAY + timedelta(days=3), "track_id": f"submission:{submission_id}",
    }  # fmt: skip
    return row | changes


def subjects(*rows: dict[str, object], catalogue: pl.DataFrame = TRACKS) -> pl.DataFrame:
    verdicts = pl.DataFrame(list(rows), schema=SUBMISSION_VERDICTS.dtypes)
    return submitted_subjects(verdicts, sounds("submission_id"), catalogue, day=DAY)


@pytest.mark.parametrize(
    ("changes", "is_placed", "is_on_time"),
    [
        ({}, True, True),
        ({"verdict": "late", "is_on_time": False}, True, False),
        ({"verdict": "rejected"}, False, None),
        ({"verdict": "withdrawn"}, False, None),
        ({"replaced_by": "other"}, False, None),
        ({"released_on": DAY - timedelta(days=7)}, True, True),
        ({"released_on": DAY - timedelta(days=8)}, False, None),
        # The catalogue decides when its own track comes.
        ({"track_id": "a0"}, False, None),
        ({"track_id": "coming", "released_on": OLD}, True, True),
        # In time for the day that the submitter said, and not for the day on which the catalogue brings it forward.
        ({"track_id": "coming", "released_on": DAY + timedelta(days=20)}, True, False),
        ({"track_id": "coming", "on_time_from": DAY + timedelta(days=11)}, True, False),
        ({"track_id": "coming", "on_time_from": DAY + timedelta(days=10)}, True, True),
    ],
)
def test_accepted_and_late_submissions_are_placed_until_a_week_after_release(
    changes: dict[str, object], is_placed: bool, is_on_time: bool | None
):
    rows = subjects(verdict("s", **changes))

    assert len(rows) == is_placed
    assert rows["is_on_time"].to_list() == ([is_on_time] if is_placed else [])


def test_of_two_submissions_of_one_track_the_newer_stands():
    later = datetime(2026, 2, 3, tzinfo=UTC)
    rows = subjects(verdict("new", track_id="coming", received_at=later), verdict("old", track_id="coming"))

    assert rows["submission_id"].to_list() == ["new"]


def test_a_verified_claim_inherits_the_artist_and_another_does_not(known: Known):
    rows = subjects(verdict("mine"), verdict("theirs", is_claim_verified=False, verified_artist_ids=[]))

    placed = place_subjects(rows, known, PARAMS)
    by_id = {row["submission_id"]: row for row in placed.iter_rows(named=True)}

    centre = known.prior.centre
    assert by_id["mine"]["inherits_artist"]
    assert by_id["mine"]["vector"][0] > centre[0] + 0.2
    assert not by_id["theirs"]["inherits_artist"]
    np.testing.assert_allclose(by_id["theirs"]["vector"], centre, atol=1e-6)
    assert by_id["theirs"]["artist_weight"] == 0


def test_without_listeners_a_place_is_the_prior_mean_and_with_some_it_moves_towards_them(known: Known):
    few = catalogue_subjects(TRACKS, sounds("track_id"), known, day=DAY, few=5)
    placed = place_subjects(few, known, PARAMS)
    by_id = {row["track_id"]: row for row in placed.iter_rows(named=True)}

    # "few" is artist-a's, but two who play artist-b have heard it.
    assert (by_id["nobody"]["n_listeners"], by_id["few"]["n_listeners"]) == (0, 2)
    assert by_id["few"]["vector"][1] > by_id["nobody"]["vector"][1] + 0.05
    means = known.prior.means(
        known.tracks.content.filter(np.array([n == "few" for n in known.space.tracks.ids])), known.tracks
    )
    assert by_id["few"]["vector"][1] > means.mean[0, 1]


def test_tracks_of_the_catalogue_are_placed_if_out_and_heard_by_few_and_something_is_known(known: Known):
    few = catalogue_subjects(TRACKS, sounds("track_id"), known, day=DAY, few=5)

    placed = place_subjects(few, known, PARAMS)

    # "gone" is withdrawn, "coming" not out, "unknown" and "heard_only" say nothing to a prior without sound.
    assert placed["track_id"].to_list() == ["few", "nobody"]
    assert placed["submission_id"].null_count() == 2
    assert placed["is_on_time"].null_count() == 2
    assert set(placed["space_version"]) == {"v7"}


def test_listeners_who_came_after_the_space_change_nothing(known: Known):
    late = pl.concat([known.entries, pl.DataFrame({"user_id": ["zz"], "track_id": ["nobody"], "confidence": [2.0]})])
    again = build_known(known.space, late, known.prior, TRACKS, sounds("track_id"))
    rows = catalogue_subjects(TRACKS, sounds("track_id"), known, day=DAY, few=5)

    assert place_subjects(rows, again, PARAMS).equals(place_subjects(rows, known, PARAMS))
