"""A Monday's playlists: judged, and read as documents where they are good.

Belongs here: which snapshots a week reads (the newest before the Monday), and entries that look bought left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.seeds import derived_seed
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_quality import Held, PlaylistTables, QualityParams, build_held, judge_playlists
from recsys_assets.corpus.playlist_vectors import PlaylistVectorParams, make_playlist_vectors
from recsys_assets.corpus.title_terms import TitleTermParams, weigh_title_terms

_SEED = 7
_LISTED = 8


@dataclass(frozen=True)
class PlaylistWeeks:
    """Snapshots by arrival day: ``raw.raw_playlists``, ``raw.raw_playlist_tracks`` and ``raw.raw_tracks``."""

    playlists: TableVersion
    playlist_tracks: TableVersion
    tracks: TableVersion

    def before(self, week: date) -> PlaylistTables:
        """Return the newest snapshots that came before a Monday."""
        day = week - timedelta(days=1)
        return PlaylistTables(self.playlists.latest(day), self.playlist_tracks.latest(day), self.tracks.latest(day))

    def good_entries(self, week: date, quality: TableVersion) -> pl.DataFrame:
        """Return the entries that are read: playlist_id, track_id of good playlists, without what looks bought."""
        return keep_good(self._entries(week), quality.only([week]).scan()).collect()

    def all_entries(self, week: date) -> pl.DataFrame:
        """Return all entries as they were before a Monday: playlist_id, track_id."""
        return self._entries(week).collect()

    def names(self, week: date) -> pl.DataFrame:
        """Return what the playlists were called before a Monday: playlist_id, name."""
        return self.playlists.latest(week - timedelta(days=1)).scan().select(c.PLAYLIST_ID, c.NAME).collect()

    def _entries(self, week: date) -> pl.LazyFrame:
        newest = self.playlist_tracks.latest(week - timedelta(days=1)).scan()
        return newest.select(c.PLAYLIST_ID, c.TRACK_ID).unique().sort(c.PLAYLIST_ID, c.TRACK_ID)


def keep_good(entries: pl.LazyFrame, quality: pl.LazyFrame) -> pl.LazyFrame:
    """Keep the entries of good playlists, without those that look bought.

    Args:
        entries: playlist_id, track_id and whatever else.
        quality: rows of ``corpus.playlist_quality`` of one week.

    Returns:
        Rows of ``entries``, in their order.
    """
    good = quality.filter(pl.col(t.IS_GOOD))
    bought = good.select(c.PLAYLIST_ID, pl.col("bought_track_ids").alias(c.TRACK_ID)).explode(c.TRACK_ID).drop_nulls()
    kept = entries.join(good, on=c.PLAYLIST_ID, how="semi", maintain_order="left")
    return kept.join(bought, on=[c.PLAYLIST_ID, c.TRACK_ID], how="anti", maintain_order="left")


def make_playlist_quality(
    weeks: Sequence[date], read: PlaylistWeeks, params: QualityParams, settings: SqlSettings | None = None
) -> pl.DataFrame:
    """Judge the playlists of each week; rows of ``corpus.playlist_quality``."""

    def make(week: date) -> pl.DataFrame:
        tables, entries = read.before(week), read.all_entries(week)
        return judge_playlists(tables, entries, params, seed=_seed(week), settings=settings)

    return _weeks(weeks, make, t.PLAYLIST_QUALITY.empty())


def list_playlists(quality: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """List playlists for people: the best that are read, then the most followed of those that are not, and why not.

    Args:
        quality: rows of ``corpus.playlist_quality`` of one week.
        names: playlist_id, name.

    Returns:
        At most 8 of each: playlist_id, name, followers, score, reason ("read" where there is none).
    """
    good = quality.filter(t.IS_GOOD).sort(c.SCORE, c.PLAYLIST_ID, descending=[True, False]).head(_LISTED)
    others = quality.filter(~pl.col(t.IS_GOOD)).sort(
        c.FOLLOWERS, c.PLAYLIST_ID, descending=[True, False], nulls_last=True
    )
    shown = pl.concat([good, others.head(_LISTED)]).join(
        names.unique(c.PLAYLIST_ID, keep="first", maintain_order=True),
        on=c.PLAYLIST_ID,
        how="left",
        maintain_order="left",
    )
    why = pl.col(c.REASON).str.replace_all("_", " ").fill_null("read")
    return shown.select(c.PLAYLIST_ID, c.NAME, c.FOLLOWERS, c.SCORE, why)


def make_title_terms(
    weeks: Sequence[date], read: PlaylistWeeks, quality: TableVersion, params: TitleTermParams
) -> pl.DataFrame:
    """Weigh the words of each week's good playlists; rows of ``corpus.title_terms``."""

    def make(week: date) -> pl.DataFrame:
        held = build_held(read.good_entries(week, quality))
        named = read.playlists.latest(week - timedelta(days=1)).scan().select(c.PLAYLIST_ID, c.NAME, c.DESCRIPTION)
        texts = pl.DataFrame({c.PLAYLIST_ID: held.playlist_ids.ids}).join(
            named.collect(), on=c.PLAYLIST_ID, how="left", maintain_order="left"
        )
        said = texts.select(pl.col(c.NAME).fill_null(""), pl.col(c.DESCRIPTION).fill_null("")).rows()
        return weigh_title_terms(held.matrix, held.track_ids.ids, said, params)

    return _weeks(weeks, make, t.TITLE_TERMS.empty())


def make_vectors(
    weeks: Sequence[date], read: PlaylistWeeks, quality: TableVersion, params: PlaylistVectorParams
) -> pl.DataFrame:
    """Factorise each week's good playlists; rows of ``corpus.playlist_vectors``."""

    def make(week: date) -> pl.DataFrame:
        held = build_held(read.good_entries(week, quality))
        credit = read.tracks.latest(week - timedelta(days=1)).scan()
        artists = _first_artists(held, credit.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).list.first()).collect())
        return make_playlist_vectors(held.matrix, held.track_ids.ids, artists, params, seed=_seed(week))

    return _weeks(weeks, make, t.PLAYLIST_VECTORS.empty())


def _first_artists(held: Held, credit: pl.DataFrame) -> pl.Series:
    tracks = pl.DataFrame({c.TRACK_ID: held.track_ids.ids}, schema={c.TRACK_ID: pl.String})
    return tracks.join(credit, on=c.TRACK_ID, how="left", maintain_order="left")[c.ARTIST_IDS]


def _seed(week: date) -> int:
    return derived_seed(_SEED, "playlists", week) % 2**31


def _weeks(weeks: Sequence[date], make: Callable[[date], pl.DataFrame], none: pl.DataFrame) -> pl.DataFrame:
    frames = [make(week).with_columns(pl.lit(week).alias(c.WEEK)) for week in weeks]
    return pl.concat([none, *(frame.select(none.columns).cast(none.schema) for frame in frames)])
