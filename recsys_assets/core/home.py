"""Where everything lives: the folders under ``RECSYS_HOME``.

Only paths. Who reads the environment passes the value in (``defs.resources`` and ``cli``).
"""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = "data"


@dataclass(frozen=True)
class Home:
    """The folders of one installation; ``lake`` may be an object store's URL, everything else is local."""

    root: Path
    lake_url: str | None = None

    @classmethod
    def from_setting(cls, home: str | None, lake_url: str | None = None) -> "Home":
        """Make it from the values of ``RECSYS_HOME`` and ``RECSYS_LAKE``; unset or empty means ``data/`` here."""
        return cls(Path(home or DEFAULT_HOME).expanduser().resolve(), lake_url or None)

    @property
    def landing(self) -> Path:
        """What the outside drops."""
        return self.root / "landing"

    @property
    def lake(self) -> str:
        """Root of the Delta tables."""
        return self.lake_url or str(self.root / "lake")

    @property
    def warehouse(self) -> Path:
        """The DuckDB file with one view per table."""
        return self.root / "warehouse.duckdb"

    @property
    def exports(self) -> Path:
        """Playlists and tables for other programs."""
        return self.root / "exports"

    @property
    def demo_truth(self) -> Path:
        """What a demo world was planted with; only ``evaluation`` reads it."""
        return self.root / "demo_truth"

    @property
    def state(self) -> Path:
        """Locks and bookmarks of importers."""
        return self.root / "state"

    @property
    def forgotten(self) -> Path:
        """Digests of the listeners who asked to be forgotten."""
        return self.state / "forgotten"

    @property
    def map_page(self) -> Path:
        """The interactive map of the newest day."""
        return self.exports / "map.html"
