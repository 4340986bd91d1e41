"""Which artists articles moved on a day: from where, to where, and because of what.

Belongs here: the comparison of places with and without text. Places are ``placing``; what they lie among,
``surroundings``. An artist's place is the mean of the tracks' places, so one whose tracks have listeners of their own stays
where these put them, whatever is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.cold_start.days import Day, read_known_day
from recsys_assets.cold_start.move_tables import ARTIST_MOVES, DISTANCE, N_LISTENERS
from recsys_assets.cold_start.moves_picture import MOST_ROWS, end_line, name_of
from recsys_assets.cold_start.placing import Known, PlacingParams, catalogue_subjects, place_subjects
from recsys_assets.cold_start.surroundings import Surroundings, describe_places
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import EMBEDDING, IDS
from recsys_assets.core.windows import monday_of
from recsys_assets.corpus.tables import ARTIST, ENTITY_ID, ENTITY_TERMS, EXCERPT, KIND, N_ARTICLES, URL, WEIGHT
from recsys_assets.latent.neighbours import to_units
from recsys_assets.raw.tables import RAW_ARTISTS

# What is less is rounding.
LEAST_DISTANCE = 1e-4
# From so many listeners on an artist is known by them, and articles may not move the dot by more.
WELL_EVIDENCED, MOST_MOVED = 50, 0.1
_SHOWN = 5
_OTHER = "other_artist_id"


def make_moves(days: Sequence[date], lake: Lake, params: PlacingParams) -> pl.DataFrame:
    """Compare the places of each day with and without text: rows of ``cold_start.artist_moves``."""
    parts = [ARTIST_MOVES.empty()]
    for day in days:
        known = read_known_day(lake, day)
        if known is None or known.known.prior.text is None:
            continue
        terms = lake.open(ENTITY_TERMS).only([monday_of(day)]).read()
        parts.append(ARTIST_MOVES.arrange(find_moves(known, terms, params)).collect())
    return pl.concat(parts)


def find_moves(day: Day, entity_terms: pl.DataFrame, params: PlacingParams) -> pl.DataFrame:
    """Find the artists of a day whom articles move.

    Args:
        day: what it knows.
        entity_terms: ``corpus.entity_terms`` of its week; may be empty.
        params: of placing.

    Returns:
        Rows of ``cold_start.artist_moves``, the furthest first; ties by id.
    """
    known = day.known
    subjects = catalogue_subjects(day.tracks, day.sounds, known, day=day.day, few=params.few_listeners)
    after = place_subjects(subjects, known, params).filter(pl.col("text_weight") > 0)
    subjects = subjects.join(after, on=c.TRACK_ID, how="semi")
    silent = replace(known, prior=replace(known.prior, text=None))
    before = place_subjects(subjects, silent, params, keeps_silent=True)
    told = before.filter(pl.col("inherits_artist") | pl.col("sound_vector").is_not_null() | (pl.col("n_listeners") > 0))
    moved = _mean_places(day, _with_vector(after, "after"), _with_vector(before, "before"), told[c.TRACK_ID])
    if moved.is_empty():
        return ARTIST_MOVES.empty()
    old, new = (np.array(moved[name].to_list(), dtype=np.float32) for name in ("vector_before", "vector_after"))
    distance = 1 - (to_units(old) * to_units(new)).sum(axis=1)
    far = distance > LEAST_DISTANCE
    moved = moved.with_columns(pl.Series(DISTANCE, distance, dtype=pl.Float32)).filter(pl.Series(far))
    if moved.is_empty():
        return ARTIST_MOVES.empty()
    # The middle of everything is near somebody too, which would be told as if it meant them.
    is_placed = moved["is_placed"]
    near, genre = pl.col("near_before"), pl.col("genre_before")
    return (
        moved.with_columns(_surroundings(old[far], new[far], moved[c.ARTIST_ID], day))
        .with_columns(
            pl.when(is_placed).then(near).otherwise(pl.lit([], dtype=IDS)).alias("near_before"),
            pl.when(is_placed).then(genre).alias("genre_before"),
        )
        .join(_listeners(day), on=c.ARTIST_ID, how="left")
        .join(_articles(known), on=c.ARTIST_ID, how="left")
        .join(_causes(moved, old[far], new[far], known, entity_terms), on=c.ARTIST_ID, how="left")
        .sort(DISTANCE, c.ARTIST_ID, descending=[True, False])
        .with_columns(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias(c.RANK),
            pl.col(N_LISTENERS).fill_null(0).cast(pl.Int32),
            pl.lit(known.space.space_version).alias(c.SPACE_VERSION),
            pl.lit(day.day).alias(c.DATE),
        )
    )


def _with_vector(placed: pl.DataFrame, name: str) -> pl.DataFrame:
    return placed.select(c.TRACK_ID, pl.col(c.VECTOR).alias(name))


def _mean_places(day: Day, after: pl.DataFrame, before: pl.DataFrame, told: pl.Series) -> pl.DataFrame:
    """Mean places of the artists of moved tracks over all of their tracks: artist_id, vectors, ``n_moved_tracks``, ``is_placed``.

    ``is_placed``: whether anything but articles places one of the tracks: listeners of its own, or what ``told`` names.
    """
    credited = day.tracks.select(c.TRACK_ID, artist_id=c.ARTIST_IDS).explode(c.ARTIST_ID, empty_as_null=True)
    credited = credited.drop_nulls().unique()
    mine = credited.join(credited.join(after, on=c.TRACK_ID, how="semi"), on=c.ARTIST_ID, how="semi")
    space, width = day.known.space, day.known.space.dimensions
    placed = pl.DataFrame(
        {c.TRACK_ID: space.tracks.ids, "own": pl.Series(space.track_vectors, dtype=pl.Array(pl.Float32, width))}
    ).with_columns(pl.col("own").arr.to_list())
    rows = (
        mine.join(after, on=c.TRACK_ID, how="left")
        .join(before, on=c.TRACK_ID, how="left")
        .join(placed, on=c.TRACK_ID, how="left")
        .with_columns(
            is_moved=pl.col("after").is_not_null(),
            is_placed=pl.col("own").is_not_null() | pl.col(c.TRACK_ID).is_in(told.implode()),
        )
        .with_columns(pl.coalesce("after", "own"), pl.coalesce("before", "own"))
        .drop_nulls("after")
        .sort(c.ARTIST_ID, c.TRACK_ID)
    )
    if rows.is_empty():
        return ARTIST_MOVES.empty()
    names, of = np.unique(rows[c.ARTIST_ID].to_numpy(), return_inverse=True)
    count = np.bincount(of)[:, None]
    means = {}
    for name in ("before", "after"):
        sums = np.zeros((names.size, width))
        np.add.at(sums, of, rows[name].list.to_array(width).to_numpy())
        means[f"vector_{name}"] = pl.Series((sums / count).tolist(), dtype=EMBEDDING)
    moved = np.bincount(of, weights=rows["is_moved"].to_numpy()).astype(np.int32)
    placed_before = np.bincount(of, weights=rows["is_placed"].to_numpy()) > 0
    return pl.DataFrame(
        {c.ARTIST_ID: pl.Series(names, dtype=pl.String), **means, "n_moved_tracks": moved, "is_placed": placed_before}
    )


def _surroundings(old: NDArray[np.float32], new: NDArray[np.float32], artists: pl.Series, day: Day) -> list[pl.Series]:
    genres = day.tracks.select(c.TRACK_ID, genre=c.GENRES).explode("genre").drop_nulls()
    nothing = pl.DataFrame(schema={c.PLAYLIST_ID: pl.String, "word": pl.String, c.TRACK_ID: pl.String})
    around = Surroundings(
        day.known.space,
        genres,
        nothing.select(c.PLAYLIST_ID, "word"),
        nothing.select(c.PLAYLIST_ID, c.TRACK_ID),
    )
    columns = []
    for name, places in (("before", old), ("after", new)):
        # Whose place it is, is not who is near it.
        told = describe_places(places, pl.Series([""] * len(places)), around)
        near = [
            [each for each in row["near_artist_ids"] if each != own][:_SHOWN]
            for row, own in zip(told, artists, strict=True)
        ]
        columns += [
            pl.Series(f"near_{name}", near, dtype=pl.List(pl.String)),
            pl.Series(f"genre_{name}", [next(iter(row[c.GENRES]), None) for row in told], dtype=pl.String),
        ]
    return columns


def _listeners(day: Day) -> pl.DataFrame:
    credited = day.tracks.select(c.TRACK_ID, artist_id=c.ARTIST_IDS).explode(c.ARTIST_ID, empty_as_null=True)
    return (
        day.known.entries.join(credited.drop_nulls(), on=c.TRACK_ID)
        .group_by(c.ARTIST_ID)
        .agg(pl.col(c.USER_ID).n_unique().alias(N_LISTENERS))
    )


def _articles(known: Known) -> pl.DataFrame:
    text = known.written.entity_text.filter(pl.col(KIND) == ARTIST)
    return text.select(pl.col(ENTITY_ID).alias(c.ARTIST_ID), N_ARTICLES)


def _causes(
    moved: pl.DataFrame, old: NDArray[np.float32], new: NDArray[np.float32], known: Known, entity_terms: pl.DataFrame
) -> pl.DataFrame:
    """Say of each artist which co-mention lies most in the direction of the move, or else the heaviest term."""
    space = known.space
    near = known.written.co_mentions.join(moved.select(c.ARTIST_ID).with_row_index("row"), on=c.ARTIST_ID)
    near = near.filter(pl.Series(space.artists.rows(near[_OTHER]) >= 0))
    row = near["row"].to_numpy()
    toward = (space.artist_vectors[space.artists.rows(near[_OTHER])] - old[row]) * (new - old)[row]
    named = (
        near.with_columns(pl.Series("part", toward.sum(axis=1) * near[WEIGHT].to_numpy()))
        .filter(pl.col("part") > 0)
        .sort("part", _OTHER, descending=[True, False])
        .unique(c.ARTIST_ID, keep="first", maintain_order=True)
        .select(c.ARTIST_ID, because_artist_id=_OTHER, excerpt=EXCERPT, url=URL)
    )
    words = (
        entity_terms.filter(pl.col(KIND) == ARTIST)
        .sort(c.RANK, ENTITY_ID)
        .unique(ENTITY_ID, keep="first", maintain_order=True)
        .select(pl.col(ENTITY_ID).alias(c.ARTIST_ID), pl.lit(None, pl.String).alias("because_artist_id"), EXCERPT, URL)
        .join(named, on=c.ARTIST_ID, how="anti")
    )
    return pl.concat([named, words])


def nobody_well_evidenced_moves(moves: pl.DataFrame) -> GateResult:
    """Judge whether articles left those alone whom their listeners place; a failure warns."""
    known = moves.filter(pl.col(N_LISTENERS) >= WELL_EVIDENCED)
    far = known.filter(pl.col(DISTANCE) > MOST_MOVED).sort(c.RANK)
    names = ", ".join(far[c.ARTIST_ID].head(3))
    told = f"{len(moves)} artists moved, {len(known)} of them with at least {WELL_EVIDENCED} listeners"
    return GateResult(
        name="nobody_well_evidenced_moves",
        passed=far.is_empty(),
        observed=len(far),
        threshold=0,
        blocking=False,
        notes=f"{told}: {names} by more than {MOST_MOVED}. Look at the articles behind it" if len(far) else told,
    )


def read_names(lake: Lake, day: date) -> dict[str, str]:
    """Return names of artists by id, as known on a day."""
    artists = lake.open(RAW_ARTISTS).latest(day).read().drop_nulls(c.NAME)
    return dict(zip(artists[c.ARTIST_ID], artists[c.NAME], strict=True))


def list_moves(moves: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """List the furthest moves for people, in short columns: who, how far, from where to where, and because of whom."""
    told = [
        {
            "artist": name_of(names, row[c.ARTIST_ID]),
            "moved": f"{row[DISTANCE]:.3f}",
            "from": end_line(row, "before", names) or "nowhere",
            "to": end_line(row, "after", names) or "nowhere",
            "named with": name_of(names, row["because_artist_id"]) if row["because_artist_id"] else None,
            "articles": row["n_articles"],
            "listeners": row[N_LISTENERS],
        }
        for row in moves.sort(c.RANK).head(MOST_ROWS).iter_rows(named=True)
    ]
    numbers = {"articles": pl.Int32, "listeners": pl.Int32}
    shown = ("artist", "moved", "from", "to", "named with", "articles", "listeners")
    return pl.DataFrame(told, schema={name: numbers.get(name, pl.String) for name in shown})


def quote_moves(moves: pl.DataFrame, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the sentences behind the furthest moves in full: who moved, the sentence, the address of its article."""
    quoted = moves.sort(c.RANK).head(MOST_ROWS).drop_nulls(EXCERPT)
    return [(name_of(names, row[c.ARTIST_ID]), row[EXCERPT], row[URL] or "") for row in quoted.iter_rows(named=True)]
