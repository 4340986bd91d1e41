"""When a submission was received: the platform's word, signed, beside the files it is about.

``receipt.json`` holds ``received_at``, the SHA-256 of each file, and a signature (HMAC-SHA256, RFC 2104) over both and the
submission's id, with a key that never leaves ``RECSYS_HOME/state``. Whoever may drop files may also write a receipt, but
not sign one: a receipt without our signature is the submitter's word, is put aside and a new one stamped. Content that
changes gets a new receipt: a correction was received when it came, not when what it corrects did.
"""

import contextlib
import errno
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, SourceUnavailableError
from recsys_assets.raw.submission_files import RECEIPT, Folder, digests, look_at

KEY_FILE = "receipt.key"
# The receipt of a hundred files is 10 kB.
MAX_RECEIPT_BYTES = 64 * 1024
PUT_ASIDE = f".{RECEIPT}.refused"
_KEY_BYTES = 32
_IN_THE_WAY = (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY)
# What the folder's owner can mend; a full or broken disk is not theirs.
_OWNERS_FAULTS = (errno.EACCES, errno.EPERM, *_IN_THE_WAY)


@dataclass(frozen=True)
class Receipt:
    """What was received and when.

    Attributes:
        submission_id: whose it is; a receipt copied into another folder is not valid there.
        received_at: aware, UTC.
        files: name to SHA-256 of what was there then.
        refusal: why it could not be written beside the files, which then can not be used; None for one that lies there.
    """

    submission_id: str
    received_at: datetime
    files: Mapping[str, str]
    refusal: str | None = None

    @property
    def content(self) -> str:
        """What tells this content from another: 16 hexadecimal digits over names and digests."""
        return hashlib.sha256(json.dumps(dict(self.files), sort_keys=True).encode()).hexdigest()[:16]


def receipt_key(state: Path) -> bytes:
    """Return the key that signs, making it on first use: 32 random bytes, readable by its owner alone.

    Keep it with the backups: without it no receipt is ours any more, and everything counts as received anew.

    Raises:
        DataFaultError: the file is not a key.
    """
    path = state / KEY_FILE
    if not path.exists():
        state.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{KEY_FILE}.{secrets.token_hex(4)}.tmp")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            # Of two that make it at once the first one's stays: a key that was used may never be replaced.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise DataFaultError(f"{path} is not a key: put it back from a backup") from error
    if len(key) != _KEY_BYTES:
        raise DataFaultError(f"{path} has {len(key)} bytes, expected {_KEY_BYTES}: put it back from a backup")
    return key


def read_receipt(state: Path, folder: Path) -> Receipt | None:
    """Return the receipt in ``folder`` if we signed it for that folder; None where there is none or it is not ours."""
    try:
        descriptor = os.open(folder / RECEIPT, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            told = json.loads(file.read(MAX_RECEIPT_BYTES))
        received_at = datetime.fromisoformat(told["received_at"]).astimezone(UTC)
        receipt = Receipt(folder.name, received_at, {str(name): str(digest) for name, digest in told["files"].items()})
        is_ours = hmac.compare_digest(_signature(receipt_key(state), receipt), str(told["signature"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    return receipt if is_ours else None


def write_receipt(state: Path, folder: Path, received_at: datetime) -> Receipt:
    """Stamp what lies in ``folder`` as received at ``received_at``, whatever receipt is there.

    Raises:
        InvalidArgumentError: the instant has no time zone, or there is no such folder.
        SourceUnavailableError: as of ``stamp``.
    """
    if received_at.tzinfo is None:
        raise InvalidArgumentError(f"received_at {received_at} has no time zone")
    looked = look_at(folder.parent.parent, folder.name, received_at)
    if looked is None:
        raise InvalidArgumentError(f"there is no folder {folder}")
    return _write(state, looked, digests(looked), received_at)


def stamp(state: Path, folder: Folder, now: datetime) -> Receipt:
    """Return the receipt of what lies in the folder now, stamping it with ``now`` where it has none of ours.

    Where none can be written, because of what the folder is, the receipt says so in ``refusal``.

    Raises:
        SourceUnavailableError: a file, or the folder, went away while it was read; or the disk is full or broken.
    """
    try:
        found = digests(folder)
    except FileNotFoundError as error:
        raise SourceUnavailableError(f"{folder.submission_id}: a file went away while it was read: {error}") from error
    receipt = read_receipt(state, folder.path)
    if receipt is not None and dict(receipt.files) == found:
        return receipt
    return _write(state, folder, found, now, is_forged=receipt is None)


def _write(
    state: Path, folder: Folder, found: Mapping[str, str], received_at: datetime, *, is_forged: bool = False
) -> Receipt:
    """Write a receipt into the folder, whatever lies there under that name."""
    receipt = Receipt(folder.submission_id, received_at.astimezone(UTC), dict(found))
    told = {
        "received_at": receipt.received_at.isoformat(),
        "files": dict(sorted(receipt.files.items())),
        "signature": _signature(receipt_key(state), receipt),
    }
    try:
        # Held open, and no link: what takes the folder's place in between gets nothing.
        inside = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except PermissionError as error:
        return replace(receipt, refusal=_not_written(error))
    except OSError as error:
        raise SourceUnavailableError(f"{folder.submission_id}: its folder went away while it was read") from error
    try:
        if is_forged:
            _put_aside(inside)
        _write_inside(inside, json.dumps(told, indent=1) + "\n")
    except OSError as error:
        if error.errno in _OWNERS_FAULTS:
            return replace(receipt, refusal=_not_written(error))
        raise SourceUnavailableError(f"{folder.submission_id} could not be stamped: {error.strerror}") from error
    finally:
        os.close(inside)
    return receipt


def _not_written(error: OSError) -> str:
    return f"no receipt can be written into its folder ({error.strerror}): give write permission"


def _put_aside(inside: int) -> None:
    """Rename what lies in the place of a receipt; a folder that stands in the way of that stays, and another name is taken."""
    try:
        os.replace(RECEIPT, PUT_ASIDE, src_dir_fd=inside, dst_dir_fd=inside)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in _IN_THE_WAY:
            raise
        os.replace(RECEIPT, f"{PUT_ASIDE}.{secrets.token_hex(4)}", src_dir_fd=inside, dst_dir_fd=inside)


def _write_inside(inside: int, text: str) -> None:
    """Write the receipt aside, wait for the disk, and rename it: as ``core.files`` does, by an open folder and no path."""
    fresh = f".{RECEIPT}.{secrets.token_hex(4)}.tmp"
    try:
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644, dir_fd=inside)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(fresh, RECEIPT, src_dir_fd=inside, dst_dir_fd=inside)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=inside)


def _signature(key: bytes, receipt: Receipt) -> str:
    signed = {
        "submission_id": receipt.submission_id,
        "received_at": receipt.received_at.astimezone(UTC).isoformat(),
        "files": dict(receipt.files),
    }
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
