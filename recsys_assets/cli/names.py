"""Ids to names for people: titles and artists from the newest snapshot of the catalogue.

Only looking up. Names typed by people are resolved in ``latent``, which knows the space that they are looked up in.
"""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from recsys_assets.cold_start.tables import RECEIVED_AT, SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.schemas import TableSchema
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS


def newest(lake: Lake, schema: TableSchema, *, not_after: date | None = None) -> TableVersion:
    """Pin the newest partition of a table, or the newest that is not after a day; without any it has no rows."""
    table = lake.open(schema)
    days = [day for day in table.partitions if not_after is None or day <= not_after]
    return table.only(days[-1:])


def _submitted(lake: Lake, wanted: pl.Series, found: pl.Series) -> list[tuple[str, str, list[str] | None]]:
    """Return what was submitted of tracks that the catalogue does not have: id, title, names of artists."""
    missing = wanted.filter(~wanted.is_in(found.implode()))
    rows = lake.open(SUBMISSION_VERDICTS).scan().filter(pl.col(c.TRACK_ID).is_in(missing.implode()))
    newest_last = rows.sort(RECEIVED_AT).select(c.TRACK_ID, c.TITLE, "artist_names").collect() if len(missing) else None
    return [] if newest_last is None else newest_last.unique(c.TRACK_ID, keep="last").rows()


@dataclass(frozen=True)
class Names:
    """Titles and artists by id; an id that the catalogue does not have stands for itself."""

    titles: dict[str, str] = field(default_factory=dict)
    credits: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, lake: Lake, track_ids: pl.Series) -> "Names":
        """Look up these tracks only: a catalogue of millions is not read into memory for a page of names."""
        wanted = pl.DataFrame({c.TRACK_ID: track_ids.cast(pl.String).unique()}).lazy()
        tracks = newest(lake, RAW_TRACKS).scan().join(wanted, on=c.TRACK_ID, how="semi")
        found = tracks.select(c.TRACK_ID, c.TITLE, c.ARTIST_IDS).collect()
        artists = newest(lake, RAW_ARTISTS).scan().select(c.ARTIST_ID, c.NAME).collect()
        named = (
            found.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID))
            .explode(c.ARTIST_ID)
            .join(artists, on=c.ARTIST_ID, how="left", maintain_order="left")
            .with_columns(pl.coalesce(c.NAME, c.ARTIST_ID).alias(c.NAME))
            .drop_nulls(c.NAME)
            .group_by(c.TRACK_ID)
            .agg(pl.col(c.NAME).str.join(", "))
        )
        submitted = _submitted(lake, wanted.collect()[c.TRACK_ID], found[c.TRACK_ID])
        titles = {track: title for track, title, _ in submitted} | dict(found.select(c.TRACK_ID, c.TITLE).rows())
        credited = {track: ", ".join(names or []) for track, _, names in submitted} | dict(named.rows())
        return cls(titles, credited)

    def title(self, track_id: str) -> str:
        """Return the track's title, or its id."""
        return self.titles.get(track_id) or track_id

    def artist(self, track_id: str) -> str:
        """Return the names of the track's artists, or nothing."""
        return self.credits.get(track_id, "")
