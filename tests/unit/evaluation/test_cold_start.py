"""The cold-start protocol: its filters, what is made cold, that nothing hidden is ever seen, and its figures."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, MissingInputError
from recsys_assets.core.lake import Lake
from recsys_assets.evaluation.cold_start import (
    ColdStartParams,
    evaluate_cold_start,
    judge_scores,
    score_models,
)
from recsys_assets.evaluation.cold_start_data import (
    DESCRIPTORS,
    ColdStartData,
    circle_key,
    join_content,
    read_descriptors,
    read_lake,
    read_public,
)
from recsys_assets.evaluation.cold_start_task import ColdStartTask, build_task
from recsys_assets.latent.content_prior import ContentPriorParams
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.sound_part import SoundParams
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_TRACKS
from tests.factories import day, rows_of, stored

PARAMS = ColdStartParams(
    spaces=(
        FactoriseParams(embedding_size=8, epochs=5, regularization=0.05, unobserved_weight=0.1),
        FactoriseParams(embedding_size=8, epochs=5, regularization=0.5, unobserved_weight=0.1),
    ),
    prior=ContentPriorParams(sound=SoundParams(n_random_features=50)),
)


@pytest.fixture(scope="module")
def data() -> ColdStartData:
    """200 listeners of one of four genres, 160 tracks of 40 artists; a recording says the genre, with some noise."""
    rng = np.random.default_rng(0)
    genre = np.arange(160) // 4 % 4
    rows = []
    for user in range(200):
        taste = rng.permutation(40)[:12]
        liked = [t for t in range(160) if genre[t] == user % 4 and t // 4 in taste] + list(rng.choice(160, 6))
        rows += [(f"u{user:03}", f"t{t:03}", 1.0) for t in set(map(int, liked))]
    pairs = pl.DataFrame(rows, schema=["user_id", "track_id", "confidence"], orient="row")
    ids = [f"t{t:03}" for t in range(160)]
    credited = pl.DataFrame({"track_id": ids, "artist_ids": [[f"a{t // 4:02}"] for t in range(160)]})
    heard = (np.eye(4)[genre] + 0.3 * rng.normal(size=(160, 4))).astype(np.float32)
    sound = pl.DataFrame({"track_id": ids, "descriptors": heard.tolist()}).filter(pl.col("track_id") != "t007")
    return join_content("world", pairs, credited, sound)


@pytest.fixture(scope="module")
def task(data: ColdStartData) -> ColdStartTask:
    return build_task(data, seed=1)


def test_rare_tracks_and_short_lists_are_left_out_each_once():
    pairs = [(f"p{p}", f"t{t}", 1.0) for p in range(4) for t in range(10 if p else 12)]
    # t10 and t11 are on one list only; without them p0 still has ten.
    frame = pl.DataFrame(pairs, schema=["user_id", "track_id", "confidence"], orient="row")
    ids = frame["track_id"].unique()
    credited = pl.DataFrame({"track_id": ids}).with_columns(artist_ids=pl.concat_list(pl.lit("a")))
    sound = pl.DataFrame({"track_id": ["t1", "other"], "descriptors": [[1.0, 2.0], [0.0, 0.0]]})
    read = join_content("x", frame, credited, sound)
    assert read.matrix.shape == (4, 10)
    assert read.content.has_sound.sum() == 1
    with pytest.raises(InvalidArgumentError, match="none of the 10 tracks of x has descriptors"):
        join_content("x", frame, credited, sound.tail(1))
    with pytest.raises(InvalidArgumentError, match="no listener of x has 10 tracks"):
        join_content("x", frame.filter(pl.col("track_id") != "t3"), credited, sound)


def test_a_fifth_of_the_described_tracks_is_taken_from_everybody(data: ColdStartData, task: ColdStartTask):
    described = data.content.has_sound
    assert task.cold.size == round(0.2 * described.sum())
    assert task.judged.size == round(0.2 * data.matrix.shape[0])
    assert described[task.cold].all()
    assert not task.visible[:, task.cold].nnz
    others = np.setdiff1d(np.arange(160), task.cold)
    assert (task.visible[:, others] != data.matrix[:, others]).nnz == 0
    assert not task.ceiling[task.judged][:, task.cold].nnz
    trained = np.setdiff1d(np.arange(data.matrix.shape[0]), task.judged)
    assert (task.ceiling[trained] != data.matrix[trained]).nnz == 0
    assert (task.truth != data.matrix[task.judged][:, task.cold]).nnz == 0


def test_a_known_artist_has_a_track_that_is_not_cold(data: ColdStartData, task: ColdStartTask):
    for track, is_known in zip(task.cold, task.is_known, strict=True):
        siblings = set(range(track // 4 * 4, track // 4 * 4 + 4)) - set(task.cold.tolist())
        assert is_known == bool(siblings)


def test_another_seed_is_another_task(data: ColdStartData, task: ColdStartTask):
    again, other = build_task(data, seed=1), build_task(data, seed=2)
    assert np.array_equal(again.cold, task.cold)
    assert np.array_equal(again.judged, task.judged)
    assert not np.array_equal(other.cold, task.cold)


def test_hidden_entries_change_no_prediction(data: ColdStartData, task: ColdStartTask):
    """Whatever the cold tracks' listeners were, all but the ceiling say the same."""
    shuffled = data.matrix.tolil()
    rng = np.random.default_rng(9)
    for track in task.cold:
        shuffled[:, track] = (rng.random((data.matrix.shape[0], 1)) < 0.3).astype(np.float32)
    altered = replace(data, matrix=shuffled.tocsr())
    other = build_task(altered, seed=1)
    assert (other.truth != task.truth).nnz > 100
    before = score_models(data, task, PARAMS, seed=1)
    after = score_models(altered, other, PARAMS, seed=1)
    for model in ("random", "plain", "audio", "artist", "ours", "reach"):
        assert np.array_equal(before[model][0], after[model][0]), model
    assert not np.array_equal(before["warm"][0], after["warm"][0])


def test_the_models_stand_in_their_order_on_a_planted_world(data: ColdStartData):
    report = evaluate_cold_start(data, [1, 2], params=PARAMS)
    auc = {model: report.summary(model, "auc").mean for model in report.models}
    assert 0.4 < auc["random"] < 0.6
    assert min(auc["audio"], auc["artist"]) > 0.6
    assert auc["ours"] > max(auc["audio"], auc["artist"], auc["plain"]) - 0.02
    written = report.to_dict()
    assert set(written["strata"]) == {"all", "known_artist", "new_artist"}  # pyright: ignore[reportArgumentType]
    assert written["strata"]["all"] == written["models"]  # pyright: ignore[reportIndexIssue]
    assert "NaN" not in report.to_json()


def test_the_figures_by_hand():
    scores = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4], [0, 0, 0, 0]])
    truth = sparse.csr_matrix(np.array([[1, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]], dtype=np.float32))
    # First list: (2 + 0) of 2 x 2 pairs in order; second: 2 of 3; the third can not be judged.
    assert judge_scores(scores, truth)["auc"] == pytest.approx((0.5 + 2 / 3) / 2)
    wide = np.zeros((1, 50))
    wide[0, :10] = 1
    relevant = sparse.csr_matrix(([1.0, 1, 1], ([0, 0, 0], [5, 30, 7])), shape=(1, 50))
    assert judge_scores(wide, relevant)["recall@20"] == pytest.approx(2 / 3)


def write_descriptors(path: Path, id_column: str, rows: dict[str, float], **extra: object) -> None:
    values = {name: list(rows.values()) for name in DESCRIPTORS}
    pl.DataFrame({id_column: list(rows), **values, **extra}).write_csv(path)


def test_both_forms_of_descriptors_are_read_and_nothing_else_of_them(tmp_path: Path):
    write_descriptors(tmp_path / "songs.csv", "track_id", {"A": 1, "B": 2}, track_popularity=[9, 9])
    write_descriptors(tmp_path / "tens.csv", "uri", {"spotify:track:B": 4, "spotify:track:C": 6}, target=[1, 0])
    read = read_descriptors(tmp_path)
    assert read["track_id"].to_list() == ["A", "B", "C"]
    assert read["descriptors"][1].to_list() == pytest.approx(
        [3.0] * 11 + [np.cos(np.pi / 2), np.sin(np.pi / 2)], abs=1e-6
    )
    (tmp_path / "songs.csv").write_text("track_id,tempo\nA,1\n")
    with pytest.raises(DataFaultError, match="has no column danceability"):
        read_descriptors(tmp_path)
    with pytest.raises(InvalidArgumentError, match=r"no \*.csv file"):
        read_descriptors(tmp_path / "nowhere")


def test_keys_lie_on_a_circle():
    found = circle_key(np.array([[5.0, 0], [5, 12], [5, 6]]), 1)
    np.testing.assert_allclose(found, [[5, 1, 0], [5, 1, 0], [5, -1, 0]], atol=1e-6)


def test_a_home_is_read_as_it_is_known_on_its_newest_day(tmp_path: Path):
    lake = Lake(str(tmp_path / "lake"))
    with pytest.raises(MissingInputError, match="no day of play_confidence"):
        read_lake(lake)
    pairs = [{"user_id": f"u{u}", "track_id": f"t{t:02}", "confidence": 1.0} for u in range(3) for t in range(10)]
    for at in (0, 1):
        kept = pairs if at else pairs[:5]
        stored(lake, PLAY_CONFIDENCE, rows_of(PLAY_CONFIDENCE, kept, play_count=1.0, date=day(at)))
    with pytest.raises(MissingInputError, match="no recording that had arrived by 2026-01-06"):
        read_lake(lake)
    empty = {name: [] for name, dtype in TRACK_ANALYSIS.dtypes.items() if isinstance(dtype, pl.List)}
    texts = {"file": "f", "content_sha256": "0", "params": "{}", "log_mel": b"", "audio_fingerprint": b""}
    numbers = {column.name: 0.0 for column in TRACK_ANALYSIS.columns if column.dtype == pl.Float32}
    rest = {**empty, **texts, **numbers, "changed_at": datetime(2026, 1, 1, tzinfo=UTC)}
    heard = [("t00", 0, 2, [1.0, 2.0]), ("t00", 1, 2, [3.0, 4.0]), ("t01", 1, 1, [9.0]), ("t02", 2, 2, [5.0, 6.0])]
    rows = [
        {"track_id": t, "arrived_on": day(at), "analysis_version": v, "descriptors": values}
        for t, at, v, values in heard
    ]
    stored(lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, rows, **rest))
    tracks = [{"track_id": f"t{t:02}", "title": "x", "artist_ids": ["a"]} for t in range(10)]
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=day(0)))
    data = read_lake(lake)
    assert data.matrix.shape == (3, 10)
    # t01 was analysed by an older version, t02 arrives a day later.
    assert np.flatnonzero(data.content.has_sound).tolist() == [0]
    assert data.content.sound is not None
    assert data.content.sound[0].tolist() == [3, 4]


def test_public_playlists_are_joined_by_track(tmp_path: Path):
    playlists, sound = tmp_path / "playlists", tmp_path / "sound"
    playlists.mkdir(), sound.mkdir()
    rows = [(p, t, f"spotify:track:{t:02}", f"song {t}", f"artist {t // 2}") for p in range(4) for t in range(12)]
    names = ["pid", "pos", "track_uri", "track_name", "artist_name"]
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(playlists / "playlist_tracks.parquet")
    pl.DataFrame({"pid": range(4), "name": ["x"] * 4}).write_parquet(playlists / "playlists.parquet")
    write_descriptors(sound / "a.csv", "track_id", {f"{t:02}": t for t in range(10)})
    data = read_public(playlists, sound)
    assert data.matrix.shape == (4, 12)
    assert data.content.has_sound.sum() == 10
    assert data.content.artist_ids[3].to_list() == ["artist 1"]
