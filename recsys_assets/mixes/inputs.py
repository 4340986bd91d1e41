"""From pinned tables to what a week's and a day's mixes are made of. Only reading, each up to its own day."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from recsys_assets.audio.tables import TRACK_ANALYSIS, recordings_known
from recsys_assets.cold_start.place_tables import PLACEMENTS
from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.lake import Lake, TableVersion
from recsys_assets.core.warehouse import SqlSettings
from recsys_assets.corpus.playlist_weeks import keep_good
from recsys_assets.corpus.tables import ENTITY_TERMS, PLAYLIST_QUALITY
from recsys_assets.mixes.arc import SOUND_COLUMNS
from recsys_assets.mixes.arrange import WeekTables
from recsys_assets.mixes.daily import DayTables
from recsys_assets.mixes.history import History, read_history
from recsys_assets.mixes.text_words import read_words
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.raw.tables import (
    RAW_ARTISTS,
    RAW_PLAY_COUNTS,
    RAW_PLAYLIST_TRACKS,
    RAW_PLAYLISTS,
    RAW_TRACKS,
)
from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS

# Discover Weekly never repeats what the last four deliveries offered.
OFFER_WEEKS = 4


@dataclass(frozen=True)
class MixSources:
    """All partitions of what mixes read, pinned together; each may be empty."""

    track_signals: TableVersion
    artist_signals: TableVersion
    play_counts: TableVersion
    tracks: TableVersion
    artists: TableVersion
    playlists: TableVersion
    playlist_tracks: TableVersion
    track_analysis: TableVersion
    placements: TableVersion
    entity_terms: TableVersion
    playlist_quality: TableVersion

    @classmethod
    def open(cls, lake: Lake) -> "MixSources":
        """Pin the tables as they are now."""
        tables = (
            TRACK_SIGNALS, ARTIST_SIGNALS, RAW_PLAY_COUNTS, RAW_TRACKS, RAW_ARTISTS, RAW_PLAYLISTS, RAW_PLAYLIST_TRACKS,
            TRACK_ANALYSIS, PLACEMENTS, ENTITY_TERMS, PLAYLIST_QUALITY,
        )  # fmt: skip
        return cls(*(lake.open(table) for table in tables))

    def week(
        self,
        week: date,
        earlier_offers: pl.DataFrame,
        confidence: ConfidenceParams,
        settings: SqlSettings | None = None,
    ) -> WeekTables:
        """Read what is known before the delivery day ``week``.

        Args:
            week: the Monday.
            earlier_offers: user_id, track_id, week of earlier deliveries; older than four weeks are left out.
            confidence: what evidence weighs.
            settings: what each query may use.

        Raises:
            MissingInputError: the playlists of the week were not judged.
        """
        last_day = week - timedelta(days=1)
        evidence = Evidence(self.track_signals, self.play_counts.latest(last_day), self.tracks.latest(last_day))
        recent = pl.col(c.WEEK).is_between(week - timedelta(weeks=OFFER_WEEKS), last_day)
        tracks = self.tracks.latest(last_day).read()
        entries = self.playlist_tracks.latest(last_day)
        judged = self.playlist_quality.only([week]).read()
        if judged.is_empty() and entries.rows and self.playlists.latest(last_day).rows:
            raise MissingInputError(
                f"the playlists of the week of {week} were not judged, and a ranker learns from good ones: make the week "
                f"whole, dagster job backfill -j monday --partitions {week} --noprompt"
            )
        good = keep_good(entries.scan(), judged.lazy()).collect()
        playlists = self.playlists.latest(last_day).scan().join(good.lazy(), on=c.PLAYLIST_ID, how="semi")
        return WeekTables(
            week=week,
            tracks=tracks,
            artists=self.artists.latest(last_day).read(),
            playlists=playlists.sort(c.PLAYLIST_ID).collect(),
            playlist_tracks=good,
            confidence=weigh_evidence(evidence, last_day, confidence, settings),
            history=self.history(last_day, settings),
            earlier_offers=earlier_offers.filter(recent).select(c.USER_ID, c.TRACK_ID),
            written=read_words(self.placements, self.entity_terms, tracks, day=last_day, week=week),
        )

    def day(
        self, day: date, confidence: pl.DataFrame, neighbours: pl.DataFrame, settings: SqlSettings | None = None
    ) -> DayTables:
        """Read what is known at the end of ``day``, beside its own ``play_confidence`` and ``track_neighbours``."""
        return DayTables(
            day=day,
            tracks=self.tracks.latest(day).read(),
            artists=self.artists.latest(day).read(),
            confidence=confidence,
            history=self.history(day, settings),
            neighbours=neighbours,
            sound=recordings_known(self.track_analysis, day).select(SOUND_COLUMNS).collect(),
        )

    def history(self, last_day: date, settings: SqlSettings | None = None) -> History:
        """Read what listeners heard, hid and followed up to the end of ``last_day``."""
        return read_history(
            track_signals=self.track_signals,
            artist_signals=self.artist_signals,
            play_counts=self.play_counts,
            last_day=last_day,
            settings=settings,
        )
