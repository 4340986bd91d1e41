"""Submissions that no run has judged as they lie there, read from the landing zone itself: what no table tells yet."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from recsys_assets.cli.edge import right_now

if TYPE_CHECKING:
    from pathlib import Path

    from recsys_assets.cold_start.states import State
    from recsys_assets.core.home import Home

# On a loaded machine of two cores the run was asked for 30 s and had ended 80 to 95 s after the receipt (November 2026).
WAITS = "waits for its run: while the web UI runs (`make run` or `make ui`) one judges it a minute or two after it came"


def waiting(home: "Home", since: Mapping[str, datetime], *, only: str | None = None) -> list[dict[str, Any]]:
    """Return folders whose content no run has judged, and those that can not be submissions.

    Args:
        home: where they lie.
        since: the receipt that was judged of each submission that has a verdict.
        only: look at this folder alone.

    Returns:
        Rows of ``submission_states``; the one with ``is_current`` says what a folder is.
    """
    from recsys_assets.cold_start.pitch import read_pitch
    from recsys_assets.cold_start.states import State
    from recsys_assets.cold_start.submission import Submission
    from recsys_assets.raw.receipts import read_receipt
    from recsys_assets.raw.submission_files import FOLDER, list_submissions, look_at

    names, unusable = list_submissions(home.landing)
    if only is not None:
        names, unusable = [only] * (only in names), {name: why for name, why in unusable.items() if name == only}
    rows: list[dict[str, Any]] = []
    for name in names:
        receipt, folder = (
            read_receipt(home.state, home.landing / FOLDER / name),
            look_at(home.landing, name, right_now()),
        )
        known_at = since.get(name)
        if folder is None:
            continue
        # Without a receipt, which not every folder lets us write, the time of its files says whether it was judged.
        at = receipt.received_at if receipt else folder.changed_at or known_at or _changed_at(folder.path)
        if known_at and at <= known_at:
            continue
        pitch = read_pitch(folder, receipt) if receipt else None
        said = (pitch and (pitch.submission or pitch.told)) or Submission()
        told = {"title": said.title, "artist_names": [a.name for a in said.artists], "released_on": said.released_on}
        rows.append(_row(name, State.RECEIVED, at, WAITS) | told)
    rows += [
        _row(name, state, _changed_at(home.landing / FOLDER / name), told)
        for name, why in unusable.items()
        for state, told in ((State.RECEIVED, None), (State.REJECTED, why))
    ]
    return rows


def _changed_at(folder: "Path") -> datetime:
    """When a folder last changed; of one whose name had to be escaped to be shown, no later than what it lies in."""
    found = folder if os.path.lexists(folder) else folder.parent
    return datetime.fromtimestamp(found.lstat().st_mtime, tz=UTC)


def _row(submission_id: str, state: "State", at: datetime, why: str | None) -> dict[str, Any]:
    """A row of ``submission_states`` that no run has written."""
    return {
        "submission_id": submission_id, "state": state.value, "at": at, "reason": why, "is_current": why is not None,
        "title": None, "artist_names": [], "released_on": None,
    }  # fmt: skip
