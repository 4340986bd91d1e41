"""``recsys terms``: the words that articles use of an artist or a track, and where they come from."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import require_home
from recsys_assets.cli.listen import MAKE_IT, AsJson, Limit
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl


def terms(
    name: Annotated[str, typer.Argument(metavar="ARTIST", help="A name, roughly, or an id.", show_default=False)],
    *,
    kind: Annotated[str, typer.Option(metavar="artist|track", help="What it is the name of.")] = "artist",
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Show what articles call an artist: terms by weight, with articles, sources and a sentence of each.

    Example: recsys terms "paper lanterns"
    """
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.cli.resolving import resolve_entity
    from recsys_assets.cli.show import note, print_json, print_table
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.corpus.tables import ENTITY_TERMS

    if kind not in {"artist", "track"}:
        raise InvalidArgumentError(f"--kind is artist or track, found {kind!r}")
    if not name.strip():
        raise InvalidArgumentError("ARTIST is empty: name one, or an id")
    lake = Lake(require_home().lake)
    entity_id, label = resolve_entity(lake, name, kind)
    table = newest(lake, ENTITY_TERMS)
    of_kind = table.scan().filter((pl.col("kind") == kind) & (pl.col("entity_id") == entity_id))
    rows = of_kind.sort(c.RANK).head(limit).collect()
    if rows.is_empty():
        if not table.rows:
            raise MissingInputError(
                f"no articles were read yet; they land in landing/articles/date=YYYY-MM-DD/: {MAKE_IT}"
            )
        raise MissingInputError(f"the articles read before {table.partitions[-1]} say nothing of {label}")
    if as_json:
        print_json(_for_programs(rows, kind, entity_id, label))
        return
    note(f"{label} ({entity_id}), before {table.partitions[-1]}")
    shown = rows.select("term", "weight", "n_articles", "n_sites", "excerpt", "url").rows()
    numbers = ("weight", "articles", "sources")
    print_table(shown, ("term", "weight", "articles", "sources", "a sentence", "from"), numbers=numbers)


def _for_programs(rows: "pl.DataFrame", kind: str, entity_id: str, label: str) -> dict[str, Any]:
    fields = ("rank", "term", "weight", "n_articles", "n_sites", "excerpt", "url")
    return {"kind": kind, "id": entity_id, "name": label, "terms": rows.select(fields).to_dicts()}
