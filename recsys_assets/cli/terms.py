"""``recsys terms``: the words that articles use of an artist or a track, and where they come from."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import home_from_environment
from recsys_assets.cli.listen import MAKE_IT, AsJson, Limit
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.lake import Lake

# Rows of the catalogue that a name may be like, as rapidfuzz tells: 0 to 100.
_LEAST_LIKENESS, _SHOWN_NAMES = 80.0, 5


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
    from recsys_assets.cli.show import note, print_json, print_table
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.corpus.tables import ENTITY_TERMS

    if kind not in {"artist", "track"}:
        raise InvalidArgumentError(f"--kind is artist or track, found {kind!r}")
    if not name.strip():
        raise InvalidArgumentError("ARTIST is empty: name one, or an id")
    lake = Lake(home_from_environment().lake)
    entity_id, label = resolve_entity(lake, name, kind)
    table = newest(lake, ENTITY_TERMS)
    of_kind = table.scan().filter((pl.col("kind") == kind) & (pl.col("entity_id") == entity_id))
    rows = of_kind.sort(c.RANK).head(limit).collect()
    if rows.is_empty():
        said = "no articles were read yet" if not table.rows else f"the articles read say nothing of {label}"
        raise MissingInputError(f"{said}; articles land in landing/articles/date=YYYY-MM-DD/: {MAKE_IT}")
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


def resolve_entity(lake: "Lake", name: str, kind: str) -> tuple[str, str]:
    """Find whom a name means: an id, a name but for case and accents, or the name that is most like it.

    Raises:
        MissingInputError: nobody is called like it.
    """
    from rapidfuzz import fuzz, process

    from recsys_assets.cli.names import newest
    from recsys_assets.cli.show import note
    from recsys_assets.core import columns as c
    from recsys_assets.corpus.text import fold
    from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

    table, id_column, label = (
        (RAW_ARTISTS, c.ARTIST_ID, c.NAME) if kind == "artist" else (RAW_TRACKS, c.TRACK_ID, c.TITLE)
    )
    known = newest(lake, table).scan().select(id_column, label).sort(id_column).collect().rows()
    exact = [row for row in known if row[0] == name] or [row for row in known if row[1] == name]
    if not exact:
        wanted = fold(name)
        exact = [row for row in known if fold(row[1]) == wanted]
    if exact:
        if len(exact) > 1:
            note(
                f"{len(exact)} are called so: {', '.join(each for each, _ in exact[:_SHOWN_NAMES])}; this is the first"
            )
        return exact[0]
    folded = [fold(row[1]) for row in known]
    near = process.extract(fold(name), folded, scorer=fuzz.WRatio, limit=1, score_cutoff=_LEAST_LIKENESS)
    if not near:
        raise MissingInputError(f"the catalogue has no {kind} called like {name!r}: `recsys sql` shows who is in it")
    found = known[near[0][2]]
    note(f"taken for {found[1]} ({found[0]})")
    return found
