"""Writing: tables for people, JSON for programs, a bar or lines for long work.

What is asked for goes to standard output, everything about how it goes to standard error, so that output can be piped.
Text from outside is shown as text: no markup, no commands to the terminal.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from recsys_assets.core.text import display, harmless

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

# Away from a terminal nothing is cut at eighty columns, unless COLUMNS says how wide the reader is.
PIPED_WIDTH = 240
# A cell is for looking; --csv and --json write all of it.
CELL_LENGTH = 1000


def console(*, error: bool = False, markup: bool = False) -> "Console":
    """Return where to write: as wide as the terminal, else as COLUMNS says, else wide enough for whole titles.

    ``markup`` is for text of our own: a title may hold what looks like markup.
    """
    from rich.console import Console

    is_terminal = Console(stderr=error).is_terminal
    # Rich itself obeys COLUMNS where it is given no width.
    width = None if is_terminal or os.environ.get("COLUMNS", "").isdigit() else PIPED_WIDTH
    return Console(stderr=error, highlight=False, markup=markup, emoji=False, width=width)


def print_json(value: object) -> None:
    """Write a value for programs; days and instants are ISO 8601."""
    import orjson

    typer.echo(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def print_table(
    rows: Sequence[Sequence[object]],
    columns: Sequence[str],
    *,
    title: str = "",
    numbers: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Write rows for people; the columns named in ``numbers`` are set to the right, those in ``whole`` never broken."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(display(title, max_length=CELL_LENGTH)) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in columns:
        justify = "right" if name in numbers else "left"
        table.add_column(Text(display(name)), justify=justify, overflow="fold", no_wrap=name in whole)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console().print(table)


def print_frame(frame: "pl.DataFrame", *, limit: int) -> None:
    """Write the first ``limit`` rows of a frame for people, and say how many more there are."""
    numbers = [name for name, dtype in frame.schema.items() if dtype.is_numeric()]
    print_table(frame.head(limit).rows(), frame.columns, numbers=numbers)
    if frame.height > limit:
        note(f"{frame.height - limit:,} more rows: --limit {frame.height} shows them, --csv and --json write all")


def note(message: str) -> None:
    """Say something about the work to standard error."""
    typer.echo(harmless(message), err=True)


def say(message: str) -> None:
    """Write a line of what was asked for."""
    typer.echo(harmless(message))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, list | tuple):
        shown = ", ".join(_cell(item) for item in value[:6])
        return f"[{shown}{', …' if len(value) > 6 else ''}]"
    return display(str(value), max_length=CELL_LENGTH)


class Progress:
    """How far some long work is: a bar on a terminal, a line for each tenth elsewhere."""

    def __init__(self, what: str, bar: Any, task: Any) -> None:
        self.what = what
        self._bar = bar
        self._task = task
        self._said = -1

    def __call__(self, done: int, total: int | None = None, detail: str = "") -> None:
        """Say that ``done`` of ``total`` are done; without a total only the count is known."""
        if self._bar is not None:
            self._bar.update(
                self._task, completed=done, total=total, description=harmless(f"{self.what} {detail}".strip())
            )
            return
        step = 10 * done // total if total else -1
        if step > self._said:
            self._said = step
            note(f"{self.what}: {done:,} of {total:,} {detail}".rstrip())


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show how far the work in the block is."""
    err = console(error=True)
    if not err.is_terminal:
        yield Progress(what, None, None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    layout = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*layout, console=err, transient=True) as bar:
        yield Progress(what, bar, bar.add_task(what, total=None))
