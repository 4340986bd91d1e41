"""Commands that fill the landing zone: ``demo`` with a made-up world, ``import`` with real listening."""

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recsys_assets.cli.edge import home_from_environment, today
from recsys_assets.core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from recsys_assets.core.home import Home
    from recsys_assets.demo.world import World

# The landing zone refuses what is older; the later end keeps every sum of days far from where calendars stop.
EARLIEST, LATEST = date(1950, 1, 1), date(2200, 1, 1)


class Size(StrEnum):
    """How large a demo world is."""

    small = "small"
    medium = "medium"
    large = "large"


def demo(
    *,
    size: Annotated[
        Size, typer.Option(help="small: 300 listeners, 600 tracks; medium: 5,000, 8,000; large: 100,000, 50,000.")
    ] = Size.small,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same world.")] = 7,
    start: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="First day; by default the last day is yesterday.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days.")] = 60,
    fraction: Annotated[float, typer.Option(help="Share of the listeners, and with them of the plays, 0 to 1.")] = 1.0,
    sound: Annotated[
        bool | None,
        typer.Option(
            "--sound/--no-sound", help="Recordings and submissions; by default only for small.", show_default=False
        ),
    ] = None,
    press: Annotated[
        bool | None,
        typer.Option(
            "--press/--no-press",
            help="Sites that write about the artists; by default only for small.",
            show_default=False,
        ),
    ] = None,
    recordings: Annotated[
        int, typer.Option(min=1, metavar="N", help="Most recordings: new releases first, then what is most popular.")
    ] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    # `make run` calls this command, and would be told to call `make run`.
    hint: Annotated[bool, typer.Option(hidden=True)] = True,
) -> None:
    """Write a made-up but complete music world into the landing zone.

    What it was planted with is written apart, into demo_truth/, and only evaluation reads it.

    Example: recsys demo --size small --seed 7 --start 2026-01-01 --days 60

    Example: recsys demo --size medium --sound --recordings 500
    """
    from recsys_assets.cli.show import note, progress
    from recsys_assets.demo.params import DemoParams
    from recsys_assets.demo.world import generate_world
    from recsys_assets.demo.write import write_world

    home = home_from_environment()
    first = _first_day(start, days)
    if not 0 < fraction <= 1:
        raise InvalidArgumentError(f"--fraction lies above 0 and not above 1, found {fraction}")
    _require_own(home)
    with progress("demo world") as told:
        told(0, 2, "listening")
        world = generate_world(DemoParams.for_size(size.value, fraction), seed=seed, start=first, days=days)
        told(1, 2, "writing")
        counts = write_world(world, home.landing, home.demo_truth)
        told(2, 2)
    counts |= _add_sound(world, home, limit=recordings, is_wanted=size is Size.small if sound is None else sound)
    counts |= _add_press(world, home, is_wanted=size is Size.small if press is None else press)
    if sound is None and size is not Size.small:
        note(f"without recordings, since {size.value} would take long: --sound makes up to {recordings:,} of them")
    _tell(
        home, counts, first, first + timedelta(days=days - 1), as_json=as_json, then="; next: make run" if hint else ""
    )


def _first_day(start: str | None, days: int) -> date:
    """The day that is asked for, or the one from which the days end yesterday.

    Raises:
        InvalidArgumentError: it is no day, or the world would lie outside of the calendar.
    """
    from recsys_assets.core.windows import parse_day

    first = parse_day(start) if start else today() - timedelta(days=days)
    if not EARLIEST <= first <= LATEST - timedelta(days=days):
        raise InvalidArgumentError(f"a world lies between {EARLIEST} and {LATEST}, found {days} days from {first}")
    return first


def _require_own(home: "Home") -> None:
    """Require that the landing zone is empty, or a demo's."""
    if any(home.landing.glob("*")) and not home.demo_truth.exists():
        raise InvalidArgumentError(
            f"{home.landing} holds files that no demo wrote: give the made-up world another RECSYS_HOME"
        )


def _tell(home: "Home", counts: dict[str, int], first: date, last: date, *, as_json: bool, then: str) -> None:
    from recsys_assets.cli.show import print_json, print_table, say

    if as_json:
        print_json({"landing": str(home.landing), "start": first, "rows": counts})
        return
    tables = [(name, f"{count:,}") for name, count in counts.items() if name not in {"days", "files"}]
    print_table(tables, ("table", "rows"), numbers=("rows",))
    say(f"{counts['files']:,} files, {first} to {last} in {home.landing}{then}")


def _add_sound(world: "World", home: "Home", *, limit: int, is_wanted: bool) -> dict[str, int]:
    """Write the recordings and submissions of a world, or take away those of an earlier one; rows to show."""
    from recsys_assets.cli.show import progress
    from recsys_assets.demo.recordings import remove_recordings, write_recordings
    from recsys_assets.demo.submission_files import remove_submissions, write_submissions

    if not is_wanted:
        remove_recordings(home.landing, home.demo_truth)
        remove_submissions(home.landing, home.demo_truth)
        return {}
    with progress("recordings") as told:
        n = write_recordings(world, home.landing, home.demo_truth, limit=limit, progress=told)
    with progress("submissions") as told:
        m = write_submissions(world, home.landing, home.demo_truth, state=home.state, progress=told)
    return {"recordings": n, "submissions": m}


def _add_press(world: "World", home: "Home", *, is_wanted: bool) -> dict[str, int]:
    """Write the press of a world, or take away that of an earlier one; pages to show."""
    from recsys_assets.demo.press import remove_press, write_press

    if not is_wanted:
        remove_press(home.press, home.demo_truth, home.landing, home.state)
        return {}
    return {"press": write_press(world, home.press, home.demo_truth, home.landing, home.state)}
