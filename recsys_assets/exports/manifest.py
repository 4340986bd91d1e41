"""A day's folder as one thing: written aside, described by a manifest that comes last, exchanged by renaming.

A reader's contract: read ``manifest.json`` first; a folder without one is being changed, so come back later. The files
match the manifest that stands beside them. What is in the files is ``bundle``'s.
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import orjson

from recsys_assets.core.errors import DataFaultError, MissingInputError
from recsys_assets.core.files import written_aside
from recsys_assets.core.locks import locked

MANIFEST = "manifest.json"
# Where the manifest waits while a listener is taken out; still there after a crash, so that the work can be finished.
HELD_MANIFEST = ".manifest.json.held"
PLAYLISTS = "playlists"
FORMAT = 1
# What ``exchanged`` names the folders that it is renaming and filling.
_ASIDE = (".{}.old", ".{}.new-*")


def day_folder(root: Path, day: date) -> Path:
    """Return where the exports of a day are."""
    return root / f"date={day.isoformat()}"


def day_folders(root: Path) -> list[Path]:
    """Return where the exports of all days are, also of those whose folder a dead exchange left under another name."""
    names = {path.name for path in root.glob("date=*") if path.is_dir()}
    names |= {path.name[1:].rpartition(".")[0] for pattern in _ASIDE for path in root.glob(pattern.format("date=*"))}
    return [root / name for name in sorted(names)]


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[None]:
    """Hold the day's lock, and make good what a process that died in ``exchanged`` has left.

    The lock is ours, so whatever lies about is the dead's: an old folder that nothing took the place of is renamed
    back, everything else is deleted.
    """
    with locked(folder.with_name(f".{folder.name}.lock"), alone=True):
        aside = _aside(folder)
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        for leftover in (path for pattern in _ASIDE for path in folder.parent.glob(pattern.format(folder.name))):
            shutil.rmtree(leftover)
        yield


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


@contextlib.contextmanager
def exchanged(target: Path) -> Iterator[Path]:
    """Give a fresh folder to fill, and put it in the place of ``target`` when the block ends well.

    The old folder is renamed aside, the new one renamed in, the old one deleted. Between the two renames there is no
    folder at all; there is never a mixture (Linux can exchange two folders at once, but Python can not ask it to). A
    process that died between them is made good by ``settled``.
    """
    with settled(target):
        aside = _aside(target)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
        try:
            # mkdtemp makes folders that only we may read; exports are for other programs.
            fresh.chmod(0o755)
            yield fresh
            if target.exists():
                target.rename(aside)
            fresh.rename(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)


@dataclass
class Digests:
    """SHA-256 of many small files, folded into one per two-digit folder: a manifest of megabytes helps nobody.

    The digest of a folder is that of its lines ``<path below it> <sha256 of the file>`` in the order of the paths.
    Files come folder by folder, so that no more than one folder's lines are held (1.4 million files of 100,000
    listeners would be 400 MB).
    """

    files: int = 0
    size_bytes: int = 0
    _folded: dict[str, dict[str, object]] = field(default_factory=dict)
    _shard: str = ""
    _lines: list[str] = field(default_factory=list)

    def add(self, path: str, content: bytes) -> None:
        """Take in one file; ``path`` is below the playlists' folder, such as ``ab/<hash>/daily_mix_1.jspf``."""
        shard, _, below = path.partition("/")
        if shard != self._shard:
            self._fold()
            assert shard not in self._folded, f"files of {shard} do not come together"
            self._shard = shard
        self._lines.append(f"{below} {hashlib.sha256(content).hexdigest()}\n")
        self.files += 1
        self.size_bytes += len(content)

    def _fold(self) -> None:
        if self._lines:
            digest = hashlib.sha256("".join(sorted(self._lines)).encode()).hexdigest()
            self._folded[self._shard] = {"files": len(self._lines), "sha256": digest}
            self._lines = []

    def folded(self) -> dict[str, dict[str, object]]:
        """Return the number of files and the digest of each folder, by name."""
        self._fold()
        return dict(sorted(self._folded.items()))


def digest_playlists(folder: Path) -> Digests:
    """Read all playlists of a day's folder into digests."""
    digests = Digests()
    playlists = folder / PLAYLISTS
    for path in sorted(playlists.glob("*/*/*")):
        digests.add(path.relative_to(playlists).as_posix(), path.read_bytes())
    return digests


def write_manifest(
    folder: Path,
    *,
    day: date,
    tables: Mapping[str, int],
    playlists: Digests,
    input_versions: Mapping[str, str | int],
) -> bytes:
    """Describe a day's folder; nothing may be written into it afterwards. Returns the bytes written.

    Args:
        folder: the day's folder, complete but for the manifest.
        day: the day of the export.
        tables: file name to rows of each Parquet file.
        playlists: the digests of the playlists.
        input_versions: table name to the version that was read.
    """
    document = {
        "format": FORMAT,
        "date": day.isoformat(),
        "input_versions": dict(sorted(input_versions.items())),
        "tables": [_describe(folder / name, rows) for name, rows in sorted(tables.items())],
        "playlists": {
            "files": playlists.files,
            "size_bytes": playlists.size_bytes,
            "folders": playlists.folded(),
        },
    }
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    with written_aside(folder / MANIFEST) as fresh:
        fresh.write_bytes(content)
    return content


def _describe(path: Path, rows: int) -> dict[str, object]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": path.name, "rows": rows, "size_bytes": path.stat().st_size, "sha256": digest}


def read_manifest(path: Path) -> dict[str, object]:
    """Read a manifest.

    Raises:
        MissingInputError: there is none.
        DataFaultError: it is of a format that this version does not write.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise MissingInputError(f"no manifest at {path}: the export is not there, or is being changed") from error
    except orjson.JSONDecodeError as error:
        raise DataFaultError(f"{path} is not JSON: export the day again ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DataFaultError(f"{path} is not a manifest of format {FORMAT}: export the day again")
    return document


def find_faults(folder: Path) -> list[str]:
    """Hold a day's folder against its manifest; return what does not match, one line each, empty when all does.

    Raises:
        MissingInputError: there is no manifest.
    """
    manifest = read_manifest(folder / MANIFEST)
    faults = [fault for table in _list(manifest["tables"]) for fault in _table_faults(folder, table)]
    found = digest_playlists(folder).folded()
    promised = manifest["playlists"]["folders"]  # type: ignore[index, call-overload]
    faults += [
        f"{PLAYLISTS}/{shard}: found {found.get(shard)}, promised {promised.get(shard)}"
        for shard in sorted(found.keys() | promised.keys())
        if found.get(shard) != promised.get(shard)
    ]
    return faults


def _table_faults(folder: Path, table: dict[str, object]) -> Iterable[str]:
    path = folder / str(table["path"])
    if not path.is_file():
        yield f"{path.name}: promised, and not there"
    elif _describe(path, int(str(table["rows"]))) != table:
        yield f"{path.name}: not the bytes that were promised"


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []
