"""Taking submissions in: from folders to verdicts and analyses, many at once, each by itself.

The order is the point: everything is read, what nobody has heard is listened to, then one after the other is judged by
when it was received, so that of two that want the same ISRC the first one has it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.cold_start.known import Catalogue, History, Known, folded
from recsys_assets.cold_start.listening import HeardBefore, Listener, listen
from recsys_assets.cold_start.ownership import ousted
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.pitch import Pitch, read_pitch, recording_path
from recsys_assets.cold_start.tables import (
    CONTENT_SHA256,
    RECEIVED_AT,
    REJECTED,
    SUBMISSION_ANALYSIS,
    SUBMISSION_VERDICTS,
    VERDICT,
    WITHDRAWN,
)
from recsys_assets.cold_start.verdicts import Heard, judge, refusal_alone
from recsys_assets.core import columns as c
from recsys_assets.core.errors import SourceUnavailableError
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.windows import midnight
from recsys_assets.raw.receipts import Receipt, stamp
from recsys_assets.raw.submission_files import Folder, look_at

logger = logging.getLogger(__name__)

FOLDER_GONE = "its folder is gone"


@dataclass(frozen=True)
class Taken:
    """What a run of the intake writes.

    Attributes:
        submission_ids: the partitions that the rows replace, ascending: those asked for, and those they replace.
        verdicts: rows of ``submission_verdicts``, earlier receipts included.
        analyses: rows of ``submission_analysis``, of every content that a verdict speaks of.
        left: submissions that changed under our eyes, left as they were.
    """

    submission_ids: list[str]
    verdicts: pl.DataFrame
    analyses: pl.DataFrame
    left: list[str]


@dataclass(frozen=True)
class Sources:
    """The tables that the intake reads, all of them whole."""

    artists: TableVersion
    tracks: TableVersion
    verdicts: TableVersion
    analyses: TableVersion
    track_analysis: TableVersion


def take_in(
    landing: Path,
    state: Path,
    submission_ids: Sequence[str],
    sources: Sources,
    *,
    now: datetime,
    params: SubmissionParams,
    listener: Listener = listen,
) -> Taken:
    """Judge submissions as they lie there, and listen to those whose sound nobody knows.

    A folder that has no receipt is stamped with ``now``. One that is gone is withdrawn, unless it was released already.

    Args:
        landing: the landing zone.
        state: where the key of receipts is.
        submission_ids: the folders.
        sources: what is known; nothing that arrived after a receipt is asked for its verdict.
        now: the instant of stamping.
        params: the rules.
        listener: who analyses the recordings.
    """
    history, heard = History(sources.verdicts), HeardBefore(sources.track_analysis, sources.analyses)
    pitches: list[tuple[Folder, Pitch]] = []
    left: list[str] = []
    for submission_id in sorted(set(submission_ids)):
        folder = look_at(landing, submission_id, now)
        if folder is None:
            _miss(history, submission_id, now)
            continue
        try:
            receipt = stamp(state, folder, now)
            if not _is_told(history, receipt):
                pitches.append((folder, read_pitch(folder, receipt)))
        except SourceUnavailableError as error:
            logger.warning("%s is left for the next time: %s", submission_id, error)
            left.append(submission_id)
    pitches.sort(key=lambda entry: (entry[1].receipt.received_at, entry[0].submission_id))
    heard.hear(_to_hear(pitches), listener)
    catalogues = _Catalogues(sources, [pitch for _, pitch in pitches])
    touched = set(submission_ids)
    for _, pitch in pitches:
        touched |= _judge_one(pitch, history, heard, catalogues, params)
    return _rows(sorted(touched - set(left)), history, heard, sources.analyses, left)


def _to_hear(pitches: Sequence[tuple[Folder, Pitch]]) -> dict[str, Path]:
    return {
        str(pitch.content_sha256): recording_path(folder, pitch)
        for folder, pitch in pitches
        if pitch.recording and refusal_alone(pitch) is None
    }


def _is_told(history: History, receipt: Receipt) -> bool:
    """Whether a receipt that could not be written, and so has another instant each time, has its verdict."""
    newest = history.newest(receipt.submission_id)
    if receipt.refusal is None or newest is None:
        return False
    return (newest[VERDICT], newest[c.REASON]) == (REJECTED, receipt.refusal)


def _miss(history: History, submission_id: str, now: datetime) -> None:
    """Withdraw a submission whose folder is gone, from now on; what was released stays what it was."""
    row = history.newest(submission_id)
    if row is None or row[VERDICT] in {REJECTED, WITHDRAWN}:
        return
    if now < midnight(row[c.RELEASED_ON]):
        history.put(row | {RECEIVED_AT: now, VERDICT: WITHDRAWN, c.REASON: FOLDER_GONE})


def _judge_one(
    pitch: Pitch, history: History, heard: HeardBefore, catalogues: "_Catalogues", params: SubmissionParams
) -> set[str]:
    """Put the verdict into the history; return the other submissions whose verdicts it changes."""
    receipt = pitch.receipt
    known = Known(
        catalogues.of(receipt.received_at.date()),
        history.before(receipt.received_at, receipt.submission_id),
        history.known_before(receipt.received_at, receipt.submission_id),
    )
    row = judge(pitch, Heard(), known, params)
    if row[VERDICT] not in {REJECTED, WITHDRAWN}:
        row = judge(pitch, _listen_to(pitch, row[c.TRACK_ID], heard), known, params)
    history.put(row)
    gone = ousted(row, pitch.submission.replaces if pitch.submission else None, known)
    for other in gone:
        history.put(other)
    return {other[c.SUBMISSION_ID] for other in gone}


def _listen_to(pitch: Pitch, track_id: str, heard: HeardBefore) -> Heard:
    analysis = heard.get(str(pitch.content_sha256))
    assert analysis is not None, "who is judged has been heard"
    if isinstance(analysis, UnusableRecordingError):
        return Heard(refusal=f"the recording can not be used: {analysis.detail}")
    copy = heard.copy_of(analysis, track_id, pitch.receipt.received_at.date())
    return Heard(duplicate_of=copy.id, duplicate_score=copy.score) if copy else Heard()


class _Catalogues:
    """The catalogue as it was known on each day, as far as these submissions ask for it."""

    def __init__(self, sources: Sources, pitches: Sequence[Pitch]) -> None:
        self._sources = sources
        said = [pitch.submission for pitch in pitches if pitch.submission]
        self._names = {folded(credit.name) for submission in said for credit in submission.artists}
        self._artist_ids = {
            credit.artist_id for submission in said for credit in submission.artists if credit.artist_id
        }
        self._track_ids = sorted({submission.track_id for submission in said if submission.track_id})
        self._isrcs = sorted({submission.isrc for submission in said if submission.isrc})
        self._known: dict[tuple[tuple[date, ...], ...], Catalogue] = {}

    def of(self, day: date) -> Catalogue:
        artists, tracks = self._sources.artists.latest(day), self._sources.tracks.latest(day)
        # Many days read the same snapshots.
        snapshot = (tuple(artists.partitions), tuple(tracks.partitions))
        if snapshot not in self._known:
            self._known[snapshot] = Catalogue.of(self._wanted_artists(artists), self._wanted_tracks(tracks))
        return self._known[snapshot]

    def _wanted_artists(self, artists: TableVersion) -> pl.DataFrame:
        rows = artists.scan().select(c.ARTIST_ID, c.NAME, "labels", "submitter_keys").collect()
        is_meant = [
            artist_id in self._artist_ids or folded(name) in self._names
            for artist_id, name in rows.select(c.ARTIST_ID, c.NAME).iter_rows()
        ]
        return rows.filter(pl.Series(is_meant, dtype=pl.Boolean))

    def _wanted_tracks(self, tracks: TableVersion) -> pl.DataFrame:
        code = pl.col(c.ISRC).str.replace_all("[- ]", "").str.to_uppercase()
        wanted = tracks.scan().filter(
            pl.col(c.TRACK_ID).is_in(self._track_ids) | code.is_in(self._isrcs).fill_null(value=False)
        )
        return wanted.select(c.TRACK_ID, c.ARTIST_IDS, c.RELEASED_ON, c.ISRC).collect()


def _rows(
    submission_ids: list[str], history: History, heard: HeardBefore, stored: TableVersion, left: list[str]
) -> Taken:
    """Lay out the rows of the partitions that are replaced; analyses of earlier receipts are kept as they are."""
    verdicts = [row for submission_id in submission_ids for row in history.rows.get(submission_id, ())]
    kept = stored.only(submission_ids).scan().collect()
    have = set(kept.select(c.SUBMISSION_ID, CONTENT_SHA256).iter_rows())
    fresh = []
    for row in verdicts:
        key = row[c.SUBMISSION_ID], row[CONTENT_SHA256]
        # What stood under an earlier receipt may be gone with its file.
        analysis = heard.get(row[CONTENT_SHA256])
        if row[VERDICT] not in {REJECTED, WITHDRAWN} and key not in have and isinstance(analysis, Mapping):
            fresh.append({**analysis, c.SUBMISSION_ID: row[c.SUBMISSION_ID]})
            have.add(key)
    added = pl.DataFrame(fresh, schema=SUBMISSION_ANALYSIS.dtypes, orient="row", strict=False)
    return Taken(
        submission_ids,
        pl.DataFrame(verdicts, schema=SUBMISSION_VERDICTS.dtypes, orient="row", strict=False),
        pl.concat([kept, added]),
        left,
    )
