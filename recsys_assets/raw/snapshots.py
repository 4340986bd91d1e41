"""Which days of a source still have to be read. Finding files is ``discover``, reading them ``ingest``."""

from datetime import date
from pathlib import Path

from recsys_assets.core.lake import TableVersion
from recsys_assets.raw.contract import source_named
from recsys_assets.raw.discover import files_by_day, require_landing, snapshot_days
from recsys_assets.raw.tables import FILE


def changed_days(landing: Path, source: str, landed: TableVersion, *, reread_all: bool = False) -> list[date]:
    """Return the days (of arrival, for a dated source of happening) whose files are not those read before, ascending.

    Files are compared by name and size: a state that was read stays as it is, so that the past does not change.

    Args:
        landing: the landing zone.
        source: such as ``tracks``.
        landed: all of ``landed_<source>``: the files that were read.
        reread_all: return every day, whatever was read.

    Raises:
        MissingInputError: the landing zone holds nothing at all; the message says what to drop where.
    """
    require_landing(landing)
    days = snapshot_days(landing, source)
    if reread_all:
        return days
    read: dict[date, set[tuple[str, int]]] = {}
    files = landed.scan().select(source_named(source).partition, FILE, "size_bytes").collect()
    for day, name, size in files.iter_rows():
        read.setdefault(day, set()).add((name, size))
    found = files_by_day(landing, source, days)
    return [day for day in days if {(file.name, file.size_bytes) for file in found[day]} != read.get(day)]
