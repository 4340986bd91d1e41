"""The hold-out protocol: hide a fifth of each listener's artists, rank all the others, see where the hidden ones come.

Belongs here: reading a public set, the task, the figures. Ours goes through the entry points of the daily graph
(confidence, tuner, factorisation, retrieval), with its parameters chosen on an inner split of what is visible; peers
are ``peers``.

Artists with at least 5 listeners are kept, then listeners with at least 5 of those artists; 20 % of each listener's
artists (rounded) are hidden, at random by the seed; all artists are ranked except the listener's remaining ones. Only
visible play counts are used: the set's tag table names hidden pairs and is never read.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.peers import PLAY_COUNT_PEERS, Peer, ScoreRows
from recsys_assets.evaluation.report import OURS, ModelRun, Report
from recsys_assets.latent.factorise import factorise
from recsys_assets.latent.making import AnchorParams, tune_params
from recsys_assets.latent.retrieve import top_n
from recsys_assets.latent.tune import TuneParams, tune
from recsys_assets.metrics.ranking import PADDING, mean_over_lists, ndcg_at, recall_at
from recsys_assets.metrics.splits import MatrixSplit, hide_share_per_row, keep_core
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.matrix import build_matrix
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.raw.tables import RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

logger = logging.getLogger(__name__)

PROTOCOL = "holdout"
HIDDEN_SHARE = 0.2
MIN_LISTENERS_PER_ARTIST = 5
MIN_ARTISTS_PER_LISTENER = 5
LIST_LENGTH = 100
# Totals that are alone do not fade, so that any day says the same; this one is the day on which the set was collected.
_AS_OF = date(2011, 4, 30)


@dataclass(frozen=True)
class PlayCounts:
    """Play counts as a matrix, with its ids."""

    matrix: sparse.csr_matrix
    users: IdMap
    items: IdMap


@dataclass(frozen=True)
class HoldoutTask:
    """Visible and hidden play counts of the same shape."""

    split: MatrixSplit
    users: IdMap
    items: IdMap


def read_lastfm_2k(path: Path) -> PlayCounts:
    """Read ``user_artists.dat`` of HetRec 2011 Last.fm: listener, artist, play count, tab-separated.

    Raises:
        InvalidArgumentError: the file is not there.
        DataFaultError: it is not what its name says.
    """
    file = path / "user_artists.dat"
    if not file.is_file():
        raise InvalidArgumentError(f"{file} is not there: give the folder of the unpacked HetRec 2011 Last.fm set")
    try:
        rows = pl.read_csv(
            file,
            separator="\t",
            has_header=False,
            new_columns=[c.USER_ID, c.ARTIST_ID, c.PLAY_COUNT],
            infer_schema=False,
        )
        # The header has been seen as `userID`, as `//userID`, and missing.
        start = 1 if rows.height and not (rows[c.PLAY_COUNT][0] or "").isdigit() else 0
        rows = rows.slice(start).with_columns(pl.col(c.PLAY_COUNT).cast(pl.Int64))
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise DataFaultError(f"{file} is not three tab-separated columns ending with a play count: {error}") from error
    users, items = IdMap.of(rows[c.USER_ID]), IdMap.of(rows[c.ARTIST_ID])
    matrix = sparse.csr_matrix(
        (
            rows[c.PLAY_COUNT].to_numpy().astype(np.float32),
            (users.rows(rows[c.USER_ID]), items.rows(rows[c.ARTIST_ID])),
        ),
        shape=(users.size, items.size),
    )
    matrix.eliminate_zeros()
    return PlayCounts(matrix, users, items)


READERS: Mapping[str, Callable[[Path], PlayCounts]] = {"lastfm-2k": read_lastfm_2k}


def build_task(counts: PlayCounts, *, seed: int) -> HoldoutTask:
    """Apply the protocol's filters and hide a fifth of each listener's artists.

    Raises:
        InvalidArgumentError: nobody is left after the filters.
    """
    rows, columns = keep_core(
        counts.matrix, min_rows_per_column=MIN_LISTENERS_PER_ARTIST, min_columns_per_row=MIN_ARTISTS_PER_LISTENER
    )
    if not rows.size:
        raise InvalidArgumentError(
            f"no listener has {MIN_ARTISTS_PER_LISTENER} artists that {MIN_LISTENERS_PER_ARTIST} listeners share"
        )
    core = counts.matrix[rows][:, columns].tocsr()
    core.sort_indices()
    split = hide_share_per_row(core, share=HIDDEN_SHARE, rng=generator(seed, PROTOCOL))
    return HoldoutTask(split, IdMap(counts.users.external(rows)), IdMap(counts.items.external(columns)))


def evaluate_holdout(
    dataset: str,
    path: Path,
    seeds: Sequence[int],
    *,
    params: TuneParams | None = None,
    peers: Sequence[Peer] = PLAY_COUNT_PEERS,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Run the protocol for ours and its peers.

    Args:
        dataset: a name in ``READERS``.
        path: the folder of the set.
        seeds: one run each.
        params: how far ours searches; the default is what the daily graph uses.
        peers: beside ours.
        progress: told in words what is being done.

    Raises:
        InvalidArgumentError: the data set has no reader.
    """
    if dataset not in READERS:
        raise InvalidArgumentError(f"no data set {dataset!r}: one of {', '.join(READERS)}")
    say = progress or (lambda _: None)
    counts = READERS[dataset](path)
    runs: list[ModelRun] = []
    n_train = n_test = 0
    for number, seed in enumerate(seeds):
        task = build_task(counts, seed=seed)
        if number == 0:
            n_train, n_test = task.split.visible.nnz, task.split.hidden.nnz
        for peer in peers:
            say(f"seed {seed}: {peer.name}")
            runs.append(_run_peer(peer, task, seed=seed))
        say(f"seed {seed}: {OURS}")
        runs.append(_run_ours(task, params or tune_params(AnchorParams()), seed=seed))
    return Report(protocol=PROTOCOL, dataset=dataset, n_train=n_train, n_test=n_test, runs=tuple(runs))


def judge_lists(ranked: NDArray[np.integer], hidden: sparse.csr_matrix) -> dict[str, float]:
    """Return recall@20, recall@50 (denominator min(k, hidden)) and ndcg@100, means over who has hidden artists."""
    return {
        "recall@20": mean_over_lists(recall_at(20, ranked, hidden)),
        "recall@50": mean_over_lists(recall_at(50, ranked, hidden)),
        "ndcg@100": mean_over_lists(ndcg_at(100, ranked, hidden)),
    }


def rank_ours(task: HoldoutTask, params: TuneParams, *, seed: int) -> NDArray[np.int32]:
    """Tune on an inner split of the visible counts, fit on all of them, retrieve: the way of the daily graph."""
    confidence = _weigh(task)
    inner = hide_share_per_row(confidence, share=HIDDEN_SHARE, rng=generator(seed, PROTOCOL, "inner"))
    tuned = tune(inner.visible, inner.hidden, params=params, seed=seed)
    logger.info("seed %d: chose %s", seed, tuned.params)
    factors = factorise(confidence, tuned.params, seed=seed)
    return top_n(factors.user_factors, factors.item_factors, n=LIST_LENGTH, seen=confidence).item_rows


def _weigh(task: HoldoutTask) -> sparse.csr_matrix:
    """Visible play counts to confidences, through the query of the daily graph; an artist stands for its one track."""
    visible = task.split.visible.tocoo()
    totals = pl.DataFrame(
        {
            c.USER_ID: task.users.external(visible.row),
            c.TRACK_ID: task.items.external(visible.col),
            c.PLAY_COUNT: visible.data.astype(np.int64),
            c.AS_OF: pl.Series([_AS_OF], dtype=pl.Date).new_from_index(0, visible.nnz),
            c.ARRIVED_ON: pl.Series([_AS_OF], dtype=pl.Date).new_from_index(0, visible.nnz),
        }
    )
    evidence = Evidence(
        track_signals=TableVersion(TRACK_SIGNALS, version=-1),
        play_counts=totals,
        tracks=TableVersion(RAW_TRACKS, version=-1),
    )
    weighed = weigh_evidence(evidence, _AS_OF, ConfidenceParams())
    return build_matrix(weighed, users=task.users, tracks=task.items).matrix


def _run_ours(task: HoldoutTask, params: TuneParams, *, seed: int) -> ModelRun:
    """Time includes tuning, which the fixed parameters of the peers took too, once."""
    started = time.perf_counter()
    ranked = rank_ours(task, params, seed=seed)
    seconds = time.perf_counter() - started
    return ModelRun(model=OURS, seed=seed, metrics=judge_lists(ranked, task.split.hidden), fit_seconds=seconds)


def _run_peer(peer: Peer, task: HoldoutTask, *, seed: int) -> ModelRun:
    started = time.perf_counter()
    score_rows = peer.fit(task.split.visible, seed)
    seconds = time.perf_counter() - started
    ranked = rank_scores(score_rows, task.split.visible)
    return ModelRun(model=peer.name, seed=seed, metrics=judge_lists(ranked, task.split.hidden), fit_seconds=seconds)


def rank_scores(score_rows: ScoreRows, visible: sparse.csr_matrix, *, batch_size: int = 512) -> NDArray[np.int32]:
    """Rank all items but the visible ones by a peer's scores, ties by the lower row, -1 where none is left."""
    ranked = np.full((visible.shape[0], min(LIST_LENGTH, visible.shape[1])), PADDING, dtype=np.int32)
    for start in range(0, visible.shape[0], batch_size):
        stop = min(start + batch_size, visible.shape[0])
        scores = np.array(score_rows(start, stop), dtype=np.float32)
        batch = visible[start:stop]
        scores[np.repeat(np.arange(stop - start), np.diff(batch.indptr)), batch.indices] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, : ranked.shape[1]]
        is_real = np.isfinite(np.take_along_axis(scores, best, axis=1))
        ranked[start:stop] = np.where(is_real, best, PADDING)
    return ranked
