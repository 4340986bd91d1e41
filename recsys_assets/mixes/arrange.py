"""What is known before a week's delivery, arranged by rows: the catalogue, the listeners, the baskets.

Belongs here: from tables to baskets. What is learned from them and delivered is ``weekly``.
"""

from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.baskets import Baskets, build_baskets, concatenate
from recsys_assets.mixes.catalogue import Catalogue, EligibilityParams, build_catalogue
from recsys_assets.mixes.history import History
from recsys_assets.mixes.lapsed import with_older_plays
from recsys_assets.mixes.text_words import no_words
from recsys_assets.mixes.tracks import TrackFacts, build_track_facts

# A basket of a listener is their recent history: what is asked is where taste stands now.
HISTORY_ENTRIES = 150


@dataclass(frozen=True)
class WeekTables:
    """What is known at the end of the day before delivery.

    Attributes:
        week: the day of delivery.
        tracks: the newest snapshot of ``raw_tracks``; empty where there is none.
        artists: of ``raw_artists``.
        playlists: of ``raw_playlists``, the good ones (``corpus.playlist_quality``).
        playlist_tracks: their entries, without those that look bought.
        confidence: user_id, track_id, confidence of the window before delivery.
        history: what listeners heard, hid and followed.
        earlier_offers: user_id, track_id of the last deliveries.
        written: ``track_id``, ``words``: what articles say of tracks that stand where these put them.
    """

    week: date
    tracks: pl.DataFrame
    artists: pl.DataFrame
    playlists: pl.DataFrame
    playlist_tracks: pl.DataFrame
    confidence: pl.DataFrame
    history: History
    earlier_offers: pl.DataFrame
    written: pl.DataFrame = field(default_factory=no_words)


@dataclass(frozen=True)
class Week:
    """The same, arranged by rows.

    Attributes:
        tables: where it comes from.
        catalogue: facts of tracks; its rows are the columns of all baskets.
        facts: what the ranker knows of them.
        listeners: everybody who gets a mix: whoever did anything.
        playlists: the good ones, as baskets.
        histories: listeners' histories as baskets, what they heard last at the end.
    """

    tables: WeekTables
    catalogue: Catalogue
    facts: TrackFacts
    listeners: IdMap
    playlists: Baskets
    histories: Baskets

    @property
    def queries(self) -> Baskets:
        """The histories, as they stand among the ``baskets``: their ids say that they are listeners'."""
        return _prefixed(self.histories, "u:")

    @property
    def baskets(self) -> Baskets:
        """All that show what belongs together: good playlists, then histories."""
        return concatenate([_prefixed(self.playlists, "p:"), self.queries])


def arrange_week(tables: WeekTables, *, eligibility: EligibilityParams | None = None) -> Week:
    """Arrange the tables of a week by rows."""
    named = pl.concat(
        [tables.playlist_tracks[c.TRACK_ID], tables.confidence[c.TRACK_ID], tables.history.heard[c.TRACK_ID]]
    )
    catalogue = build_catalogue(
        tables.tracks,
        delivered_on=tables.week,
        params=eligibility or EligibilityParams(),
        artists=tables.artists,
        other_track_ids=named,
    )
    return Week(
        tables=tables,
        catalogue=catalogue,
        facts=build_track_facts(tables.tracks, catalogue.tracks),
        listeners=IdMap.of(tables.history.listeners[c.USER_ID]),
        playlists=build_baskets(tables.playlist_tracks, catalogue.tracks, titles=tables.playlists),
        histories=build_histories(tables.confidence, tables.history, catalogue.tracks),
    )


def build_histories(
    confidence: pl.DataFrame, history: History, track_ids: IdMap, *, max_entries: int = HISTORY_ENTRIES
) -> Baskets:
    """Make a basket of each listener's history, what they heard last at its end.

    Args:
        confidence: ``user_id``, ``track_id``, ``confidence`` of the window; a listener who has none there brings their
            older plays (``lapsed``).
        history: what listeners heard, and when.
        track_ids: the columns of the baskets.
        max_entries: of a longer history the last so many stay.

    Returns:
        Baskets in the order of play. What was never heard on a known day (totals, likes) comes before all that was, the
        surest last: a day or an id in place of an instant would make an order that nobody listened in.
    """
    instants = history.heard.select(c.USER_ID, c.TRACK_ID, c.LAST_HEARD_AT)
    entries = (
        with_older_plays(confidence, history)
        .join(instants, on=[c.USER_ID, c.TRACK_ID], how="left")
        .sort(c.USER_ID, c.LAST_HEARD_AT, c.CONFIDENCE, c.TRACK_ID, nulls_last=False)
        .with_row_index("order")
    )
    return build_baskets(
        entries, track_ids, basket_column=c.USER_ID, order_by="order", weight=c.CONFIDENCE, max_entries=max_entries
    )


def _prefixed(baskets: Baskets, kind: str) -> Baskets:
    """Keep ids of playlists and of listeners apart: both come from outside and may be equal."""
    return replace(baskets, ids=kind + baskets.ids.cast(pl.String))
