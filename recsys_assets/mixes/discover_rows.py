"""Discover Weekly as it is published: names and reasons on the tracks that were chosen.

Belongs here: from offers (``discover_weekly``) to rows of ``mixes.discover_weekly``. Words are ``reasons``.
"""

from datetime import date

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.reasons import explain_discoveries
from recsys_assets.mixes.tables import DISCOVER_WEEKLY

MIX_TITLE = "Discover Weekly"


def discover_weekly_rows(
    offers: pl.DataFrame,
    *,
    listeners: IdMap,
    catalogue: Catalogue,
    week: date,
    heard: pl.DataFrame,
    evidence: pl.DataFrame | None = None,
    follows: pl.DataFrame | None = None,
    is_recent: bool = True,
    written: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give the offers their names and reasons.

    Args:
        offers: from ``assemble``.
        listeners: ids of ``user_row``.
        catalogue: ids of ``track_row``, titles, artists.
        week: the Monday of delivery.
        heard: ``user_id``, ``track_id`` of everything heard: no reason names another track.
        evidence: ``user_id``, ``track_id`` and any of ``because_track_1``, ``because_track_2``, ``shared_playlists``,
            one row per offer at most; None for none.
        follows: ``user_id``, ``artist_id`` of followed artists; None for none.
        is_recent: whether the popular list is that of the last weeks.
        written: ``track_id``, ``words`` (``text_words``); nothing where None.

    Returns:
        Rows of ``mixes.discover_weekly``.
    """
    played = PairSet.of(
        listeners.rows(heard[c.USER_ID]), catalogue.tracks.rows(heard[c.TRACK_ID]), width=max(catalogue.tracks.size, 1)
    )
    followed = followed_pairs(follows, listeners=listeners, catalogue=catalogue)
    # Nobody, lapsed, known: who heard things that lead nowhere gets the popular list too, and is not told to begin.
    has_heard = np.isin(offers[c.USER_ROW].to_numpy(), listeners.rows(heard[c.USER_ID].unique()))
    named = offers.with_columns(
        (pl.col("has_own") | pl.Series(has_heard)).alias("is_known"),
        listeners.external(offers[c.USER_ROW].to_numpy()).alias(c.USER_ID),
        catalogue.tracks.external(offers[c.TRACK_ROW].to_numpy()).alias(c.TRACK_ID),
    )
    if evidence is not None:
        named = named.join(
            _evidence_rows(evidence, catalogue), on=(c.USER_ID, c.TRACK_ID), how="left", maintain_order="left"
        )
    return (
        named.with_columns(
            explain_discoveries(
                named, catalogue=catalogue, heard=played, follows=followed, is_recent=is_recent, written=written
            ).alias(c.REASON),
            pl.lit(DISCOVER_WEEKLY.name).alias(c.MIX),
            pl.lit(MIX_TITLE).alias("mix_title"),
            pl.lit(week).alias(c.WEEK),
        )
        .pipe(DISCOVER_WEEKLY.arrange)
        .collect()
    )


def followed_pairs(follows: pl.DataFrame | None, *, listeners: IdMap, catalogue: Catalogue) -> PairSet:
    """Return (listener, artist) rows of ``user_id``, ``artist_id``; None gives none."""
    width = max(catalogue.artists.size, 1)
    if follows is None:
        return PairSet.empty(width)
    return PairSet.of(listeners.rows(follows[c.USER_ID]), catalogue.artists.rows(follows[c.ARTIST_ID]), width=width)


def _evidence_rows(evidence: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    rows = [
        pl.Series(short, catalogue.tracks.rows(evidence[name]))
        for short, name in (("because_1", "because_track_1"), ("because_2", "because_track_2"))
        if name in evidence.columns
    ]
    shared = [name for name in ("shared_playlists",) if name in evidence.columns]
    return (
        evidence.select(c.USER_ID, c.TRACK_ID, *shared)
        .with_columns(rows)
        .unique((c.USER_ID, c.TRACK_ID), keep="first", maintain_order=True)
    )
