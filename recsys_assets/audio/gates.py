"""Verdicts on recordings: which could not be used."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult

_SHOWN = 5


def unusable_recordings(rejected: pl.DataFrame, n_analysed: int) -> GateResult:
    """Judge whether every recording of the landing zone could be analysed; those that could not are named with why.

    It never blocks: the others were analysed.

    Args:
        rejected: all rows of ``rejected_recordings``.
        n_analysed: rows of ``track_analysis``.
    """
    rows = rejected.sort("file").select("file", c.REASON, "detail")
    shown = "; ".join(f"{file} ({reason}: {detail})" for file, reason, detail in rows.head(_SHOWN).iter_rows())
    more = f" and {rows.height - _SHOWN} more, see audio.rejected_recordings" if rows.height > _SHOWN else ""
    return GateResult(
        name="unusable_recordings",
        passed=rows.is_empty(),
        observed=rows.height,
        threshold=0,
        blocking=False,
        notes=f"{rows.height} recordings can not be used: {shown}{more}"
        if rows.height
        else f"all recordings could be used; {n_analysed:,} analysed",
        details={file: f"{reason}: {detail}" for file, reason, detail in rows.head(20).iter_rows()},
    )
