"""Which commands there are and what they are called."""

from importlib.metadata import version
from typing import Annotated

import typer

from recsys_assets.cli import (
    audience,
    imports,
    judge,
    listen,
    moved,
    pitches,
    query,
    search,
    sound,
    space,
    store,
    terms,
    world,
)
from recsys_assets.cli.edge import PlainFailures


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"recsys {version('recsys-assets')}")
        raise typer.Exit


def root(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take what is said before a command; help shows the text of ``app``."""


app = typer.Typer(
    cls=PlainFailures,
    name="recsys",
    help="Music recommendations from raw files: make a demo world or import real listening, look at mixes, judge them. "
    "The graph itself is run by Dagster (`make run`). RECSYS_HOME says where everything is kept (default: data/).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.callback(help=app.info.help)(root)
app.command()(world.demo)
for command in (listen.mixes, search.search, space.similar, space.vector, listen.listeners, sound.sound, terms.terms):
    app.command()(command)
app.command()(moved.moved)
for command in (pitches.submit, pitches.submissions, audience.audience):
    app.command()(command)
app.add_typer(imports.imports, name="import")
app.add_typer(judge.evaluate, name="evaluate")
for command in (store.status, query.sql, query.duckdb, store.verify, store.forget, store.vacuum, store.migrate):
    app.command()(command)
