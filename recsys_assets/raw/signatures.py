"""Whether anything new has landed: short hashes of the names, sizes and times of files. Opens nothing.

The sensor compares them from tick to tick (``Seen``), and asks for what changed in few runs (``spans``). Which file
belongs where is ``discover``; what has been read already is ``snapshots``.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from recsys_assets.raw.contract import SOURCES
from recsys_assets.raw.discover import LandingFile, list_files


@dataclass(frozen=True)
class Seen:
    """What a tick of the sensor saw.

    Attributes:
        snapshot: hash of all snapshots, None where there are none.
        days: hash of the files of each day of happening.
        requests: how many ticks have asked for a run. It tells two requests for the same files apart: what was taken
            away and has come back has to be read again.
    """

    snapshot: str | None = None
    days: Mapping[date, str] = field(default_factory=dict)
    requests: int = 0

    @classmethod
    def parse(cls, text: str | None) -> "Seen":
        """Read what ``dump`` wrote; anything else has seen nothing."""
        kept = json.loads(text or "{}")
        if "days" not in kept:
            return cls()
        days = {date.fromisoformat(day): signature for day, signature in kept["days"].items()}
        return cls(kept["snapshot"], days, kept["requests"])

    def dump(self) -> str:
        """Write it as text."""
        days = {day.isoformat(): signature for day, signature in sorted(self.days.items())}
        return json.dumps({"snapshot": self.snapshot, "days": days, "requests": self.requests})

    def changed_since(self, seen: "Seen", unread: Callable[[], Collection[date]]) -> list[date]:
        """Return the days that have other files than ``seen`` had, or none any more, ascending.

        Args:
            seen: what the tick before saw.
            unread: says which days have not been read as they are; asked about days that ``seen`` does not know.
        """
        other = {day for day in self.days.keys() | seen.days.keys() if self.days.get(day) != seen.days.get(day)}
        if other <= seen.days.keys():
            return sorted(other)
        never_read = set(unread())
        return sorted((other & (seen.days.keys() | never_read)) | (never_read - self.days.keys()))

    def without(self, days: Collection[date], seen: "Seen") -> "Seen":
        """Return the same with ``days`` as ``seen`` had them, so that the next tick finds them changed."""
        kept = {day: signature for day, signature in self.days.items() if day not in days}
        earlier = {day: signature for day, signature in seen.days.items() if day in days}
        return Seen(self.snapshot, kept | earlier, self.requests)

    def digest(self, first: date, last: date) -> str:
        """Hash the files of the days from ``first`` to ``last``."""
        return _short_hash(f"{day} {signature}" for day, signature in self.days.items() if first <= day <= last)


def spans(days: Iterable[date], *, longest: int, gap: int) -> list[tuple[date, date]]:
    """Fold days into few spans, each given by its first and last day.

    Args:
        days: in any order.
        longest: most days of a span.
        gap: most days that may lie between two of the same span without being asked for.
    """
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and (day - found[-1][1]).days <= gap + 1 and (day - found[-1][0]).days < longest:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def snapshot_signature(landing: Path) -> str | None:
    """Hash all files of the snapshots (catalogue, playlists, totals); None while there is none."""
    files = [
        file for name, source in SOURCES.items() if not source.is_dated for file in list_files(landing, name).files
    ]
    return _hash(files) if files else None


def daily_signatures(landing: Path) -> dict[date, str]:
    """Hash the files of each day of plays and acts, by day."""
    by_day: dict[date, list[LandingFile]] = defaultdict(list)
    for name, source in SOURCES.items():
        if source.is_dated:
            for file in list_files(landing, name).files:
                by_day[file.day].append(file)
    return {day: _hash(files) for day, files in by_day.items()}


def _hash(files: Iterable[LandingFile]) -> str:
    return _short_hash({f"{file.name}\t{file.size_bytes}\t{file.changed_at}" for file in files})


def _short_hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
