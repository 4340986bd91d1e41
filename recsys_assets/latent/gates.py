"""Gates of the space: verdicts on an anchor. Days are judged by ``evaluation.gates``."""

import polars as pl

from recsys_assets.core.gates import GateResult
from recsys_assets.latent.making import POPULAR_TRIAL


def anchor_beats_popularity(trials: pl.DataFrame, *, is_demo: bool) -> GateResult:
    """Judge whether the chosen setting predicts hidden listens better than popularity does, on the tuner's hold-out."""
    chosen = trials.filter("is_chosen")["ndcg"]
    popular = trials.filter(pl.col("trial") == POPULAR_TRIAL)["ndcg"]
    if chosen.is_empty() or popular.is_empty() or not trials["ndcg"].max():
        return GateResult(
            "anchor_beats_popularity", True, "nothing to judge", None, False, "no hidden listens: nothing to judge"
        )
    ours, theirs = float(chosen[0]), float(popular[0])
    passed = ours > theirs
    notes = f"nDCG@100 {ours:.4f} against {theirs:.4f} of the popular list, on the tuner's hold-out"
    return GateResult(
        name="anchor_beats_popularity",
        passed=passed,
        observed=round(ours, 5),
        threshold=round(theirs, 5),
        blocking=not passed and not is_demo,
        notes=notes if passed else f"{notes}. Look at tuner_trials and at what the week's signals hold",
    )
