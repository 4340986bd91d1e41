"""What a typed name is taken for, and what is said where nothing is known of the one that it names.

How alike two names are is ``latent.arithmetic``'s to say; who has a place, the space's. Here is what people are told.
"""

import shlex
from typing import TYPE_CHECKING

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.lake import Lake
    from recsys_assets.latent.arithmetic import NameIndex, Resolved, Term
    from recsys_assets.latent.space import LatentSpace

# Of 100, as `latent.arithmetic` tells how alike names are.
EXACT, MUCH_NEARER = 100.0, 15.0
_SHOWN_NAMES = 5
_KINDS = ("artist", "track")


def find_called(names: "pl.DataFrame", text: str) -> "dict[str, list[str]]":
    """Find who has this id, or else this name but for case, accents and punctuation: kind to ids, the most streamed first.

    Args:
        names: kind, id, name, play_count.
        text: what was typed.
    """
    import polars as pl

    from recsys_assets.core import columns as c
    from recsys_assets.latent.arithmetic import fold

    found = names.filter(pl.col("id") == text)
    if found.is_empty():
        found = names.filter(pl.col(c.NAME) == text)
    if found.is_empty() and fold(text):
        wanted = fold(text)
        alike = names.drop_nulls(c.NAME)
        found = alike.filter(pl.Series([fold(name) == wanted for name in alike[c.NAME]], dtype=pl.Boolean))
    ordered = found.sort(pl.col(c.PLAY_COUNT).fill_null(0), "id", descending=[True, False])
    return {
        kind: ordered.filter(pl.col("kind") == kind)["id"].unique(maintain_order=True).to_list()
        for kind in _KINDS
        if kind in ordered["kind"]
    }


def choose_kind(names: "pl.DataFrame", text: str, *, rough: str = "track") -> str:
    """Choose what a name is of where nobody says: an artist of exactly this name, then a track, then ``rough``.

    Where both are called so it is said which was taken and how to ask for the other.
    """
    from recsys_assets.cli.show import note

    called = find_called(names, text)
    if len(called) == len(_KINDS):
        n_tracks = len(called["track"])
        tracks = "a track is" if n_tracks == 1 else f"{n_tracks} tracks are"
        note(f"an artist and {tracks} called so: this is the artist; --kind track asks for the track")
    return next(iter(called), rough)


def resolve(space: "LatentSpace", names: "pl.DataFrame", text: str, kind: str | None) -> "Resolved":
    """Take an id that is in the space as it is, and anything else for a name: of this kind, or of what is most like it.

    Raises:
        InvalidArgumentError: nothing in the space is called like it; the message offers what is.
    """
    import polars as pl

    from recsys_assets.cli.show import note
    from recsys_assets.latent.arithmetic import NameIndex, Place, Resolved, Term

    term = Term(1, text)
    # Of whom has no place nothing is near: an artist of this name whom nobody has heard does not hide the track.
    has_place = pl.any_horizontal(
        (pl.col("kind") == of) & pl.col("id").is_in(places.ids.implode())
        for of, places in (("track", space.tracks), ("artist", space.artists))
    )
    wanted = kind or choose_kind(names.filter(has_place), text)
    ids = space.tracks if wanted == "track" else space.artists
    index = NameIndex(space, names.filter(pl.col("kind") == wanted))
    if ids.row(text) >= 0:
        return Resolved(term, Place(wanted, text, index.label(wanted, text)), EXACT, ())
    other = "artist" if wanted == "track" else "track"
    else_found = _found(NameIndex(space, names.filter(pl.col("kind") == other)), term)
    try:
        resolved = index.find(term)[0]
    except InvalidArgumentError as error:
        if else_found is None:
            raise
        if kind is not None:
            hint = f"; {_a(other)} is called {else_found.place.label}: --kind {other} asks for it"
            raise InvalidArgumentError(f"{error}{hint}") from error
        resolved = else_found
    if else_found is not None and else_found.similarity >= resolved.similarity + MUCH_NEARER:
        if kind is None:
            return else_found
        note(f"{_a(other)} is called {else_found.place.label}: --kind {other} asks for it")
    return resolved


def _found(index: "NameIndex", term: "Term") -> "Resolved | None":
    try:
        return index.find(term)[0]
    except InvalidArgumentError:
        return None


def _a(kind: str) -> str:
    return "an artist" if kind == "artist" else "a track"


def resolve_entity(lake: "Lake", name: str, kind: str) -> tuple[str, str]:
    """Find whom of the catalogue a name means: an id, a name but for case and accents, or the name that is most like it.

    Returns:
        The id and the name.

    Raises:
        MissingInputError: nobody is called like it; the message lists the nearest names.
    """
    from rapidfuzz import fuzz, process

    from recsys_assets.cli.show import note
    from recsys_assets.latent.arithmetic import MIN_SIMILARITY, fold

    names = catalogue_names(lake, kind)
    labels = dict(names.select("id", "name").iter_rows())
    called = find_called(names, name).get(kind, [])
    if len(called) > 1:
        shown = ", ".join(called[:_SHOWN_NAMES])
        note(f"{len(called)} are called so: {shown}; this is the first")
    if called:
        return called[0], labels[called[0]] or called[0]
    known = [(each, label, fold(label)) for each, label in labels.items() if label]
    wanted = fold(name) or name
    found = process.extract(wanted, [folded for *_, folded in known], scorer=fuzz.WRatio, limit=200)
    # WRatio forgives parts: "xxyyx" is 90 like "x". A whole name that is as alike comes first.
    ranked = sorted(((fuzz.ratio(wanted, text) + score) / 2, -at) for text, score, at in found)[::-1]
    if not ranked or ranked[0][0] < MIN_SIMILARITY:
        near = ", ".join(known[-at][1] for _, at in ranked[:_SHOWN_NAMES])
        offers = f"; nearest names: {near}" if near else ""
        raise MissingInputError(f"the catalogue has no {kind} called like {name!r}{offers}")
    entity_id, label, _ = known[-ranked[0][1]]
    note(f"taken for {label} ({entity_id})")
    return entity_id, label


def catalogue_names(lake: "Lake", kind: str | None = None) -> "pl.DataFrame":
    """Read who is called what in the newest catalogue: kind, id, name, artist_name (of tracks), play_count (null)."""
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

    parts = [
        newest(lake, table)
        .scan()
        .select(
            pl.lit(of).alias("kind"),
            pl.col(id_column).alias("id"),
            pl.col(label).alias(c.NAME),
            pl.lit(None, pl.Float64).alias(c.PLAY_COUNT),
        )
        for of, table, id_column, label in (
            ("artist", RAW_ARTISTS, c.ARTIST_ID, c.NAME),
            ("track", RAW_TRACKS, c.TRACK_ID, c.TITLE),
        )
        if kind in {None, of}
    ]
    return pl.concat(parts).sort("kind", "id").collect()


def why_no_place(lake: "Lake", kind: str, entity_id: str, label: str) -> str:
    """Say why listeners give somebody no place, and which other view knows them."""
    from recsys_assets.cli.views import view_of
    from recsys_assets.latent.views import SOUND, TEXT

    n_listeners, day = _listeners(lake, kind, entity_id)
    if n_listeners == 0:
        said = f"nobody had heard {label} by {day}, and a place among listeners needs one who has"
    else:
        heard = "1 listener" if n_listeners == 1 else f"{n_listeners:,} listeners"
        said = f"{label} was heard by {heard} by {day}, who say too little for a place"
    others = [view for view in (TEXT, SOUND) if not view_of(lake, view, kind, entity_id).is_empty()]
    commands = [f"`recsys similar {shlex.quote(label)} --kind {kind} --by {view}`" for view in others]
    return f"{said}; {' or '.join(commands)} knows more" if commands else f"{said}; neither articles nor sound say more"


def _listeners(lake: "Lake", kind: str, entity_id: str) -> "tuple[int, object]":
    """Count who heard a track, or any of an artist's, by the newest day; and name the day."""
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
    from recsys_assets.raw.tables import RAW_TRACKS

    table = newest(lake, PLAY_CONFIDENCE)
    is_theirs = pl.col(c.ARTIST_IDS).list.contains(entity_id) if kind == "artist" else pl.col(c.TRACK_ID) == entity_id
    theirs = newest(lake, RAW_TRACKS).scan().filter(is_theirs).select(c.TRACK_ID)
    heard = table.scan().join(theirs, on=c.TRACK_ID, how="semi").select(pl.col(c.USER_ID).n_unique()).collect().item()
    return heard, table.partitions[-1] if table.partitions else "now"
