"""``recsys similar --by``: who is like whom by listeners, by sound, by text, or by all of these."""

from typing import TYPE_CHECKING

from recsys_assets.cli.listen import MAKE_IT
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.lake import Lake

_WHY_EMPTY = {
    "listeners": "listeners give {label} no place",
    "sound": "no recording of {label} has a place by its sound",
    "text": "no article that was read speaks of {label}",
    "all": "neither listeners, nor sound, nor text say anything of {label}",
}


def similar_by(lake: "Lake", name: str, kind: str | None, by: str, limit: int, *, as_json: bool) -> None:
    """Print who is nearest in a view; where no kind is named, to an artist of this name rather than to a track.

    Raises:
        InvalidArgumentError: there is no such view.
        MissingInputError: the view knows nothing of the one that is named.
    """
    import polars as pl

    from recsys_assets.cli.resolving import catalogue_names, choose_kind, resolve_entity
    from recsys_assets.cli.show import note, print_json, print_table
    from recsys_assets.latent import views

    if by not in {*views.VIEWS, views.ALL}:
        raise InvalidArgumentError(f"--by is listeners, sound, text or all, found {by!r}")
    kind = kind or choose_kind(catalogue_names(lake), name, rough="artist")
    own, label = resolve_entity(lake, name, kind)
    wanted = views.VIEWS if by == views.ALL else (by,)
    found = {view: view_of(lake, view, kind, own) for view in wanted}
    rows = views.blend(found) if by == views.ALL else found[by]
    if rows.is_empty():
        raise MissingInputError(_why_empty(lake, by, kind, own, label))
    shown = _with_names(lake, rows.head(limit).with_row_index("rank", offset=1), kind)
    shown = shown.with_columns(pl.col(views.LIKENESS).round(4))
    if as_json:
        resolved = [{"name": name, "sign": 1, "kind": kind, "id": own, "label": label}]
        print_json({"resolved": resolved, "kind": kind, "by": by, "rows": shown.to_dicts()})
        return
    note(f"+ {name}: {kind} {label}")
    silent = [view for view, rows_of in found.items() if rows_of.is_empty()]
    for view in silent if by == views.ALL else ():
        note(f"without {view}: {_WHY_EMPTY[view].format(label=label)}")
    columns = [
        "rank",
        "name",
        *(["artist_name"] if kind == "track" else []),
        *(c for c in shown.columns if c in wanted),
    ]
    print_table(
        shown.select(*columns, views.LIKENESS).rows(),
        ["#", kind, *["artist" if each == "artist_name" else each for each in columns[2:]], views.LIKENESS],
        numbers=("#", *wanted, views.LIKENESS),
    )


def _why_empty(lake: "Lake", by: str, kind: str, own: str, label: str) -> str:
    """Say what a view lacks: the one that is asked for, or everything, which the graph makes."""
    from recsys_assets.audio.sound_tables import AUDIO_VECTORS
    from recsys_assets.cli.resolving import why_no_place
    from recsys_assets.corpus.tables import ENTITY_TERMS
    from recsys_assets.latent.tables import ARTIST_VECTORS

    made_of = {"listeners": (ARTIST_VECTORS,), "sound": (AUDIO_VECTORS,), "text": (ENTITY_TERMS,)}
    tables = made_of.get(by) or (ARTIST_VECTORS, AUDIO_VECTORS, ENTITY_TERMS)
    if not any(lake.open(table).rows for table in tables):
        return f"{_WHY_EMPTY[by].format(label=label)}: {MAKE_IT}"
    return why_no_place(lake, kind, own, label) if by == "listeners" else _WHY_EMPTY[by].format(label=label)


def view_of(lake: "Lake", view: str, kind: str, own: str) -> "pl.DataFrame":
    """Rank all others of a kind as one view sees them; no rows where it knows nothing of ``own``."""
    from recsys_assets.latent import views

    return {views.LISTENERS: _by_listeners, views.SOUND: _by_sound, views.TEXT: _by_text}[view](lake, kind, own)


def _by_listeners(lake: "Lake", kind: str, own: str) -> "pl.DataFrame":
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.latent.tables import ARTIST_VECTORS, TRACK_VECTORS
    from recsys_assets.latent.views import ID, by_vectors

    table, id_column = (ARTIST_VECTORS, c.ARTIST_ID) if kind == "artist" else (TRACK_VECTORS, c.TRACK_ID)
    rows = newest(lake, table).scan().select(pl.col(id_column).alias(ID), c.VECTOR)
    return by_vectors(rows.collect(), own)


def _by_sound(lake: "Lake", kind: str, own: str) -> "pl.DataFrame":
    """An artist sounds like its tracks do on average."""
    import polars as pl

    from recsys_assets.audio.sound_tables import AUDIO_VECTORS
    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.latent.views import ID, by_vectors
    from recsys_assets.raw.tables import RAW_TRACKS

    heard = newest(lake, AUDIO_VECTORS).scan().select(pl.col(c.TRACK_ID).alias(ID), c.VECTOR)
    if kind == "artist":
        credit = newest(lake, RAW_TRACKS).scan().select(pl.col(c.TRACK_ID).alias(ID), c.ARTIST_IDS)
        by_artist = heard.join(credit, on=ID).explode(c.ARTIST_IDS).drop_nulls(c.ARTIST_IDS)
        heard = by_artist.select(pl.col(c.ARTIST_IDS).alias(ID), c.VECTOR)
    return by_vectors(heard.collect(), own)


def _by_text(lake: "Lake", kind: str, own: str) -> "pl.DataFrame":
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TERMS, ENTITY_TEXT
    from recsys_assets.latent.views import ID, by_terms, by_text, by_vectors

    def of_kind(rows: "pl.LazyFrame") -> "pl.LazyFrame":
        return rows.filter(pl.col("kind") == kind).rename({"entity_id": ID})

    meaning = by_vectors(of_kind(newest(lake, ENTITY_TEXT).scan()).select(ID, c.VECTOR).collect(), own)
    words = by_terms(of_kind(newest(lake, ENTITY_TERMS).scan()).select(ID, "term", "weight").collect(), own)
    named = newest(lake, CO_MENTIONS).scan().filter(pl.col(c.ARTIST_ID) == own)
    together = named.select(pl.col("other_artist_id").alias(ID), "weight").collect()
    return by_text(meaning, words, together if kind == "artist" else together.clear(), own)


def _with_names(lake: "Lake", rows: "pl.DataFrame", kind: str) -> "pl.DataFrame":
    import polars as pl

    from recsys_assets.cli.names import Names, newest
    from recsys_assets.core import columns as c
    from recsys_assets.raw.tables import RAW_ARTISTS

    if kind == "track":
        names = Names.of(lake, rows["id"])
        return rows.with_columns(
            pl.Series("name", [names.title(each) for each in rows["id"]], dtype=pl.String),
            pl.Series("artist_name", [names.artist(each) for each in rows["id"]], dtype=pl.String),
        )
    known = newest(lake, RAW_ARTISTS).scan().select(pl.col(c.ARTIST_ID).alias("id"), "name").collect()
    joined = rows.join(known, on="id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("name").fill_null(pl.col("id")))
