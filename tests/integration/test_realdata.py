"""Real listening through the whole graph: the totals of Last.fm's 2,000 listeners into an empty home."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from world import run, tables

from recsys_assets.core import columns as c
from recsys_assets.core.windows import monday_of

pytestmark = [pytest.mark.integration, pytest.mark.realdata]


def test_lastfm_gives_real_listeners_their_mixes(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = data_folder / "lastfm-2k"
    if not source.is_dir():
        pytest.skip(f"no real data at {source}: unpack HetRec's hetrec2011-lastfm-2k there")
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    subprocess.run([sys.executable, "-m", "recsys_assets.cli", "import", "lastfm-2k", str(source)], check=True)
    # Totals that land today belong to the Monday of this week and to yesterday: there is no earlier snapshot to read.
    yesterday = datetime.now(tz=UTC).date() - timedelta(days=1)
    run(tmp_path, "catalogue")
    run(tmp_path, "monday", monday_of(yesterday))
    run(tmp_path, "daily", yesterday)

    made = tables(tmp_path)
    totals, mixes = made["raw.raw_play_counts"], made["mixes.discover_weekly"]
    pair = [c.USER_ID, c.TRACK_ID]
    assert totals.height > 90_000
    assert set(mixes[c.USER_ID]) == set(totals[c.USER_ID])
    assert mixes.join(totals, on=pair).is_empty()
    assert set(made["mixes.daily_mix"][c.USER_ID]) == set(totals[c.USER_ID])

    # Somebody who plays Metallica most of all gets metal: half of the list is by artists whose listeners are theirs.
    metal = {"Iron Maiden", "Megadeth", "Slayer", "Pantera", "Judas Priest", "Black Sabbath", "Motörhead", "Anthrax"}
    names = made["raw.raw_tracks"].select(c.TRACK_ID, c.TITLE)
    favourite = totals.sort(c.PLAY_COUNT, c.TRACK_ID, descending=True).unique(
        c.USER_ID, keep="first", maintain_order=True
    )
    fans = favourite.join(names, on=c.TRACK_ID).filter(pl.col(c.TITLE).str.contains("Metallica"))[c.USER_ID]
    offered = mixes.join(names, on=c.TRACK_ID).with_columns(pl.col(c.TITLE).is_in(metal).alias("is_metal"))
    share = offered.group_by(pl.col(c.USER_ID).is_in(fans.implode()).alias("is_fan")).agg(pl.col("is_metal").mean())
    by_fan = dict(share.iter_rows())
    assert len(fans) > 5
    assert by_fan[True] > 3 * by_fan[False]
    assert mixes.filter(pl.col(c.REASON).str.len_chars() < 10).is_empty()
