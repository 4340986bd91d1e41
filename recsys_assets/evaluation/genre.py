"""Genre by sound: a folder for each genre, our descriptors and classifier beside plain ones, on the same folds.

Eighty clips are few and one split says little, so ten-fold cross-validation is repeated ten times; each repetition is a run.
Nothing is learned from a name: a folder is its genre, and what is held out is never seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from recsys_assets.audio.genre import GenreParams, fit_genre_model
from recsys_assets.audio.safely import each_safely
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.core.threads import available_cores
from recsys_assets.evaluation.report import OURS, ModelRun, Report

PLAIN = "plain"
FOLDS, REPEATS = 10, 10
EXCERPT_S = 120.0
Features = NDArray[np.floating]


@dataclass(frozen=True)
class _Clip:
    path: Path
    genre: str


def evaluate_genre(
    folder: Path, *, repeats: int = REPEATS, progress: Callable[[str], None] = lambda _step: None
) -> Report:
    """Judge how often the genre of a clip is known from its sound.

    Args:
        folder: one folder per genre with its recordings.
        repeats: how often all clips are dealt into ten folds anew.
        progress: told each step that begins.

    Raises:
        InvalidArgumentError: fewer than two genres, or a genre with a single clip.
        DataFaultError: a clip can not be used.
    """
    clips = find_clips(folder)
    labels = np.array([clip.genre for clip in clips])
    progress(f"{len(clips)} clips by ours")
    analyses = _measure("recsys_assets.audio.analyse:analyse_file", [(clip.path,) for clip in clips], clips)
    ours = np.stack([analysis.descriptors.vector for analysis in analyses])
    progress(f"{len(clips)} clips by plain librosa")
    calls = [(clip.path, EXCERPT_S) for clip in clips]
    plain = np.stack(_measure("recsys_assets.evaluation.genre_peer:plain_statistics", calls, clips))
    progress("cross-validation")
    runs = [run for seed in range(repeats) for run in _runs(ours, plain, labels, seed)]
    n_test = -(-len(clips) // _n_folds(labels))
    return Report("genre", folder.name, len(clips) - n_test, n_test, tuple(runs))


def find_clips(folder: Path) -> list[_Clip]:
    """Return the recordings below each genre's folder, by genre and name.

    Raises:
        InvalidArgumentError: see ``evaluate_genre``.
    """
    if not folder.is_dir():
        raise InvalidArgumentError(f"{folder} is no folder: give one that has a folder for each genre")
    genres = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    clips = [
        _Clip(path, genre.name)
        for genre in genres
        for path in sorted(genre.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]
    counts = {genre.name: sum(clip.genre == genre.name for clip in clips) for genre in genres}
    few = [name for name, count in counts.items() if count < 2]
    if len(counts) < 2 or few:
        raise InvalidArgumentError(
            f"{folder}: expected two genres or more with two clips or more each, found {counts or 'no folders'}"
        )
    return clips


def _measure(function: str, calls: Sequence[tuple], clips: Sequence[_Clip]) -> list:
    found = []
    for clip, outcome in zip(clips, each_safely(function, calls, workers=available_cores()), strict=True):
        if outcome.refusal:
            raise DataFaultError(f"{clip.path} can not be used ({': '.join(outcome.refusal)}): take it out")
        found.append(outcome.value)
    return found


def _n_folds(labels: NDArray[np.str_]) -> int:
    return int(min(FOLDS, np.unique(labels, return_counts=True)[1].min()))


def _runs(ours: Features, plain: Features, labels: NDArray[np.str_], seed: int) -> list[ModelRun]:
    from sklearn.model_selection import StratifiedKFold

    folds = list(StratifiedKFold(_n_folds(labels), shuffle=True, random_state=seed).split(ours, labels))
    runs = []
    for name, features, guess in ((OURS, ours, _guess_ours), (PLAIN, plain, _guess_plain)):
        begun = perf_counter()
        hits = [guess(features[train], labels[train], features[test]) == labels[test] for train, test in folds]
        accuracy = float(np.concatenate(hits).mean())
        runs.append(ModelRun(name, seed, {"accuracy": accuracy}, perf_counter() - begun))
    return runs


def _guess_ours(train: Features, labels: NDArray[np.str_], test: Features) -> NDArray[np.str_]:
    model = fit_genre_model(train, [[label] for label in labels], GenreParams(min_tracks=2))
    return np.array(model.genres)[model.predict(test).argmax(axis=1)]


def _guess_plain(train: Features, labels: NDArray[np.str_], test: Features) -> NDArray[np.str_]:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC()).fit(train, labels).predict(test)
