"""Gates of ``cold_start``: what a submitter's mistake looks like in the web UI."""

import polars as pl

from recsys_assets.cold_start.tables import RECEIVED_AT, REJECTED, VERDICT
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion


def notes_on(verdicts: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Say the newest verdict on each submission, and its reason where there is one.

    Args:
        verdicts: rows of ``submission_verdicts``.
    """
    rows = verdicts.sort(c.SUBMISSION_ID, RECEIVED_AT).select(c.SUBMISSION_ID, VERDICT, c.REASON)
    return {
        submission_id: {"verdict": verdict} | ({"reason": reason} if reason else {})
        for submission_id, verdict, reason in rows.iter_rows()
    }


def is_not_rejected(verdicts: TableVersion, submission_id: str) -> GateResult:
    """Judge whether a submission can be used; never blocking, because nobody else's waits for it.

    Args:
        verdicts: ``submission_verdicts``.
        submission_id: whose newest verdict is told.
    """
    found = notes_on(verdicts.only([submission_id]).read()).get(submission_id)
    if found is None:
        verdict, notes = "none", f"{submission_id}: its folder went away before it was judged"
    else:
        verdict = found["verdict"]
        notes = f"{submission_id} is {verdict}" + (f": {found['reason']}" if "reason" in found else "")
    return GateResult(
        name="is_not_rejected",
        passed=verdict != REJECTED,
        observed=verdict,
        threshold=None,
        blocking=False,
        notes=notes,
    )
