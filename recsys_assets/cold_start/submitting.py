"""Writing a submission's folder, and taking one back: what ``recsys submit`` does. Judging is the graph's.

A folder is written under a hidden name and renamed, so that nobody ever sees half of one.
"""

import hashlib
import json
import re
import secrets
import shutil
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from recsys_assets.audio.containers import inspect_container
from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.cold_start.pitch import Pitch
from recsys_assets.cold_start.submission import Submission, build_submission, read_object
from recsys_assets.cold_start.verdicts import refusal_alone
from recsys_assets.core.errors import InvalidArgumentError, SourceRejectedError
from recsys_assets.core.files import written_aside
from recsys_assets.core.schemas import require_partition_id
from recsys_assets.raw.receipts import Receipt, stamp
from recsys_assets.raw.submission_files import AUDIO_SUFFIXES, FOLDER, METADATA, Folder, file_sha256, look_at

_SLUG_LENGTH = 40


def check(file: Path, said: Mapping[str, Any], now: datetime) -> Submission:
    """Check what can be known without listening.

    Raises:
        InvalidArgumentError: the file is none or no recording by its name, size and headers, or what is said of it can not be.
    """
    if file.is_dir():
        raise InvalidArgumentError(f"{file} is a folder: name the recording in it")
    if not file.is_file():
        raise InvalidArgumentError(f"there is no file {file}")
    if not file.name.lower().endswith(AUDIO_SUFFIXES):
        raise InvalidArgumentError(f"{file.name} is not called like a recording: expected {', '.join(AUDIO_SUFFIXES)}")
    _require_recording(file)
    try:
        submission = build_submission(said)
    except SourceRejectedError as error:
        raise InvalidArgumentError(str(error)) from error
    refusal = refusal_alone(Pitch(Receipt("new", now, {}), submission))
    if refusal:
        raise InvalidArgumentError(refusal)
    return submission


def _require_recording(file: Path) -> None:
    """Refuse what is empty, too large, cut off or no recording by its first bytes: the run would, a minute later."""
    from recsys_assets.audio.decode import DecodeLimits

    limits, size = DecodeLimits(), file.stat().st_size
    if size > limits.max_bytes:
        most = limits.max_bytes / 1024**3
        raise InvalidArgumentError(f"{file.name} has {size / 1024**3:.1f} GB, at most {most:.0f} GB are read")
    try:
        with file.open("rb") as opened:
            inspect_container(opened, max_tag_bytes=limits.max_tag_bytes)
    except UnusableRecordingError as error:
        raise InvalidArgumentError(f"{file.name} can not be used: {error.detail}") from error


def submit(landing: Path, state: Path, file: Path, said: Mapping[str, Any], now: datetime) -> Receipt:
    """Write the folder and stamp it; the original stays where it is.

    Args:
        landing: the landing zone.
        state: where the key of receipts is.
        file: the recording.
        said: the object of ``submission.json``.
        now: when it is received.

    Raises:
        InvalidArgumentError: see ``check``; the same was submitted already; or there is nothing of the name it replaces.
    """
    replaces = check(file, said, now).replaces
    if replaces is not None:
        _require_folder(landing, replaces, now)
    submission_id = new_id(file, said)
    folder = landing / FOLDER / submission_id
    if folder.exists():
        raise InvalidArgumentError(
            f"the same recording with the same description is submitted already: {submission_id}"
        )
    fresh = folder.with_name(f".{submission_id}.{secrets.token_hex(4)}.tmp")
    try:
        fresh.mkdir(parents=True)
        shutil.copyfile(file, fresh / f"recording{file.suffix.lower()}")
        _describe(fresh, said)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    looked = look_at(landing, submission_id, now)
    assert looked is not None, "the folder was written"
    return stamp(state, looked, now)


def new_id(file: Path, said: Mapping[str, Any]) -> str:
    """Return an id that says the title and belongs to this content alone."""
    plain = unicodedata.normalize("NFKD", str(said.get("title", ""))).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-")
    told = json.dumps(said, sort_keys=True) + file_sha256(file.resolve())
    return f"{slug or 'track'}-{hashlib.sha256(told.encode()).hexdigest()[:6]}"


def withdraw(landing: Path, state: Path, submission_id: str, now: datetime) -> Receipt:
    """Say in a submission's folder that it is taken back, and stamp that.

    Raises:
        InvalidArgumentError: there is no such folder.
    """
    require_partition_id(submission_id, what="--withdraw")
    looked = _require_folder(landing, submission_id, now)
    said: dict[str, Any] = {}
    if looked.has(METADATA):
        try:
            said = read_object((looked.path / METADATA).read_bytes())
        except SourceRejectedError:
            # What nobody can read is replaced.
            said = {}
    _describe(looked.path, said | {"is_withdrawn": True})
    changed = look_at(landing, submission_id, now)
    assert changed is not None, "the folder was there"
    return stamp(state, changed, now)


def _require_folder(landing: Path, submission_id: str, now: datetime) -> Folder:
    looked = look_at(landing, submission_id, now)
    if looked is None or looked.path.is_symlink():
        raise InvalidArgumentError(f"there is no submission {submission_id!r}: `recsys submissions` lists them")
    return looked


def _describe(folder: Path, said: Mapping[str, Any]) -> None:
    with written_aside(folder / METADATA) as fresh:
        fresh.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
