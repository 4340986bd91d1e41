"""Genres are told apart by what differs between them, and what was learned from is judged without itself."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from audio_files import RATE, tune

from recsys_assets.audio.analyse import ANALYSIS_VERSION
from recsys_assets.audio.descriptors import descriptor_groups, descriptor_names
from recsys_assets.audio.genre import GenreParams, fit_genre_model
from recsys_assets.audio.genre_guesses import genres_beat_the_commonest, guess_genres
from recsys_assets.audio.tables import GENRE_GUESSES, TRACK_ANALYSIS
from recsys_assets.core.errors import DataFaultError
from recsys_assets.core.lake import Lake
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

N = len(descriptor_names())
LABELS = ["ambient"] * 20 + ["metal"] * 30 + ["folk"] * 10


def planted(*, seed: int = 0, is_told: bool = True) -> np.ndarray:
    """Noise in which one group of descriptors, or none, tells the genre."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(LABELS), N))
    names = descriptor_names()
    start = names.index(descriptor_groups()["modulation"][0])
    for row, label in enumerate(LABELS):
        vectors[row, start : start + 36] += 2.0 * is_told * {"ambient": -1, "metal": 1, "folk": 0}[label]
    return vectors


def labels_of(rows: np.ndarray) -> list[list[str]]:
    return [[LABELS[row]] for row in rows]


def test_what_tells_genres_apart_is_found_and_weighs_most():
    vectors, rows = planted(), np.arange(len(LABELS))
    train, test = rows[rows % 4 != 0], rows[rows % 4 == 0]
    model = fit_genre_model(vectors[train], labels_of(train))
    guesses = np.array(model.genres)[model.predict(vectors[test]).argmax(axis=1)]

    assert (guesses == np.array(LABELS)[test]).mean() > 0.9
    assert max(model.groups, key=lambda group: model.groups[group]) == "modulation"
    np.testing.assert_allclose(model.predict(vectors).sum(axis=1), 1)


def test_a_track_that_was_learned_from_does_not_know_its_own_label():
    # Labels that nothing tells: learned by heart they would all be right.
    vectors = planted(is_told=False)
    model = fit_genre_model(vectors, [[label] for label in LABELS])
    inside = np.array(model.genres)[model.predict(vectors).argmax(axis=1)] == LABELS
    left_out = np.array(model.genres)[model.left_out.argmax(axis=1)] == LABELS

    assert inside.mean() > 0.9
    assert left_out.mean() < 0.65


def test_the_answer_without_a_track_is_that_of_a_model_without_it():
    vectors = planted()
    labels = [[label] for label in LABELS]
    whole = fit_genre_model(vectors, labels, GenreParams(sharpness=0))
    rest = np.arange(len(LABELS)) != 3
    without = fit_genre_model(vectors[rest], [labels[n] for n in np.flatnonzero(rest)], GenreParams(sharpness=0))

    # Widths and scale barely move with one track of sixty.
    np.testing.assert_allclose(whole.left_out[3], without.predict(vectors[3:4])[0], atol=0.1)


def test_unknown_and_rare_genres_are_not_learned():
    labels = [[label] if n % 2 else [] for n, label in enumerate(LABELS)]
    labels[1] = ["ambient", "polka"]
    model = fit_genre_model(planted(), labels)

    assert model.genres == ("ambient", "folk", "metal")
    assert set(model.learned.tolist()) == set(range(1, len(LABELS), 2))


def test_many_tracks_are_sampled_alike_each_time():
    params = GenreParams(max_tracks=30)
    first, second = (fit_genre_model(planted(), [[label] for label in LABELS], params, seed=3) for _ in range(2))

    assert len(first.learned) == 30
    assert first.learned.tolist() == second.learned.tolist()


@pytest.mark.parametrize("labels", [[], ["one"] * 60])
def test_one_genre_is_none(labels: list[str]):
    named = [[label] for label in labels] or [[]] * len(LABELS)
    with pytest.raises(DataFaultError, match="two genres"):
        fit_genre_model(planted(), named)


def test_vectors_of_another_version_are_refused():
    with pytest.raises(DataFaultError, match="analyse the recordings again"):
        fit_genre_model(planted()[:, 1:], [[label] for label in LABELS])


def test_names_are_as_many_as_values_and_all_differ():
    from recsys_assets.audio.analyse import analyse
    from recsys_assets.audio.recording import Recording

    vector = analyse(Recording.of_samples(tune(2.0)[: 2 * RATE])).descriptors.vector

    assert len(vector) == N == len(set(descriptor_names()))
    assert np.isfinite(vector).all()


def test_a_week_guesses_every_recording_that_had_arrived(lake: Lake):
    rows = [
        dict.fromkeys(TRACK_ANALYSIS.dtypes)
        | {"track_id": f"t{n:02d}", "descriptors": vector.tolist(), "analysis_version": ANALYSIS_VERSION}
        | {"arrived_on": date(2026, 3, 9) if n == 59 else date(2026, 3, 1)}
        for n, vector in enumerate(planted())
    ]
    frame = pl.DataFrame(rows, schema=TRACK_ANALYSIS.dtypes, strict=False)
    lake.replace(TRACK_ANALYSIS, frame, partitions=[date(2026, 3, 1), date(2026, 3, 9)])
    tracks = [
        {"track_id": f"t{n:02d}", "title": "", "artist_ids": [label], "genres": [] if n % 2 else [label]}
        for n, label in enumerate(LABELS)
    ]
    day = date(2026, 3, 1)
    full = [dict.fromkeys(RAW_TRACKS.dtypes) | track | {"arrived_on": day} for track in tracks]
    lake.replace(RAW_TRACKS, pl.DataFrame(full, schema=RAW_TRACKS.dtypes), partitions=[day])
    folk = dict.fromkeys(RAW_ARTISTS.dtypes) | {"artist_id": "folk", "name": "f", "genres": ["folk"], "arrived_on": day}
    lake.replace(RAW_ARTISTS, pl.DataFrame([folk], schema=RAW_ARTISTS.dtypes), partitions=[day])
    guesses = guess_genres(
        date(2026, 3, 9), lake.open(TRACK_ANALYSIS), lake.open(RAW_TRACKS), lake.open(RAW_ARTISTS), GenreParams()
    )
    unlabelled = guesses.filter(pl.col("labels").list.len() == 0)
    truth = dict(zip((f"t{n:02d}" for n in range(60)), LABELS, strict=True))
    hits = [truth[track] == genre for track, genre in unlabelled.select("track_id", "genre").rows()]

    assert guesses.height == 59
    # A track without a genre of its own has its artist's.
    assert guesses.filter(pl.col("labels").list.contains("folk")).height == 9
    assert len(hits) == 25
    assert np.mean(hits) > 0.9
    assert guesses["genres"].list.len().to_list() == [3] * 59
    assert genres_beat_the_commonest(guesses).passed


def test_guesses_no_better_than_the_commonest_are_told():
    rows = {"track_id": ["a", "b", "c"], "genre": ["x"] * 3, "labels": [["x"], ["y"], ["y"]]}
    result = genres_beat_the_commonest(pl.DataFrame(rows))

    assert (result.passed, result.blocking) == (False, False)
    assert genres_beat_the_commonest(GENRE_GUESSES.empty()).passed
