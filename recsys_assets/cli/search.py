"""``recsys search``: words to tracks, artists and playlists."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import require_home
from recsys_assets.cli.listen import MAKE_IT, AsJson, Limit
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.home import Home
    from recsys_assets.core.lake import Lake
    from recsys_assets.corpus.search_evidence import SearchTables

# What is typed is bounded; of a question fewer characters are read, which is said.
_MAX_CHARS = 2_000


def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help="What it is called, or what it is like.", show_default=False)
    ],
    *,
    kind: Annotated[
        str | None, typer.Option(metavar="track|artist|playlist", help="What to look for; all three otherwise.")
    ] = None,
    limit: Limit = 10,
    meaning: Annotated[
        bool,
        typer.Option("--meaning", help="Also compare the whole text with what articles say (reads a model, seconds)."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find tracks, artists and playlists by words: genres, moods, decades, names, what they are collected under.

    Who is called exactly so comes first, then who has all of the words.

    Example: recsys search late night indie rock
    """
    from recsys_assets.cli.show import note, print_json
    from recsys_assets.core.lake import Lake
    from recsys_assets.corpus import search as finder
    from recsys_assets.corpus.playlist_words import MAX_CHARS
    from recsys_assets.corpus.search_words import MAX_WORDS

    if kind is not None and kind not in finder.KINDS:
        raise InvalidArgumentError(f"--kind is track, artist or playlist, found {kind!r}")
    home = require_home()
    lake = Lake(home.lake)
    tables = _tables(lake)
    text = " ".join(words)[:_MAX_CHARS]
    near = _meaning(home, lake, text) if meaning else None
    kinds = finder.KINDS if kind is None else (kind,)
    answer = finder.search(text, tables, kinds=kinds, n=limit, meaning=near)
    rows = _named(answer.rows, lake)
    if as_json:
        told = {"words": answer.words, "taken_for": answer.taken_for, "unknown": answer.unknown}
        print_json({"text": text, **told, "left_out": answer.left_out, "is_cut": answer.is_cut, "rows": rows})
        return
    for word, taken in answer.taken_for.items():
        note(f"{word}: taken for {taken}")
    if answer.left_out or answer.is_cut:
        rest = f": {', '.join(answer.left_out)}" if answer.left_out else ""
        note(f"a question has at most {MAX_WORDS} words and {MAX_CHARS} characters; the rest was not looked for{rest}")
    if not rows:
        raise MissingInputError(f"nothing is called or described as {' '.join(answer.words)}: try fewer or other words")
    if answer.unknown:
        note(f"nothing here is called or described as {', '.join(answer.unknown)}: found by the other words")
    _print(rows)


def _tables(lake: "Lake") -> "SearchTables":
    """Pin the newest of everything.

    Raises:
        MissingInputError: there is no catalogue.
    """
    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.corpus import tables as t
    from recsys_assets.corpus.search_evidence import SearchTables
    from recsys_assets.raw.tables import RAW_ARTISTS, RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS, RAW_TRACKS

    tracks = newest(lake, RAW_TRACKS)
    if not tracks.rows:
        raise MissingInputError(f"there is no catalogue to search: {MAKE_IT}")
    return SearchTables(
        artists=newest(lake, RAW_ARTISTS).scan().select(c.ARTIST_ID, c.NAME, c.GENRES),
        tracks=tracks.scan().select(c.TRACK_ID, c.TITLE, c.ARTIST_IDS, c.GENRES, c.RELEASED_ON),
        playlists=newest(lake, RAW_PLAYLISTS).scan().select(c.PLAYLIST_ID, c.NAME, c.DESCRIPTION, c.FOLLOWERS),
        playlist_tracks=newest(lake, RAW_PLAYLIST_TRACKS).scan().select(c.PLAYLIST_ID, c.TRACK_ID),
        title_terms=newest(lake, t.TITLE_TERMS).scan().select(t.TERM, c.TRACK_ID, t.WEIGHT),
        entity_terms=newest(lake, t.ENTITY_TERMS).scan().select(t.KIND, t.ENTITY_ID, t.TERM, t.WEIGHT),
        quality=newest(lake, t.PLAYLIST_QUALITY).scan().select(c.PLAYLIST_ID, c.SCORE),
    )


def _meaning(home: "Home", lake: "Lake", text: str) -> "pl.DataFrame | None":
    """Compare the text with the vectors of what articles say; the nearest counts 1, the average 0."""
    import numpy as np
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.cli.show import note
    from recsys_assets.core import columns as c
    from recsys_assets.corpus import tables as t
    from recsys_assets.corpus.encoder import EncoderParams, open_encoder
    from recsys_assets.corpus.search_evidence import ID, STRENGTH

    rows = newest(lake, t.ENTITY_TEXT).read()
    if rows.is_empty():
        note("articles have said nothing yet that a meaning could be compared with")
        return None
    encoder = open_encoder(EncoderParams.read(home.settings), home.state)
    made_by = rows["encoder"].unique().sort()
    # Vectors of two models do not compare.
    rows = rows.filter(pl.col("encoder") == encoder.name)
    if rows.is_empty():
        note(
            f"without meaning: articles were read by {', '.join(made_by)}, and settings.toml now names {encoder.name}; "
            "the next Monday's `entity_text` reads them anew"
        )
        return None
    cosine = np.stack(rows[c.VECTOR].to_list()) @ encoder.encode([text])[0]
    strength = np.clip((cosine - cosine.mean()) / max(float(cosine.max() - cosine.mean()), 1e-9), 0, 1)
    return rows.select(t.KIND, pl.col(t.ENTITY_ID).alias(ID)).with_columns(pl.Series(STRENGTH, strength))


def _named(rows: "pl.DataFrame", lake: "Lake") -> list[dict[str, Any]]:
    """Put names to what was found."""
    import polars as pl

    from recsys_assets.cli.names import Names, newest
    from recsys_assets.core import columns as c
    from recsys_assets.raw.tables import RAW_ARTISTS, RAW_PLAYLISTS

    def called(table: "pl.LazyFrame", id_column: str, kind: str) -> dict[str, str]:
        wanted = rows.filter(pl.col("kind") == kind)["id"]
        found = table.filter(pl.col(id_column).is_in(wanted.implode())).select(id_column, c.NAME).collect()
        return dict(found.rows())

    tracks = Names.of(lake, rows.filter(pl.col("kind") == "track")["id"])
    names = {
        "artist": called(newest(lake, RAW_ARTISTS).scan(), c.ARTIST_ID, "artist"),
        "playlist": called(newest(lake, RAW_PLAYLISTS).scan(), c.PLAYLIST_ID, "playlist"),
    }
    told = []
    for row in rows.iter_rows(named=True):
        is_track = row["kind"] == "track"
        name = tracks.title(row["id"]) if is_track else names[row["kind"]].get(row["id"], row["id"])
        artist = tracks.artist(row["id"]) if is_track else None
        told.append({**row, "score": round(row["score"], 4), "name": name, "artist_name": artist})
    return told


def _print(rows: list[dict[str, Any]]) -> None:
    from recsys_assets.cli.show import print_table

    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        fields = ("rank", "name", *(("artist_name",) if kind == "track" else ()), "score", "because")
        heads = ("#", kind, *(("artist",) if kind == "track" else ()), "score", "why")
        print_table([tuple(row[field] for field in fields) for row in own], heads, numbers=("#", "score"))
