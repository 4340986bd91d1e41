"""Analyses of submitted recordings: made once per content, wherever the same bytes were heard before.

The analysis itself is the room ``audio``; here is which recordings still have to be heard, and what of the catalogue one
is a copy of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from recsys_assets.audio.analyse import ANALYSIS_VERSION, AnalysisParams, params_json
from recsys_assets.audio.fingerprint import Duplicate, DuplicateParams, find_duplicates
from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.audio.safely import SafetyLimits, each_safely
from recsys_assets.audio.tables import ANALYSIS_COLUMNS, analysis_row, recordings_known
from recsys_assets.cold_start.tables import CONTENT_SHA256
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion

WORKERS = 2
FINGERPRINT, DURATION_S = "audio_fingerprint", "duration_s"
Analysis = Mapping[str, Any]


class Listener(Protocol):
    """Analyses files, one answer for each, in their order: a row of ``ANALYSIS_COLUMNS``, or why there is none."""

    def __call__(self, paths: Sequence[Path]) -> Sequence[Analysis | UnusableRecordingError]:
        """Analyse the files."""
        ...


def listen(paths: Sequence[Path]) -> list[Analysis | UnusableRecordingError]:
    """Analyse files in processes of their own: one that hangs, crashes or eats memory is refused alone."""
    calls = [(path, AnalysisParams()) for path in paths]
    outcomes = each_safely(
        "recsys_assets.audio.analyse:analyse_file", calls, workers=min(WORKERS, len(calls)), limits=SafetyLimits()
    )
    return [
        analysis_row(outcome.value) if outcome.refusal is None else UnusableRecordingError(*outcome.refusal)
        for outcome in outcomes
    ]


@dataclass
class HeardBefore:
    """What has been heard already, of the catalogue and of submissions, and what of this run.

    Attributes:
        track_analysis: all of ``audio.track_analysis``.
        submission_analysis: all of ``cold_start.submission_analysis``.
        params: how duplicates are told.
    """

    track_analysis: TableVersion
    submission_analysis: TableVersion
    params: DuplicateParams = field(default_factory=DuplicateParams)
    _by_content: dict[str, Analysis | UnusableRecordingError] = field(default_factory=dict)

    def hear(self, files: Mapping[str, Path], listener: Listener) -> None:
        """See to it that each content is known, listening to those alone that nobody has heard.

        Args:
            files: SHA-256 of the content to where it lies.
            listener: who listens.
        """
        for table in (self.submission_analysis, self.track_analysis):
            self._recall(table, set(files) - self._by_content.keys())
        left = {content: path for content, path in files.items() if content not in self._by_content}
        if left:
            heard = zip(left, listener(list(left.values())), strict=True)
            self._by_content.update((content, _of_content(content, found)) for content, found in heard)

    def _recall(self, table: TableVersion, contents: set[str]) -> None:
        if not contents or not table.rows:
            return
        wanted = table.scan().filter(pl.col(CONTENT_SHA256).is_in(sorted(contents)) & _is_comparable())
        names = [column.name for column in ANALYSIS_COLUMNS]
        for row in wanted.select(names).unique(CONTENT_SHA256).collect().iter_rows(named=True):
            self._by_content[row[CONTENT_SHA256]] = row

    def get(self, content_sha256: str) -> Analysis | UnusableRecordingError | None:
        """Return what was heard of a content; None where ``hear`` was not asked for it."""
        return self._by_content.get(content_sha256)

    def copy_of(self, analysis: Analysis, track_id: str | None, day: date) -> Duplicate | None:
        """Return the catalogue's recording that is the same one; None where there is none, or doubt.

        Args:
            analysis: of the submitted recording.
            track_id: the track that it says it is, which it may well be a copy of.
            day: recordings that arrived later are not known.
        """
        # A day's recordings are not kept: 100,000 fingerprints are 720 MB, and few last as long as this one.
        apart = (pl.col(DURATION_S) - analysis[DURATION_S]).abs()
        near = recordings_known(self.track_analysis, day).filter(
            _is_comparable() & (apart <= self.params.max_seconds_apart) & pl.col(c.TRACK_ID).ne_missing(track_id)
        )
        others = near.select(c.TRACK_ID, DURATION_S, FINGERPRINT).collect()
        found = find_duplicates(analysis[FINGERPRINT], analysis[DURATION_S], others, self.params)
        return found[0] if found else None


def _is_comparable() -> pl.Expr:
    """Rows of this version of the analysis, with its usual parameters: others do not compare with new ones."""
    return (pl.col("analysis_version") == ANALYSIS_VERSION) & (pl.col("params") == params_json(AnalysisParams()))


def _of_content(content: str, found: Analysis | UnusableRecordingError) -> Analysis | UnusableRecordingError:
    """Refuse what was heard of other bytes than those of the receipt: the file was exchanged in between."""
    if isinstance(found, UnusableRecordingError) or found[CONTENT_SHA256] == content:
        return found
    return UnusableRecordingError("changed", "it changed while it was read: leave the folder alone for some seconds")
