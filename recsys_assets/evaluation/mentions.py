"""The mention protocol: artists and titles in requests for music, as people marked them, found by name and context.

Belongs here: reading marked requests and names, the figures. What is judged is the gate as shipped, through the same functions
as the daily graph; the peer links every longest name of the same gazetteer. Spans count only if both ends are right.
"""

import csv
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.corpus.gate import Gate, read, scan, shipped_gate
from recsys_assets.corpus.gate_training import MarkedText
from recsys_assets.corpus.gazetteer import EXACT, Entry, Gazetteer, build_gazetteer, catalogue_entries
from recsys_assets.corpus.tables import ARTIST, TRACK
from recsys_assets.corpus.text import fold
from recsys_assets.evaluation.report import OURS, ModelRun, Report

PROTOCOL, PLAIN, TITLE = "mentions", "plain", "title"
TEST, TRAIN, LINKED = "test.bio", "train.bio", "ground-truth_linked.csv"
NAMES = ("mpd-dev", "lastfm-2k")
_KINDS = {"Artist": ARTIST, "WoA": TRACK}
_STRATA = {ARTIST: ARTIST, TRACK: TITLE}
_BRACKETS = re.compile(r"_?\([^)]*\)$")


@dataclass(frozen=True)
class Found:
    """A span that a model marks: characters, kind, and the folded names of what it links to."""

    start: int
    end: int
    kind: str
    name: str


def read_bio(file: Path) -> list[MarkedText]:
    """Read ``word<TAB>tag`` lines, texts parted by empty lines; a text is its words with spaces between.

    Raises:
        InvalidArgumentError: the file is not there.
        DataFaultError: a line is not what its name says; tags are O, B-Artist, I-Artist, B-WoA, I-WoA.
    """
    if not file.is_file():
        raise InvalidArgumentError(f"{file} is not there: expected a folder with {TEST}")
    texts: list[MarkedText] = []
    words: list[tuple[str, str]] = []
    for number, line in enumerate([*file.read_text(encoding="utf-8").split("\n"), ""], start=1):
        if line.strip():
            word, tab, tag = line.partition("\t")
            if not tab or not re.fullmatch(r"O|[BI]-(Artist|WoA)", tag.strip()):
                raise DataFaultError(
                    f"{file}, line {number}: expected a word, a tab and O, B- or I- with Artist or WoA"
                )
            words.append((word, tag.strip()))
        elif words:
            texts.append(_marked(words))
            words = []
    if not texts:
        raise DataFaultError(f"{file} holds no text")
    return texts


def _marked(words: Sequence[tuple[str, str]]) -> MarkedText:
    spans: list[tuple[int, int, str]] = []
    place, is_open = 0, False
    for word, tag in words:
        end = place + len(word)
        if tag.startswith("B"):
            spans.append((place, end, _KINDS[tag[2:]]))
        elif tag.startswith("I") and is_open:
            spans[-1] = (spans[-1][0], end, spans[-1][2])
        is_open = tag != "O"
        place = end + 1
    return MarkedText(" ".join(word for word, _ in words), frozenset(spans))


def read_names(folders: Sequence[Path]) -> list[Entry]:
    """Collect artists and titles of ``playlist_tracks.parquet`` (MPD) and ``artists.dat`` (HetRec Last.fm) in some folders.

    Raises:
        InvalidArgumentError: a folder has neither.
    """
    artists: set[str] = set()
    tracks: set[tuple[str, str]] = set()
    for folder in folders:
        playlists, listed = folder / "playlist_tracks.parquet", folder / "artists.dat"
        if playlists.is_file():
            rows = pl.read_parquet(playlists, columns=["track_name", "artist_name"]).drop_nulls().unique()
            tracks.update(rows.iter_rows())
        elif listed.is_file():
            lines = listed.read_text(encoding="utf-8").split("\n")[1:]
            artists.update(fields[1] for fields in (line.split("\t") for line in lines) if len(fields) > 1)
        else:
            raise InvalidArgumentError(f"{folder} holds neither playlist_tracks.parquet nor artists.dat")
    artists.update(artist for _, artist in tracks)
    return catalogue_entries(
        ((artist, artist, ()) for artist in sorted(artists)),
        ((f"{artist}\t{title}", title, (artist,)) for title, artist in sorted(tracks)),
    )


def names_near(folder: Path) -> list[Path]:
    """Return the folders of names that stand beside a folder of requests, or beside one above it.

    Raises:
        InvalidArgumentError: there are none.
    """
    for above in folder.absolute().parents[:3]:
        found = [above / name for name in NAMES if (above / name).is_dir()]
        if found:
            return found
    raise InvalidArgumentError(f"no {' or '.join(NAMES)} beside {folder}: give folders of names with --gazetteer")


def evaluate_mentions(
    folder: Path,
    names: Sequence[Path],
    *,
    gate: Gate | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> Report:
    """Judge ours and plain longest match on the marked requests of a folder.

    Args:
        folder: with ``test.bio``, or with folders that have one; with ``ground-truth_linked.csv`` links are judged too.
        names: folders that the gazetteer is made of, see ``read_names``.
        gate: by default the shipped one.
        progress: told each step that begins.

    Raises:
        InvalidArgumentError: something is not there.
        DataFaultError: a file is not what its name says.
    """
    folders = [folder] if (folder / TEST).is_file() else sorted(path.parent for path in folder.glob(f"*/{TEST}"))
    texts = [text for each in folders or [folder] for text in read_bio(each / TEST)]
    links = {key: name for each in folders for key, name in _read_links(each / LINKED)}
    progress("names")
    gazetteer = build_gazetteer(read_names(names))
    # What is made at its first use is not timed.
    scan(texts[0].text, gazetteer)
    strata: dict[str, list[ModelRun]] = {stratum: [] for stratum in _STRATA.values()}
    for model, find in ((OURS, _ours(gate or shipped_gate())), (PLAIN, find_longest)):
        progress(f"{len(texts):,} requests by {model}")
        begun = time.perf_counter()
        found = [find(text.text, gazetteer) for text in texts]
        seconds = time.perf_counter() - begun
        for kind, stratum in _STRATA.items():
            strata[stratum].append(ModelRun(model, 0, _figures(texts, found, links, kind), seconds))
    n_spans = sum(len(text.spans) for text in texts)
    parts = {name: Report(PROTOCOL, folder.name, 0, n_spans, tuple(runs)) for name, runs in strata.items()}
    return Report(PROTOCOL, folder.name, 0, n_spans, tuple(strata[ARTIST]), parts)


def _ours(gate: Gate) -> Callable[[str, Gazetteer], list[Found]]:
    def find(text: str, gazetteer: Gazetteer) -> list[Found]:
        scanned = scan(text, gazetteer)
        found = []
        for reading in read(scanned, gazetteer, gate):
            match = reading.candidate.match
            words = scanned.places[reading.candidate.sentence].sentence.words
            start, end = words.starts[match.first], words.ends[match.last - 1]
            found.append(Found(start, end, reading.candidate.kind, gazetteer.names[match.name]))
        return found

    return find


def find_longest(text: str, gazetteer: Gazetteer) -> list[Found]:
    """Link the longest name at each place from the left: what a plain gazetteer does. A name of both kinds is an artist's."""
    found = []
    for place in scan(text, gazetteer).places:
        free = 0
        for match in place.matches:
            if match.first < free or match.variant != EXACT:
                continue
            free = match.last
            words = place.sentence.words
            kind = ARTIST if gazetteer.artists[match.name] else TRACK
            found.append(
                Found(words.starts[match.first], words.ends[match.last - 1], kind, gazetteer.names[match.name])
            )
    return found


def _read_links(file: Path) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield (request, kind, folded mention) and the folded name of the page that it is linked to."""
    if not file.is_file():
        return
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row.get("wiki_name") and row.get("type") in _KINDS:
                name = fold(_BRACKETS.sub("", unquote(row["wiki_name"])).replace("_", " "))
                yield (row["query"], _KINDS[row["type"]], row["mention"]), name


def _figures(
    texts: Sequence[MarkedText], found: Sequence[Sequence[Found]], links: dict[tuple[str, str, str], str], kind: str
) -> dict[str, float]:
    hits = n_found = n_marked = judged = linked = 0
    for text, spans in zip(texts, found, strict=True):
        marked = {span for span in text.spans if span[2] == kind}
        ours = [span for span in spans if span.kind == kind]
        right = [span for span in ours if (span.start, span.end, kind) in marked]
        hits, n_found, n_marked = hits + len(right), n_found + len(ours), n_marked + len(marked)
        for span in right:
            name = links.get((text.text, kind, text.text[span.start : span.end]))
            judged += name is not None
            linked += name == span.name
    precision, recall = hits / max(n_found, 1), hits / max(n_marked, 1)
    f1 = 2 * hits / max(n_found + n_marked, 1)
    figures = {"precision": precision, "recall": recall, "f1": f1}
    return figures | ({"link_precision": linked / judged} if judged else {})
