"""The published anchors: which follows which, which serves which day, and what is missing when one is not there.

Only reading. Making weeks and days of the space is ``making``, fitting ``space``.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError, VersionMismatchError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.windows import monday_of
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.space_tables import SpaceTables, from_tables
from recsys_assets.latent.tables import ANCHOR_TABLES

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Anchors:
    """The published anchors, all weeks: the tables of ``ANCHOR_TABLES`` without the trials."""

    users: TableVersion
    tracks: TableVersion
    artists: TableVersion
    params: TableVersion

    @classmethod
    def open(cls, lake: Lake) -> "Anchors":
        """Pin the anchors as they are now."""
        return cls(*(lake.open(table) for table in ANCHOR_TABLES[:4]))

    def params_of(self, week: date) -> FactoriseParams | None:
        """Read the hyperparameters of a week; None where its anchor was not made."""
        row = self.params.only([week]).read()
        return None if row.is_empty() else FactoriseParams.model_validate_json(row["params"].item())

    def version_of(self, week: date) -> str:
        """Read the name of a week's space.

        Raises:
            MissingInputError: its anchor was not made.
        """
        row = self.params.only([week]).read()
        if row.is_empty():
            raise MissingInputError(make_first(week, "the week's ranker belongs to it"))
        return row[c.SPACE_VERSION].item()

    def read(self, week: date) -> LatentSpace | None:
        """Read the anchor of ``week``; None where it was not made.

        Raises:
            VersionMismatchError: its tables are of different makings.
        """
        row = self.params.only([week]).read()
        if row.is_empty():
            return None
        params = FactoriseParams.model_validate_json(row["params"].item())
        users, tracks, artists = (t.only([week]).read() for t in (self.users, self.tracks, self.artists))
        if users.is_empty():
            return empty_space(params, row[c.SPACE_VERSION].item())
        space = from_tables(SpaceTables(users, tracks, artists), params)
        if space.space_version != row[c.SPACE_VERSION].item():
            raise VersionMismatchError(
                f"the anchor of {week} has vectors of {space.space_version} and parameters of "
                f"{row[c.SPACE_VERSION].item()}: make it again"
            )
        return space

    def serving(self, day: date) -> LatentSpace:
        """Read the anchor of the week that ``day`` is in.

        Raises:
            MissingInputError: it was not made; the message says how.
        """
        week = monday_of(day)
        anchor = self.read(week)
        if anchor is None:
            raise MissingInputError(make_first(week, f"the space of {day} starts from it"))
        return anchor

    def before(self, week: date) -> LatentSpace | None:
        """Read the anchor that ``week``'s is turned onto; None for the very first.

        Raises:
            MissingInputError: the week before was not made though earlier ones were: turning onto an older one would
                make the space of a week depend on the order in which weeks were made.
        """
        previous = self.read(week - WEEK)
        if previous is None and any(made < week - WEEK for made in self.params.partitions):
            raise MissingInputError(make_first(week - WEEK, f"the anchor of {week} is turned onto it"))
        return previous


def make_first(week: date, why: str) -> str:
    """Say that a week's anchor is missing, why it is needed and how to make it."""
    return (
        f"no anchor for the week of Monday {week}, and {why}. Make it first: "
        f"dagster job backfill -j monday --partitions {week} --noprompt"
    )


def empty_space(params: FactoriseParams, version: str) -> LatentSpace:
    """Return the space of a week or day in which nobody heard anything."""
    nothing, nobody = np.empty((0, params.embedding_size), dtype=np.float32), IdMap.of([])
    return LatentSpace(nothing, nothing, nothing, nobody, nobody, nobody, params, version)
