"""What was received and not judged yet, stamped: the question that the sensor and ``make run`` ask before they start a run.

Which folders a tick looks at is ``watch``; judging is ``intake``.
"""

import logging
from datetime import datetime
from pathlib import Path

import polars as pl

from recsys_assets.cold_start.intake import FOLDER_GONE
from recsys_assets.cold_start.tables import RECEIVED_AT, REJECTED, VERDICT, WITHDRAWN
from recsys_assets.core import columns as c
from recsys_assets.core.errors import SourceUnavailableError
from recsys_assets.core.lake import TableVersion
from recsys_assets.raw.receipts import Receipt, stamp, write_receipt
from recsys_assets.raw.submission_files import Folder, list_submissions, look_at

logger = logging.getLogger(__name__)


def receive(state: Path, folder: Folder, verdicts: TableVersion, now: datetime) -> Receipt | None:
    """Stamp a folder; return its receipt, or None where there is a verdict on it already.

    A folder that was missed and has come back with its old receipt is received anew: it was withdrawn in between.

    Args:
        state: where the key of receipts is.
        folder: what lies there.
        verdicts: ``submission_verdicts``.
        now: the instant of stamping.

    Raises:
        SourceUnavailableError: a file went away while it was read.
    """
    receipt, rows = stamp(state, folder, now), _rows(verdicts, folder.submission_id)
    if not has_verdict(rows, receipt):
        return receipt
    newest = rows.row(-1, named=True)
    if newest[c.REASON] == FOLDER_GONE and newest[RECEIVED_AT] > receipt.received_at:
        return write_receipt(state, folder.path, now)
    return None


def has_verdict(rows: pl.DataFrame, receipt: Receipt) -> bool:
    """Whether there is a verdict on the content of a receipt."""
    return receipt.received_at in rows[RECEIVED_AT].to_list()


def is_settled(verdicts: TableVersion, submission_id: str, receipt: Receipt | None, now: datetime) -> bool:
    """Whether nothing is left to judge: there is a verdict on the receipt, or, of a folder that is gone, nothing to withdraw."""
    rows = _rows(verdicts, submission_id)
    if rows.is_empty():
        return False
    if receipt is not None:
        return has_verdict(rows, receipt)
    newest = rows.row(-1, named=True)
    is_over = newest[c.RELEASED_ON] is None or newest[c.RELEASED_ON] <= now.date()
    return newest[VERDICT] in {REJECTED, WITHDRAWN} or is_over


def unjudged(landing: Path, state: Path, verdicts: TableVersion, now: datetime) -> list[str]:
    """Return the submissions without a verdict on what lies there, stamped with ``now`` if they were not, by id.

    Folders that somebody is writing to are left for the sensor.
    """
    waiting = []
    for submission_id in list_submissions(landing)[0]:
        folder = look_at(landing, submission_id, now)
        if folder is None or not folder.is_quiet(now):
            continue
        try:
            if receive(state, folder, verdicts, now) is not None:
                waiting.append(submission_id)
        except SourceUnavailableError as error:
            logger.warning("%s is left for the next time: %s", submission_id, error)
    return waiting


def _rows(verdicts: TableVersion, submission_id: str) -> pl.DataFrame:
    return verdicts.only([submission_id]).read().sort(RECEIVED_AT)
