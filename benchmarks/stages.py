"""The stages of the large world's benchmark, each run in a process of its own so that its peak memory is its own.

``python -m benchmarks.stages STAGE --world FOLDER`` prints one JSON object: seconds and processor seconds of every
step, peak memory, counts. What is compared with what, and the table, is ``large_world``.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from scipy import sparse

from recsys_assets.core.lake import Lake
from recsys_assets.core.threads import available_cores, blas_limited

# 60 days that end on a Sunday: the Monday after is a delivery day.
FIRST_DAY = date(2026, 1, 1)
DAYS = 60
MONDAY = FIRST_DAY + timedelta(days=DAYS)
LAST_DAY = MONDAY - timedelta(days=1)
DIMENSIONS, EPOCHS, LIST_LENGTH = 64, 15, 100
MATRIX = "matrix.npz"


class Clock:
    """Seconds of the wall and of the processor (all threads) by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = time.perf_counter() - wall
        self.cpu_seconds[name] = time.process_time() - cpu
        print(f"{name}: {self.seconds[name]:.1f} s, {self.cpu_seconds[name]:.1f} s of processor", file=sys.stderr)


def prepare(world: Path, *, millions: float, seed: int) -> dict[str, object]:
    """Generate the demo world and bring it into a lake up to ``signals``, unless that was done before."""
    done = world / "prepared.json"
    if done.exists():
        return json.loads(done.read_text(encoding="utf-8"))
    from recsys_assets.demo.params import DemoParams
    from recsys_assets.demo.world import generate_world
    from recsys_assets.demo.write import write_world

    clock = Clock()
    with clock.step("generate"):
        made = generate_world(DemoParams.for_size("large", millions / 10), seed=seed, start=FIRST_DAY, days=DAYS)
        counts = write_world(made, world / "landing", world / "truth")
        del made
    with clock.step("ingest"):
        _ingest(world)
    with clock.step("signals"):
        _count_signals(Lake(str(world / "lake")))
    found = {"plays": counts["plays"], "seconds": clock.seconds}
    done.write_text(json.dumps(found), encoding="utf-8")
    return found


def _ingest(world: Path) -> None:
    from recsys_assets.raw.contract import SOURCES
    from recsys_assets.raw.ingest import ingest_range, working_folder
    from recsys_assets.raw.snapshots import changed_days
    from recsys_assets.raw.tables import LANDED, RAW

    lake, landing = Lake(str(world / "lake")), world / "landing"
    days = [FIRST_DAY + timedelta(days=n) for n in range(DAYS)]
    now = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC)
    with working_folder(world / "work") as folder:
        for name in ("tracks", "artists", "playlists", "playlist_tracks", "plays", "feedback"):
            arrived = days if SOURCES[name].is_dated else changed_days(landing, name, lake.open(LANDED[name]))
            ingested = ingest_range(landing, name, arrived, workdir=folder, now=now)
            lake.replace(RAW[name], ingested.rows, partitions=list(ingested.days))


def _count_signals(lake: Lake) -> None:
    from recsys_assets.raw.tables import RAW
    from recsys_assets.signals.daily import count_artist_signals, count_track_signals
    from recsys_assets.signals.params import CompletionParams
    from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS

    plays, feedback = lake.open(RAW["plays"]), lake.open(RAW["feedback"])
    days = plays.partitions
    rows = count_track_signals(plays, feedback, lake.open(RAW["tracks"]), CompletionParams(), days=days)
    lake.replace(TRACK_SIGNALS, rows, partitions=days)
    lake.replace(ARTIST_SIGNALS, count_artist_signals(feedback), partitions=days)


def ours(world: Path, *, seed: int, threads: int) -> dict[str, object]:
    """Play matrix, latent space and lists as the platform makes them, from ``track_signals`` in the lake."""
    from recsys_assets.latent.factorise import FactoriseParams, factorise
    from recsys_assets.latent.retrieve import iter_top_n
    from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
    from recsys_assets.play_matrix.matrix import build_matrix
    from recsys_assets.play_matrix.params import ConfidenceParams
    from recsys_assets.raw.tables import RAW
    from recsys_assets.signals.tables import TRACK_SIGNALS

    lake, clock = Lake(str(world / "lake")), Clock()
    with clock.step("play matrix"):
        evidence = Evidence(
            lake.open(TRACK_SIGNALS), lake.open(RAW["play_counts"]), lake.open(RAW["tracks"]).latest(LAST_DAY)
        )
        matrix = build_matrix(weigh_evidence(evidence, LAST_DAY, ConfidenceParams())).matrix
    with clock.step("latent space"):
        params = FactoriseParams(embedding_size=DIMENSIONS, epochs=EPOCHS)
        factors = factorise(matrix, params, seed=seed, num_threads=threads)
    with clock.step("retrieval"):
        lists = iter_top_n(factors.user_factors, factors.item_factors, n=LIST_LENGTH, seen=matrix, num_threads=threads)
        n_lists = sum(len(batch.user_rows) for batch in lists)
    found = _measured(clock) | {"listeners": matrix.shape[0], "tracks": matrix.shape[1], "pairs": matrix.nnz}
    assert n_lists == matrix.shape[0]
    sparse.save_npz(world / MATRIX, matrix, compressed=False)
    return found


def bare(world: Path, *, seed: int, threads: int) -> dict[str, object]:
    """Fit and recommend of ``implicit`` on the matrix that ``ours`` left, nothing around them."""
    from implicit.als import AlternatingLeastSquares

    matrix, clock = sparse.load_npz(world / MATRIX), Clock()
    with blas_limited():
        model = AlternatingLeastSquares(
            factors=DIMENSIONS, iterations=EPOCHS, num_threads=threads, random_state=seed, calculate_training_loss=False
        )
        with clock.step("fit"):
            model.fit(matrix, show_progress=False)
        with clock.step("recommend"):
            for start in range(0, matrix.shape[0], 4000):
                rows = np.arange(start, min(start + 4000, matrix.shape[0]))
                model.recommend(rows, matrix[rows], N=LIST_LENGTH, filter_already_liked_items=True)
    return _measured(clock)


def weekly(world: Path, *, seed: int, threads: int) -> dict[str, object]:
    """Discover Weekly from the lake's tables to both published tables, its ranker included."""
    import polars as pl

    from recsys_assets.mixes.arrange import arrange_week
    from recsys_assets.mixes.inputs import MixSources
    from recsys_assets.mixes.ranker import RankerParams
    from recsys_assets.mixes.refusals import DiscoverParams
    from recsys_assets.mixes.tables import CANDIDATES, DISCOVER_WEEKLY
    from recsys_assets.mixes.weekly import deliver, train_ranker
    from recsys_assets.play_matrix.params import ConfidenceParams
    from recsys_assets.raw.ingest import working_folder

    lake, clock, params = Lake(str(world / "lake")), Clock(), RankerParams()
    with clock.step("read tables"):
        tables = MixSources.open(lake).week(MONDAY, DISCOVER_WEEKLY.empty(), ConfidenceParams())
    with clock.step("arrange"):
        week = arrange_week(tables)
    with clock.step("train ranker"):
        ranker = train_ranker(week, params, seed=seed, num_threads=threads)
    with working_folder(world / "work") as folder:
        with clock.step("rank, assemble, explain"):
            delivery = deliver(
                week,
                ranker,
                ranker_params=params,
                params=DiscoverParams(),
                seed=seed,
                folder=folder,
                num_threads=threads,
            )
        with clock.step("write"):
            candidates = delivery.candidates.with_columns(pl.lit(MONDAY).alias("week"))
            lake.replace(CANDIDATES, candidates, partitions=[MONDAY])
            lake.replace(DISCOVER_WEEKLY, delivery.mix, partitions=[MONDAY])
    counts = {"listeners": week.listeners.size, "candidates": lake.open(CANDIDATES).rows, "offers": delivery.mix.height}
    return _measured(clock) | counts


def _measured(clock: Clock) -> dict[str, object]:
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds, "peak_bytes": peak}


def main() -> None:
    """Run one stage and print what it measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("prepare", "ours", "bare", "weekly"))
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--millions", type=float, default=1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=available_cores())
    asked = parser.parse_args()
    asked.world.mkdir(parents=True, exist_ok=True)
    if asked.stage == "prepare":
        found = prepare(asked.world, millions=asked.millions, seed=asked.seed)
    else:
        stage = {"ours": ours, "bare": bare, "weekly": weekly}[asked.stage]
        found = stage(asked.world, seed=asked.seed, threads=asked.threads)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
