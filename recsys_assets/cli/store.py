"""Commands about what is stored: ``status``, ``sql``, ``duckdb``, ``vacuum``, ``migrate``, ``forget``."""

import math
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys_assets.cli.edge import home_from_environment
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.lake import Lake
    from recsys_assets.core.schemas import TableSchema
    from recsys_assets.core.warehouse import Warehouse

# A hundred years: more is a slip of the finger, and soon more than a date can say.
LONGEST_RETENTION_DAYS = 36_500

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Sure = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def status(
    everything: Annotated[bool, typer.Option("--all", help="Also tables that nobody has made yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which tables there are, their size and age.

    Example: recsys status
    """
    from recsys_assets.cli.show import note, print_json, print_table
    from recsys_assets.core.lake import Lake
    from recsys_assets.tables import ALL_TABLES

    home = home_from_environment()
    lake = Lake(home.lake)
    rows = []
    for schema in ALL_TABLES:
        table = lake.open(schema)
        if table.version >= 0 or everything:
            days = table.partitions
            rows.append((
                schema.full_name, table.rows, len(days) or None, days[0] if days else None, days[-1] if days else None,
                table.size_bytes, table.version if table.version >= 0 else None,
            ))  # fmt: skip
    columns = ("table", "rows", "partitions", "first", "newest", "bytes", "version")
    if as_json:
        print_json({
            "home": str(home.root), "lake": home.lake, "warehouse": home.warehouse.exists(),
            "tables": [dict(zip(columns, row, strict=True)) for row in rows],
        })  # fmt: skip
        return
    if not rows:
        note(f"nothing has been made in {home.root} yet: `recsys demo`, then `make run`")
        return
    print_table(
        [(*row[:1], f"{row[1]:,}", *row[2:5], f"{row[5]:,}", row[6]) for row in rows],
        columns,
        title=str(home.root),
        numbers=("rows", "partitions", "bytes", "version"),
    )


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
    frame = _warehouse().query(query)
    if as_json:
        print_json(frame.to_dicts())
    elif as_csv:
        typer.echo(_flat(frame).write_csv(), nl=False, color=True)
    else:
        print_frame(frame, limit=limit)


def _flat(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return the frame with nested values as JSON text: CSV has no lists."""
    import orjson
    import polars as pl

    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    texts = [
        pl.Series(name, [None if v is None else orjson.dumps(v, default=str).decode() for v in frame[name].to_list()])
        for name in nested
    ]
    return frame.with_columns(texts)


def duckdb(
    builtin: Annotated[
        bool, typer.Option("--builtin", help="Use the small prompt even if DuckDB's shell is here.")
    ] = False,
) -> None:
    """Open the warehouse in DuckDB's shell, read-only.

    Where the shell is not installed, in a small prompt of our own.

    Example: recsys duckdb
    """
    warehouse = _warehouse()
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
            print_frame(warehouse.query(text), limit=50)
        except InvalidArgumentError as error:
            note(str(error))
        text = ""


def vacuum(
    retention_days: Annotated[
        float, typer.Option(min=0, help="Keep what versions younger than this need; has to outlive any reader.")
    ] = 7,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete data files that no recent version of a table needs.

    Example: recsys vacuum --retention-days 14
    """
    from recsys_assets.cli.show import print_json, progress, say
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.lake_upkeep import vacuum as vacuum_table
    from recsys_assets.tables import ALL_TABLES

    if retention_days > LONGEST_RETENTION_DAYS or math.isnan(retention_days):
        raise InvalidArgumentError(f"--retention-days is at most {LONGEST_RETENTION_DAYS:,}, found {retention_days:g}")
    home = home_from_environment()
    lake, retention = Lake(home.lake), timedelta(days=retention_days)
    # The views name files: they are made to name the newest before any file goes.
    if not dry_run and home.warehouse.exists():
        _warehouse().rebuild(ALL_TABLES)
    counts: dict[str, int] = {}
    with progress("vacuum") as told:
        for done, schema in enumerate(ALL_TABLES, start=1):
            counts[schema.full_name] = _expendable(lake, schema, retention)
            if counts[schema.full_name] and not dry_run:
                vacuum_table(lake, schema, retention=retention)
            told(done, len(ALL_TABLES), schema.full_name)
    if as_json:
        print_json({"files": sum(counts.values()), "dry_run": dry_run, "tables": counts})
        return
    for name, count in counts.items():
        if count:
            say(f"{name}: {count:,} files")
    say(f"{'would delete' if dry_run else 'deleted'} {sum(counts.values()):,} files")


def _expendable(lake: "Lake", schema: "TableSchema", retention: timedelta) -> int:
    """Count the files that a vacuum would delete; Delta goes on naming those that an earlier one has deleted."""
    from recsys_assets.core.lake_upkeep import vacuum as vacuum_table

    named = vacuum_table(lake, schema, retention=retention, dry_run=True)
    return sum((Path(lake.uri(schema)) / path).exists() for path in named)


def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rewrite tables whose declared columns changed.

    Run it after an upgrade or a restore, before anything else runs. It also makes the warehouse anew.

    Example: recsys migrate --dry-run
    """
    from recsys_assets.cli.show import print_json, say
    from recsys_assets.core import migrate as migration
    from recsys_assets.core.lake import Lake
    from recsys_assets.tables import ALL_TABLES

    lake = Lake(home_from_environment().lake)
    plans = migration.plan_all(lake, ALL_TABLES)
    changes = []
    for plan in plans:
        rows = migration.stored_rows(lake, plan.schema) if dry_run else migration.migrate(lake, plan)
        changes.append({"table": plan.schema.full_name, "added": plan.added, "dropped": plan.dropped, "rows": rows})
    warehouse = _warehouse()
    if not dry_run:
        warehouse.rebuild(ALL_TABLES)
    if as_json:
        print_json({"dry_run": dry_run, "changes": changes})
        return
    for change in changes:
        what = [f"added {', '.join(change['added'])}"] if change["added"] else []
        what += [f"dropped {', '.join(change['dropped'])}"] if change["dropped"] else []
        say(f"{change['table']}: {'; '.join(what)} ({change['rows']:,} rows)")
    say(f"{len(changes)} tables {'would be rewritten' if dry_run else 'rewritten'}")


def forget(
    user: Annotated[str, typer.Argument(help="The listener's id, exactly as the tables spell it.", show_default=False)],
    sure: Sure = False,
    readmit: Annotated[
        bool, typer.Option("--readmit", help="Take the id off the list of the forgotten; erases nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a listener for good.

    From every table and every version of it, the exports and the warehouse. Files in the landing zone are the
    sender's and stay; the listener is never taken in from them again.

    Example: recsys forget u00017 --yes
    """
    from recsys_assets.cli.show import print_json, print_table, say
    from recsys_assets.core.forgotten import readmit_id
    from recsys_assets.exports.forget import forget_listener
    from recsys_assets.tables import ALL_TABLES

    if not user:
        raise InvalidArgumentError("USER is empty: name a listener")
    home = home_from_environment()
    if readmit:
        was_there = readmit_id(home.forgotten, user)
        say(f"{user} {'may be taken in again' if was_there else 'was not on the list of the forgotten'}")
        return
    if not sure:
        typer.confirm(
            f"Erase {user} from every table and every version in {home.root}? It can not be undone", abort=True
        )
    erased = forget_listener(home, ALL_TABLES, user)
    if as_json:
        print_json({
            "user_id": user, "tables": erased.rows, "exports": erased.export_rows, "demo_truth": erased.truth_rows,
            "rows": erased.total,
        })  # fmt: skip
        return
    rows = [*erased.rows.items(), ("exports", erased.export_rows), ("demo_truth", erased.truth_rows)]
    if erased.total:
        print_table([row for row in rows if row[1]], ("erased from", "rows"), numbers=("rows",))
    else:
        say(f"No table names {user}: an id has to be spelled exactly as the tables spell it")
    say(f"{erased.total:,} rows erased, and older versions of the tables deleted")
    say(f"Files in {home.landing} may still name {user}; they are read without that listener from now on")


def _warehouse() -> "Warehouse":
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.warehouse import Warehouse

    home = home_from_environment()
    return Warehouse(home.warehouse, Lake(home.lake))
