"""Why a track is in a mix, in words made of evidence that exists.

Belongs here: texts. A claim about the listener is checked against what they heard and whom they follow before it is
made; evidence that does not hold is dropped and the reason falls back to a weaker one that does. Finding evidence is
``evidence``.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.text_words import WORDS

POPULAR = "popular with everybody right now"
# Where nobody is known to have heard anything in the last weeks, "right now" would not be true.
POPULAR_EVER = "popular with everybody"
FOR_NEWCOMERS = ": play a few tracks and this becomes yours"
POPULAR_FOR_NEWCOMERS = POPULAR + FOR_NEWCOMERS
NEAR = "close to what you play"


def popular_words(*, is_recent: bool) -> str:
    """Say of the popular list what is true of it."""
    return POPULAR if is_recent else POPULAR_EVER


def explain_discoveries(
    offers: pl.DataFrame,
    *,
    catalogue: Catalogue,
    heard: PairSet,
    follows: PairSet,
    is_recent: bool = True,
    written: pl.DataFrame | None = None,
) -> pl.Series:
    """Explain tracks that a listener has not heard.

    Args:
        offers: ``user_row``, ``track_row``, ``source``, ``is_known`` (False for a listener who never heard anything)
            and, where there is evidence, ``because_1``, ``because_2`` (rows of tracks that the listener played; null or
            -1 for none) and ``shared_playlists`` (playlists that hold both this track and ``because_1``; null or 0 for
            none).
        catalogue: names and credits.
        heard: (listener, track) rows.
        follows: (listener, artist) rows.
        is_recent: whether the popular list is that of the last weeks.
        written: ``track_id``, ``words`` (``text_words``); nothing where None.

    Returns:
        One text per offer, in order: "by A, whom you follow"; "because you played X and Y; in 14 playlists with X";
        "because you played X"; "3 articles say "dream pop"; because you played X" of a track that articles put where it stands; or
        what the source alone says.
    """
    users = offers["user_row"].to_numpy()
    first, second, shared = _checked_evidence(offers, users, heard, catalogue)
    has_first = first >= 0
    label_1, label_2 = _labels_where(has_first, first, catalogue), _labels_where(second >= 0, second, catalogue)
    texts = pl.DataFrame(
        {
            "followed": _followed_artist(users, offers["track_row"].to_numpy(), catalogue=catalogue, follows=follows),
            "first": label_1,
            # Two versions of one song read the same: one name says it.
            "second": pl.select(pl.when(label_1 != label_2).then(label_2)).to_series(),
            "shared": pl.Series(shared),
            "words": words_of(offers["track_row"].to_numpy(), written, catalogue=catalogue),
            "source": offers["source"].cast(pl.String),
            "is_known": offers["is_known"],
        }
    )
    return texts.select(
        pl.when(~pl.col("is_known"))
        .then(pl.lit(popular_words(is_recent=is_recent) + FOR_NEWCOMERS))
        .when(pl.col("source") == "popular")
        .then(pl.lit(popular_words(is_recent=is_recent)))
        .when(pl.col("followed").is_not_null())
        .then(_whom_you_follow(pl.col("followed")))
        .when(pl.col("first").is_not_null() & pl.col("words").is_not_null())
        .then(pl.format("{}; because you played {}", "words", "first"))
        .when(pl.col("first").is_not_null())
        .then(_because())
        .otherwise(pl.lit(NEAR))
        .alias("reason")
    ).to_series()


def explain_daily(rows: pl.DataFrame, *, catalogue: Catalogue, follows: PairSet, is_recent: bool = True) -> pl.Series:
    """Explain tracks of a Daily Mix.

    Args:
        rows: ``user_row``, ``track_row``, ``source``, ``is_known``, ``play_count`` (int, plays by the listener, 0 where
            new) and ``middle`` (the shown name of what is in the middle of the mix; null in a popular list).
        catalogue: names and credits.
        follows: (listener, artist) rows.
        is_recent: whether the popular list is that of the last weeks.

    Returns:
        "you have played it 12 times" of a familiar track; of a new one "by A, whom you follow" or "near A, the middle
        of this mix".
    """
    followed = _followed_artist(
        rows["user_row"].to_numpy(), rows["track_row"].to_numpy(), catalogue=catalogue, follows=follows
    )
    count = pl.col("play_count")
    return (
        rows.with_columns(followed=followed)
        .select(
            pl.when(~pl.col("is_known"))
            .then(pl.lit(popular_words(is_recent=is_recent) + FOR_NEWCOMERS))
            .when(pl.col("source").cast(pl.String) == "popular")
            .then(pl.lit(popular_words(is_recent=is_recent)))
            .when(count > 1)
            .then(pl.format("you have played it {} times", count))
            .when(count == 1)
            .then(pl.lit("you have played it once"))
            # Liked or saved but never heard to the middle: it is theirs, and no number would be true.
            .when(pl.col("source").cast(pl.String) == "familiar")
            .then(pl.lit("one of yours"))
            .when(pl.col("followed").is_not_null())
            .then(_whom_you_follow(pl.col("followed")))
            .otherwise(pl.format("near {}, the middle of this mix", "middle"))
            .alias("reason")
        )
        .to_series()
    )


def _because() -> pl.Expr:
    both = pl.when(pl.col("second").is_not_null()).then(pl.format("because you played {} and {}", "first", "second"))
    played = both.otherwise(pl.format("because you played {}", "first"))
    together = (
        pl.when(pl.col("shared") > 1)
        .then(pl.format("; in {} playlists with {}", "shared", "first"))
        .when(pl.col("shared") == 1)
        .then(pl.format("; in a playlist with {}", "first"))
        .otherwise(pl.lit(""))
    )
    return pl.concat_str(played, together)


def _whom_you_follow(name: pl.Expr) -> pl.Expr:
    return pl.format("by {}, whom you follow", name)


def _checked_evidence(
    offers: pl.DataFrame, users: NDArray[np.integer], heard: PairSet, catalogue: Catalogue
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the two named tracks where the listener did hear them (-1 for none), and the shared playlists."""

    def column(name: str, empty: int) -> NDArray[np.int64]:
        if name not in offers.columns:
            return np.full(len(offers), empty, dtype=np.int64)
        return offers[name].cast(pl.Int64).fill_null(empty).to_numpy()

    named = [column("because_1", -1), column("because_2", -1)]
    first, second = (
        np.where((tracks < catalogue.tracks.size) & heard.contains(users, tracks), tracks, -1) for tracks in named
    )
    shared = np.where(first >= 0, column("shared_playlists", 0), 0)
    return np.where(first >= 0, first, second), np.where(first >= 0, second, -1), shared


def _followed_artist(
    users: NDArray[np.integer], tracks: NDArray[np.integer], *, catalogue: Catalogue, follows: PairSet
) -> pl.Series:
    """The first credited artist whom the listener follows, as shown; null for none."""
    chosen = np.full(users.size, -1, dtype=np.int64)
    if len(follows):
        place, artist = catalogue.credits_of(tracks)
        is_followed = follows.contains(users[place], artist)
        # Written backwards, so that the earliest credit stays.
        chosen[place[is_followed][::-1]] = artist[is_followed][::-1]
    return spread(catalogue.artist_label(chosen[chosen >= 0]), chosen >= 0)


def words_of(tracks: NDArray[np.integer], written: pl.DataFrame | None, *, catalogue: Catalogue) -> pl.Series:
    """Return what articles say of each track (``text_words``); null where nothing is cited."""
    if written is None or written.is_empty():
        return pl.Series([None] * len(tracks), dtype=pl.String)
    ids = pl.DataFrame({c.TRACK_ID: catalogue.tracks.external(tracks)})
    return ids.join(written, on=c.TRACK_ID, how="left", maintain_order="left")[WORDS]


def _labels_where(is_named: NDArray[np.bool_], tracks: NDArray[np.integer], catalogue: Catalogue) -> pl.Series:
    return spread(catalogue.track_label(tracks[is_named]), is_named)


def spread(labels: pl.Series, is_named: NDArray[np.bool_]) -> pl.Series:
    """Put one label on each row that is named, in order, and null on the others."""
    place = pl.Series(np.where(is_named, np.cumsum(is_named) - 1, -1), dtype=pl.Int64)
    return labels.gather(pl.select(pl.when(place >= 0).then(place)).to_series())
