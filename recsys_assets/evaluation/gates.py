"""Gates on quality: the day's figures against their baselines. Only verdicts; measuring is ``space_metrics``."""

import polars as pl

from recsys_assets.core.gates import GateResult

JUDGED = "ndcg@100"
# A hold-out of a week moves by about this much between two fits of the same configuration (measured on demo worlds,
# November 2026); less than that is no reason to stop a delivery.
TOLERANCE = 0.005


def beats_popularity(metrics: pl.DataFrame, *, is_demo: bool) -> GateResult:
    """Judge whether the space predicts first listens better than the list of what everybody plays."""
    return _compare(metrics, "popular", name="beats_popularity", slack=0.0, is_demo=is_demo)


def holds_against_yesterday(metrics: pl.DataFrame, *, is_demo: bool) -> GateResult:
    """Judge whether the space, as configured for the day, is as good as it was configured the day before."""
    return _compare(metrics, "yesterday", name="holds_against_yesterday", slack=TOLERANCE, is_demo=is_demo)


def _compare(metrics: pl.DataFrame, baseline: str, *, name: str, slack: float, is_demo: bool) -> GateResult:
    ours, theirs = _row(metrics, "ours"), _row(metrics, baseline)
    if ours is None or theirs is None:
        return GateResult(name, True, "nothing to judge", None, False, _NOTHING)
    passed = ours["value"] >= theirs["value"] - slack
    # A small hold-out says little: only a difference outside of its interval stops mixes.
    is_certain = ours["high"] < theirs["value"]
    notes = (
        f"{JUDGED} {ours['value']:.4f} [{ours['low']:.4f}, {ours['high']:.4f}] against {theirs['value']:.4f} "
        f"of {baseline}, on {ours['n_listeners']} listeners"
    )
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


_NOTHING = "no listener heard anything new in the hold-out: nothing to judge"


def _row(metrics: pl.DataFrame, model: str) -> dict[str, float] | None:
    found = metrics.filter(pl.col("model") == model, pl.col("metric") == JUDGED)
    return found.row(0, named=True) if found.height else None
