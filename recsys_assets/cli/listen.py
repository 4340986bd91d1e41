"""Commands about what the platform recommends: ``mixes``, ``similar``, ``vector``, ``listeners``.

They show tables that the graph has made; nothing is computed but sums of vectors.
"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import require_home
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError, RecsysError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.cli.names import Names
    from recsys_assets.core.lake import Lake

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many rows.")]
MAKE_IT = "materialise the graph first (`make run`, or `dagster asset materialize`)"


def mixes(
    user: Annotated[
        str | None, typer.Argument(help="The listener's id; `recsys listeners` lists some.", show_default=False)
    ] = None,
    anybody: Annotated[bool, typer.Option("--any", help="Of some listener who has all kinds of mixes.")] = False,
    mix: Annotated[
        str | None,
        typer.Option(
            help="Only this mix: discover_weekly, release_radar, daily_mix (all six), or daily_mix_1 … daily_mix_6."
        ),
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="As it was on this day; the newest otherwise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a listener's mixes and the reasons.

    An id that nobody knows gets the popular list, which says so.

    Example: recsys mixes u3abwby29 --mix discover_weekly
    """
    from recsys_assets.cli.names import Names
    from recsys_assets.cli.show import note, print_json, print_table, say
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.windows import parse_day

    if user is not None and anybody:
        raise InvalidArgumentError(f"name a USER or give --any, not both: found {user!r} and --any")
    if user is None and not anybody:
        raise InvalidArgumentError("name a USER, or --any: `recsys listeners` lists some")
    until = parse_day(day) if day else None
    lake = Lake(require_home().lake)
    listener = user if user is not None else _somebody(lake, until)
    rows = _mixes_of(lake, listener, mix, until)
    is_known = not rows.is_empty()
    if not is_known:
        rows = _popular_of(lake, listener, mix, until)
        note(
            f"there are no mixes for {listener!r}: this is what everybody gets of whom nothing is known; "
            "`recsys listeners` lists some who have their own"
        )
    shown = _shown(rows, Names.of(lake, rows[c.TRACK_ID]))
    if as_json:
        print_json({"user_id": listener, "is_known": is_known, "rows": shown})
        return
    if anybody:
        say(f"Mixes of {listener}")
    for (_, title, delivered), group in rows.group_by(c.MIX, "mix_title", "delivered_on", maintain_order=True):
        part = [entry for entry in shown if entry["title"] == title and entry["mix"] == group[c.MIX][0]]
        print_table(
            [(entry["rank"], entry["track"], entry["artist"], entry["reason"]) for entry in part],
            ("#", "track", "artist", "why"),
            title=f"{title} · {delivered}",
            numbers=("#",),
        )


def _shown(rows: "pl.DataFrame", names: "Names") -> list[dict[str, Any]]:
    """Rows of mixes with names in the place of ids, as they are printed and written as JSON."""
    from recsys_assets.core import columns as c

    return [
        {
            "mix": row[c.MIX],
            "title": row["mix_title"],
            "delivered_on": row["delivered_on"],
            "rank": row[c.RANK],
            "track_id": row[c.TRACK_ID],
            "track": names.title(row[c.TRACK_ID]),
            "artist": names.artist(row[c.TRACK_ID]),
            "reason": row[c.REASON],
            "source": row[c.SOURCE],
            "score": round(row[c.SCORE], 6),
        }
        for row in rows.iter_rows(named=True)
    ]


def _somebody(lake: "Lake", day: date | None) -> str:
    """Choose the listener who has most mixes, and a Discover Weekly where there is one; the smallest id of those."""
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY, RELEASE_RADAR

    tables = [newest(lake, schema, not_after=day) for schema in (DISCOVER_WEEKLY, RELEASE_RADAR, DAILY_MIX)]
    mixes = pl.concat([table.scan().select(c.USER_ID, c.MIX).unique() for table in tables])
    counted = mixes.group_by(c.USER_ID).agg(pl.len(), (pl.col(c.MIX) == DISCOVER_WEEKLY.name).any().alias("has_weekly"))
    first = counted.sort("has_weekly", "len", c.USER_ID, descending=[True, True, False]).head(1).collect()
    if first.is_empty():
        raise _no_mixes(lake, day)
    return first[c.USER_ID].item()


def _no_mixes(lake: "Lake", day: date | None) -> RecsysError:
    """Say why there is nothing on or before ``day``: it is too early, or nothing was made at all."""
    from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY, RELEASE_RADAR

    made = [each for schema in (DISCOVER_WEEKLY, RELEASE_RADAR, DAILY_MIX) for each in lake.open(schema).partitions]
    if day and made and day < min(made):
        return InvalidArgumentError(f"there are no mixes on or before {day}: the first mixes are of {min(made)}")
    return MissingInputError(f"there are no mixes yet: {MAKE_IT}")


def _mixes_of(lake: "Lake", user: str, mix: str | None, day: date | None) -> "pl.DataFrame":
    """Read the listener's rows of the newest Monday and day, in the order they are shown."""
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.mixes.daily_lists import MOST_MIXES
    from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY, RELEASE_RADAR

    tables = [newest(lake, schema, not_after=day) for schema in (DISCOVER_WEEKLY, RELEASE_RADAR, DAILY_MIX)]
    if not any(table.rows for table in tables):
        raise _no_mixes(lake, day)
    known = pl.concat([table.scan().select(c.MIX).unique().collect() for table in tables])[c.MIX].unique().sort()
    # A sixth mix that nobody has is still one that there might be.
    possible = {
        DAILY_MIX.name,
        RELEASE_RADAR.name,
        *(f"{DAILY_MIX.name}_{number}" for number in range(1, MOST_MIXES + 1)),
    }
    if mix and mix not in {*known, *possible}:
        raise InvalidArgumentError(f"no mix is called {mix!r}; there are: {', '.join([*known, DAILY_MIX.name])}")
    _require_made(lake, mix, day)
    wanted = (
        pl.lit(True)
        if mix is None
        else (pl.col(c.MIX).str.starts_with(f"{DAILY_MIX.name}_") if mix == DAILY_MIX.name else pl.col(c.MIX) == mix)
    )
    mine = [
        table.scan().filter((pl.col(c.USER_ID) == user) & wanted).rename({str(table.schema.partition): "delivered_on"})
        for table in tables
    ]
    # Discover Weekly first, then Release Radar, then the Daily Mixes in their order.
    parts = [part.collect().sort(c.MIX, c.RANK) for part in mine]
    return pl.concat(parts, how="vertical")


def _require_made(lake: "Lake", mix: str | None, day: date | None) -> None:
    """Require that a mix which is asked for by name was made for anybody on or before ``day``.

    Raises:
        InvalidArgumentError: the first one is of a later day.
    """
    from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY, RELEASE_RADAR

    for schema in (DISCOVER_WEEKLY, RELEASE_RADAR, DAILY_MIX):
        days = lake.open(schema).partitions if mix and mix.startswith(schema.name) else []
        if day and days and day < days[0]:
            raise InvalidArgumentError(f"there is no {mix} on or before {day}: the first is of {days[0]}")


def _popular_of(lake: "Lake", user: str, mix: str | None, day: date | None) -> "pl.DataFrame":
    """Make the list of who has no mixes at all, as of the newest Monday, or of the newest day where there is none.

    Raises:
        InvalidArgumentError: the listener has mixes, though not the one asked for; or nothing is popular.
    """
    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.mixes.strangers import popular_mix
    from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY

    nobody = f"there are no mixes for listener {user!r}; `recsys listeners` lists some who have them"
    if mix and not _mixes_of(lake, user, None, day).is_empty():
        theirs = _mixes_of(lake, user, None, day)[c.MIX].unique().sort()
        raise InvalidArgumentError(f"listener {user!r} has no {mix}; there are: {', '.join(theirs)}")
    weekly, daily = (newest(lake, schema, not_after=day) for schema in (DISCOVER_WEEKLY, DAILY_MIX))
    delivered_on = weekly.partitions[-1] if weekly.partitions else daily.partitions[-1] + timedelta(days=1)
    rows = popular_mix(lake, user, delivered_on)
    if rows.is_empty():
        raise InvalidArgumentError(nobody)
    return rows.rename({str(DISCOVER_WEEKLY.partition): "delivered_on"})


def listeners(
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """List listeners to look at, those who play most first.

    Example: recsys listeners --limit 20
    """
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.cli.show import note, print_json, print_table
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE

    table = newest(Lake(require_home().lake), PLAY_CONFIDENCE)
    if not table.rows:
        raise MissingInputError(f"nobody has listened to anything yet: {MAKE_IT}")
    counted = table.scan().group_by(c.USER_ID).agg(pl.len().alias("tracks"), pl.col(c.PLAY_COUNT).sum().alias("plays"))
    everybody = counted.collect().sort("plays", c.USER_ID, descending=[True, False])
    rows = everybody.head(limit).with_columns(pl.col("plays").cast(pl.Float64).round(1))
    if as_json:
        print_json({"as_of": table.partitions[-1], "listeners": everybody.height, "rows": rows.to_dicts()})
        return
    print_table(rows.rows(), ("listener", "tracks", "plays"), numbers=("tracks", "plays"))
    note(f"{everybody.height:,} listeners on {table.partitions[-1]}; plays fade with age")
