"""The first listeners of submissions against the planted truth of a demo world: are they those who would love the track?

Belongs here: reading the truth, the task, the baselines. How listeners are scored is ``cold_start.scores``.

Relevant to a track is the tenth of the honest listeners with the highest true affinity, so that listeners drawn at
random are right for .10. Judged are the submissions placed in their newest space; each model ranks the same listeners.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.cold_start.beside_places import BesidePlaces, read_beside_places
from recsys_assets.cold_start.place_tables import PLACEMENTS, SOUND_VECTOR
from recsys_assets.cold_start.placing import PlacingParams
from recsys_assets.cold_start.scores import ScoreScale, score_listeners
from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.core.seeds import generator
from recsys_assets.core.windows import midnight
from recsys_assets.demo.affinity import true_affinity
from recsys_assets.demo.submission_files import TRUTH_FILE as SUBMISSIONS
from recsys_assets.demo.submissions import DUPLICATE
from recsys_assets.evaluation.report import OURS, ModelRun, Report
from recsys_assets.latent.days import read_day
from recsys_assets.latent.space import LatentSpace
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE

PROTOCOL = "first-listeners"
PLACES, SOUND, RANDOM, POPULAR = "places alone", "sound alone", "random", "popularity"
_MODELS = (OURS, PLACES, SOUND, POPULAR, RANDOM)
RELEVANT_SHARE = 0.1
CUTS = (10, 30)
_PLACED_AS = "placed_as"
_MAKE = "materialise the graph first (`make run`)"


@dataclass(frozen=True)
class Truth:
    """Planted tastes as of a day: weights and points of each honest listener, and the vectors of tracks."""

    tastes: dict[str, tuple[NDArray[np.float64], NDArray[np.float32]]]
    tracks: dict[str, NDArray[np.float32]]
    sharpness: float


def evaluate_first_listeners(lake: Lake, truth: Path, *, seed: int = 0, placing: PlacingParams | None = None) -> Report:
    """Judge the first listeners of every submission that was placed before its release.

    Args:
        lake: where placements are.
        truth: the demo world's truth.
        seed: of the listeners drawn at random.
        placing: how much counts what is known beside places, as the days were made with.

    Returns:
        precision@10 and @30 of ``ours`` (the placement, how what is written of it fits a listener's tracks, and how much of
        the artist they have), ``places alone``, ``sound alone`` (where there is none, nobody is right), ``popularity`` (who
        plays most) and ``random``.

    Raises:
        MissingInputError: there is no demo world, or nothing was placed in it.
    """
    newest = _as_planted(_newest_placements(lake), truth)
    scores: dict[str, list[NDArray[np.float32]]] = {model: [] for model in _MODELS}
    relevant: list[NDArray[np.bool_]] = []
    for (day,), rows in newest.group_by(c.DATE, maintain_order=True):
        space = read_day(lake, day)
        if space is None:
            continue
        verdicts = verdicts_known(lake.open(SUBMISSION_VERDICTS), midnight(day + timedelta(days=1)))
        beside = read_beside_places(lake, day, space, verdicts, placing or PlacingParams())
        activity = _activity(lake, day, space.users)
        found, right = _judge_day(rows, space, beside, read_truth(truth, day), activity, seed=seed)
        relevant += right
        for model, of_tracks in found.items():
            scores[model] += of_tracks
    if not relevant:
        raise MissingInputError(f"no submission of the demo world has a place before its release: {_MAKE}")
    runs = tuple(ModelRun(model, seed, _precision(ranked, relevant), 0.0) for model, ranked in scores.items())
    n_pairs = sum(int(each.sum()) for each in relevant)
    known = lake.open(PLAY_CONFIDENCE).only(newest[c.DATE].unique()).rows
    task = f"right are the {int(relevant[-1].sum()):,} of {relevant[-1].size:,} listeners who would love it most"
    return Report(PROTOCOL, f"demo world, {len(relevant)} submissions", known, n_pairs, runs, task=task)


def _newest_placements(lake: Lake) -> pl.DataFrame:
    """The last place of each submission before its release."""
    return (
        lake.open(PLACEMENTS)
        .scan()
        .filter(pl.col(c.SUBMISSION_ID).is_not_null() & (pl.col(c.DATE) < pl.col(c.RELEASED_ON)))
        .collect()
        .sort(c.SUBMISSION_ID, c.DATE)
        .unique(c.SUBMISSION_ID, keep="last", maintain_order=True)
    )


def _as_planted(placed: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """Name the track of the truth where a submission has a track of its own: who can not prove whose it is gets no other.

    A duplicate stays what it is: it is not to come, and its listeners have heard it.
    """
    placed = placed.with_columns(pl.col(c.TRACK_ID).alias(_PLACED_AS))
    if not (truth / SUBMISSIONS).is_file():
        return placed
    planned = pl.read_parquet(truth / SUBMISSIONS).filter(pl.col("kind") != DUPLICATE)
    meant = planned.select(c.SUBMISSION_ID, planted_id=c.TRACK_ID)
    return placed.join(meant, on=c.SUBMISSION_ID, how="left", maintain_order="left").with_columns(
        pl.coalesce("planted_id", c.TRACK_ID).alias(c.TRACK_ID)
    )


def read_truth(folder: Path, day: date) -> Truth:
    """Read what was planted, tastes as far as they have drifted by ``day``.

    Raises:
        MissingInputError: there is no demo world.
    """
    names = ("tracks", "listeners", "tastes", "parameters")
    if not all((folder / f"{name}.parquet").is_file() for name in names):
        raise MissingInputError(
            f"no planted truth in {folder}: it belongs to a demo world, make one with `recsys demo`"
        )
    tracks, listeners, tastes, parameters = (pl.read_parquet(folder / f"{name}.parquet") for name in names)
    planted = parameters.row(0, named=True)
    moved = 1 - np.exp(-max((day - planted["start"]).days, 0) / planted["drift_days"])
    weighed = tastes.join(listeners.filter("is_honest"), on=c.USER_ID, how="semi").with_columns(
        weight=pl.col("weight_start") * (1 - moved) + pl.col("weight_end") * moved
    )
    points = {
        str(user): (rows["weight"].to_numpy().astype(np.float64), np.stack(rows[c.VECTOR].to_list()).astype(np.float32))
        for (user,), rows in weighed.filter(pl.col("weight") > 0).group_by(c.USER_ID)
    }
    vectors = {
        track: np.array(vector, dtype=np.float32) for track, vector in tracks.select(c.TRACK_ID, c.VECTOR).rows()
    }
    return Truth(points, vectors, float(planted["sharpness"]))


def _activity(lake: Lake, day: date, users: IdMap) -> NDArray[np.float32]:
    """How much each listener plays, as known on the day."""
    plays = lake.open(PLAY_CONFIDENCE).only([day]).scan().group_by(c.USER_ID).agg(pl.col(c.PLAY_COUNT).sum()).collect()
    counts = np.zeros(users.size, dtype=np.float32)
    rows = users.rows(plays[c.USER_ID])
    counts[rows[rows >= 0]] = plays[c.PLAY_COUNT].to_numpy()[rows >= 0]
    return counts


def _judge_day(
    rows: pl.DataFrame,
    space: LatentSpace,
    beside: BesidePlaces,
    truth: Truth,
    activity: NDArray[np.float32],
    *,
    seed: int,
) -> tuple[dict[str, list[NDArray[np.float32]]], list[NDArray[np.bool_]]]:
    """Scores of each model and who is right, for each submission whose truth is known; columns are honest listeners."""
    rows = rows.filter(pl.col(c.TRACK_ID).is_in(list(truth.tracks)))
    users = space.users.ids.to_list()
    honest = np.array([n for n, user in enumerate(users) if user in truth.tastes], dtype=np.int64)
    found: dict[str, list[NDArray[np.float32]]] = {model: [] for model in _MODELS}
    if rows.is_empty() or not honest.size:
        return found, []
    tracks = np.stack([truth.tracks[track] for track in rows[c.TRACK_ID]])
    affinity = np.stack(
        [true_affinity(*truth.tastes[users[n]], tracks, sharpness=truth.sharpness) for n in honest], axis=1
    )
    scale, width = ScoreScale.of(space.track_vectors), space.dimensions
    about = beside.about(rows.select(c.SUBMISSION_ID, track_id=_PLACED_AS)).on_rows(honest)
    for model, column, known in ((OURS, c.VECTOR, about), (PLACES, c.VECTOR, None), (SOUND, SOUND_VECTOR, None)):
        vectors = np.array([[0.0] * width if vector is None else vector for vector in rows[column].to_list()])
        scores = score_listeners(space.user_vectors[honest], vectors.astype(np.float32), scale, beside=known)
        found[model] += list(scores)
    found[POPULAR] += [activity[honest]] * rows.height
    found[RANDOM] += [
        generator(seed, PROTOCOL, submission).random(honest.size, dtype=np.float32)
        for submission in rows[c.SUBMISSION_ID]
    ]
    n_relevant = max(round(RELEVANT_SHARE * honest.size), 1)
    borders = np.sort(affinity, axis=1)[:, -n_relevant]
    return found, list(affinity >= borders[:, None])


def _precision(scores: list[NDArray[np.float32]], relevant: list[NDArray[np.bool_]]) -> dict[str, float]:
    """Mean share of the first k listeners who are relevant, ties by listener; who has no place is nobody's first."""
    found: dict[str, list[float]] = {f"precision@{k}": [] for k in CUTS}
    for ranked, right in zip(scores, relevant, strict=True):
        order = np.argsort(-ranked, kind="stable")
        is_right = right[order] & np.isfinite(ranked[order])
        for k in CUTS:
            found[f"precision@{k}"].append(float(is_right[:k].mean()))
    return {name: float(np.mean(values)) for name, values in found.items()}
