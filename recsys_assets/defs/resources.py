"""What the graph is given from outside. The only place of ``defs`` that reads the environment.

Resources are typed and hand out the plain objects of ``core``; domain code never sees a resource.
"""

import os
from collections.abc import Mapping

import dagster as dg

from recsys_assets.core.home import Home
from recsys_assets.core.lake import Lake
from recsys_assets.core.warehouse import SqlSettings, Warehouse

FIRST_DAY_DEFAULT = "2026-01-01"


def first_day_setting() -> str:
    """Return ``RECSYS_FIRST_DAY``: the first day that has a partition."""
    return os.environ.get("RECSYS_FIRST_DAY") or FIRST_DAY_DEFAULT


class HomeResource(dg.ConfigurableResource):
    """The folders of this installation, its lake and its warehouse."""

    root: str = ""
    lake_folder: str = ""

    @property
    def home(self) -> Home:
        """The folders; empty settings mean the environment's, then ``data/``."""
        return Home.from_setting(
            self.root or os.environ.get("RECSYS_HOME"), self.lake_folder or os.environ.get("RECSYS_LAKE")
        )

    @property
    def lake(self) -> Lake:
        """The Delta tables."""
        return Lake(self.home.lake)

    @property
    def warehouse(self) -> Warehouse:
        """The DuckDB catalogue over them."""
        return Warehouse(self.home.warehouse, self.lake)

    @property
    def is_demo(self) -> bool:
        """Whether the landing zone was made up: a gate on quality then warns and does not stop."""
        return self.home.demo_truth.exists()


class SqlResource(dg.ConfigurableResource):
    """What one query may use before it spills."""

    memory_limit: str = "4GB"
    threads: int = 2

    @property
    def settings(self) -> SqlSettings:
        """The plain settings."""
        return SqlSettings(memory_limit=self.memory_limit, threads=self.threads)


def production_resources() -> Mapping[str, object]:
    """Return the resources of a real installation by name."""
    from recsys_assets.defs.io_managers import LakeIOManager

    home = HomeResource()
    return {"home": home, "sql": SqlResource(), "lake_io": LakeIOManager(home=home)}
