"""What a person sees on an asset's page: columns, counts, a preview, a picture."""

import base64
import re
from collections.abc import Iterable
from typing import Any

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import TableSchema
from recsys_assets.raw.tables import DETAIL, RAW_ROW

PREVIEW_ROWS = 8
PREVIEW_CHARACTERS = 48
# More than an excerpt of an article or an address has.
QUOTE_CHARACTERS = 400
_MARKS = re.compile(r"[\\|`\[\]!]")


def column_schema(schema: TableSchema) -> dg.TableSchema:
    """Write a table's columns as Dagster shows them."""
    nullable = {column.name: column.is_nullable for column in schema.columns}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                type=str(dtype),
                description=schema.descriptions[name],
                constraints=dg.TableColumnConstraints(nullable=nullable.get(name, False)),
            )
            for name, dtype in schema.dtypes.items()
        ]
    )


def version_metadata(written: TableVersion, preview: pl.DataFrame, delta_version: int) -> dict[str, Any]:
    """Describe what was just written: the partitions of this run only.

    Previews stay in Dagster's event log, where `recsys forget` does not reach: they name no listener.
    """
    if written.schema.personal:
        # A refused row is kept as text too, with the listener in it.
        named = [name for name in (written.schema.personal, RAW_ROW, DETAIL) if name in preview.columns]
        preview = preview.with_columns(pl.lit("(a listener)").alias(name) for name in named)
    return {
        "dagster/row_count": written.rows,
        "bytes": written.size_bytes,
        "delta_version": delta_version,
        "dagster/column_schema": column_schema(written.schema),
        "preview": dg.MetadataValue.md(markdown_table(preview)),
    }


def markdown_table(frame: pl.DataFrame, *, max_length: int = PREVIEW_CHARACTERS) -> str:
    """Write a few rows as Markdown; text from outside can not break out of its cell, and is cut at ``max_length``."""
    if frame.is_empty():
        return "_no rows_"
    header = "| " + " | ".join(frame.columns) + " |\n|" + " --- |" * frame.width
    rows = ("| " + " | ".join(_cell(value, max_length) for value in row) + " |" for row in frame.rows())
    return "\n".join([header, *rows])


def _cell(value: object, max_length: int) -> str:
    if isinstance(value, list | pl.Series):
        items = list(value)
        shown = ", ".join(f"{item:.3f}" if isinstance(item, float) else str(item) for item in items[:3])
        text = f"[{shown}{', …' if len(items) > 3 else ''}]"
    elif isinstance(value, bytes):
        text = f"{len(value):,} bytes"
    else:
        text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return _harmless(text, max_length)


def _harmless(text: str, max_length: int) -> str:
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    cut = flat if len(flat) <= max_length else flat[: max_length - 1] + "…"
    # Neither a link nor a picture, which whoever looks would fetch from an address that an outsider chose.
    return _MARKS.sub(r"\\\g<0>", cut).replace("<", "&lt;")


def markdown_quotes(quotes: Iterable[tuple[str, str, str]]) -> str:
    """Write sentences in full, each under whom it is about and with where it stands; an address shows and is no picture."""
    parts = [
        f"**{_harmless(who, PREVIEW_CHARACTERS)}**\n\n> {_harmless(said, QUOTE_CHARACTERS)}\n>\n"
        f"> {_harmless(where, QUOTE_CHARACTERS)}"
        for who, said, where in quotes
    ]
    return "\n\n".join(parts) or "_no sentence_"


def picture(png: bytes, alt: str) -> dg.MetadataValue:
    """Embed a PNG in the asset's page."""
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{base64.b64encode(png).decode()})")
