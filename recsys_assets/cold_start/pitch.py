"""A submission as it lies in its folder: its description read, its one recording found. What it is worth is ``verdicts``."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from recsys_assets.cold_start.ddex import MAX_XML_BYTES, parse_message
from recsys_assets.cold_start.submission import MAX_JSON_BYTES, Submission, parse_submission, read_names
from recsys_assets.core.errors import SourceRejectedError, SourceUnavailableError
from recsys_assets.raw.receipts import Receipt
from recsys_assets.raw.submission_files import AUDIO_SUFFIXES, MAX_FILE_BYTES, METADATA, UNREADABLE, Folder, printable


@dataclass(frozen=True)
class Pitch:
    """What came with one receipt.

    Attributes:
        receipt: when, and which files.
        submission: what is said of it; None where that can not be read.
        refusal: why it can not be used, from its files alone; None where it can.
        recording: the audio file, relative to the folder; None where there is not exactly one.
        told: of a description that can not be used the title, artists and day of release that could be read.
    """

    receipt: Receipt
    submission: Submission | None = None
    refusal: str | None = None
    recording: str | None = None
    told: Submission | None = None

    @property
    def content_sha256(self) -> str | None:
        """SHA-256 of the recording's file."""
        return self.receipt.files.get(self.recording) if self.recording else None


def read_pitch(folder: Folder, receipt: Receipt) -> Pitch:
    """Read what a folder holds; what is wrong with it becomes the refusal.

    Raises:
        SourceUnavailableError: a file went away while it was read.
    """
    if receipt.refusal:
        return Pitch(receipt, refusal=receipt.refusal)
    try:
        submission = _read_metadata(folder, receipt)
    except SourceRejectedError as error:
        data = _read(folder, receipt, METADATA, MAX_JSON_BYTES) if _may_read(folder, receipt) else b""
        return Pitch(receipt, refusal=str(error), told=read_names(data))
    if submission.is_withdrawn:
        return Pitch(receipt, submission)
    try:
        recording = _the_recording(folder, receipt, submission)
    except SourceRejectedError as error:
        return Pitch(receipt, submission, refusal=str(error))
    return Pitch(receipt, submission, recording=recording)


def _read_metadata(folder: Folder, receipt: Receipt) -> Submission:
    if folder.has(METADATA):
        # Beside a DDEX message it may only take the submission back.
        submission = parse_submission(_read(folder, receipt, METADATA, MAX_JSON_BYTES), folder.submission_id)
        if folder.messages and not submission.is_withdrawn:
            raise SourceRejectedError(
                f"both {METADATA} and {printable(folder.messages[0])} describe it: leave one of them"
            )
        return submission
    if len(folder.messages) == 1:
        return parse_message(_read(folder, receipt, folder.messages[0], MAX_XML_BYTES))
    if folder.messages:
        raise SourceRejectedError(f"{len(folder.messages)} XML files, expected one DDEX message: leave one of them")
    what = folder.refused[0] if folder.refused else f"found {_names(folder)}"
    raise SourceRejectedError(f"nothing describes it: expected {METADATA} or one DDEX message (.xml); {what}")


def _may_read(folder: Folder, receipt: Receipt) -> bool:
    return folder.has(METADATA) and receipt.files.get(METADATA) != UNREADABLE


def _read(folder: Folder, receipt: Receipt, name: str, most_bytes: int) -> bytes:
    """Read a file, but for one byte more than may be used: who parses says that it is too long."""
    if receipt.files.get(name) == UNREADABLE:
        raise SourceRejectedError(f"{printable(name)} can not be read by us: give read permission")
    try:
        with os.fdopen(os.open(folder.path / name, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        raise SourceUnavailableError(
            f"{folder.submission_id}: {printable(name)} went away while it was read"
        ) from error


def _the_recording(folder: Folder, receipt: Receipt, submission: Submission) -> str:
    """Name the one recording.

    Raises:
        SourceRejectedError: there is none, there are several, or it is not the one that is named.
    """
    found = folder.recordings
    if folder.refused:
        raise SourceRejectedError(folder.refused[0])
    if len(found) > 1:
        raise SourceRejectedError(f"{len(found)} recordings ({_shorten(found)}), expected one: submit each by itself")
    if submission.recording and submission.recording not in found:
        raise SourceRejectedError(
            f"the recording is said to be {submission.recording[:80]!a}, which is not in the folder: found {_names(folder)}"
        )
    if not found:
        raise SourceRejectedError(
            f"the recording is missing: found {_names(folder)}, expected one file ending in {', '.join(AUDIO_SUFFIXES[:5])} …"
        )
    (name,) = found
    size = next(file.size_bytes for file in folder.files if file.name == name)
    if size > MAX_FILE_BYTES:
        raise SourceRejectedError(
            f"the recording has {size / 1024**3:.1f} GB, at most {MAX_FILE_BYTES / 1024**3:.0f} GB are read"
        )
    if receipt.files.get(name) == UNREADABLE:
        raise SourceRejectedError(f"the recording {name[:80]!a} can not be read by us: give read permission")
    return name


def _names(folder: Folder) -> str:
    return _shorten([file.name for file in folder.files]) if folder.files else "an empty folder"


def _shorten(names: list[str]) -> str:
    shown = [ascii(PurePosixPath(name).name[:60]) for name in names[:3]]
    return ", ".join(shown) + (" …" if len(names) > 3 else "")


def recording_path(folder: Folder, pitch: Pitch) -> Path:
    """Return where the recording of a pitch that has one lies."""
    assert pitch.recording is not None, f"{folder.submission_id} has no recording"
    return folder.path / pitch.recording
