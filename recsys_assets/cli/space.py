"""Commands about the latent space: ``similar`` and ``vector``.

Names are resolved by ``latent``; what they were taken for is always said.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import require_home
from recsys_assets.cli.listen import MAKE_IT, AsJson, Limit
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from recsys_assets.core.lake import Lake
    from recsys_assets.latent.arithmetic import Place, Resolved
    from recsys_assets.latent.space import LatentSpace

Kind = Annotated[str | None, typer.Option(metavar="track|artist", help="What to look among.")]


def similar(
    name: Annotated[
        str, typer.Argument(metavar="TRACK|ARTIST", help="A title or a name, roughly, or an id.", show_default=False)
    ],
    *,
    kind: Annotated[
        str | None, typer.Option(metavar="track|artist", help="What it names, where both are called so.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="listeners|sound|text|all",
            help="Nearest by who listens, by what is heard, by what is written, or by all three.",
        ),
    ] = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """List the tracks nearest to a track, or the artists nearest to an artist.

    An artist who is called exactly so goes before a track.

    Example: recsys similar "a submerged rain"
    """
    from recsys_assets.cli.resolving import resolve, why_no_place
    from recsys_assets.cli.views import similar_by
    from recsys_assets.core.lake import Lake
    from recsys_assets.latent.tables import ARTIST_NEIGHBOURS, TRACK_NEIGHBOURS

    if not name.strip():
        raise InvalidArgumentError("TRACK|ARTIST is empty: name a title, an artist or an id")
    kind = _kind(kind)
    lake = Lake(require_home().lake)
    if by is not None:
        similar_by(lake, name, kind, by, limit, as_json=as_json)
        return
    space, names = _space_and_names(lake)
    cold = _near_cold_track(lake, space, name, limit) if kind != "artist" else None
    placeless = None if cold else _without_place(space, names, name, kind)
    if placeless and placeless[0] == "track":
        # Named by its title, it may have a place by its content too.
        cold = _near_cold_track(lake, space, placeless[1], limit)
    if cold is not None:
        _show((cold[0],), cold[1], names, "track", as_json=as_json)
        return
    if placeless:
        raise MissingInputError(why_no_place(lake, *placeless))
    resolved = resolve(space, names, name, kind)
    place = resolved.place
    table = lake.open(TRACK_NEIGHBOURS if place.kind == "track" else ARTIST_NEIGHBOURS)
    rows = _neighbours(table.only([_newest_day(lake)]).scan(), place, limit)
    if rows.is_empty():
        raise MissingInputError(f"{place.label} has no neighbours on {_newest_day(lake)}: {MAKE_IT}")
    _show((resolved,), rows, names, place.kind, as_json=as_json)


def _without_place(
    space: "LatentSpace", names: "pl.DataFrame", name: str, kind: str | None
) -> tuple[str, str, str] | None:
    """Return kind, id and name of whom a name means exactly, where all who are called so have no place; else None."""
    from recsys_assets.cli.resolving import find_called

    called = {of: ids for of, ids in find_called(names, name).items() if kind in {None, of}}
    ids = {"track": space.tracks, "artist": space.artists}
    if not called or any(ids[of].row(each) >= 0 for of, own in called.items() for each in own):
        return None
    of, own = next(iter(called.items()))
    label = dict(names.filter(names["kind"] == of).select("id", "name").iter_rows())[own[0]]
    return of, own[0], label or own[0]


def _near_cold_track(
    lake: "Lake", space: "LatentSpace", track_id: str, limit: int
) -> "tuple[Resolved, pl.DataFrame] | None":
    """Find what lies near a track that has a place by its content and none in the space; None for any other name."""
    import polars as pl

    from recsys_assets.cli.names import Names
    from recsys_assets.cli.resolving import EXACT
    from recsys_assets.cli.show import note
    from recsys_assets.cold_start.place_tables import PLACEMENTS, SUBMISSION_PREVIEW
    from recsys_assets.cold_start.surroundings import find_nearest
    from recsys_assets.core import columns as c
    from recsys_assets.latent.arithmetic import Place, Resolved, Term

    is_meant = (pl.col(c.TRACK_ID) == track_id) | (pl.col(c.SUBMISSION_ID) == track_id)
    placed = lake.open(PLACEMENTS).only([_newest_day(lake)]).scan().filter(is_meant).collect()
    if placed.is_empty():
        # What came since the day was made is placed by its preview; one in another space is near to nothing here.
        previewed = lake.open(SUBMISSION_PREVIEW).scan().filter(is_meant)
        placed = previewed.filter(pl.col(c.SPACE_VERSION) == space.space_version).collect()
    if placed.is_empty() or space.tracks.row(placed[c.TRACK_ID][0]) >= 0:
        return None
    own = placed[c.TRACK_ID][0]
    note(f"few or none have heard it: {_stands_on(placed.row(0, named=True))}")
    rows, cosines = find_nearest(placed[c.VECTOR].to_list(), space.track_vectors, limit)[0]
    found = pl.DataFrame({"rank": range(1, len(rows) + 1), "id": space.tracks.external(rows), "cosine": cosines})
    label = Names.of(lake, pl.Series([own])).title(own)
    return Resolved(Term(1, track_id), Place("track", own, label), EXACT, ()), found


def _stands_on(place: "Mapping[str, Any]") -> str:
    """Say what a place stands on."""
    weight = place["artist_weight"]
    parts = [
        *(["its artists' other tracks"] if weight > 0 else []),
        *(["its sound"] if weight < 1 and place["sound_vector"] is not None else []),
        *(["those few"] if place["n_listeners"] else []),
    ]
    if not parts:
        return "nothing says where it belongs, so it stands in the middle of all tracks"
    if len(parts) == 1:
        return f"this is where {parts[0]} alone {'puts' if parts == ['its sound'] else 'put'} it"
    return f"this is where {', '.join(parts[:-1])} and {parts[-1]} put it"


def vector(
    expression: Annotated[
        str, typer.Argument(metavar='"A + B - C"', help="Names with spaces around + and -.", show_default=False)
    ],
    *,
    kind: Kind = None,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """Add and subtract places, and list what is near.

    Names that hold " + " or " - " are put in double quotes. The names of the expression are left out of the answer.

    Example: recsys vector "Station Weather (Live at Harbour Hall) - Station Weather + A Submerged Rain"
    """
    import polars as pl

    from recsys_assets.cli.resolving import EXACT
    from recsys_assets.cli.show import note
    from recsys_assets.core.lake import Lake
    from recsys_assets.latent.arithmetic import SPACES_HINT, evaluate_expression, has_tight_sign

    space, names = _space_and_names(Lake(require_home().lake))
    answer = evaluate_expression(space, names, expression, n=limit, kind=_kind(kind))
    rows = pl.DataFrame(
        [(rank, near.place.id, near.cosine) for rank, near in enumerate(answer.nearest, start=1)],
        schema={"rank": pl.Int32, "id": pl.String, "cosine": pl.Float32},
        orient="row",
    )
    # A name of that spelling needs no hint; a rough one may have been meant as a sum.
    if any(each.similarity < EXACT and has_tight_sign(each.term.name) for each in answer.resolved):
        note(SPACES_HINT)
    among = answer.nearest[0].place.kind if answer.nearest else "track"
    _show(answer.resolved, rows, names, among, as_json=as_json)


def _kind(kind: str | None) -> str | None:
    if kind not in {None, "track", "artist"}:
        raise InvalidArgumentError(f"--kind is track or artist, found {kind!r}")
    return kind


def _newest_day(lake: "Lake") -> date:
    from recsys_assets.latent.tables import TRACK_VECTORS

    days = lake.open(TRACK_VECTORS).partitions
    if not days:
        raise MissingInputError(f"there is no latent space yet: {MAKE_IT}")
    return days[-1]


def _space_and_names(lake: "Lake") -> "tuple[LatentSpace, pl.DataFrame]":
    """Read the newest day's tracks and artists with their names; listeners are not needed, so not read."""
    import polars as pl

    from recsys_assets.cli.names import newest
    from recsys_assets.core import columns as c
    from recsys_assets.latent.factorise import FactoriseParams
    from recsys_assets.latent.space_tables import SpaceTables, from_tables
    from recsys_assets.latent.tables import ARTIST_VECTORS, TRACK_VECTORS, USER_VECTORS
    from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
    from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

    day = _newest_day(lake)
    tracks, artists = (lake.open(schema).only([day]).read() for schema in (TRACK_VECTORS, ARTIST_VECTORS))
    space = from_tables(SpaceTables(USER_VECTORS.empty(), tracks, artists), FactoriseParams())
    plays = lake.open(PLAY_CONFIDENCE).only([day]).scan().group_by(c.TRACK_ID).agg(pl.col(c.PLAY_COUNT).sum()).collect()
    named = newest(lake, RAW_TRACKS).scan().select(c.TRACK_ID, c.TITLE, c.ARTIST_IDS).collect()
    known = newest(lake, RAW_ARTISTS).scan().select(c.ARTIST_ID, c.NAME).collect()
    credited = named.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID)).explode(c.ARTIST_ID)
    credited = credited.join(known, on=c.ARTIST_ID, how="left", maintain_order="left").join(
        plays, on=c.TRACK_ID, how="left"
    )
    credit = credited.drop_nulls(c.NAME).group_by(c.TRACK_ID).agg(pl.col(c.NAME).str.join(", ").alias("artist_name"))
    streamed = credited.group_by(c.ARTIST_ID).agg(pl.col(c.PLAY_COUNT).sum())
    columns = ("kind", "id", c.NAME, "artist_name", c.PLAY_COUNT)
    of_tracks = named.join(credit, on=c.TRACK_ID, how="left").join(plays, on=c.TRACK_ID, how="left").select(
        pl.lit("track").alias("kind"), pl.col(c.TRACK_ID).alias("id"), pl.col(c.TITLE).alias(c.NAME), "artist_name",
        c.PLAY_COUNT,
    )  # fmt: skip
    of_artists = known.join(streamed, on=c.ARTIST_ID, how="left").select(
        pl.lit("artist").alias("kind"), pl.col(c.ARTIST_ID).alias("id"), c.NAME,
        pl.lit(None, pl.String).alias("artist_name"), c.PLAY_COUNT,
    )  # fmt: skip
    return space, pl.concat([of_tracks.select(columns), of_artists.select(columns)])


def _neighbours(rows: "pl.LazyFrame", place: "Place", limit: int) -> "pl.DataFrame":
    import polars as pl

    found = rows.filter(pl.col(f"{place.kind}_id") == place.id).sort("rank").head(limit)
    return found.select("rank", pl.col("neighbour_id").alias("id"), "cosine").collect()


def _show(
    resolved: "tuple[Resolved, ...]", rows: "pl.DataFrame", names: "pl.DataFrame", kind: str, *, as_json: bool
) -> None:
    """Write what each name was taken for, and what is near."""
    import polars as pl

    from recsys_assets.cli.show import note, print_json, print_table

    among = names.filter(pl.col("kind") == kind).unique("id", keep="first").select("id", "name", "artist_name")
    shown = rows.join(among, on="id", how="left", maintain_order="left").with_columns(
        pl.col("name").fill_null(pl.col("id")), pl.col("cosine").cast(pl.Float64).round(4)
    )
    if as_json:
        taken = [
            {"name": r.term.name, "sign": r.term.sign, "kind": r.place.kind, "id": r.place.id, "label": r.place.label}
            for r in resolved
        ]
        print_json({"resolved": taken, "kind": kind, "rows": shown.to_dicts()})
        return
    for each in resolved:
        others = f"; or {', '.join(place.label for place in each.others)}" if each.others else ""
        note(f"{'+' if each.term.sign > 0 else '-'} {each.term.name}: {each.place.kind} {each.place.label}{others}")
    columns = ("rank", "name", "artist_name", "cosine") if kind == "track" else ("rank", "name", "cosine")
    heads = {"rank": "#", "name": kind, "artist_name": "artist", "cosine": "cosine"}
    print_table(shown.select(columns).rows(), [heads[name] for name in columns], numbers=("#", "cosine"))
