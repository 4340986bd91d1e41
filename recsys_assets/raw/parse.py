"""One column of a file, of whatever type it has there, to the contract's type: null where it can not be read.

Expressions over ``raw:<name>`` columns, never raising. Which null is a fault, and which value, is ``validate``.
"""

from collections.abc import Callable

import orjson
import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core.schemas import INSTANT
from recsys_assets.raw.contract import Field, Kind, Source
from recsys_assets.raw.tables import DTYPES

RAW_PREFIX = "raw:"
# Seconds since 1970 reach 1e11 in the year 5138; numbers above are the milliseconds that JavaScript writes.
FIRST_EPOCH_MS = 100_000_000_000
LAST_EPOCH_MS = 100_000_000_000_000


def typed_columns(source: Source, dtypes: dict[str, PolarsDataType]) -> list[pl.Expr]:
    """Read each column of the contract as its own type, null where that can not be done or the file has no such column.

    Args:
        source: the contract.
        dtypes: the types of the ``raw:`` columns that the frame has, by the contract's name.
    """
    return [
        (_typed(field, dtypes[field.name]) if field.name in dtypes else pl.lit(None, DTYPES[field.kind])).alias(
            field.name
        )
        for field in source.fields
    ]


def unreadable_types(source: Source, dtypes: dict[str, PolarsDataType]) -> list[str]:
    """Name the columns whose type in the file can not be read as the contract's, for the whole file at once."""
    return [
        f"{field.name} is {dtypes[field.name]}, expected {field.kind.value}"
        for field in source.fields
        if field.name in dtypes and not _is_readable(field.kind, dtypes[field.name])
    ]


def raw_column(field: Field) -> pl.Expr:
    """The column as the file has it."""
    return pl.col(f"{RAW_PREFIX}{field.name}")


def _is_readable(kind: Kind, dtype: PolarsDataType) -> bool:
    if dtype in {pl.String, pl.Null} or isinstance(dtype, pl.Categorical | pl.Enum):
        return True
    is_whole = dtype.is_integer()
    return {
        Kind.INSTANT: is_whole or dtype.is_float() or isinstance(dtype, pl.Datetime | pl.Date),
        Kind.DAY: is_whole or isinstance(dtype, pl.Datetime | pl.Date),
        Kind.COUNT: is_whole or dtype.is_float(),
        Kind.FLAG: is_whole or dtype == pl.Boolean,
        Kind.IDS: isinstance(dtype, pl.List),
        Kind.NAMES: isinstance(dtype, pl.List),
    }.get(kind, is_whole)


def _typed(field: Field, dtype: PolarsDataType) -> pl.Expr:
    raw = raw_column(field)
    if isinstance(dtype, pl.Categorical | pl.Enum) or dtype == pl.Null:
        raw, dtype = raw.cast(pl.String), pl.String()
    readers: dict[Kind, Callable[[pl.Expr, PolarsDataType], pl.Expr]] = {
        Kind.INSTANT: _instant, Kind.DAY: _day, Kind.COUNT: whole_number, Kind.FLAG: _flag, Kind.IDS: _list,
        Kind.NAMES: _list,
    }  # fmt: skip
    value = readers.get(field.kind, _text)(raw, dtype)
    if field.zero_is_unknown:
        value = pl.when(value != 0).then(value)
    return value


def _text(raw: pl.Expr, dtype: PolarsDataType) -> pl.Expr:
    text = raw if dtype == pl.String else raw.cast(pl.String)
    return pl.when(text != "").then(text)


def whole_number(raw: pl.Expr, dtype: PolarsDataType) -> pl.Expr:
    """Read whole numbers, also from text and from floats without a fraction."""
    if dtype.is_integer():
        return raw.cast(pl.Int64, strict=False)
    number = raw.cast(pl.Float64, strict=False)
    whole = pl.when(number == number.floor()).then(number).cast(pl.Int64, strict=False)
    return pl.coalesce(raw.cast(pl.Int64, strict=False), whole) if dtype == pl.String else whole


def _flag(raw: pl.Expr, dtype: PolarsDataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return raw
    text = raw.cast(pl.String).str.to_lowercase()
    return (
        pl.when(text.is_in(["true", "1"])).then(statement=True).when(text.is_in(["false", "0"])).then(statement=False)
    )


def _day(raw: pl.Expr, dtype: PolarsDataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime | pl.Date):
        return raw.cast(pl.Date)
    text = raw.cast(pl.String)
    # MusicBrainz and Spotify give a year or a month where they know no more.
    full = text.str.replace(r"^(\d{4})$", "${1}-01-01").str.replace(r"^(\d{4}-\d{2})$", "${1}-01")
    return full.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$").str.to_date("%Y-%m-%d", strict=False)


def _instant(raw: pl.Expr, dtype: PolarsDataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        aware = raw.dt.convert_time_zone("UTC") if dtype.time_zone else raw.dt.replace_time_zone("UTC")
        return aware.cast(INSTANT)
    if dtype == pl.Date:
        return raw.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if dtype.is_integer() or dtype.is_float():
        return _epoch(raw.cast(pl.Float64) if dtype.is_float() else raw.cast(pl.Int64, strict=False))
    text = raw.str.replace(" ", "T", literal=True)
    text = pl.when(text.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(text + "T00:00:00").otherwise(text)
    # The offset's minutes may be left out and so may the seconds; no offset means UTC.
    zoned = pl.when(text.str.contains(r"T.*(?:[zZ]|[+-]\d{2}:?(?:\d{2})?)$")).then(text).otherwise(text + "Z")
    parsed = [
        zoned.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
        for form in ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
    ]
    return pl.coalesce(*parsed, _epoch(raw.cast(pl.Float64, strict=False)))


def _epoch(number: pl.Expr) -> pl.Expr:
    is_seconds, is_ms = number.abs() < FIRST_EPOCH_MS, number.abs() < LAST_EPOCH_MS
    micros = pl.when(is_seconds).then(number * 1_000_000).when(is_ms).then(number * 1_000)
    return micros.round().cast(pl.Int64, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _list(raw: pl.Expr, dtype: PolarsDataType) -> pl.Expr:
    if dtype == pl.String:
        return raw.map_batches(_split, return_dtype=pl.List(pl.String), is_elementwise=True)
    return raw.cast(pl.List(pl.String), strict=False)


def _split(texts: pl.Series) -> pl.Series:
    return pl.Series(texts.name, [_split_one(text) for text in texts], dtype=pl.List(pl.String))


def _split_one(text: str | None) -> list[str] | None:
    if not text:
        return None
    if not text.startswith("["):
        return [part.strip() for part in text.split(";")]
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return values if all(isinstance(value, str) for value in values) else None
