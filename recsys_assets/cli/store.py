"""Commands about what is stored: ``status``, ``verify``, ``vacuum``, ``migrate``, ``forget``. Queries are ``query``."""

import math
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys_assets.cli.edge import home_from_environment
from recsys_assets.cli.query import AsJson, warehouse_here
from recsys_assets.core.errors import InvalidArgumentError, RecsysError

if TYPE_CHECKING:
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.schemas import TableSchema

# A hundred years: more is a slip of the finger, and soon more than a date can say.
LONGEST_RETENTION_DAYS = 36_500

Sure = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def status(
    everything: Annotated[bool, typer.Option("--all", help="Also tables that nobody has made yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which tables there are, their size and age.

    Example: recsys status
    """
    import polars as pl

    from recsys_assets.cli.show import note, print_json, print_table
    from recsys_assets.core.lake import Lake
    from recsys_assets.tables import ALL_TABLES

    home = home_from_environment()
    lake = Lake(home.lake)
    rows = []
    for schema in ALL_TABLES:
        table = lake.open(schema)
        if table.version >= 0 or everything:
            keys = table.keys
            # The smallest and the largest id of a submission say nothing about age.
            days = keys if schema.partition and schema.dtypes[schema.partition] == pl.Date else []
            rows.append((
                schema.full_name, table.rows, len(keys) or None, days[0] if days else None, days[-1] if days else None,
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
        what = (
            f"nothing has been made in {home.root} yet" if home.root.exists() else f"there is no folder {home.root} yet"
        )
        note(f"{what}: `recsys demo`, then `make run`")
        return
    print_table(
        [(*row[:1], f"{row[1]:,}", *row[2:5], f"{row[5]:,}", row[6]) for row in rows],
        columns,
        title=str(home.root),
        numbers=("rows", "partitions", "bytes", "version"),
    )


def verify(as_json: AsJson = False) -> None:
    """Hold the exports of every day against their manifests.

    Exit code 1 where a file is missing or changed.

    Example: recsys verify
    """
    from recsys_assets.cli.show import note, print_json, progress, say
    from recsys_assets.exports.manifest import day_folders, find_faults

    home = home_from_environment()
    folders = day_folders(home.exports)
    found: dict[str, list[str]] = {}
    with progress("verify") as told:
        for done, folder in enumerate(folders, start=1):
            try:
                found[folder.name] = find_faults(folder)
            except RecsysError as error:
                found[folder.name] = [str(error)]
            told(done, len(folders), folder.name)
    if as_json:
        print_json({"days": [{"folder": name, "faults": faults} for name, faults in found.items()]})
    elif not folders:
        note(f"nothing has been exported to {home.exports} yet")
    else:
        for name, faults in found.items():
            for fault in faults:
                say(f"{name}: {fault}")
    broken = sum(bool(faults) for faults in found.values())
    if broken:
        note(f"{broken} of {len(found)} days are not what their manifests say: export them again")
        raise typer.Exit(1)
    if folders and not as_json:
        say(f"{len(folders)} days of exports are what their manifests say")


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
        warehouse_here().rebuild(ALL_TABLES)
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
    warehouse = warehouse_here()
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
    in_advance: Annotated[
        bool, typer.Option("--in-advance", help="Also an id that nothing names yet: it will never be taken in.")
    ] = False,
    readmit: Annotated[
        bool, typer.Option("--readmit", help="Take the id off the list of the forgotten; erases nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a listener for good.

    From every table and every version of it, the exports and the warehouse. Files in the landing zone are the
    sender's and stay; the listener is never taken in from them again.

    Example: recsys forget u3abwby29
    """
    from recsys_assets.cli.show import print_json, print_table, say
    from recsys_assets.core.forgotten import readmit_id
    from recsys_assets.exports.forget import forget_listener, is_known
    from recsys_assets.tables import ALL_TABLES

    if not user:
        raise InvalidArgumentError("USER is empty: name a listener")
    home = home_from_environment()
    if readmit:
        was_there = readmit_id(home.forgotten, user)
        say(f"{user} {'may be taken in again' if was_there else 'was not on the list of the forgotten'}")
        return
    # A slip of the finger would cost every table its older versions, and the list an entry that nobody can read.
    if not in_advance and not is_known(home, ALL_TABLES, user):
        raise InvalidArgumentError(
            f"nothing in {home.root} names {user!r}: spell the id as the tables do (`recsys listeners` shows some), or "
            "give --in-advance for one that is still to come"
        )
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
