"""Genres are told apart by what differs between them, and what was learned from is judged without its artists."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from audio_files import RATE, tune

from recsys_assets.audio.analyse import ANALYSIS_VERSION
from recsys_assets.audio.descriptors import descriptor_groups, descriptor_names
from recsys_assets.audio.genre import GenreParams, fit_genre_model, guess_apart
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


def alone() -> list[list[str]]:
    """Each track by an artist of its own."""
    return [[f"a{row}"] for row in range(len(LABELS))]


def test_a_track_that_was_learned_from_does_not_know_its_own_label():
    # Labels that nothing tells: learned by heart they would all be right.
    vectors = planted(is_told=False)
    model = fit_genre_model(vectors, [[label] for label in LABELS])
    inside = np.array(model.genres)[model.predict(vectors).argmax(axis=1)] == LABELS
    apart = np.array(model.genres)[model.predict_apart(vectors, alone(), alone()).argmax(axis=1)] == LABELS

    assert inside.mean() > 0.9
    assert apart.mean() < 0.65


@pytest.mark.parametrize("left_out", [[3], [0, 1, 2, 3, 25, 55]])
def test_the_answer_without_an_artist_is_that_of_a_model_without_it(left_out: list[int]):
    vectors = planted()
    labels = [[label] for label in LABELS]
    credits_ = alone()
    for row in left_out:
        credits_[row] = [*credits_[row], "one"]
    whole = fit_genre_model(vectors, labels, GenreParams(sharpness=0))
    rest = np.setdiff1d(np.arange(len(LABELS)), left_out)
    without = fit_genre_model(vectors[rest], [labels[n] for n in rest], GenreParams(sharpness=0))

    # Widths and scale barely move with a few tracks of sixty.
    apart = whole.predict_apart(vectors, credits_, credits_)
    np.testing.assert_allclose(apart[left_out], without.predict(vectors[left_out]), atol=0.1)
    # A recording that was not learned from is told apart in the same way, and one by a stranger knows everybody.
    strange = whole.predict_apart(vectors[:2], [["one"], ["stranger"]], credits_)
    np.testing.assert_allclose(strange[0], without.predict(vectors[:1])[0], atol=0.1)
    np.testing.assert_allclose(strange[1], whole.predict(vectors[1:2])[0])


def test_where_all_is_of_one_artist_nothing_is_known_without_it():
    model = fit_genre_model(planted(), [[label] for label in LABELS])
    apart = model.predict_apart(planted()[:2], [["one"], ["one", "guest"]], [["one"]] * len(LABELS))

    np.testing.assert_allclose(apart, 1 / 3)


def of_artists(seed: int = 0) -> tuple[np.ndarray, list[str], list[str]]:
    """Forty artists of three tracks, each with its own sound and one of two genres, which has nothing to do with it."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(40), 3)
    vectors = 2.0 * rng.normal(size=(40, N))[owner] + rng.normal(size=(len(owner), N))
    return vectors, [f"a{artist:02d}" for artist in owner], [("metal", "folk", "folk")[artist % 3] for artist in owner]


@pytest.mark.parametrize("seed", range(3))
def test_an_artist_whose_sound_is_known_again_is_no_genre_that_was_learned(seed: int):
    vectors, artists, labels = of_artists(seed)
    named = [[label] for label in labels]
    hits = []
    for credits_ in ([[f"t{row}"] for row in range(len(labels))], [[artist] for artist in artists]):
        genres, guessed = guess_apart(vectors, named, credits_)
        hits.append(float((np.array(genres)[guessed.argmax(axis=1)] == labels).mean()))
    without_the_track, without_the_artist = hits

    # Two thirds are folk.
    assert without_the_track > 0.95
    assert without_the_artist < 0.67


def test_what_is_told_is_guessed_without_the_artist_too():
    credits_ = [[f"{label}{n // 4}"] for n, label in enumerate(LABELS)]
    genres, guessed = guess_apart(planted(), [[label] for label in LABELS], credits_)

    assert (np.array(genres)[guessed.argmax(axis=1)] == LABELS).mean() > 0.9
    np.testing.assert_allclose(guessed.sum(axis=1), 1)


def test_labels_that_do_not_count_do_not_weigh():
    vectors, labels = planted(), [[label] for label in LABELS]
    is_out = np.arange(len(LABELS)) % 2 == 0
    swapped = [["folk"] if out else label for out, label in zip(is_out, labels, strict=True)]
    first, second = (fit_genre_model(vectors, some, unweighed=is_out).groups for some in (labels, swapped))

    assert first == pytest.approx(second)
    assert first != pytest.approx(fit_genre_model(vectors, labels).groups)


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


def land(lake: Lake, vectors: np.ndarray, tracks: list[dict[str, object]], artists: list[dict[str, object]]) -> None:
    """Put recordings, tracks and artists into the lake; the last recording arrives too late for the week."""
    day, late = date(2026, 3, 1), date(2026, 3, 9)
    rows = [
        dict.fromkeys(TRACK_ANALYSIS.dtypes)
        | {"track_id": track["track_id"], "descriptors": vector.tolist(), "analysis_version": ANALYSIS_VERSION}
        | {"arrived_on": late if track is tracks[-1] else day}
        for track, vector in zip(tracks, vectors, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=TRACK_ANALYSIS.dtypes, strict=False)
    lake.replace(TRACK_ANALYSIS, frame, partitions=[day, late])
    for schema, some in ((RAW_TRACKS, tracks), (RAW_ARTISTS, artists)):
        full = [dict.fromkeys(schema.dtypes) | row | {"arrived_on": day} for row in some]
        lake.replace(schema, pl.DataFrame(full, schema=schema.dtypes), partitions=[day])


def guesses_in(lake: Lake) -> pl.DataFrame:
    return guess_genres(
        date(2026, 3, 9), lake.open(TRACK_ANALYSIS), lake.open(RAW_TRACKS), lake.open(RAW_ARTISTS), GenreParams()
    )


def test_a_week_guesses_every_recording_that_had_arrived(lake: Lake):
    # Every second track has a genre of its own, and all folk has its artists'.
    tracks = [
        {
            "track_id": f"t{n:02d}", "title": "", "artist_ids": [f"{label}{n // 4}"], "genres": [] if n % 2 else [label],
        }
        for n, label in enumerate(LABELS)
    ]  # fmt: skip
    names = sorted({artist for track in tracks for artist in track["artist_ids"]})
    artists = [
        {"artist_id": name, "name": name, "genres": ["folk"] if name.startswith("folk") else []} for name in names
    ]
    land(lake, planted(), tracks, artists)
    guesses = guesses_in(lake)
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


@pytest.mark.parametrize("of_its_own", [True, False], ids=["own genres", "artists' genres"])
def test_a_week_is_not_praised_for_knowing_artists_again(lake: Lake, of_its_own: bool):
    vectors, artists, labels = of_artists()
    tracks = [
        {"track_id": f"t{n:03d}", "title": "", "artist_ids": [artist], "genres": [label] if of_its_own else []}
        for n, (artist, label) in enumerate(zip(artists, labels, strict=True))
    ]
    theirs = dict(zip(artists, labels, strict=True))
    named = [
        {"artist_id": name, "name": name, "genres": [] if of_its_own else [theirs[name]]} for name in sorted(theirs)
    ]
    land(lake, vectors, tracks, named)
    guesses = guesses_in(lake)

    assert guesses.filter(pl.col("labels").list.len() > 0).height == len(labels) - 1
    assert not genres_beat_the_commonest(guesses).passed


def test_tracks_beyond_those_that_are_learned_from_are_judged_alike(lake: Lake):
    vectors, artists, labels = of_artists()
    tracks = [
        {"track_id": f"t{n:03d}", "title": "", "artist_ids": [artist], "genres": [label]}
        for n, (artist, label) in enumerate(zip(artists, labels, strict=True))
    ]
    land(lake, vectors, tracks, [{"artist_id": name, "name": name, "genres": []} for name in sorted(set(artists))])
    guesses = guess_genres(
        date(2026, 3, 9), lake.open(TRACK_ANALYSIS), lake.open(RAW_TRACKS), lake.open(RAW_ARTISTS),
        GenreParams(max_tracks=50),
    )  # fmt: skip

    assert not genres_beat_the_commonest(guesses).passed


def test_guesses_no_better_than_the_commonest_are_told():
    rows = {"track_id": ["a", "b", "c"], "genre": ["x"] * 3, "labels": [["x"], ["y"], ["y"]]}
    result = genres_beat_the_commonest(pl.DataFrame(rows))

    assert (result.passed, result.blocking) == (False, False)
    assert genres_beat_the_commonest(GENRE_GUESSES.empty()).passed
