"""What kind of file a recording is, by its first bytes and never by its name, and whether it is whole.

Looks at headers only: sizes that chunks, blocks and atoms state of themselves. Decoding is ``decode``. Anything that is
not one of the formats of the landing zone is refused here, before a decoder sees it: decoders know dozens of formats
more, playlists that open other files among them.
"""

import os
import struct
from enum import StrEnum
from typing import BinaryIO

from recsys_assets.audio.refusal import UnusableRecordingError

# Sizes that writers put down who can not go back to correct them (pipes): the data ends where the file does.
UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF - 44, 0x7FFFF000, 0xFFFFF000, 0x7FFFFFF0)
# A file of a million empty chunks is no recording; a well-meant one has a dozen.
MAX_CHUNKS = 1000
# Taggers leave padding between a tag and the first frame; some encoders begin with zeros.
MAX_PADDING_BYTES = 65_536
_OGG_HEADER = 27


class Container(StrEnum):
    """The formats that are read."""

    WAV = "wav"
    FLAC = "flac"
    OGG = "ogg"
    MP3 = "mp3"
    M4A = "m4a"


def inspect_container(file: BinaryIO, *, max_tag_bytes: int) -> Container:
    """Say what ``file`` is, having checked that its parts fit into it.

    Args:
        file: open for reading; its position is left anywhere.
        max_tag_bytes: most bytes that are not sound: a tag bomb has hundreds of megabytes of pictures or words.

    Raises:
        UnusableRecordingError: ``empty_file``, ``not_audio``, ``truncated`` or ``tag_bomb``.
    """
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise UnusableRecordingError("empty_file", "the file has no bytes: send it again")
    head = _read(file, 0, 16)
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        _walk_wav(file, size, max_tag_bytes)
        return Container.WAV
    if head[:4] == b"fLaC":
        _walk_flac(file, 4, size, max_tag_bytes)
        return Container.FLAC
    if head[:4] == b"OggS":
        _walk_ogg(file, size, max_tag_bytes)
        return Container.OGG
    if head[4:8] == b"ftyp":
        _walk_mp4(file, size, max_tag_bytes)
        return Container.M4A
    return _tagged_or_mp3(file, size, max_tag_bytes)


def _read(file: BinaryIO, offset: int, count: int) -> bytes:
    file.seek(offset)
    return file.read(count)


def _not_audio(head: bytes) -> UnusableRecordingError:
    shown = head[:8].hex(" ")
    return UnusableRecordingError(
        "not_audio", f"the file begins with {shown}; expected wav, flac, ogg, mp3 or m4a (whatever its name ends in)"
    )


def _truncated(what: str, stated: int, found: int) -> UnusableRecordingError:
    return UnusableRecordingError(
        "truncated", f"{what} states {stated:,} bytes and {found:,} are there: send the file again, whole"
    )


def _require_few_tags(found: int, most: int) -> None:
    if found > most:
        raise UnusableRecordingError(
            "tag_bomb", f"{found:,} bytes of the file are tags or pictures, expected at most {most:,}: strip them"
        )


def _walk_wav(file: BinaryIO, size: int, max_tag_bytes: int) -> None:
    offset, other = 12, 0
    for _ in range(MAX_CHUNKS):
        header = _read(file, offset, 8)
        if len(header) < 8:
            raise UnusableRecordingError("truncated", "the file ends before its sound: send it again, whole")
        name, length = header[:4], struct.unpack("<I", header[4:])[0]
        if name == b"data":
            if length not in UNKNOWN_SIZES and offset + 8 + length > size:
                raise _truncated("the sound", length, size - offset - 8)
            return
        other += length
        _require_few_tags(other, max_tag_bytes)
        offset += 8 + length + length % 2
    raise UnusableRecordingError("tag_bomb", f"no sound in the first {MAX_CHUNKS} chunks: export the file anew")


def _walk_flac(file: BinaryIO, offset: int, size: int, max_tag_bytes: int) -> None:
    other = 0
    for _ in range(MAX_CHUNKS):
        header = _read(file, offset, 4)
        if len(header) < 4:
            raise UnusableRecordingError("truncated", "the file ends inside its header: send it again, whole")
        length = int.from_bytes(header[1:], "big")
        other += length
        _require_few_tags(other, max_tag_bytes)
        offset += 4 + length
        if header[0] & 0x80:
            if offset >= size:
                raise UnusableRecordingError("truncated", "the file ends before its sound: send it again, whole")
            return
    raise UnusableRecordingError("tag_bomb", f"no sound after {MAX_CHUNKS} blocks: export the file anew")


def _walk_ogg(file: BinaryIO, size: int, max_tag_bytes: int) -> None:
    """Sum the pages before the first one with sound, and look for the mark of the last page."""
    offset, headers = 0, 0
    for _ in range(max_tag_bytes // 255 + MAX_CHUNKS):
        page = _read(file, offset, _OGG_HEADER)
        if len(page) < _OGG_HEADER or page[:4] != b"OggS":
            raise UnusableRecordingError("truncated", "the file ends before its sound: send it again, whole")
        segments = _read(file, offset + _OGG_HEADER, page[26])
        granule = struct.unpack("<q", page[6:14])[0]
        length = _OGG_HEADER + len(segments) + sum(segments)
        if granule > 0 or offset + length >= size:
            break
        headers += length
        _require_few_tags(headers, max_tag_bytes)
        offset += length
    tail = _read(file, max(size - 65_536 - 300, 0), 65_536 + 300)
    last = tail.rfind(b"OggS")
    # Of a page the sixth byte tells whether it ends the stream.
    if last < 0 or len(tail) < last + _OGG_HEADER or not tail[last + 5] & 4:
        raise UnusableRecordingError("truncated", "the last page of the file is missing: send it again, whole")


def _walk_mp4(file: BinaryIO, size: int, max_tag_bytes: int) -> None:
    offset, seen = 0, set()
    for _ in range(MAX_CHUNKS):
        header = _read(file, offset, 16)
        if len(header) < 8:
            break
        length, name = struct.unpack(">I", header[:4])[0], header[4:8]
        if length == 1 and len(header) == 16:
            length = struct.unpack(">Q", header[8:])[0]
        length = length or size - offset
        if length < 8 or offset + length > size:
            raise _truncated(f"a part of the file ({name!r})", length, size - offset)
        seen.add(name)
        if name != b"mdat":
            _require_few_tags(length, max_tag_bytes)
        offset += length
    if not {b"moov", b"mdat"} <= seen:
        raise UnusableRecordingError("truncated", "the file lacks its index or its sound: send it again, whole")


def _tagged_or_mp3(file: BinaryIO, size: int, max_tag_bytes: int) -> Container:
    offset = 0
    for _ in range(8):
        tag = _read(file, offset, 10)
        if tag[:3] != b"ID3" or len(tag) < 10:
            break
        # Four bytes of seven bits each; a footer has ten bytes more.
        length = sum((byte & 0x7F) << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
        offset += 10 + length + (10 if tag[5] & 0x10 else 0)
        _require_few_tags(offset, max_tag_bytes)
    if offset >= size:
        raise UnusableRecordingError("truncated", "the file ends inside its tags: send it again, whole")
    start = _read(file, offset, MAX_PADDING_BYTES)
    if start[:4] == b"fLaC":
        _walk_flac(file, offset + 4, size, max_tag_bytes)
        return Container.FLAC
    frame = start.lstrip(b"\0")
    if not _is_mp3_frame(frame):
        raise _not_audio(_read(file, 0, 16))
    return Container.MP3


def _is_mp3_frame(frame: bytes) -> bool:
    """Whether these bytes begin with the header of an MPEG audio frame (layer 1 to 3; ISO 11172-3, 2.4.2.3)."""
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return False
    version, layer = (frame[1] >> 3) & 3, (frame[1] >> 1) & 3
    bitrate, rate = frame[2] >> 4, (frame[2] >> 2) & 3
    return version != 1 and layer != 0 and bitrate != 15 and rate != 3
