"""Gates on quality: figures against their baselines. Only verdicts; measuring is ``space_metrics``, ``mix_metrics``."""

import polars as pl

from recsys_assets.core.gates import GateResult
from recsys_assets.evaluation.figures import OURS, POPULAR, YESTERDAY

JUDGED = "ndcg@100"
JUDGED_MIX = "recall@30"
# A loss so small is no reason to stop a delivery, however sure it is.
TOLERANCE = 0.005
# The interval of fewer listeners' difference is not to be believed: two who agree would make it a point.
LEAST_LISTENERS = 20


def beats_popularity(metrics: pl.DataFrame, *, is_demo: bool) -> GateResult:
    """Judge whether the space predicts first listens better than the list of what everybody plays.

    A loss warns, and one that the listeners agree on stops what follows.
    """
    return _compare(metrics, POPULAR, JUDGED, name="beats_popularity", is_demo=is_demo)


def holds_against_yesterday(metrics: pl.DataFrame, *, is_demo: bool) -> GateResult:
    """Judge whether the newest space is as good as the one before it.

    Two days' spaces are never equal: only a loss that the listeners agree on fails (a warning every other day would
    not be read), and stops what follows.
    """
    name = "holds_against_yesterday"
    return _compare(metrics, YESTERDAY, JUDGED, name=name, slack=TOLERANCE, doubt_passes=True, is_demo=is_demo)


def last_mixes_beat_popularity(metrics: pl.DataFrame, *, is_demo: bool) -> GateResult:
    """Judge whether the last Discover Weekly foretold first listens better than the popular list under its rules."""
    return _compare(metrics, POPULAR, JUDGED_MIX, name="last_mixes_beat_popularity", is_demo=is_demo)


def _compare(
    metrics: pl.DataFrame,
    baseline: str,
    metric: str,
    *,
    name: str,
    is_demo: bool,
    slack: float = 0.0,
    doubt_passes: bool = False,
) -> GateResult:
    ours, theirs = _row(metrics, OURS, metric), _row(metrics, baseline, metric)
    if ours is None or theirs is None:
        return GateResult(name, True, "nothing to judge", None, False, _NOTHING)
    low, high = theirs["difference_low"], theirs["difference_high"]
    # A small hold-out says little: only a loss that the listeners agree on stops mixes.
    is_certain = high is not None and high < 0 and ours["n_listeners"] >= LEAST_LISTENERS
    passed = ours["value"] >= theirs["value"] - slack or (doubt_passes and not is_certain)
    notes = f"{metric} {ours['value']:.4f} against {theirs['value']:.4f} of {baseline}"
    if low is not None and high is not None:
        notes += f", difference [{low:+.4f}, {high:+.4f}] per listener"
    notes += f", on {ours['n_listeners']} listeners"
    if not passed:
        notes += ". Compare the week's tuner_trials and what changed in the signals before releasing mixes"
    return GateResult(
        name=name,
        passed=passed,
        observed=round(ours["value"], 5),
        threshold=round(theirs["value"] - slack, 5),
        blocking=not passed and is_certain and not is_demo,
        notes=notes,
    )


_NOTHING = "no first listens, or nothing published before them: nothing to judge"


def _row(metrics: pl.DataFrame, model: str, metric: str) -> dict[str, float] | None:
    found = metrics.filter(pl.col("model") == model, pl.col("metric") == metric)
    return found.row(0, named=True) if found.height else None
