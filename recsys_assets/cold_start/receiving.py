"""What was received and not judged yet, stamped: the question that the sensor and ``make run`` ask before they start a run.

Which folders a tick looks at is ``watch``; judging is ``intake``.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from recsys_assets.cold_start.intake import FOLDER_GONE
from recsys_assets.cold_start.tables import CONTENT_SHA256, RECEIVED_AT, REJECTED, VERDICT, WITHDRAWN
from recsys_assets.core import columns as c
from recsys_assets.core.errors import SourceUnavailableError
from recsys_assets.core.lake import TableVersion
from recsys_assets.raw.receipts import Receipt, stamp, write_receipt
from recsys_assets.raw.submission_files import Folder, list_submissions, look_at

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judged:
    """What the intake has written: ``submission_verdicts`` and ``submission_analysis``, both whole."""

    verdicts: TableVersion
    analyses: TableVersion

    def rows(self, submission_ids: Collection[str]) -> pl.DataFrame:
        """Return the verdicts on submissions, by submission and receipt."""
        return self.verdicts.only(sorted(submission_ids)).read().sort(c.SUBMISSION_ID, RECEIVED_AT)

    def covers(self, receipt: Receipt) -> bool:
        """Whether nothing is left to do for a receipt: it has its verdict, and if it was accepted, its analysis.

        A run that was stopped between the two tables leaves a verdict that nothing can be placed by.
        """
        rows = self.rows([receipt.submission_id])
        if receipt.refusal:
            # Written nowhere, it has another instant each time.
            return rows.tail(1).select(VERDICT, c.REASON).rows() == [(REJECTED, receipt.refusal)]
        of_receipt = rows.filter(pl.col(RECEIVED_AT) == receipt.received_at)
        if of_receipt.is_empty():
            return False
        row = of_receipt.row(0, named=True)
        if row[VERDICT] in {REJECTED, WITHDRAWN}:
            return True
        heard = self.analyses.only([receipt.submission_id]).scan().select(CONTENT_SHA256).collect()
        return row[CONTENT_SHA256] in heard[CONTENT_SHA256].to_list()


def receive(state: Path, folder: Folder, judged: Judged, now: datetime) -> Receipt | None:
    """Stamp a folder; return its receipt, or None where nothing is left to judge.

    A folder that was missed and has come back with its old receipt is received anew: it was withdrawn in between.

    Args:
        state: where the key of receipts is.
        folder: what lies there.
        judged: what was judged so far.
        now: the instant of stamping.

    Raises:
        SourceUnavailableError: a file went away while it was read, or nothing can be written.
    """
    receipt = stamp(state, folder, now)
    if not judged.covers(receipt):
        return receipt
    newest = judged.rows([folder.submission_id]).row(-1, named=True)
    if newest[c.REASON] == FOLDER_GONE and newest[RECEIVED_AT] > receipt.received_at:
        return write_receipt(state, folder.path, now)
    return None


def without_need(judged: Judged, gone: Collection[str], now: datetime) -> set[str]:
    """Return those of the submissions whose folders are gone that nothing follows from: released, rejected or withdrawn."""
    newest = judged.rows(gone).unique(c.SUBMISSION_ID, keep="last", maintain_order=True)
    is_over = pl.col(c.RELEASED_ON).is_null() | (pl.col(c.RELEASED_ON) <= now.date())
    return set(newest.filter(pl.col(VERDICT).is_in([REJECTED, WITHDRAWN]) | is_over)[c.SUBMISSION_ID].to_list())


def unjudged(landing: Path, state: Path, judged: Judged, now: datetime) -> list[str]:
    """Return the submissions that something is left to judge of, stamped with ``now`` if they were not, by id.

    Folders that somebody is writing to are left for the sensor.
    """
    waiting = []
    for submission_id in list_submissions(landing)[0]:
        folder = look_at(landing, submission_id, now)
        if folder is None or not folder.is_quiet(now):
            continue
        try:
            if receive(state, folder, judged, now) is not None:
                waiting.append(submission_id)
        except SourceUnavailableError as error:
            logger.warning("%s is left for the next time: %s", submission_id, error)
    return waiting
