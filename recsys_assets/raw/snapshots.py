"""Which days of a source still have to be read. Finding files is ``discover``, reading them ``ingest``.

A file is told by its name, size and time of change. What was read and lies there no more was taken away on purpose,
with one exception: a flat file (``tracks.csv``) that is replaced leaves its earlier states to the days they were read
for.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path

from recsys_assets.core.lake import TableVersion
from recsys_assets.raw.contract import source_named
from recsys_assets.raw.discover import LandingFile, list_files, require_landing
from recsys_assets.raw.tables import CHANGED_AT, FILE

Identity = tuple[str, int, datetime | None]


def changed_days(
    landing: Path,
    source: str,
    landed: TableVersion,
    *,
    arrivals: Mapping[str, date] | None = None,
    reread_all: bool = False,
) -> list[date]:
    """Return the days (of happening, or of arrival) whose files are not those read before, ascending.

    A day that was read and has lost all its files is among them: read again, it becomes empty, and a snapshot gives
    way to the one before it. A state that was read and lies there as it was is not read again.

    Args:
        landing: the landing zone.
        source: such as ``tracks``.
        landed: all of ``landed_<source>``: the files that were read.
        arrivals: see ``flat_arrivals``.
        reread_all: return every day that has files, whatever was read.

    Raises:
        MissingInputError: the landing zone holds nothing at all; the message says what to drop where.
    """
    require_landing(landing)
    listing = list_files(landing, source, arrivals=arrivals)
    found, read = set(listing.days), _files_read(source, landed)
    lying = {identity for file in listing.files for identity in _identities(file)}
    return [
        day
        for day in sorted(found | read.keys())
        if (reread_all and day in found)
        or _is_changed(listing.of(day) if day in found else [], read.get(day, set()), lying)
    ]


def flat_arrivals(landing: Path, source: str, landed: TableVersion, today: date) -> dict[str, date]:
    """Say on which day the flat files of a snapshot arrived, by name, where their own time does not tell.

    A copy that keeps the time of the original (``cp -p``, ``rsync``) is older than its arrival. One that replaces a
    file of a later day can not have been there before that file was read: it arrived today.

    Args:
        landing: the landing zone.
        source: such as ``tracks``.
        landed: all of ``landed_<source>``.
        today: the day of the run.
    """
    read = _files_read(source, landed)
    arrivals: dict[str, date] = {}
    for file in list_files(landing, source).files:
        days = [day for day, files in read.items() if any(name == file.name for name, *_ in files)]
        same = [day for day in days if read[day] & _identities(file)]
        if _is_flat(file.name) and days:
            late = today if max(days) > file.day else file.day
            arrivals[file.name] = min(same) if same else late
    return arrivals


def _files_read(source: str, landed: TableVersion) -> dict[date, set[Identity]]:
    read: dict[date, set[Identity]] = {}
    files = landed.scan().select(source_named(source).partition, FILE, "size_bytes", CHANGED_AT).collect()
    for day, name, size, changed_at in files.iter_rows():
        read.setdefault(day, set()).add((name, size, changed_at))
    return read


def _identities(file: LandingFile) -> set[Identity]:
    # Rows that were written before times were kept have none.
    return {(file.name, file.size_bytes, file.changed_at), (file.name, file.size_bytes, None)}


def _is_flat(name: str) -> bool:
    return "/" not in name


def _is_changed(files: list[LandingFile], read: set[Identity], lying: Collection[Identity]) -> bool:
    if any(not _identities(file) & read for file in files):
        return True
    # Files of an earlier day that stood in for a broken one still lie there.
    return any(not _is_flat(identity[0]) and identity not in lying for identity in read)
