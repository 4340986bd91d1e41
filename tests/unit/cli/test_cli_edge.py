"""Failures at the edge: one line and an exit code, never a traceback."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from recsys_assets.cli.edge import ManyValues, PlainFailures, seeds_from
from recsys_assets.cli.show import console
from recsys_assets.core.errors import (
    DataFaultError,
    InvalidArgumentError,
    MissingInputError,
    SchemaMismatchError,
    SourceUnavailableError,
)


@pytest.mark.parametrize(
    "args",
    [
        ("nope",),
        ("mixes",),
        ("mixes", "a", "b"),
        ("mixes", "a", "--any"),
        ("similar", ""),
        ("mixes", "a", "--date", "yesterday"),
        ("mixes", "a", "--date", "2026-02-30"),
        ("mixes", "a", "--colour"),
        ("listeners", "--limit", "0"),
        ("listeners", "--limit", "many"),
        ("sql",),
        ("sql", "select 1", "--json", "--csv"),
        ("sql", "select 1", "--limit", "0"),
        ("vacuum", "--retention-days", "-1"),
        ("vacuum", "--retention-days", "1e12"),
        ("vacuum", "--retention-days", "inf"),
        ("vacuum", "--retention-days", "nan"),
        ("demo", "--start", "9999-12-01", "--days", "60"),
        ("demo", "--start", "0001-01-01"),
        ("forget",),
        ("forget", ""),
        ("status", "extra"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(empty: Any, args: tuple[str, ...]):
    result = empty.run(*args)

    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("recsys: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidArgumentError("no\nsuch   day"), 2),
        (MissingInputError("not there"), 1),
        (DataFaultError("torn"), 1),
        (SchemaMismatchError("other columns"), 1),
        (SourceUnavailableError("busy"), 1),
        (PermissionError(13, "Permission denied", "/x"), 1),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 1),
        (typer.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (typer.Exit(3), 3),
    ],
)
def test_each_failure_has_its_code(error: BaseException, code: int):
    app = typer.Typer(cls=PlainFailures, rich_markup_mode=None)

    @app.callback()
    def root() -> None: ...

    @app.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(app, ["fail"])

    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_the_version_is_told(empty: Any):
    result = empty.run("--version")

    assert (result.exit_code, result.stdout.split()[0]) == (0, "recsys")


def test_a_fault_of_ours_is_not_hidden():
    app = typer.Typer(cls=PlainFailures, rich_markup_mode=None)

    @app.callback()
    def root() -> None: ...

    @app.command()
    def fail() -> None:
        raise ZeroDivisionError("ours")

    assert isinstance(CliRunner().invoke(app, ["fail"]).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["x", "--seeds", "0", "1", "2"], ("x", "0,1,2")),
        (["--seeds", "0", "1", "2", "--json", "f", "x"], ("x", "0,1,2")),
        (["--seeds", "0,1", "2", "--json", "f", "x"], ("x", "0,1,2")),
        (["x", "--seeds", "7"], ("x", "7")),
        (["x", "--seeds=3,4"], ("x", "3,4")),
        (["x"], ("x", "5")),
    ],
)
def test_several_values_after_one_option(args: list[str], expected: tuple[str, str]):
    app = typer.Typer()
    seen: list[tuple[str, str]] = []

    @app.command(cls=ManyValues)
    def command(name: str, seeds: str = "5", json: str = "") -> None:
        seen.append((name, seeds))

    result = CliRunner().invoke(app, args)

    assert result.exit_code == 0, result.output
    assert seen == [expected]


@pytest.mark.parametrize(("text", "expected"), [("0,1,2", [0, 1, 2]), ("7", [7]), (" 1 , 2 ", [1, 2])])
def test_seeds(text: str, expected: list[int]):
    assert seeds_from(text) == expected


@pytest.mark.parametrize("text", ["", "a", "1,b", "-1", "1.5", ","])
def test_seeds_that_are_none(text: str):
    with pytest.raises(InvalidArgumentError, match="whole numbers"):
        seeds_from(text)


def test_every_command_has_help_with_an_example(empty: Any):
    from recsys_assets.cli.app import app

    def leaves(group: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        commands = getattr(group, "commands", None)
        if not commands:
            return [path]
        return [leaf for name, command in commands.items() for leaf in leaves(command, (*path, name))]

    found = leaves(typer.main.get_command(app), ())
    assert len(found) >= 8
    for path in found:
        result = empty.run(*path, "--help")
        assert result.exit_code == 0
        assert f"Example: recsys {' '.join(path)}" in " ".join(result.output.split()), path


@pytest.mark.parametrize("args", [(), ("evaluate",), ("import",)])
def test_a_group_without_a_command_shows_what_there_is(empty: Any, args: tuple[str, ...]):
    result = empty.run(*args)

    assert result.exit_code == 2
    assert "Commands:" in result.stderr


@pytest.mark.parametrize(("columns", "width"), [("100", 100), (None, 240), ("wide", 240)])
def test_output_that_is_piped_is_as_wide_as_columns_says(
    columns: str | None, width: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)

    assert console().width == width


@pytest.mark.parametrize("command", [("audience", "sub1"), ("sound", "t1"), ("evaluate", "analogies")])
def test_where_nothing_can_be_written_is_one_line_before_any_work(empty: Any, tmp_path: Path, command: tuple[str, ...]):
    option = "--json" if command[0] == "evaluate" else "--picture"

    for path, said in (
        (tmp_path, "is a folder: name a file in it"),
        (tmp_path / "nowhere" / "x.png", "there is no folder"),
    ):
        result = empty.run(*command, option, str(path))
        assert (result.exit_code, said in result.stderr, result.stderr.count("\n")) == (2, True, 1), result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("audience", "sub1"), ("sound", "t1")])
def test_a_picture_is_not_written_into_what_is_called_otherwise(empty: Any, tmp_path: Path, command: tuple[str, ...]):
    result = empty.run(*command, "--picture", str(tmp_path / "x.txt"))

    assert (result.exit_code, "a name ending in .png" in result.stderr) == (2, True), result.stderr
