"""What a place lies among: the nearest tracks and artists, their genres, and the words of playlists that hold them.

Belongs here: naming a place for people. Counting its listeners is ``audience``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.latent.neighbours import to_units
from recsys_assets.latent.space import LatentSpace

SHOWN = 10
# Genres and words are those of a neighbourhood, not of the ten that are shown; a small catalogue has smaller ones.
NEIGHBOURHOOD, NEIGHBOURHOOD_SHARE = 50, 0.05
_LEAST_PLAYLISTS = 2
# What a word is expected at least: of words that stand in one or two lists chance tells nothing.
_SMOOTHING = 1.0
_MOST_GENRES, _MOST_TERMS = 5, 10
# Of the best word's: what is far behind it is chance.
_LEAST_LIFT = 0.2
_WORD = r"\p{L}[\p{L}\p{N}'-]+"
# Two words are one where most titles with either have both, side by side.
_LEAST_PAIRS, _PAIR_SHARE = 3, 0.8
_PLAIN_WORDS = (
    "a", "all", "an", "and", "are", "at", "be", "best", "but", "by", "der", "die", "for", "from", "in", "is", "it", "just", "la",
    "le", "list", "me", "mix", "more", "music", "my", "no", "not", "of", "on", "only", "or", "our", "playlist", "so", "songs",
    "that", "the", "this", "to", "top", "tracks", "und", "very", "vol", "we", "with", "you", "your",
)  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """What there is to name a place by.

    Attributes:
        space: vectors of tracks and artists.
        genres: ``track_id``, ``genre``: one row per genre of a track.
        words: ``playlist_id``, ``word``: distinct words of titles.
        entries: ``playlist_id``, ``track_id``: distinct.
    """

    space: LatentSpace
    genres: pl.DataFrame
    words: pl.DataFrame
    entries: pl.DataFrame


def build_surroundings(
    space: LatentSpace, tracks: pl.DataFrame, playlists: pl.DataFrame, playlist_tracks: pl.DataFrame
) -> Surroundings:
    """Prepare the catalogue and playlists of a day; each may be empty."""
    said = playlists.select(c.PLAYLIST_ID, word=pl.col(c.NAME).str.to_lowercase().str.extract_all(_WORD)).explode(
        "word"
    )
    words = _join_pairs(said.drop_nulls()).filter(~pl.col("word").is_in(_PLAIN_WORDS)).unique()
    genres = tracks.select(c.TRACK_ID, genre=c.GENRES).explode("genre").drop_nulls()
    return Surroundings(space, genres, words, playlist_tracks.select(c.PLAYLIST_ID, c.TRACK_ID).unique())


def _join_pairs(words: pl.DataFrame) -> pl.DataFrame:
    """Make one word of two that hardly ever stand apart, such as "hip hop"; of ``playlist_id``, ``word`` in their order."""
    follows = words.with_columns(following=pl.col("word").shift(-1).over(c.PLAYLIST_ID))
    n_lists = pl.col(c.PLAYLIST_ID).n_unique()
    counts = words.group_by("word").agg(n=n_lists)
    pairs = (
        follows.drop_nulls()
        .group_by("word", "following")
        .agg(n_pair=n_lists)
        .join(counts, on="word")
        .join(counts.rename({"word": "following", "n": "n_following"}), on="following")
        .filter(
            pl.col("n_pair") >= _LEAST_PAIRS,
            pl.col("n_pair") >= _PAIR_SHARE * pl.max_horizontal("n", "n_following"),
        )
        .select("word", "following", pair=pl.concat_str("word", "following", separator=" "))
    )
    joined = follows.join(pairs, on=("word", "following"), how="left", maintain_order="left")
    is_second = pl.col("pair").shift(1).over(c.PLAYLIST_ID).is_not_null()
    return joined.filter(~is_second | pl.col("pair").is_not_null()).select(
        c.PLAYLIST_ID, word=pl.coalesce("pair", "word")
    )


def describe_places(
    vectors: NDArray[np.float32], own_ids: pl.Series, around: Surroundings
) -> list[dict[str, list[str] | list[float]]]:
    """Describe each place.

    Args:
        vectors: shape (n, d).
        own_ids: the track of each place, which is not its own neighbour.
        around: what there is.

    Returns:
        For each place the columns of ``cold_start.audiences`` from ``near_track_ids`` on; lists are empty where nothing
        is near or nobody says.
    """
    space = around.space
    k = max(SHOWN, min(NEIGHBOURHOOD, round(NEIGHBOURHOOD_SHARE * space.tracks.size)))
    near_tracks = _nearest(vectors, space.track_vectors, k, without=space.tracks.rows(own_ids))
    near_artists = _nearest(vectors, space.artist_vectors, SHOWN)
    described = []
    for (tracks, cosines), (artists, artist_cosines) in zip(near_tracks, near_artists, strict=True):
        ids = space.tracks.external(tracks)
        genres, shares = _genres(ids, cosines, around)
        described.append(
            {
                "near_track_ids": ids[:SHOWN].to_list(),
                "near_track_cosines": cosines[:SHOWN].tolist(),
                "near_artist_ids": space.artists.external(artists).to_list(),
                "near_artist_cosines": artist_cosines.tolist(),
                c.GENRES: genres,
                "genre_shares": shares,
                "terms": find_terms(ids, around),
            }
        )
    return described


_Near = tuple[NDArray[np.int64], NDArray[np.float32]]


def find_nearest(vectors: Sequence[Sequence[float]], among: NDArray[np.float32], k: int) -> list[_Near]:
    """Return rows and cosines of the ``k`` nearest to each place, nearest first."""
    return _nearest(np.array(vectors, dtype=np.float32).reshape(len(vectors), among.shape[1]), among, k)


def _nearest(
    vectors: NDArray[np.float32], among: NDArray[np.float32], k: int, *, without: NDArray[np.integer] | None = None
) -> list[_Near]:
    """Rows and cosines of the ``k`` nearest of each vector, ties by row; what has no place is near to nothing."""
    units, found = to_units(among), []
    has_place = np.asarray(units.any(axis=1))
    for n, target in enumerate(to_units(vectors)):
        cosines = np.where(has_place, units @ target, -np.inf) if target.any() else np.full(len(units), -np.inf)
        if without is not None and without[n] >= 0:
            cosines[without[n]] = -np.inf
        order = np.argsort(-cosines, kind="stable")[:k]
        order = order[np.isfinite(cosines[order])]
        found.append((order, cosines[order].astype(np.float32)))
    return found


def _genres(ids: pl.Series, cosines: NDArray[np.float32], around: Surroundings) -> tuple[list[str], list[float]]:
    """Genres of the neighbourhood by the cosines of their tracks; a track of two genres counts half for each."""
    near = pl.DataFrame({c.TRACK_ID: ids, "weight": np.maximum(cosines, 0)})
    counted = (
        near.join(around.genres, on=c.TRACK_ID)
        .with_columns(pl.col("weight") / pl.len().over(c.TRACK_ID))
        .group_by("genre")
        .agg(pl.col("weight").sum())
        .with_columns(pl.col("weight") / pl.col("weight").sum())
        .sort("weight", "genre", descending=[True, False])
        .head(_MOST_GENRES)
        .filter(pl.col("weight") > 0)
    )
    return counted["genre"].to_list(), counted["weight"].cast(pl.Float32).to_list()


def find_terms(track_ids: pl.Series, around: Surroundings) -> list[str]:
    """Find words that titles of playlists with these tracks have more often than titles of all playlists.

    A playlist counts by the share of its tracks that are among them. Words of at least two such playlists, by how much of
    them there is beyond what chance gives, relative to it (smoothed).
    """
    near = pl.col(c.TRACK_ID).is_in(track_ids.implode())
    # A list whose title says nothing is none of those that are counted.
    titled = around.entries.join(around.words, on=c.PLAYLIST_ID, how="semi")
    shares = titled.group_by(c.PLAYLIST_ID).agg(share=near.mean())
    usual = shares["share"].mean() if len(shares) else 0.0
    return (
        around.words.join(shares, on=c.PLAYLIST_ID)
        .group_by("word")
        .agg(n=(pl.col("share") > 0).sum(), found=pl.col("share").sum(), expected=pl.len() * pl.lit(usual))
        .filter(pl.col("n") >= _LEAST_PLAYLISTS)
        .with_columns(lift=(pl.col("found") - pl.col("expected")) / (pl.col("expected") + _SMOOTHING))
        .filter(pl.col("lift") > 0, pl.col("lift") >= _LEAST_LIFT * pl.col("lift").max())
        .sort("lift", "word", descending=[True, False])
        .head(_MOST_TERMS)["word"]
        .to_list()
    )
