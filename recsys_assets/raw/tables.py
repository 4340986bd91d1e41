"""What ``raw`` publishes, derived from the contract: accepted rows, refused rows and one line per file read."""

from collections.abc import Mapping

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import IDS, INSTANT, Column, TableSchema, columns
from recsys_assets.raw.contract import SOURCES, Kind, Source

GROUP = "raw"

DTYPES: Mapping[Kind, PolarsDataType] = {
    Kind.ID: pl.String,
    Kind.WORD: pl.String,
    Kind.NAME: pl.String,
    Kind.TEXT: pl.String,
    Kind.BODY: pl.String,
    Kind.INSTANT: INSTANT,
    Kind.DAY: pl.Date,
    Kind.COUNT: pl.Int64,
    Kind.FLAG: pl.Boolean,
    Kind.IDS: IDS,
    Kind.NAMES: IDS,
}

FILE = "file"
ROW_NUMBER = "row_number"
CHANGED_AT = "changed_at"
COLUMN = "column"
DETAIL = "detail"
RAW_ROW = "raw_row"


def _accepted(source: Source) -> TableSchema:
    return TableSchema(
        group=GROUP,
        name=f"raw_{source.name}",
        grain=source.grain,
        columns=tuple(
            Column(field.name, DTYPES[field.kind], field.meaning, is_nullable=not field.is_required)
            for field in source.fields
        ),
        key=source.key,
        partition=source.partition,
        personal=source.personal,
    )


def _rejected(source: Source) -> TableSchema:
    personal = (Column(source.personal, pl.String, "The listener, where the row tells."),) if source.personal else ()
    return TableSchema(
        group=GROUP,
        name=f"rejected_{source.name}",
        grain=f"One row per row of {source.name} that was refused.",
        columns=(
            *columns(
                (FILE, pl.String, "The landing file, relative to the landing zone.", False),
                (ROW_NUMBER, pl.Int64, "Which row of the file, from 1 (JSON Lines: the line).", False),
                (c.REASON, pl.String, "Why, in a form to count by.", False),
                (COLUMN, pl.String, "The column at fault, where it is one."),
                (DETAIL, pl.String, "Why, for people.", False),
                (RAW_ROW, pl.String, "The contract's columns of the row as JSON, at most 500 characters."),
            ),
            *personal,
        ),
        key=(FILE, ROW_NUMBER),
        partition=source.partition,
        personal=source.personal,
    )


def _landed(source: Source) -> TableSchema:
    return TableSchema(
        group=GROUP,
        name=f"landed_{source.name}",
        grain=f"One row per landing file of {source.name} that was read.",
        columns=columns(
            (FILE, pl.String, "The landing file, relative to the landing zone.", False),
            ("size_bytes", pl.Int64, "Its size.", False),
            (CHANGED_AT, INSTANT, "When it was last changed: with name and size, what tells it from another."),
            ("rows", pl.Int64, "Rows found in it, 0 for a file that could not be read.", False),
            ("taken", pl.Int64, "Rows accepted.", False),
            ("rejected", pl.Int64, "Rows refused.", False),
            ("duplicates", pl.Int64, "Exact repeats of another row, left out.", False),
            ("unknown_columns", IDS, "Columns outside of the contract, kept out.", False),
            ("error", pl.String, "Why the file could not be read, null for one that could."),
        ),
        key=(FILE,),
        partition=source.partition,
    )


RAW: Mapping[str, TableSchema] = {name: _accepted(source) for name, source in SOURCES.items()}
REJECTED: Mapping[str, TableSchema] = {name: _rejected(source) for name, source in SOURCES.items()}
LANDED: Mapping[str, TableSchema] = {name: _landed(source) for name, source in SOURCES.items()}

RAW_PLAYS = RAW["plays"]
RAW_FEEDBACK = RAW["feedback"]
RAW_ARTISTS = RAW["artists"]
RAW_TRACKS = RAW["tracks"]
RAW_ALBUMS = RAW["albums"]
RAW_PLAYLISTS = RAW["playlists"]
RAW_PLAYLIST_TRACKS = RAW["playlist_tracks"]
RAW_PLAY_COUNTS = RAW["play_counts"]

TABLES = (*RAW.values(), *REJECTED.values(), *LANDED.values())
