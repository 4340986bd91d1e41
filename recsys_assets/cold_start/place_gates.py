"""Gates on places and audiences. Only verdicts; that every accepted track stands in Release Radar is ``mixes.gates``."""

import polars as pl

from recsys_assets.cold_start.place_tables import SOUND_VECTOR
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult


def every_submission_has_a_place(placements: pl.DataFrame, n_expected: int) -> GateResult:
    """Judge whether all submissions that should be placed on a day are, in one space and not at its origin.

    Args:
        placements: of the day.
        n_expected: accepted and late submissions known then that are not long released; 0 where there is no space.
    """
    mine = placements.filter(pl.col(c.SUBMISSION_ID).is_not_null())
    nowhere = mine.filter(pl.col(c.VECTOR).list.eval(pl.element() ** 2).list.sum() == 0).height
    n_spaces, silent = placements[c.SPACE_VERSION].n_unique(), mine[SOUND_VECTOR].null_count()
    faults = [f"{n_expected - len(mine)} have no row"] if len(mine) != n_expected else []
    faults += [f"{nowhere} stand at the origin, where nobody is near"] if nowhere else []
    faults += [f"places of {n_spaces} spaces"] if n_spaces > 1 else []
    told = f"{n_expected} submissions to place, {silent} of them without a place by sound"
    return GateResult(
        name="every_submission_has_a_place",
        passed=not faults,
        observed=len(mine) - nowhere,
        threshold=n_expected,
        blocking=False,
        notes=f"{told}: {'; '.join(faults)}. Make the day's placements again" if faults else told,
    )
