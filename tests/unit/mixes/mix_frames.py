"""Frames that mixes are made from, filled as far as a test says; the rest is empty."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import IDS, INSTANT
from recsys_assets.mixes.arrange import WeekTables
from recsys_assets.mixes.history import History

PAIR = {c.USER_ID: pl.String, c.TRACK_ID: pl.String}
OF_ARTIST = {c.USER_ID: pl.String, c.ARTIST_ID: pl.String}
HEARD = {**PAIR, c.PLAY_COUNT: pl.Int64, c.LAST_HEARD_AT: INSTANT}
CONFIDENCE = {**PAIR, c.CONFIDENCE: pl.Float32}
MONDAY = date(2026, 3, 2)


def frame(rows: Iterable[tuple], schema: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def listener_shares(pairs: pl.DataFrame) -> pl.DataFrame:
    """How many listeners each track has, as ``popular_tracks`` counts them."""
    n_all = max(pairs[c.USER_ID].n_unique(), 1)
    counted = pairs.group_by(c.TRACK_ID).agg(listener_count=pl.col(c.USER_ID).n_unique())
    return counted.with_columns(listener_share=pl.col("listener_count") / n_all)


def history_of(
    heard: Iterable[tuple[str, str, int, datetime | None]] = (),
    *,
    hidden: Iterable[tuple[str, str]] = (),
    hidden_artists: Iterable[tuple[str, str]] = (),
    followed_artists: Iterable[tuple[str, str]] = (),
    recent: Iterable[tuple[str, str]] = (),
    liked: Iterable[str] = (),
) -> History:
    """A history; whoever is named anywhere, or in ``liked``, is a listener, and ``recent`` makes what is popular."""
    parts = [frame(heard, HEARD), frame(hidden, PAIR), frame(hidden_artists, OF_ARTIST)]
    follows, lately = frame(followed_artists, OF_ARTIST), frame(recent, PAIR)
    users = [
        part.select(c.USER_ID)
        for part in (*parts, follows, lately, frame([(u,) for u in liked], {c.USER_ID: pl.String}))
    ]
    return History(
        heard=parts[0],
        recent=lately.group_by(list(PAIR)).len(c.PLAY_COUNT).sort(list(PAIR)),
        hidden=parts[1],
        hidden_artists=parts[2],
        followed_artists=follows,
        listeners=pl.concat(users).unique().sort(c.USER_ID),
        popular=listener_shares(lately),
    )


def week_of(
    tracks: Iterable[tuple[str, str, str]],
    history: History,
    *,
    confidence: Iterable[tuple[str, str, float]] = (),
    playlists: Iterable[tuple[str, str, int]] = (),
    earlier_offers: Iterable[tuple[str, str]] = (),
) -> WeekTables:
    """Tables of the week of ``MONDAY``: tracks are (id, title, artist), playlists are entries."""
    known = [(track, title, [artist]) for track, title, artist in tracks]
    entries = frame(playlists, {c.PLAYLIST_ID: pl.String, c.TRACK_ID: pl.String, c.POSITION: pl.Int64})
    return WeekTables(
        week=MONDAY,
        tracks=frame(known, {c.TRACK_ID: pl.String, c.TITLE: pl.String, c.ARTIST_IDS: IDS}),
        artists=frame({(row[2][0], row[2][0].upper()) for row in known}, {c.ARTIST_ID: pl.String, c.NAME: pl.String}),
        playlists=entries.select(c.PLAYLIST_ID, pl.lit("").alias(c.NAME)).unique().sort(c.PLAYLIST_ID),
        playlist_tracks=entries,
        confidence=frame(confidence, CONFIDENCE),
        history=history,
        earlier_offers=frame(earlier_offers, PAIR),
    )
