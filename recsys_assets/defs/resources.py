"""What the graph is given from outside. The only place of ``defs`` that reads the environment.

Resources are typed and hand out the plain objects of ``core``; domain code never sees a resource.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from pydantic import BaseModel, ValidationError

from recsys_assets.cold_start.first_listeners import FirstListenersParams
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.placing import PlacingParams
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.home import Home
from recsys_assets.core.lake import Lake
from recsys_assets.core.sections import faults_of
from recsys_assets.core.warehouse import SqlSettings, Warehouse
from recsys_assets.corpus.encoder import EncoderParams
from recsys_assets.defs import sqlite_speed
from recsys_assets.mixes.catalogue import EligibilityParams
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.raw.gates import LandingGateParams

FIRST_DAY_DEFAULT = "2026-01-01"


def first_day_setting() -> str:
    """Return ``RECSYS_FIRST_DAY``: the first day that has a partition."""
    return os.environ.get("RECSYS_FIRST_DAY") or FIRST_DAY_DEFAULT


class Settings(BaseModel, frozen=True, extra="forbid"):
    """What several steps have to agree on, and so is set once and not per run: the sections of ``settings.toml``.

    Evidence is weighed for the day, the anchor, the metrics and both mixes: with two sets of weights the figures would
    judge another space than the one that listeners get. In the same way a preview shows what the day will make, and a gate
    judges a mix by the rules that it was made with.
    """

    confidence: ConfidenceParams = ConfidenceParams()
    encoder: EncoderParams = EncoderParams()
    landing_gates: LandingGateParams = LandingGateParams()
    submissions: SubmissionParams = SubmissionParams()
    placing: PlacingParams = PlacingParams()
    first_listeners: FirstListenersParams = FirstListenersParams()
    eligibility: EligibilityParams = EligibilityParams()

    @classmethod
    def read(cls, path: Path) -> "Settings":
        """Read the file; one that is not there sets nothing.

        Raises:
            InvalidArgumentError: it is not TOML, or sets what is not there or out of bounds; all faults at once.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except ValidationError as error:
            raise InvalidArgumentError(f"{path}: {faults_of(error)}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidArgumentError(f"{path} is not TOML: {error}") from error


class HomeResource(dg.ConfigurableResource):
    """The folders of this installation, its lake and its warehouse."""

    root: str = ""
    lake_folder: str = ""

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        """Every run uses this resource: its process, and none that only loads the graph, writes events fast."""
        sqlite_speed.install()

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
    def settings(self) -> Settings:
        """What this installation sets otherwise than we do."""
        return Settings.read(self.home.settings)

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
