"""Release Radar as it is published: names and reasons on the releases that were chosen.

Belongs here: words. Every claim was found among what the listener did (``release_radar``), so none is made here.
"""

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.reasons import NEAR, spread, words_of
from recsys_assets.mixes.tables import RELEASE_RADAR

MIX_TITLE = "Release Radar"


def release_radar_rows(
    offers: pl.DataFrame,
    *,
    listeners: IdMap,
    catalogue: Catalogue,
    friday: date,
    sounds: NDArray[np.bool_],
    written: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give the offers their names and reasons.

    Args:
        offers: from ``choose_releases``.
        listeners: ids of ``user_row``.
        catalogue: ids of ``track_row``, titles, artists.
        friday: the day of delivery.
        sounds: by catalogue row: whether the track was placed by its recording. Of one placed by its artist alone
            nobody says what it sounds like.
        written: ``track_id``, ``words`` (``text_words``); nothing where None.

    Returns:
        Rows of ``mixes.release_radar``.
    """
    return (
        offers.with_columns(
            listeners.external(offers[c.USER_ROW].to_numpy()).alias(c.USER_ID),
            catalogue.tracks.external(offers[c.TRACK_ROW].to_numpy()).alias(c.TRACK_ID),
            explain_releases(offers, catalogue=catalogue, sounds=sounds, written=written).alias(c.REASON),
            pl.lit(RELEASE_RADAR.name).alias(c.MIX),
            pl.lit(MIX_TITLE).alias("mix_title"),
            pl.lit(friday).alias(c.WEEK),
        )
        .pipe(RELEASE_RADAR.arrange)
        .collect()
    )


def explain_releases(
    offers: pl.DataFrame, *, catalogue: Catalogue, sounds: NDArray[np.bool_], written: pl.DataFrame | None = None
) -> pl.Series:
    """Say why each release is there.

    Returns:
        "by A, whom you follow"; "by A, whom you play"; "by A, near B, whom you play"; "3 articles say "dream pop"; close to
        X, which you play" of a track that articles put there; "sounds like X, which you play"; "close to X, which you play";
        or, where nothing that they played has a place, "close to what you play".
    """
    source = offers[c.SOURCE].cast(pl.String)
    artists, because = offers["artist"].to_numpy(), offers["because"].to_numpy()
    by_sound, by_near = (source == "sound").to_numpy(), (source == "similar_artist").to_numpy()
    facts = pl.DataFrame(
        {
            "source": source,
            "artist": _labels(artists, artists >= 0, catalogue.artist_label),
            "track": _labels(because, by_sound & (because >= 0), catalogue.track_label),
            "near": _labels(because, by_near & (because >= 0) & (because != artists), catalogue.artist_label),
            "plays_it": by_near & (because >= 0) & (because == artists),
            "is_heard": sounds[offers[c.TRACK_ROW].to_numpy()],
            "words": words_of(offers[c.TRACK_ROW].to_numpy(), written, catalogue=catalogue),
        }
    )
    by_artist = pl.format("by {}, whom you {}", "artist", pl.lit("play"))
    return facts.select(
        pl.when(pl.col("source") == "followed_artist")
        .then(pl.format("by {}, whom you {}", "artist", pl.lit("follow")))
        .when((pl.col("source") == "same_artist") | pl.col("plays_it"))
        .then(by_artist)
        .when(pl.col("near").is_not_null())
        .then(pl.format("by {}, near {}, whom you play", "artist", "near"))
        .when(pl.col("track").is_not_null() & pl.col("words").is_not_null())
        .then(pl.format("{}; close to {}, which you play", "words", "track"))
        .when(pl.col("track").is_not_null() & pl.col("is_heard"))
        .then(pl.format("sounds like {}, which you play", "track"))
        .when(pl.col("track").is_not_null())
        .then(pl.format("close to {}, which you play", "track"))
        .otherwise(pl.lit(NEAR))
        .alias(c.REASON)
    ).to_series()


def _labels(
    rows: NDArray[np.integer], is_named: NDArray[np.bool_], label: Callable[[NDArray[np.integer]], pl.Series]
) -> pl.Series:
    return spread(label(rows[is_named]), is_named)
