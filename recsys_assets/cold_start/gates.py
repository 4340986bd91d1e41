"""Gates of ``cold_start``: what a submitter's mistake looks like in the web UI."""

from recsys_assets.cold_start.tables import RECEIVED_AT, REJECTED, VERDICT
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion


def is_not_rejected(verdicts: TableVersion, submission_id: str) -> GateResult:
    """Judge whether a submission can be used; never blocking, because nobody else's waits for it.

    Args:
        verdicts: ``submission_verdicts``.
        submission_id: whose newest verdict is told.
    """
    rows = verdicts.only([submission_id]).read().sort(RECEIVED_AT)
    if rows.is_empty():
        verdict, notes = "none", f"{submission_id}: its folder went away before it was judged"
    else:
        row = rows.row(-1, named=True)
        verdict = row[VERDICT]
        notes = f"{submission_id} is {verdict}" + (f": {row[c.REASON]}" if row[c.REASON] else "")
    return GateResult(
        name="is_not_rejected",
        passed=verdict != REJECTED,
        observed=verdict,
        threshold=None,
        blocking=False,
        notes=notes,
    )
