"""Vector arithmetic against the planted versions of a demo world: "studio B + live A - studio A" should be "live B".

Belongs here: reading the truth and the newest space, the figures by kind of version. The arithmetic is ``latent.arithmetic``.
"""

import time
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.lake import Lake
from recsys_assets.evaluation.report import OURS, ModelRun, Report
from recsys_assets.latent.arithmetic import analogy_hits
from recsys_assets.latent.days import read_day
from recsys_assets.latent.tables import TRACK_VECTORS

PROTOCOL = "analogies"
NEAREST = "nearest to studio B"
KINDS = ("live", "acoustic")


def evaluate_analogies(lake: Lake, truth: Path) -> Report:
    """Judge the newest space of a demo world.

    Args:
        lake: where the space is.
        truth: the demo world's truth, ``tracks.parquet`` in it.

    Returns:
        ``ours`` beside the track nearest to studio B, hit@10 by kind of version.

    Raises:
        MissingInputError: there is no demo world, or no space was made of it.
    """
    planted = truth / "tracks.parquet"
    if not planted.is_file():
        raise MissingInputError(
            f"no planted truth at {planted}: it belongs to a demo world, make one with `recsys demo`"
        )
    days = lake.open(TRACK_VECTORS).partitions
    started = time.perf_counter()
    space = read_day(lake, days[-1]) if days else None
    if space is None:
        raise MissingInputError("no space has been made yet: materialise the graph first (`make run`)")
    versions = pl.read_parquet(planted).filter(pl.col("version_of").is_not_null())
    ours, nearest, n_questions = {}, {}, 0
    for kind in KINDS:
        pairs = versions.filter(pl.col("version_kind") == kind)
        found = analogy_hits(space, pairs.select(studio_id="version_of", live_id=c.TRACK_ID))
        ours[f"{kind} hit@10"], nearest[f"{kind} hit@10"] = found.hit_at_10, found.nearest_hit_at_10
        n_questions += found.n_questions
    seconds = time.perf_counter() - started
    runs = (ModelRun(OURS, 0, ours, seconds), ModelRun(NEAREST, 0, nearest, 0.0))
    return Report(PROTOCOL, f"demo world, {days[-1]}", space.tracks.size, n_questions, runs)
