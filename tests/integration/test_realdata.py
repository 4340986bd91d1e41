"""Real listening through the whole graph: the totals of every sixth of Last.fm's 2,000 listeners into an empty home."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from world import run, tables

from recsys_assets.core import columns as c
from recsys_assets.core.windows import monday_of

# A sixth of the listeners and a short search: all of them take two minutes on one core.
pytestmark = [pytest.mark.integration, pytest.mark.realdata, pytest.mark.timeout(600)]
METAL = [
    "Metallica", "Iron Maiden", "Megadeth", "Slayer", "Pantera", "Judas Priest", "Black Sabbath", "Motörhead", "Anthrax",
    "In Flames", "Children of Bodom", "Opeth", "Nightwish", "Slipknot", "Sepultura", "Dream Theater", "Dimmu Borgir",
    "Arch Enemy", "Amon Amarth", "Blind Guardian", "Helloween", "Death", "Amorphis", "Dark Tranquillity", "Behemoth",
    "Cradle of Filth", "Lamb of God", "Mastodon", "Kreator", "Testament", "Manowar", "Sonata Arctica", "Epica",
]  # fmt: skip
SHORT = {"latent_anchor": {"config": {"max_trials": 2, "epochs": 8, "max_embedding_size": 32}}}


def every_sixth_listener(source: Path, folder: Path) -> Path:
    """The dataset with a sixth of its listeners, as the files it comes in."""
    folder.mkdir()
    for path in source.iterdir():
        if path.name == "user_artists.dat":
            header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if int(line.split("\t")[0]) % 6 == 0]
            (folder / path.name).write_text("".join([header, *kept]), encoding="utf-8")
        else:
            (folder / path.name).symlink_to(path)
    return folder


def test_lastfm_gives_real_listeners_their_mixes(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = data_folder / "lastfm-2k"
    if not source.is_dir():
        pytest.skip(f"no real data at {source}: unpack HetRec's hetrec2011-lastfm-2k there")
    some = every_sixth_listener(source, tmp_path / "dataset")
    home = tmp_path / "home"
    monkeypatch.setenv("RECSYS_HOME", str(home))
    subprocess.run([sys.executable, "-m", "recsys_assets.cli", "import", "lastfm-2k", str(some)], check=True)
    # Totals that land today belong to the Monday of this week and to yesterday: there is no earlier snapshot to read.
    yesterday = datetime.now(tz=UTC).date() - timedelta(days=1)
    run(home, "catalogue")
    run(home, "monday", monday_of(yesterday), ops=SHORT)
    run(home, "daily", yesterday)

    made = tables(home)
    totals, mixes = made["raw.raw_play_counts"], made["mixes.discover_weekly"]
    pair = [c.USER_ID, c.TRACK_ID]
    assert totals.height > 12_000
    assert set(mixes[c.USER_ID]) == set(totals[c.USER_ID])
    assert mixes.join(totals, on=pair).is_empty()
    assert set(made["mixes.daily_mix"][c.USER_ID]) == set(totals[c.USER_ID])

    # Whose favourite is metal gets metal. Here an artist is a track, and what a listener plays is never offered.
    names = made["raw.raw_tracks"].select(c.TRACK_ID, pl.col(c.TITLE).is_in(METAL).alias("is_metal"))
    plays = totals.sort(c.PLAY_COUNT, c.TRACK_ID, descending=True)
    favourite = plays.unique(c.USER_ID, keep="first", maintain_order=True).join(names, on=c.TRACK_ID)
    fans = favourite.filter("is_metal")[c.USER_ID]
    offered = mixes.join(names, on=c.TRACK_ID)
    share = offered.group_by(pl.col(c.USER_ID).is_in(fans.implode()).alias("is_fan")).agg(pl.col("is_metal").mean())
    by_fan = dict(share.iter_rows())
    assert len(fans) > 5
    assert by_fan[True] > 4 * by_fan[False]
    assert mixes.filter(pl.col(c.REASON).str.len_chars() < 10).is_empty()
