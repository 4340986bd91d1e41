"""Queries of people over the warehouse: ``sql`` for one, ``duckdb`` for a prompt."""

import os
import re
import shutil
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from recsys_assets.cli.edge import require_home
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.warehouse import Warehouse

# DuckDB guesses among tables of its own too.
_OTHERS_TABLE = re.compile(r'\s*Did you mean "(?:pg_|duckdb_|sqlite_|pragma_|information_schema\.)[^"]*"\?')
_TABLES_HINT = "(`recsys status` lists the tables)"
_QUOTES_HINT = '(a column that is called like a word of SQL, such as "at", stands in double quotes)'

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def sql(
    query: Annotated[str, typer.Argument(help="One DuckDB query.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many rows of the table.")] = 50,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Run a query over the warehouse, read-only.

    Example: recsys sql "select mix, count(*) from mixes.daily_mix group by mix order by mix"
    """
    from recsys_assets.cli.show import print_frame, print_json

    if as_json and as_csv:
        raise InvalidArgumentError("--json and --csv exclude each other")
    frame = require_calendar(ask(warehouse_here(), query))
    if as_json:
        print_json(frame.to_dicts())
    elif as_csv:
        typer.echo(_flat(frame).write_csv(), nl=False, color=True)
    else:
        print_frame(frame, limit=limit)


def ask(warehouse: "Warehouse", query: str) -> "pl.DataFrame":
    """Run a person's query; what is refused is told with what there is to do about it.

    Raises:
        InvalidArgumentError: see ``Warehouse.query``.
    """
    try:
        return warehouse.query(query)
    except InvalidArgumentError as error:
        kind = type(error.__cause__).__name__
        if kind == "CatalogException":
            raise InvalidArgumentError(f"{_OTHERS_TABLE.sub('', str(error))} {_TABLES_HINT}") from error
        if kind == "ParserException":
            raise InvalidArgumentError(f"{error} {_QUOTES_HINT}") from error
        raise


def _flat(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return the frame with nested values as JSON text and bytes as hexadecimal digits: CSV has neither."""
    import orjson
    import polars as pl

    def text(value: object) -> str | None:
        # A map's keys may be anything.
        return None if value is None else orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    texts = [pl.Series(name, [text(value) for value in frame[name].to_list()], dtype=pl.String) for name in nested]
    return frame.with_columns(pl.col(pl.Binary).bin.encode("hex")).with_columns(texts)


def require_calendar(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return the frame if Python's calendar has its days: Polars ends the process at others, such as `infinity`.

    Raises:
        InvalidArgumentError: a day or an instant outside of the years 1 to 9999, also inside of a nested value.
    """
    for name in frame.columns:
        if not _is_in_calendar(frame[name]):
            raise InvalidArgumentError(
                f"column {name} has days outside of the years 1 to 9999: cast it to text, `{name}::varchar`"
            )
    return frame


def _is_in_calendar(values: "pl.Series") -> bool:
    import polars as pl

    if isinstance(values.dtype, pl.Map):
        return _is_in_calendar(values.cast(pl.List(pl.Struct({"key": values.dtype.key, "value": values.dtype.value}))))
    if isinstance(values.dtype, pl.Struct):
        return all(_is_in_calendar(values.struct.field(field.name)) for field in values.dtype.fields)
    if isinstance(values.dtype, pl.List | pl.Array):
        return _is_in_calendar(values.explode())
    if not isinstance(values.dtype, pl.Date | pl.Datetime):
        return True
    unit = getattr(values.dtype, "time_unit", "d")
    per_day = {"d": 1, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}[unit]
    epoch = date(1970, 1, 1)
    # A day less at both ends: a zone may move an instant over them.
    first, last = ((date.min - epoch).days + 1) * per_day, (date.max - epoch).days * per_day
    return bool(values.to_physical().drop_nulls().is_between(first, last).all())


def duckdb(
    builtin: Annotated[
        bool, typer.Option("--builtin", help="Use the small prompt even if DuckDB's shell is here.")
    ] = False,
) -> None:
    """Open the warehouse in DuckDB's shell, read-only.

    Where the shell is not installed, in a small prompt of our own.

    Example: recsys duckdb
    """
    warehouse = warehouse_here()
    if not warehouse.path.exists():
        raise MissingInputError(f"no warehouse at {warehouse.path}: materialise the graph first (`make run`)")
    shell = None if builtin else shutil.which("duckdb")
    if shell:
        # The shell takes the place of this process, so that its signals and its exit code are its own.
        os.execv(shell, [shell, "-readonly", str(warehouse.path)])  # noqa: S606
    _prompt(warehouse)


def _prompt(warehouse: "Warehouse") -> None:
    """Read queries that end with a semicolon and show what they give, each over the newest tables."""
    from recsys_assets.cli.show import note, print_frame

    note(
        f"{warehouse.path}, read-only. DuckDB's own shell is not here (`pip install duckdb-cli` brings it). "
        "End a query with `;`. `show all tables;` lists the tables, `.quit` leaves."
    )
    text = ""
    while True:
        try:
            line = input("recsys> " if not text else "   ...> ")
        except EOFError:
            return
        if not text and line.strip() in {".quit", ".exit", "quit", "exit"}:
            return
        text += f"{line}\n"
        if not line.rstrip().endswith(";"):
            text = text if text.strip() else ""
            continue
        try:
            print_frame(require_calendar(ask(warehouse, text)), limit=50)
        except InvalidArgumentError as error:
            note(str(error))
        text = ""


def warehouse_here() -> "Warehouse":
    """Return the warehouse that the environment names."""
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.warehouse import Warehouse

    home = require_home()
    return Warehouse(home.warehouse, Lake(home.lake))
