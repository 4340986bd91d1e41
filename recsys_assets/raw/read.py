"""Landing files to frames with the contract's columns under ``raw:<name>``, a portion at a time.

Parquet and well-formed CSV stay lazy, so that a file larger than memory is streamed. JSON Lines, packed files and CSV
that the fast reader refuses go line by line, so that one broken line costs one row. Judging values is ``validate``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core.errors import DataFaultError
from recsys_assets.raw.contract import Kind, Reason, Source
from recsys_assets.raw.csv_rows import BrokenRow, csv_rows
from recsys_assets.raw.discover import LandingFile
from recsys_assets.raw.lines import MAX_LINE_BYTES, Line, lines, opened
from recsys_assets.raw.parse import RAW_PREFIX, unreadable_types
from recsys_assets.raw.tables import ROW_NUMBER
from recsys_assets.raw.validate import FAULT, RAW_LINE, RAW_ROW_CHARS

# Rows turned into a frame at once on the line-by-line path: some 30 MB of Python objects.
PORTION_ROWS = 50_000
_ROW = f"{RAW_PREFIX}#"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Portion:
    """A part of a file.

    Attributes:
        frame: ``row_number`` from 1, ``raw:<name>`` columns, and ``fault`` and ``raw_line`` on the line-by-line path.
        dtypes: type of each ``raw:`` column by the contract's name, and of ``fault`` where it is there.
        unknown: columns outside of the contract.
    """

    frame: pl.LazyFrame
    dtypes: dict[str, PolarsDataType]
    unknown: frozenset[str] = field(default_factory=frozenset)


def portions(file: LandingFile, source: Source, *, line_by_line: bool = False) -> Iterator[Portion]:
    """Read a file as frames.

    Args:
        file: what to read.
        source: whose columns to look for.
        line_by_line: read CSV the slow way, which survives broken lines.

    Raises:
        DataFaultError: the file as a whole is not what the contract says.
        OSError, polars errors: it can not be read.
    """
    if file.refusal:
        raise DataFaultError(file.refusal)
    if file.kind == "jsonl":
        yield from _json_portions(file, source)
    elif file.size_bytes == 0:
        raise DataFaultError("the file is empty (0 bytes)")
    elif file.kind == "parquet":
        scan = pl.scan_parquet(file.path, row_index_name=_ROW, glob=False, hive_partitioning=False)
        yield _lazy_portion(scan, source)
    elif file.packing or line_by_line:
        yield from _csv_portions(file, source)
    else:
        scan = pl.scan_csv(file.path, infer_schema=False, row_index_name=_ROW, glob=False)
        yield _lazy_portion(scan, source)


def _lazy_portion(scan: pl.LazyFrame, source: Source) -> Portion:
    schema = scan.collect_schema()
    found = [name for name in schema if name != _ROW]
    _require_columns(source, found)
    known = [entry.name for entry in source.fields if entry.name in schema]
    dtypes: dict[str, PolarsDataType] = {name: schema[name] for name in known}
    wrong = unreadable_types(source, dtypes)
    if wrong:
        raise DataFaultError(f"columns of another type: {'; '.join(wrong)}")
    frame = scan.select(
        (pl.col(_ROW).cast(pl.Int64) + 1).alias(ROW_NUMBER),
        *(pl.col(name).alias(f"{RAW_PREFIX}{name}") for name in known),
    )
    return Portion(frame, dtypes, frozenset(found) - set(known))


def _require_columns(source: Source, found: list[str]) -> None:
    missing = [name for name in source.required if name not in found]
    if missing:
        shown = ", ".join(name[:100] for name in found[:20])
        raise DataFaultError(f"required columns are missing: {', '.join(missing)}; found {shown}")


Record = tuple[int, str | None, str | None, list[str | None] | None]


def _frame(source: Source, records: list[Record], unknown: set[str]) -> Portion:
    names = [entry.name for entry in source.fields]
    nothing: list[str | None] = [None] * len(names)
    columns = zip(*(values or nothing for *_, values in records), strict=True)
    data: dict[str, pl.Series] = {
        ROW_NUMBER: pl.Series([number for number, *_ in records], dtype=pl.Int64),
        FAULT: pl.Series([fault for _, fault, *_ in records], dtype=pl.String),
        RAW_LINE: pl.Series([raw for _, _, raw, _ in records], dtype=pl.String),
    }
    for name, values in zip(names, columns, strict=True):
        data[f"{RAW_PREFIX}{name}"] = pl.Series(values, dtype=pl.String)
    dtypes: dict[str, PolarsDataType] = dict.fromkeys([*names, FAULT], pl.String())
    return Portion(pl.DataFrame(data).lazy(), dtypes, frozenset(unknown))


def _json_portions(file: LandingFile, source: Source) -> Iterator[Portion]:
    kinds = {entry.name: entry.kind for entry in source.fields}
    records: list[Record] = []
    unknown: set[str] = set()
    with opened(file.path, file.packing) as stream:
        for line in lines(stream):
            if line.content is not None and not line.content.strip():
                continue
            records.append(_json_record(line, kinds, unknown))
            if len(records) == PORTION_ROWS:
                yield _frame(source, records, unknown)
                records = []
    if records:
        yield _frame(source, records, unknown)


def _json_record(line: Line, kinds: dict[str, Kind], unknown: set[str]) -> Record:
    if line.content is None:
        return line.number, Reason.HUGE_LINE.value, f"more than {MAX_LINE_BYTES:,} bytes", None
    content = line.content.removeprefix(_BOM) if line.number == 1 else line.content
    try:
        entry = orjson.loads(content)
    except orjson.JSONDecodeError:
        entry = None
    if not isinstance(entry, dict):
        text = content.decode("utf-8", errors="replace")
        is_utf8 = text.encode("utf-8") == content
        return line.number, (Reason.BROKEN_JSON if is_utf8 else Reason.BROKEN_UTF8).value, text[:RAW_ROW_CHARS], None
    # Names of columns are kept for the report; a hostile file may have a million of them.
    if len(entry) > len(kinds) or not entry.keys() <= kinds.keys():
        unknown.update(name[:100] for name in list(entry.keys() - kinds.keys())[:50] if len(unknown) < 200)
    values: list[str | None] = []
    fault: str | None = None
    for name, kind in kinds.items():
        value = entry.get(name)
        if value is None or type(value) is str:
            values.append(value)
        elif _fits(kind, value):
            values.append(_scalar_text(value))
        else:
            values.append(orjson.dumps(value)[: 4 * RAW_ROW_CHARS].decode("utf-8", errors="replace"))
            fault = fault or f"{Reason.WRONG_TYPE.value}|{name}"
    return line.number, fault, None, values


def _fits(kind: Kind, value: object) -> bool:
    if kind in {Kind.IDS, Kind.NAMES}:
        return isinstance(value, list)
    if kind == Kind.FLAG:
        return isinstance(value, bool | int)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if kind in {Kind.COUNT, Kind.INSTANT}:
        return is_whole or isinstance(value, float)
    return is_whole


def _scalar_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, list) else str(value)


def _csv_portions(file: LandingFile, source: Source) -> Iterator[Portion]:
    with opened(file.path, file.packing) as stream:
        rows = csv_rows(lines(stream))
        header = next(rows, None)
        header = header if isinstance(header, list) else []
        _require_columns(source, header)
        unknown = set(header) - {entry.name for entry in source.fields}
        places = [header.index(entry.name) if entry.name in header else None for entry in source.fields]
        records: list[Record] = []
        for number, row in enumerate(rows, start=1):
            records.append(_csv_record(number, row, places, len(header)))
            if len(records) == PORTION_ROWS:
                yield _frame(source, records, unknown)
                records = []
    if records:
        yield _frame(source, records, unknown)


def _csv_record(number: int, row: list[str] | BrokenRow, places: list[int | None], width: int) -> Record:
    if isinstance(row, BrokenRow) and row.reason is Reason.HUGE_LINE:
        return number, row.reason.value, f"more than {MAX_LINE_BYTES:,} bytes", None
    fields = [row.text] if isinstance(row, BrokenRow) else row
    shown = ",".join(part[:RAW_ROW_CHARS] for part in fields)
    raw = shown.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")[:RAW_ROW_CHARS]
    if not _is_utf8(fields):
        return number, Reason.BROKEN_UTF8.value, raw, None
    if isinstance(row, BrokenRow) or len(row) != width:
        return number, Reason.BROKEN_CSV.value, raw, None
    return number, None, None, [row[place] if place is not None else None for place in places]


def _is_utf8(fields: list[str]) -> bool:
    try:
        for part in fields:
            part.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
