"""What staged rows are left out for what other rows and the catalogue say, decided in DuckDB (``sql/raw``).

The second half of ``ingest``. Queries see hashes, ids and lineages only, and spill to the working folder.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.lake import DataFile, TableVersion
from recsys_assets.core.schemas import Column, TableSchema
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.raw.contract import Reason, Source
from recsys_assets.raw.stage import DAY, HASHES, LINEAGE, LINEAGE_SHIFT, Staged
from recsys_assets.raw.tables import COLUMN, DETAIL, GROUP, RAW

Catalogue = Mapping[str, TableVersion | pl.DataFrame]
# Which catalogue knows the ids of a column.
_CATALOGUES = {c.TRACK_ID: "tracks", c.ARTIST_ID: "artists", c.PLAYLIST_ID: "playlists"}
_KEY_HASHES = ("key_hash_a", "key_hash_b")


def staged_rows(source: Source, parts: list[Path]) -> pl.LazyFrame:
    """Return the staged rows of all files."""
    if parts:
        return pl.scan_parquet(parts, glob=False, hive_partitioning=False)
    return pl.LazyFrame(schema=staged_dtypes(source))


def staged_dtypes(source: Source) -> dict[str, PolarsDataType]:
    """Return the columns of staged rows."""
    own = {name: dtype for name, dtype in RAW[source.name].dtypes.items() if name != source.partition}
    return own | {LINEAGE: pl.Int64(), DAY: pl.Date(), HASHES[0]: pl.UInt64(), HASHES[1]: pl.UInt64()}


_VERDICTS: dict[str, PolarsDataType] = {
    LINEAGE: pl.Int64(),
    c.REASON: pl.String(),
    COLUMN: pl.String(),
    DETAIL: pl.String(),
}


def decide(source: Source, staged: list[Staged], catalogue: Catalogue, folder: Path) -> pl.DataFrame:
    """Decide on the staged rows by each other and by the catalogue.

    Returns:
        One row per staged row that is left out: lineage, reason (null: an exact repeat), column and detail.
    """
    verdicts = pl.DataFrame(schema=_VERDICTS)
    parts = [part for outcome in staged for part in outcome.parts]
    if not parts:
        return verdicts
    settings = SqlSettings(temp_directory=str(folder))
    repeats = run_sql(
        "raw/repeated_rows", inputs={"staged": _as_table([LINEAGE, DAY, *HASHES], parts)}, settings=settings
    )
    verdicts = _add(verdicts, repeats)
    unknown = _unknown_ids(source, parts, catalogue, settings)
    if unknown is not None:
        verdicts = _add(verdicts, _name_unknown(unknown))
    if source.key:
        inputs = {"staged": _key_parts(source, parts, folder), "left_out": verdicts.select(LINEAGE)}
        repeated = run_sql("raw/repeated_keys", inputs=inputs, settings=settings)
        verdicts = _add(verdicts, _name_repeated(repeated, source.key, [o.file.feed for o in staged]))
    return verdicts.sort(LINEAGE)


def _add(verdicts: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    # What is decided already keeps its first reason.
    padded = found.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in _VERDICTS.items() if name not in found.columns
    )
    return pl.concat([verdicts, padded.select(*_VERDICTS).join(verdicts, on=LINEAGE, how="anti")])


def _name_unknown(found: pl.DataFrame) -> pl.DataFrame:
    # A row may lack its track and its playlist: one reason is enough.
    once = found.unique(LINEAGE, keep="first", maintain_order=True)
    detail = pl.format("{} is in no state of the catalogue that has been read", pl.col("id_column"))
    return once.select(LINEAGE, reason=pl.lit(Reason.UNKNOWN_ID.value), column="id_column", detail=detail)


def _name_repeated(found: pl.DataFrame, key: Sequence[str], feeds: Sequence[str]) -> pl.DataFrame:
    """Say what is wrong with a key that is used twice: nothing, when another feed knows it too."""
    file_of = pl.DataFrame({"number": range(len(feeds)), "feed": feeds}, schema={"number": pl.Int64, "feed": pl.String})
    numbered = found.with_columns(
        number=pl.col(LINEAGE) // (1 << LINEAGE_SHIFT), first_number=pl.col("first_lineage") // (1 << LINEAGE_SHIFT)
    )
    joined = numbered.join(file_of, on="number").join(
        file_of.rename({"number": "first_number", "feed": "first_feed"}), on="first_number"
    )
    place = pl.when(pl.col("number") == pl.col("first_number")).then(pl.lit("this")).otherwise(pl.lit("an earlier"))
    row = pl.col("first_lineage") & ((1 << LINEAGE_SHIFT) - 1)
    detail = pl.format("{} was used by row {} of {} file", pl.lit(", ".join(key)), row, place)
    is_fault = pl.col("feed") == pl.col("first_feed")
    return joined.select(
        LINEAGE,
        reason=pl.when(is_fault).then(pl.lit(Reason.DUPLICATE_KEY.value)),
        column=pl.when(is_fault).then(pl.lit(key[0])),
        detail=pl.when(is_fault).then(detail),
    )


def _as_table(names: list[str], parts: list[Path]) -> TableVersion:
    """Present staged files to the warehouse as a pinned table with these columns."""
    listed = tuple(Column(name, pl.String, "as staged") for name in names)
    schema = TableSchema(GROUP, "staged", "One row per staged row.", listed)
    # The count only has to say that the file is to be read.
    return TableVersion(schema, 0, tuple(DataFile(str(part), 1, 0, None) for part in parts))


def _key_parts(source: Source, parts: list[Path], folder: Path) -> TableVersion:
    keyed = folder / "keys.parquet"
    staged_rows(source, parts).select(
        LINEAGE,
        DAY,
        pl.struct(source.key).hash(seed=1).alias(_KEY_HASHES[0]),
        pl.struct(source.key).hash(seed=2).alias(_KEY_HASHES[1]),
    ).sink_parquet(keyed)
    return _as_table([LINEAGE, DAY, *_KEY_HASHES], [keyed])


def _unknown_ids(source: Source, parts: list[Path], catalogue: Catalogue, settings: SqlSettings) -> pl.DataFrame | None:
    """Look ids up in every state of the catalogue that has been read, whatever day it arrived on.

    A track that is new tonight is played before the catalogue that names it arrives, and one that was taken out was
    known when it was played. An id is no knowledge that a model could take from the future.
    """
    known: dict[str, TableVersion | pl.DataFrame] = {}
    is_any_known = False
    for column, name in _CATALOGUES.items():
        table = catalogue.get(name) if column in source.references else None
        is_empty = table is None or not (table.rows if isinstance(table, TableVersion) else table.height)
        known[f"known_{name}"] = pl.DataFrame(schema={column: pl.String}) if is_empty or table is None else table
        is_any_known |= not is_empty
    if not is_any_known:
        return None
    lacking = [column for column in _CATALOGUES if column not in source.references]
    asked = staged_rows(source, parts).select(
        LINEAGE, *source.references, *(pl.lit(None, pl.String).alias(column) for column in lacking)
    )
    thin = parts[0].parent / "references.parquet"
    asked.sink_parquet(thin)
    staged = _as_table([LINEAGE, *_CATALOGUES], [thin])
    return run_sql("raw/unknown_ids", inputs={"staged": staged, **known}, settings=settings)
