"""Weeks of playlists: which snapshot is read, and that refused playlists and bought places teach nothing."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_quality import QualityParams
from recsys_assets.corpus.playlist_vectors import PlaylistVectorParams
from recsys_assets.corpus.playlist_weeks import (
    PlaylistWeeks,
    list_playlists,
    make_playlist_quality,
    make_title_terms,
    make_vectors,
)
from recsys_assets.corpus.title_terms import TitleTermParams
from recsys_assets.raw.tables import RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS, RAW_TRACKS
from tests.factories import day, rows_of, stored
from tests.unit.corpus.playlist_world import planted

WEEK = day(7)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """The planted playlists on the day before the Monday, and something else on the Monday itself."""
    lake = Lake(str(tmp_path / "lake"))
    for schema, frame in zip((RAW_PLAYLISTS, RAW_PLAYLIST_TRACKS, RAW_TRACKS), planted(), strict=True):
        rest = {} if schema is not RAW_TRACKS else {c.TITLE: "x"}
        known = rows_of(schema, frame.to_dicts(), arrived_on=WEEK - timedelta(days=1), **rest)
        stored(lake, schema, pl.concat([known, known.head(1).with_columns(pl.lit(WEEK).alias(c.ARRIVED_ON))]))
    return lake


def opened(lake: Lake) -> PlaylistWeeks:
    return PlaylistWeeks(*(lake.open(schema) for schema in (RAW_PLAYLISTS, RAW_PLAYLIST_TRACKS, RAW_TRACKS)))


def test_a_week_reads_the_newest_snapshot_before_it(lake: Lake):
    rows = make_playlist_quality([WEEK, WEEK + timedelta(weeks=1)], opened(lake), QualityParams())

    assert rows.group_by(c.WEEK).len().sort(c.WEEK)["len"].to_list() == [64, 1]
    assert rows.schema == t.PLAYLIST_QUALITY.empty().schema


def test_refused_playlists_and_bought_places_teach_nothing(lake: Lake):
    quality = stored(lake, t.PLAYLIST_QUALITY, make_playlist_quality([WEEK], opened(lake), QualityParams()))
    terms = make_title_terms([WEEK], opened(lake), quality, TitleTermParams(min_playlists=1))
    vectors = make_vectors([WEEK], opened(lake), quality, PlaylistVectorParams(n_dimensions=8))

    assert terms.schema == t.TITLE_TERMS.empty().schema
    assert vectors.schema == t.PLAYLIST_VECTORS.empty().schema
    assert "rock" in set(terms[t.TERM])
    assert not {"stuff", "first"} & set(terms[t.TERM])
    assert "paid" not in {*terms[c.TRACK_ID], *vectors[t.ENTITY_ID]}
    assert make_title_terms([WEEK], opened(lake), quality, TitleTermParams(min_playlists=1)).equals(terms)


def test_a_home_without_playlists_has_empty_tables(tmp_path: Path):
    lake = Lake(str(tmp_path / "lake"))
    quality = make_playlist_quality([WEEK], opened(lake), QualityParams())
    none = lake.open(t.PLAYLIST_QUALITY)

    assert quality.is_empty()
    assert make_title_terms([WEEK], opened(lake), none, TitleTermParams()).is_empty()
    assert make_vectors([WEEK], opened(lake), none, PlaylistVectorParams()).is_empty()


def test_the_best_playlists_are_listed_by_name_and_the_others_with_what_is_wrong(lake: Lake):
    read = opened(lake)
    listed = list_playlists(make_playlist_quality([WEEK], read, QualityParams()), read.names(WEEK))
    is_read = listed[c.REASON] == "read"

    assert listed.columns == [c.PLAYLIST_ID, c.NAME, c.FOLLOWERS, c.SCORE, c.REASON]
    assert is_read.to_list() == [True] * 8 + [False] * (listed.height - 8)
    assert listed.filter(is_read)[c.SCORE].is_sorted(descending=True)
    assert listed[c.NAME].null_count() == 0
    assert not listed[c.REASON].str.contains("_").any()
