"""Why a row is refused, as Polars expressions over what the file holds and what was read from it.

One row at a time only: what depends on other rows (repeats, unknown ids) is ``ingest`` and ``sql/raw``. The frame that
comes in has the contract's columns under ``raw:<name>``, as text or as any type that Parquet knows, and ``fault`` where
the line could not even be split into columns.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl
from polars._typing import PolarsDataType

from recsys_assets.core.windows import day_window, midnight
from recsys_assets.raw import contract
from recsys_assets.raw.contract import Field, Kind, Reason, Source
from recsys_assets.raw.parse import raw_column, whole_number

FAULT = "fault"
RAW_LINE = "raw_line"
RAW_ROW_CHARS = 500

_MAX_CHARS = {
    Kind.ID: contract.MAX_ID_CHARS,
    Kind.WORD: contract.MAX_WORD_CHARS,
    Kind.NAME: contract.MAX_NAME_CHARS,
    Kind.TEXT: contract.MAX_TEXT_CHARS,
    Kind.BODY: contract.MAX_BODY_CHARS,
}
_CONTROL = r"\p{Cc}"


@dataclass(frozen=True)
class Rule:
    """One way to be refused: which rows, why, and what to say. The first rule that holds is the one reported."""

    reason: Reason
    column: str | None
    holds: pl.Expr
    detail: pl.Expr


def rules(source: Source, dtypes: dict[str, PolarsDataType], *, day: date, now: datetime | None) -> list[Rule]:
    """List what makes a row of ``source`` refused, over the ``raw:`` columns and the typed ones together.

    Args:
        source: the contract.
        dtypes: the types of the ``raw:`` columns, by the contract's name.
        day: the day of the folder, or of the arrival.
        now: the instant of the run; nothing can have happened later. None: the end of ``day`` is the limit.
    """
    found: list[Rule] = []
    if FAULT in dtypes:
        for reason, detail in _LINE_FAULTS.items():
            holds = pl.col(FAULT).str.split("|").list.first() == reason.value
            found.append(Rule(reason, None, holds, pl.lit(detail)))
        wrong = pl.col(FAULT).str.starts_with(f"{Reason.WRONG_TYPE.value}|")
        detail = pl.format(
            "{} holds another JSON type than the contract says", pl.col(FAULT).str.split("|").list.last()
        )
        found.append(Rule(Reason.WRONG_TYPE, None, wrong, detail))
    for field in source.fields:
        found.extend(_field_rules(field, field.name in dtypes, dtypes.get(field.name, pl.String)))
    if source.one_of:
        nothing = pl.all_horizontal(pl.col(name).is_null() for name in source.one_of)
        found.append(_rule(Reason.MISSING, source.one_of[0], nothing, f"one of {', '.join(source.one_of)} is needed"))
    for field in source.fields:
        found.extend(_time_rules(source, field, day=day, now=now))
    return found


_LINE_FAULTS = {
    Reason.BROKEN_UTF8: "the line is not UTF-8",
    Reason.BROKEN_JSON: "the line is not one JSON object (half-written?)",
    Reason.BROKEN_CSV: "the line has more or fewer fields than the header, or a quote that is not closed",
    Reason.HUGE_LINE: "the line is longer than the limit and was not read",
}


def raw_row(columns: list[tuple[str, str]], dtypes: dict[str, PolarsDataType]) -> pl.Expr:
    """Write the given columns as JSON of at most 500 characters, without building huge texts on the way.

    Args:
        columns: pairs of (column of the frame, name in the JSON).
        dtypes: the type of each column of the frame.
    """
    parts = []
    for column, name in columns:
        value = pl.col(column)
        if dtypes[column] == pl.String:
            value = value.str.slice(0, RAW_ROW_CHARS)
        elif isinstance(dtypes[column], pl.List):
            value = value.list.head(20)
        elif isinstance(dtypes[column], pl.Datetime | pl.Date):
            value = value.cast(pl.String)
        parts.append(value.alias(name))
    if not parts:
        return pl.lit(None, pl.String)
    return pl.struct(parts).struct.json_encode().str.slice(0, RAW_ROW_CHARS)


def _rule(reason: Reason, column: str, holds: pl.Expr, detail: str) -> Rule:
    return Rule(reason, column, holds.fill_null(value=False), pl.lit(detail))


def _field_rules(field: Field, is_there: bool, dtype: PolarsDataType) -> list[Rule]:
    if not is_there:
        return []
    value, raw = pl.col(field.name), raw_column(field)
    given = raw.is_not_null() & (raw != "") if dtype == pl.String else raw.is_not_null()
    is_list = field.kind in {Kind.IDS, Kind.NAMES}
    found: list[Rule] = []
    if field.is_required:
        missing = ~given | (value.list.len() == 0).fill_null(value=False) if is_list else ~given
        found.append(_rule(Reason.MISSING, field.name, missing, f"{field.name} is required"))
    misread = given & value.is_null()
    if field.zero_is_unknown:
        misread &= whole_number(raw, dtype).is_null()
    found.append(_rule(Reason.WRONG_TYPE, field.name, misread, f"{field.name} is not {_expected(field.kind)}"))
    if is_list:
        found.extend(_list_rules(field))
    if field.kind in _MAX_CHARS:
        limit = _MAX_CHARS[field.kind]
        # Bytes are known without counting characters, and a text can not have more characters than bytes.
        long = (value.str.len_bytes() > limit) & (value.str.len_chars() > limit)
        found.append(_rule(Reason.TOO_LONG, field.name, long, f"{field.name} is longer than {limit} characters"))
    if field.kind == Kind.ID:
        found.append(
            _rule(
                Reason.CONTROL_CHARACTER,
                field.name,
                value.str.contains(_CONTROL),
                f"{field.name} holds a control character",
            )
        )
    if field.allowed:
        strange = value.is_not_null() & ~value.is_in(list(field.allowed))
        found.append(
            _rule(Reason.NOT_ALLOWED, field.name, strange, f"{field.name} is none of {', '.join(field.allowed)}")
        )
    if field.low is not None and field.high is not None:
        outside = ~value.is_between(field.low, field.high)
        found.append(
            _rule(Reason.OUT_OF_BOUNDS, field.name, outside, f"{field.name} is not in {field.low}…{field.high}")
        )
    return found


def _list_rules(field: Field) -> list[Rule]:
    value = pl.col(field.name)
    limit = contract.MAX_ID_CHARS if field.kind == Kind.IDS else contract.MAX_NAME_CHARS
    item = pl.element()
    many = value.list.len() > contract.MAX_LIST_ITEMS
    found = [_rule(Reason.TOO_LONG, field.name, many, f"{field.name} has more than {contract.MAX_LIST_ITEMS} entries")]
    empty = value.list.eval(item.is_null() | (item == "")).list.any()
    found.append(_rule(Reason.MISSING, field.name, empty, f"{field.name} has an empty entry"))
    long = value.list.eval(item.str.len_chars() > limit).list.any()
    found.append(_rule(Reason.TOO_LONG, field.name, long, f"{field.name} has an entry longer than {limit} characters"))
    if field.kind == Kind.IDS:
        control = value.list.eval(item.str.contains(_CONTROL)).list.any()
        found.append(_rule(Reason.CONTROL_CHARACTER, field.name, control, f"{field.name} holds a control character"))
    return found


def _time_rules(source: Source, field: Field, *, day: date, now: datetime | None) -> list[Rule]:
    value = pl.col(field.name)
    if field.kind == Kind.DAY and not field.is_event_time:
        last = day + timedelta(days=contract.RELEASE_AHEAD_DAYS)
        outside = ~value.is_between(contract.EARLIEST_RELEASE, last)
        return [
            _rule(
                Reason.OUT_OF_BOUNDS, field.name, outside, f"{field.name} is not in {contract.EARLIEST_RELEASE}…{last}"
            )
        ]
    if not field.is_event_time:
        return []
    if field.kind == Kind.DAY:
        value = value.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    window = day_window(day)
    early = value < midnight(contract.EARLIEST_EVENT)
    found = [_rule(Reason.BEFORE_1950, field.name, early, f"{field.name} lies before {contract.EARLIEST_EVENT.year}")]
    if field.name != source.instant:
        limit = min(window.end, now) if now else window.end
        # A snapshot may be newer than the day of its folder says by the hours of a time zone, not by more.
        late = value >= max(limit, window.end)
        return [*found, _rule(Reason.IN_FUTURE, field.name, late, f"{field.name} lies after the day it arrived, {day}")]
    # What is off by a day is in the wrong folder; what is off by more, or has not happened yet, is a broken clock.
    limit = now if now is not None else window.end + timedelta(days=1)
    late = value >= limit if now is None else value > limit
    found.append(
        _rule(
            Reason.IN_FUTURE,
            field.name,
            late,
            f"{field.name} lies in the future of {limit.astimezone(UTC).isoformat()}",
        )
    )
    outside = ((value < window.start) | (value >= window.end)).fill_null(value=False)
    home = pl.format(
        "{} belongs to {}/date={}", pl.lit(field.name), pl.lit(source.name), value.dt.date().cast(pl.String)
    )
    return [*found, Rule(Reason.OUTSIDE_DAY, field.name, outside, home)]


def _expected(kind: Kind) -> str:
    return {
        Kind.INSTANT: "a time: ISO-8601 or seconds since 1970",
        Kind.DAY: "a day: YYYY-MM-DD",
        Kind.COUNT: "a whole number",
        Kind.FLAG: "true, false, 1 or 0",
        Kind.IDS: "a list: a JSON array or split at ;",
        Kind.NAMES: "a list: a JSON array or split at ;",
    }.get(kind, "text")
