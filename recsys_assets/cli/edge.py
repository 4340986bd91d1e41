"""Where failures become one line and an exit code: 2 for a wrong argument, 1 for anything wrong with data or the world.

Nothing below the command line prints or exits; what it raises is told here, without a traceback. The environment
and the clock are read here, and nowhere else in ``cli``.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError, RecsysError
from recsys_assets.core.home import Home
from recsys_assets.core.text import harmless

NO_COMMAND = "NoArgsIsHelpError"
WRONG_ARGUMENT, FAULT, INTERRUPTED = 2, 1, 130
# Typer carries its own copy of Click, whose module is private: the public name of a subclass leads to the base.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]  # type: ignore[assignment]
# Roots of what the stores raise; only a library that is loaded can have raised.
_STORE_ERRORS = (
    ("polars.exceptions", "PolarsError"),
    ("deltalake.exceptions", "DeltaError"),
    ("duckdb", "Error"),
    ("pyarrow", "ArrowException"),
    ("zstandard", "ZstdError"),
)


class PlainFailures(TyperGroup):
    """A group of commands whose failures are told in plain words."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:
        """Run a command; end with its exit code."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args=args, prog_name=prog_name or "recsys", **extra)
        except _UsageError as error:
            # A group that was named without a command shows what there is.
            _tell(_usage(error)) if error.__class__.__name__ != NO_COMMAND else typer.echo(error.message, err=True)
            sys.exit(WRONG_ARGUMENT)
        except InvalidArgumentError as error:
            _tell(" ".join(str(error).split()))
            sys.exit(WRONG_ARGUMENT)
        except RecsysError as error:
            _tell(str(error))
            sys.exit(FAULT)
        except (typer.Abort, KeyboardInterrupt):
            _tell("stopped; nothing half-done is left, run the command again to go on")
            sys.exit(INTERRUPTED)
        except _known_failures() as error:
            _tell(f"{type(error).__name__}: {' '.join(str(error).split())}")
            sys.exit(FAULT)
        sys.exit(code if isinstance(code, int) else 0)


class ManyValues(TyperCommand):
    """A command with options that take several values after them: ``--seeds 0 1 2`` as well as ``--seeds 0,1,2``."""

    options = ("--seeds", "--gazetteer")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Join what follows such an option, up to the next one, into one value, then parse as usual."""
        return super().parse_args(ctx, list(_joined(args, self.options)))


def _joined(args: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    position = 0
    while position < len(args):
        yield args[position]
        if args[position] in options:
            # Words too: it is `seeds_from` that says what is no number.
            values = list(takewhile(lambda value: not value.startswith("-"), args[position + 1 :]))
            if values:
                yield ",".join(values)
            position += len(values)
        position += 1


def seeds_from(text: str) -> list[int]:
    """Parse ``0,1,2``.

    Raises:
        InvalidArgumentError: not whole numbers, or none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise InvalidArgumentError(f"--seeds takes whole numbers such as `--seeds 0 1 2`, found {text!r}")
    return [int(part) for part in parts]


def require_target(path: Path, option: str, *, suffix: str | None = None) -> Path:
    """Return where a file may be written that an option names; what can be refused is refused before any work.

    Args:
        path: as it was given.
        option: for the message.
        suffix: what its name has to end in, because of what will be in it.

    Raises:
        InvalidArgumentError: it is a folder, lies in none, or is not called like what will be in it.
    """
    if path.is_dir():
        raise InvalidArgumentError(f"{option}: {path} is a folder: name a file in it")
    if not path.absolute().parent.is_dir():
        raise InvalidArgumentError(f"{option}: there is no folder {path.absolute().parent}: make it first")
    if suffix is not None and path.suffix.lower() != suffix:
        raise InvalidArgumentError(
            f"{option} writes a {suffix[1:].upper()}: expected a name ending in {suffix}, found {path.name}"
        )
    return path


def home_from_environment() -> Home:
    """Return the folders that ``RECSYS_HOME`` and ``RECSYS_LAKE`` name.

    Raises:
        InvalidArgumentError: ``RECSYS_HOME`` is a file, or see ``Home.from_setting``.
    """
    home = Home.from_setting(os.environ.get("RECSYS_HOME"), os.environ.get("RECSYS_LAKE"))
    if home.root.is_file():
        raise InvalidArgumentError(f"RECSYS_HOME is {home.root}, which is a file: name a folder")
    return home


def require_home() -> Home:
    """Return the folders of an installation that is there, for commands that show what is in it.

    Raises:
        InvalidArgumentError: as ``home_from_environment``.
        MissingInputError: there is no folder; the message says how to make one.
    """
    home = home_from_environment()
    if not home.root.is_dir():
        whence = "which RECSYS_HOME names" if os.environ.get("RECSYS_HOME") else "and RECSYS_HOME names no other"
        raise MissingInputError(
            f"there is no folder {home.root}, {whence}: set RECSYS_HOME, or make a demo world there (`recsys demo`) or bring"
            " your own listening (`recsys import --help`), then `make run`"
        )
    return home


def today() -> date:
    """Return the UTC day that it is: a made-up world ends the day before, where nobody says when."""
    return datetime.now(tz=UTC).date()


def right_now() -> datetime:
    """Return the instant that it is, in UTC: when something is received, and up to when states are told."""
    return datetime.now(tz=UTC)


def _known_failures() -> tuple[type[Exception], ...]:
    found: list[type[Exception]] = [OSError, UnicodeError]
    for module, name in _STORE_ERRORS:
        error = getattr(sys.modules.get(module), name, None)
        if isinstance(error, type):
            found.append(error)
    return tuple(found)


def _usage(error: typer.BadParameter) -> str:
    # Typer lets its parser of values speak first.
    message = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")
    path = error.ctx.command_path if error.ctx else "recsys"
    return f"{message} (see `{path} --help`)"


def _tell(message: str) -> None:
    typer.echo(f"recsys: {harmless(message)}", err=True)
