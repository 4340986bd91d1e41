"""A submission as its submitter describes it, from ``submission.json``; every field is checked before anything reads it.

From bytes to a ``Submission`` or one line of why not. DDEX messages become the same in ``ddex``; whether what is said is
true, on time and allowed is ``verdicts``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from recsys_assets.cold_start.fields import Faults, kind, shown
from recsys_assets.core.errors import SourceRejectedError
from recsys_assets.core.schemas import PARTITION_ID
from recsys_assets.raw.contract import EARLIEST_RELEASE, MAX_ID_CHARS, MAX_NAME_CHARS, MAX_TEXT_CHARS, MAX_WORD_CHARS

# A pitch with 10,000 characters of text in an alphabet of three bytes is 40 kB.
MAX_JSON_BYTES = 256 * 1024
# Title, artists, genres: a list of objects is three levels.
MAX_JSON_LEVELS = 10
MAX_CREDITS = 50
# Country or registrant prefix, registrant, year and designation (ISO 3901); written with or without hyphens.
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KEYS = (
    "title", "artists", "release_date", "track_id", "genres", "moods", "isrc", "label", "submitter_key", "text",
    "is_explicit", "is_withdrawn", "replaces", "recording", "submission_id",
)  # fmt: skip
# Ids of tracks that the catalogue has no id for yet; nobody may give them to others.
OWN_TRACK_PREFIX = "submission:"
MOST_UNKNOWN = 10


@dataclass(frozen=True)
class Credit:
    """One credited artist, by name, by the catalogue's id, or both."""

    name: str
    artist_id: str | None = None


@dataclass(frozen=True)
class Submission:
    """What a submitter says of one recording. A withdrawal may leave out everything else.

    Attributes:
        title: as shown.
        artists: as credited, in order.
        released_on: first day anybody may hear it.
        isrc: twelve characters, upper case, without hyphens.
        submitter_key: what only the artist's people know; never stored, only its SHA-256 is compared.
        is_withdrawn: the submitter takes it back.
        replaces: the submission whose place it takes.
        recording: which file of the folder, where it is said.
        unknown: keys that nobody reads.
    """

    title: str | None = None
    artists: tuple[Credit, ...] = ()
    released_on: date | None = None
    track_id: str | None = None
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    isrc: str | None = None
    label: str | None = None
    submitter_key: str | None = field(default=None, repr=False)
    text: str | None = None
    is_explicit: bool | None = None
    is_withdrawn: bool = False
    replaces: str | None = None
    recording: str | None = None
    unknown: tuple[str, ...] = ()


def parse_submission(data: bytes, submission_id: str) -> Submission:
    """Read ``submission.json``.

    Args:
        data: the file's bytes.
        submission_id: the folder's name, which the file may repeat but not contradict.

    Raises:
        SourceRejectedError: what is wrong, in one line; several faults are told together.
    """
    found = read_object(data)
    said = found.get("submission_id", submission_id)
    if said != submission_id:
        raise SourceRejectedError(
            f"submission_id is {shown(said)}, but its folder is {submission_id}: an id is a folder's name and no path"
        )
    return build_submission(found)


def read_object(data: bytes) -> dict[str, Any]:
    """Parse one JSON object, its size and depth bounded before the parser sees it.

    Raises:
        SourceRejectedError: too large, too deep, not UTF-8, not JSON, no object, or a key that stands twice.
    """
    if len(data) > MAX_JSON_BYTES:
        raise SourceRejectedError(f"submission.json has more than {MAX_JSON_BYTES // 1024} kB: shorten its text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceRejectedError("submission.json is not UTF-8: save it as UTF-8") from error
    if _depth(text) > MAX_JSON_LEVELS:
        raise SourceRejectedError(
            f"submission.json is nested deeper than {MAX_JSON_LEVELS} levels: it is a flat object"
        )
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else f": {str(error)[:100]}"
        raise SourceRejectedError(f"submission.json is not JSON{place}") from error
    if not isinstance(found, dict):
        raise SourceRejectedError(f"submission.json holds {kind(found)}, expected one object with title, artists, …")
    return found


def _depth(text: str) -> int:
    """Count the deepest level of brackets outside of strings, without building anything."""
    # A string without an end is taken to the end of the text: tried again from each quote, 60 kB of them took 20 s.
    bare = re.sub(r'"(?:[^"\\]|\\.)*"?', "", text, flags=re.DOTALL)
    depth = deepest = 0
    for character in re.findall(r"[\[\]{}]", bare):
        depth += 1 if character in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {shown(twice)} stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value of JSON")


def build_submission(found: Mapping[str, Any]) -> Submission:
    """Check the values of a submission, wherever they were read from.

    Raises:
        SourceRejectedError: what is wrong; the first faults are told together.
    """
    faults = Faults()
    submission = _read_values(found, faults)
    if not submission.is_withdrawn:
        given = {"title": submission.title, "artists": submission.artists, "release_date": submission.released_on}
        faults.lines += [f"{name} is missing" for name, value in given.items() if not value and not faults.about(name)]
        faults.require_none()
    return submission


def read_names(data: bytes) -> Submission:
    """Read what people call a submission by, whatever else is wrong with it: title, artists and day of release.

    Args:
        data: the bytes of ``submission.json``; of what is no object nothing can be read.
    """
    try:
        found = read_object(data)
    except SourceRejectedError:
        return Submission()
    said = _read_values(found, Faults())
    return Submission(said.title, said.artists, said.released_on)


def _read_values(found: Mapping[str, Any], faults: Faults) -> Submission:
    return Submission(
        title=faults.words(found, "title", MAX_NAME_CHARS),
        artists=_credits(found, faults),
        released_on=_release_day(found, faults),
        track_id=_track_id(found, faults),
        genres=faults.list_of_words(found, "genres"),
        moods=faults.list_of_words(found, "moods"),
        isrc=_isrc(found, faults),
        label=faults.words(found, "label", MAX_NAME_CHARS),
        submitter_key=faults.words(found, "submitter_key", MAX_ID_CHARS),
        text=faults.words(found, "text", MAX_TEXT_CHARS, is_prose=True),
        is_explicit=faults.flag(found, "is_explicit"),
        is_withdrawn=faults.flag(found, "is_withdrawn") or False,
        replaces=_replaces(found, faults),
        recording=_recording(found, faults),
        unknown=tuple(sorted(shown(key) for key in found if key not in KEYS))[:MOST_UNKNOWN],
    )


def _credits(found: Mapping[str, Any], faults: Faults) -> tuple[Credit, ...]:
    value = found.get("artists")
    if value is None:
        return ()
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CREDITS:
        faults.lines.append(f"artists is {shown(value)}, expected a list of 1 to {MAX_CREDITS} names")
        return ()
    credited = []
    for entry in value:
        told = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(told, dict):
            faults.lines.append(f"artists holds {kind(entry)}, expected names or objects with name and artist_id")
            continue
        name = faults.words(told, "name", MAX_NAME_CHARS)
        artist_id = faults.words(told, "artist_id", MAX_ID_CHARS)
        if name or artist_id:
            credited.append(Credit(name or str(artist_id), artist_id))
        elif not faults.lines:
            faults.lines.append("artists holds an entry without a name")
    return tuple(credited)


def _release_day(found: Mapping[str, Any], faults: Faults) -> date | None:
    value = found.get("release_date")
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None or day < EARLIEST_RELEASE:
        faults.lines.append(f"release_date is {shown(value)}, expected a day as YYYY-MM-DD")
        return None
    return day


def _isrc(found: Mapping[str, Any], faults: Faults) -> str | None:
    value = faults.words(found, "isrc", MAX_WORD_CHARS)
    if value is None:
        return None
    code = plain_isrc(value)
    if code is None:
        faults.lines.append(f"isrc is {shown(value)}, expected 12 letters and digits such as QZ-ABC-26-00001")
    return code


def plain_isrc(text: str) -> str | None:
    """Return an ISRC in upper case without hyphens, or None for what is none."""
    code = text.replace("-", "").replace(" ", "").upper()
    return code if _ISRC.fullmatch(code) else None


def _track_id(found: Mapping[str, Any], faults: Faults) -> str | None:
    value = faults.words(found, "track_id", MAX_ID_CHARS)
    if value is None:
        return None
    if _is_path(value):
        faults.lines.append(f"track_id is {shown(value)}, which is a path: an id is the catalogue's name of the track")
    elif value.startswith(OWN_TRACK_PREFIX):
        faults.lines.append(f"track_id begins with {OWN_TRACK_PREFIX}, which we keep for tracks that have no id yet")
    else:
        return value
    return None


def _replaces(found: Mapping[str, Any], faults: Faults) -> str | None:
    value = faults.words(found, "replaces", MAX_ID_CHARS)
    if value is None or PARTITION_ID.fullmatch(value):
        return value
    faults.lines.append(f"replaces is {shown(value)}, expected the id of a submission and no path")
    return None


def _recording(found: Mapping[str, Any], faults: Faults) -> str | None:
    value = faults.words(found, "recording", MAX_ID_CHARS)
    if value is None:
        return None
    if _is_path(value) or "\\" in value:
        faults.lines.append(f"recording is {shown(value)}, which leads out of the folder: name a file inside of it")
        return None
    return str(PurePosixPath(value))


def _is_path(value: str) -> bool:
    parts = value.replace("\\", "/").split("/")
    return value.startswith(("/", "\\", "~")) or ".." in parts or "." in parts or value[1:3] in {":\\", ":/"}
