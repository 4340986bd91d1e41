"""What listeners heard, hid and followed, as known at the end of a day. Only reading; rules are ``eligibility``."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from recsys_assets.core.lake import TableVersion
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.core.windows import trailing_window
from recsys_assets.mixes.popular import POPULAR_DAYS

RECENT_DAYS = 7


@dataclass(frozen=True)
class History:
    """Frames about listeners, each ordered by its ids.

    Attributes:
        heard: user_id, track_id, play_count (0 where every play was cut short), last_heard_at (null where undated).
        recent: user_id, track_id, play_count of the last seven days.
        hidden: user_id, track_id.
        hidden_artists: user_id, artist_id.
        followed_artists: user_id, artist_id.
        listeners: user_id of everybody who ever did anything, so also of who only follows an artist.
        popular: track_id, listener_count, listener_share of the last four weeks.
    """

    heard: pl.DataFrame
    recent: pl.DataFrame
    hidden: pl.DataFrame
    hidden_artists: pl.DataFrame
    followed_artists: pl.DataFrame
    listeners: pl.DataFrame
    popular: pl.DataFrame


def read_history(
    *,
    track_signals: TableVersion,
    artist_signals: TableVersion,
    play_counts: TableVersion,
    last_day: date,
    settings: SqlSettings | None = None,
) -> History:
    """Read everything up to the end of ``last_day``; later days are not looked at.

    Args:
        track_signals: ``signals.track_signals``, all days.
        artist_signals: ``signals.artist_signals``, all days.
        play_counts: ``raw.raw_play_counts``, all snapshots.
        last_day: the day whose end is now.
        settings: what each query may use.
    """
    tracks = track_signals.between(date.min, last_day)
    artists = artist_signals.between(date.min, last_day)
    recent, popular = (
        track_signals.between(trailing_window(last_day, days=days).first_day, last_day)
        for days in (RECENT_DAYS, POPULAR_DAYS)
    )
    heard = {"track_signals": tracks, "play_counts": play_counts.latest(last_day)}
    known = {**heard, "artist_signals": artists}
    until = {"last_day": last_day}
    stances = run_sql("mixes/artist_stances", inputs={"artist_signals": artists}, settings=settings)
    return History(
        heard=run_sql("play_matrix/heard_tracks", inputs=heard, parameters=until, settings=settings),
        recent=run_sql("mixes/recent_plays", inputs={"track_signals": recent}, settings=settings),
        hidden=run_sql("mixes/hidden_tracks", inputs={"track_signals": tracks}, settings=settings),
        hidden_artists=stances.filter("is_hidden").drop("is_hidden", "is_followed"),
        followed_artists=stances.filter("is_followed").drop("is_hidden", "is_followed"),
        listeners=run_sql("mixes/known_listeners", inputs=known, parameters=until, settings=settings),
        popular=run_sql("mixes/popular_tracks", inputs={"track_signals": popular}, settings=settings),
    )
