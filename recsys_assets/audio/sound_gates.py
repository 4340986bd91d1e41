"""Gates of the sound model: verdicts on a week."""

import polars as pl

from recsys_assets.core.gates import GateResult


def sound_says_where(trials: pl.DataFrame) -> GateResult:
    """Judge whether the week's model finds more true neighbours of held-out tracks than the mean place does for all.

    It warns and stops nothing: a model that is no better than the mean places every track at the mean, and new tracks are
    then placed by their artists alone.
    """
    name = "sound_says_where"
    found = dict(trials.select("model", "recall").iter_rows())
    chosen = trials.filter("is_chosen")
    if chosen.is_empty() or "mean" not in found:
        return GateResult(
            name, True, "nothing to judge", None, False, "no sound model this week: too few warm recordings"
        )
    winner, ours, theirs = chosen["model"][0], chosen["recall"][0], found["mean"]
    passed = winner != "mean" and ours > theirs
    notes = (
        f"{winner} places tracks: {ours:.4f} of the true neighbours of {chosen['n_tracks'][0]:,} held-out tracks, the mean place "
        f"{theirs:.4f}"
    )
    return GateResult(
        name=name,
        passed=passed,
        observed=round(ours, 5),
        threshold=round(theirs, 5),
        blocking=False,
        notes=notes
        if passed
        else f"{notes}. Sound does not say where tracks belong: look at sound_model_trials and the recordings",
        details={model: round(recall, 5) for model, recall in sorted(found.items())},
    )
