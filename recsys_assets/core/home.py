"""Where everything lives: the folders under ``RECSYS_HOME``.

Only paths. Who reads the environment passes the value in (``defs.resources`` and ``cli``).
"""

from dataclasses import dataclass
from pathlib import Path

from recsys_assets.core.errors import InvalidArgumentError

DEFAULT_HOME = "data"


@dataclass(frozen=True)
class Home:
    """The folders of one installation. ``lake_folder`` is None where the lake is below the root like the others."""

    root: Path
    lake_folder: Path | None = None

    @classmethod
    def from_setting(cls, home: str | None, lake: str | None = None) -> "Home":
        """Make it from the values of ``RECSYS_HOME`` and ``RECSYS_LAKE``; unset or empty means ``data/`` here.

        Raises:
            InvalidArgumentError: ``lake`` is a URL. Tables in an object store would need DuckDB's httpfs extension and
                its secrets for every query, and a lock between writers; neither is there.
        """
        if lake and "://" in lake:
            raise InvalidArgumentError(
                f"RECSYS_LAKE is {lake}: a lake in an object store is not supported, name a folder"
            )
        return cls(_absolute(home or DEFAULT_HOME), _absolute(lake) if lake else None)

    @property
    def landing(self) -> Path:
        """What the outside drops."""
        return self.root / "landing"

    @property
    def lake(self) -> str:
        """Root of the Delta tables."""
        return str(self.lake_folder or self.root / "lake")

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
    def settings(self) -> Path:
        """What this installation sets otherwise than we do."""
        return self.root / "settings.toml"

    @property
    def press(self) -> Path:
        """The made-up press of a demo world."""
        return self.root / "press"

    @property
    def own_sources(self) -> Path:
        """The list of sources that this installation crawls."""
        return self.root / "sources.yaml"

    @property
    def sources(self) -> Path:
        """The list that is crawled: the installation's own where there is one, otherwise that of a demo's press."""
        return self.own_sources if self.own_sources.exists() else self.press / "sources.yaml"

    @property
    def warc(self) -> Path:
        """Answers of sites as they came, of crawls that were asked to keep them."""
        return self.root / "warc"

    @property
    def map_page(self) -> Path:
        """The interactive map of the newest day."""
        return self.exports / "map.html"


def _absolute(setting: str) -> Path:
    return Path(setting).expanduser().resolve()
