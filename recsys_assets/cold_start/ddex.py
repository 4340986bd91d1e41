"""A DDEX ERN ``NewReleaseMessage`` as a submission: 4.3, and as far as it says the same in other words 4.1 and 3.8.2.

Only the names of elements are looked at, in whatever namespace; no schema is shipped, and nothing is fetched. Document
types and entities are refused (a kilobyte of them may stand for gigabytes, or for any file of this computer).
https://kb.ddex.net describes the message: 4.x names parties in a list of their own and refers to them, 3.8.2 writes them
where they are used, and details by territory.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from recsys_assets.cold_start.submission import MAX_CREDITS, Submission, build_submission
from recsys_assets.core.errors import SourceRejectedError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# A message about one recording has 10 to 50 kB, 20 levels and some hundred elements.
MAX_XML_BYTES = 1024 * 1024
MAX_XML_LEVELS = 40
MAX_XML_ELEMENTS = 20_000
# What a release's own first day is called; the day of an earlier release is another thing.
_RELEASE_DATES = ("ReleaseDate", "GlobalReleaseDate")
_FIRST_DAYS = ("StartDate", "StartDateTime")
_TRUE = ("true", "1")
_ORIGINAL_DATES = ("OriginalReleaseDate", "GlobalOriginalReleaseDate")
# `RelatedRelease`, `RelatedResource`: the album that a single is from has dates, codes and titles of its own.
_RELATED = "Related"
_MAIN_ROLES = ("MainArtist", "Artist")


def parse_message(data: bytes) -> Submission:
    """Read a ``NewReleaseMessage`` about one recording.

    Raises:
        SourceRejectedError: not such a message, unsafe, about several recordings or none, or dates that contradict each
            other; and all that ``build_submission`` refuses.
    """
    root = _read_tree(data)
    recordings = list(_all(root, "SoundRecording"))
    if len(recordings) != 1:
        raise SourceRejectedError(
            f"the message is about {len(recordings)} recordings, expected one: submit each by itself"
        )
    recording, release = recordings[0], next(_all(root, "Release"), None)
    sources = [recording] if release is None else [recording, release]
    names = _party_names(root)
    found: dict[str, Any] = {
        "title": _title(sources),
        "artists": _artists(names, sources),
        "release_date": _release_date(root, release),
        "isrc": _first(recording, "ISRC"),
        "label": _label(names, sources[::-1]),
        "genres": list(dict.fromkeys(text for source in sources for text in _texts(source, "GenreText")))[:20],
        "is_explicit": _is_explicit(recording),
        "recording": _file(recording),
    }
    return build_submission({name: value for name, value in found.items() if value is not None})


def _read_tree(data: bytes) -> "Element":
    """Parse within bounds: levels and elements are counted while they come, so that no bomb is ever built."""
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    if len(data) > MAX_XML_BYTES:
        raise SourceRejectedError(f"the message has more than {MAX_XML_BYTES // 1024} kB: send one recording in each")
    depth = elements = 0
    root: Element | None = None
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(data), ("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            elements += event == "start"
            if depth > MAX_XML_LEVELS or elements > MAX_XML_ELEMENTS:
                raise SourceRejectedError(
                    f"the message has more than {MAX_XML_LEVELS} levels or {MAX_XML_ELEMENTS:,} elements"
                )
            root = element if root is None else root
    except DefusedXmlException as error:
        raise SourceRejectedError("the message declares a document type or entities, which are refused") from error
    except (SyntaxError, ValueError, LookupError) as error:
        raise SourceRejectedError(f"the message is not XML: {str(error)[:100]}") from error
    if root is None or _name(root) != "NewReleaseMessage":
        found = "nothing" if root is None else _name(root)[:60]
        raise SourceRejectedError(f"the message is {found}, expected a DDEX NewReleaseMessage")
    return root


def _name(element: "Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: "Element", name: str) -> "Iterator[Element]":
    """Elements of a name in the order of the message, but for what is said of related releases, recordings and parties."""
    waiting = [element]
    while waiting:
        found = waiting.pop()
        if _name(found) == name:
            yield found
        waiting.extend(child for child in reversed(found) if not _name(child).startswith(_RELATED))


def _texts(element: "Element", name: str) -> Iterator[str]:
    return (found.text.strip() for found in _all(element, name) if found.text and found.text.strip())


def _first(element: "Element", *names: str) -> str | None:
    return next((text for name in names for text in _texts(element, name)), None)


def _title(sources: "list[Element]") -> str | None:
    """The recording's title, as displayed, else as referred to, else the release's."""
    for source in sources:
        for parent in ("DisplayTitle", "Title", "ReferenceTitle"):
            for title in _all(source, parent):
                if text := _first(title, "TitleText"):
                    return text
        if text := _first(source, "DisplayTitleText"):
            return text
    return None


def _artists(party_names: Mapping[str, str | None], sources: "list[Element]") -> list[dict[str, str]]:
    """Credited artists in order, main ones first, by full name; the whole credit as one name where only that is said."""
    for source in sources:
        credited: dict[str, tuple[bool, int, int]] = {}
        for place, artist in enumerate(_all(source, "DisplayArtist")):
            reference = _first(artist, "ArtistPartyReference")
            name = party_names.get(reference) if reference else _first(artist, "FullName")
            role = _first(artist, "DisplayArtistRole", "ArtistRole")
            if name:
                sequence = artist.get("SequenceNumber", "")
                order = int(sequence) if sequence.isascii() and sequence.isdecimal() and len(sequence) < 10 else place
                rank = (role is not None and role not in _MAIN_ROLES, order, place)
                credited[name] = min(rank, credited.get(name, rank))
            if len(credited) > MAX_CREDITS:
                # More than may be credited: refused, whoever they are.
                break
        names = sorted(credited, key=credited.__getitem__) or list(_texts(source, "DisplayArtistName"))[:1]
        if names:
            return [{"name": name} for name in names]
    return []


def _party_names(root: "Element") -> dict[str, str | None]:
    """Full names of the parties by what refers to them; where a reference stands twice the first one is heard."""
    names: dict[str, str | None] = {}
    for party in _all(root, "Party"):
        if reference := _first(party, "PartyReference"):
            names.setdefault(reference, _first(party, "FullName"))
    return names


def _label(party_names: Mapping[str, str | None], sources: "list[Element]") -> str | None:
    for source in sources:
        reference = _first(source, "ReleaseLabelReference")
        label = (party_names.get(reference) or reference) if reference else _first(source, "LabelName")
        if label:
            return label
    return None


def _release_date(root: "Element", release: "Element | None") -> str | None:
    """The one day that the release, its track release and its deals agree on.

    The deals' first day counts as one: a track that may be heard before its release date has two release dates. A
    pre-order is bought before that day, and heard from it on.

    Raises:
        SourceRejectedError: the message says several.
    """
    releases = [] if release is None else [release, *_all(root, "TrackRelease")]
    said = _days(releases, _RELEASE_DATES) or _days(releases, _ORIGINAL_DATES)
    deals = [terms for terms in _all(root, "DealTerms") if (_first(terms, "IsPreOrderDeal") or "") not in _TRUE]
    days = sorted(said | set(sorted(_days(deals, _FIRST_DAYS))[:1]))
    if len(days) > 1:
        raise SourceRejectedError(
            f"the message says {len(days)} release dates ({', '.join(day[:10] for day in days[:4])}): expected one, which "
            "is also the first day of its deals"
        )
    return days[0] if days else None


def _days(elements: "Iterable[Element]", names: Sequence[str]) -> set[str]:
    return {text[:10] for element in elements for name in names for text in _texts(element, name)}


def _is_explicit(recording: "Element") -> bool | None:
    warning = _first(recording, "ParentalWarningType")
    known = {"Explicit": True, "NotExplicit": False, "ExplicitContentEdited": False}
    return known.get(warning or "")


def _file(recording: "Element") -> str | None:
    """The recording's file as 4.x (URI) and 3.8.2 (path and name) say it, relative to the folder."""
    for element in _all(recording, "File"):
        if uri := _first(element, "URI", "URL"):
            return unquote(uri.removeprefix("file:").removeprefix("./"))
        name, folder = _first(element, "FileName"), _first(element, "FilePath")
        if name:
            return str(PurePosixPath(folder.strip("/")) / name) if folder and folder.strip("/") else name
    return None
