"""First listeners against a planted truth: whoever places by it is right, chance is right for a tenth."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import TableSchema
from recsys_assets.evaluation.first_listeners import evaluate_first_listeners, read_truth
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.tables import ANCHOR_PARAMS, ARTIST_VECTORS, TRACK_VECTORS, USER_VECTORS
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE

MONDAY, DAY = date(2026, 3, 2), date(2026, 3, 3)
N_USERS, N_TRACKS, D = 200, 120, 6


def lists(rows: np.ndarray) -> pl.Series:
    return pl.Series("vector", rows.astype(np.float32).tolist(), dtype=pl.List(pl.Float32))


def write(lake: Lake, schema: TableSchema, day: date, **values: object) -> None:
    given = pl.DataFrame(values).with_columns(pl.lit(day).alias(str(schema.partition)))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.dtypes.items() if name not in given.columns]
    lake.replace(schema, schema.arrange(given.with_columns(missing)).collect(), partitions=[day])


@pytest.fixture
def planted(tmp_path: Path) -> tuple[Lake, Path]:
    """Listeners of one taste each; the space is the truth; the sound of half of the submissions is unknown."""
    rng = np.random.default_rng(3)
    users, tracks = rng.normal(size=(N_USERS, D)), rng.normal(size=(N_TRACKS, D))
    users /= np.linalg.norm(users, axis=1, keepdims=True)
    tracks /= np.linalg.norm(tracks, axis=1, keepdims=True)
    user_ids, track_ids = [f"u{n:03d}" for n in range(N_USERS)], [f"t{n:03d}" for n in range(N_TRACKS)]
    lake, truth = Lake(str(tmp_path / "lake")), tmp_path / "truth"
    version = {"space_version": "v"}
    # Who plays much has a long vector, and is no nearer for it.
    write(lake, USER_VECTORS, DAY, user_id=user_ids, vector=lists(users * rng.uniform(1, 9, (N_USERS, 1))), **version)
    write(lake, TRACK_VECTORS, DAY, track_id=track_ids, vector=lists(tracks), **version)
    write(lake, ARTIST_VECTORS, DAY, artist_id=["a"], vector=lists(tracks[:1]), **version)
    write(lake, ANCHOR_PARAMS, MONDAY, params=[FactoriseParams(embedding_size=D).model_dump_json()], **version)
    write(
        lake, PLAY_CONFIDENCE, DAY, user_id=user_ids, track_id=["t000"] * N_USERS, confidence=[1.0] * N_USERS,
        play_count=np.arange(N_USERS, dtype=float), evidence=[1.0] * N_USERS,
    )  # fmt: skip
    noisy = tracks[:40] + rng.normal(0, 0.5, (40, D))
    write(
        lake, PLACEMENTS, DAY, track_id=track_ids[:40], submission_id=[f"s{n}" for n in range(40)],
        vector=lists(tracks[:40]), sound_vector=lists(noisy), released_on=[DAY + timedelta(days=5)] * 40, n_listeners=[0] * 40,
        artist_weight=[0.5] * 40, inherits_artist=[True] * 40, **version,
    )  # fmt: skip
    truth.mkdir()
    pl.DataFrame({"track_id": track_ids, "vector": lists(tracks)}).write_parquet(truth / "tracks.parquet")
    honest = [n % 10 != 0 for n in range(N_USERS)]
    pl.DataFrame({"user_id": user_ids, "is_honest": honest}).write_parquet(truth / "listeners.parquet")
    tastes = {
        "user_id": user_ids,
        "weight_start": [1.0] * N_USERS,
        "weight_end": [1.0] * N_USERS,
        "vector": lists(users),
    }
    pl.DataFrame(tastes).write_parquet(truth / "tastes.parquet")
    parameters = {"sharpness": [7.0], "drift_days": [150.0], "start": [DAY]}
    pl.DataFrame(parameters).write_parquet(truth / "parameters.parquet")
    return lake, truth


def test_who_places_by_the_truth_is_right_and_the_others_less(planted: tuple[Lake, Path]):
    report = evaluate_first_listeners(*planted)
    found = report.to_dict()["models"]

    assert report.task == "right are the 18 of 180 listeners who would love it most"

    ten = {model: of["precision@10"] for model, of in found.items()}  # pyright: ignore[reportAttributeAccessIssue]
    assert ten["ours"] > 0.9
    assert 0.3 < ten["sound alone"] < ten["ours"]
    assert 0.05 < ten["random"] < 0.16
    assert 0.0 <= ten["popularity"] < 0.3


def test_a_submission_that_could_not_prove_whose_it_is_is_judged_as_the_track_that_it_is(planted: tuple[Lake, Path]):
    lake, truth = planted
    whole = evaluate_first_listeners(lake, truth).to_dict()
    rows = lake.open(PLACEMENTS).read()
    is_own = pl.col("submission_id").is_in(["s3", "s4", "s5"])
    own = rows.with_columns(
        pl.when(is_own).then("submission:" + pl.col("submission_id")).otherwise("track_id").alias("track_id")
    )
    lake.replace(PLACEMENTS, own, partitions=[DAY])
    said = {"submission_id": ["s3", "s4", "s5"], "track_id": ["t003", "t004", "t000"]}
    pl.DataFrame(said | {"kind": ["false_claim", "on_time", "duplicate"]}).write_parquet(truth / "submissions.parquet")
    found = evaluate_first_listeners(lake, truth).to_dict()

    assert (str(whole["dataset"]), str(found["dataset"])) == (
        "demo world, 40 submissions",
        "demo world, 39 submissions",
    )


def test_tastes_drift_and_the_dishonest_have_none(planted: tuple[Lake, Path]):
    truth = read_truth(planted[1], DAY)

    assert len(truth.tastes) == 180
    assert "u000" not in truth.tastes
    half = pl.read_parquet(planted[1] / "tastes.parquet").with_columns(weight_end=pl.lit(0.0))
    half.write_parquet(planted[1] / "tastes.parquet")
    later = read_truth(planted[1], DAY + timedelta(days=150))
    np.testing.assert_allclose(later.tastes["u001"][0], [np.exp(-1)])


def test_without_a_demo_world_or_places_it_says_what_to_do(planted: tuple[Lake, Path], tmp_path: Path):
    with pytest.raises(MissingInputError, match="recsys demo"):
        evaluate_first_listeners(planted[0], tmp_path / "nowhere")
    with pytest.raises(MissingInputError, match="make run"):
        evaluate_first_listeners(Lake(str(tmp_path / "empty")), planted[1])


def test_places_of_after_the_release_are_not_judged(planted: tuple[Lake, Path]):
    lake, truth = planted
    rows = lake.open(PLACEMENTS).read().with_columns(pl.lit(DAY).alias("released_on"))
    lake.replace(PLACEMENTS, rows, partitions=[DAY])

    with pytest.raises(MissingInputError, match="before its release"):
        evaluate_first_listeners(lake, truth)
