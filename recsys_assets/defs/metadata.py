"""What a person sees on an asset's page: columns, counts, a preview, a picture."""

import base64
import re
from typing import Any

import dagster as dg
import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import TableSchema
from recsys_assets.raw.tables import DETAIL, RAW_ROW

PREVIEW_ROWS = 8
PREVIEW_CHARACTERS = 48
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


def markdown_table(frame: pl.DataFrame) -> str:
    """Write a few rows as Markdown; text from outside can not break out of its cell."""
    if frame.is_empty():
        return "_no rows_"
    header = "| " + " | ".join(frame.columns) + " |\n|" + " --- |" * frame.width
    rows = ("| " + " | ".join(_cell(value) for value in row) + " |" for row in frame.rows())
    return "\n".join([header, *rows])


def _cell(value: object) -> str:
    if isinstance(value, list | pl.Series):
        items = list(value)
        shown = ", ".join(f"{item:.3f}" if isinstance(item, float) else str(item) for item in items[:3])
        text = f"[{shown}{', …' if len(items) > 3 else ''}]"
    elif isinstance(value, bytes):
        text = f"{len(value):,} bytes"
    else:
        text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    cut = flat if len(flat) <= PREVIEW_CHARACTERS else flat[: PREVIEW_CHARACTERS - 1] + "…"
    # Neither a link nor a picture, which whoever looks would fetch from an address that an outsider chose.
    return _MARKS.sub(r"\\\g<0>", cut).replace("<", "&lt;")


def picture(png: bytes, alt: str) -> dg.MetadataValue:
    """Embed a PNG in the asset's page."""
    return dg.MetadataValue.md(f"![{alt}](data:image/png;base64,{base64.b64encode(png).decode()})")
