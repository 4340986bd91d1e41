"""A tiny planted installation: two listeners, a catalogue with hostile titles, one Monday and one day of mixes."""

import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from recsys_assets.cli.app import app
from recsys_assets.core.home import Home
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import TableSchema
from recsys_assets.core.warehouse import Warehouse
from recsys_assets.exports.bundle import ROW_DTYPES, Catalogue, export_mixes
from recsys_assets.mixes.tables import DAILY_MIX, DISCOVER_WEEKLY
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS, RAW_TRACKS
from recsys_assets.tables import ALL_TABLES

MONDAY = date(2026, 1, 5)
DAY = date(2026, 1, 6)
TITLES = {
    "t1": "Plain Song",
    "t2": "../../x",
    "t3": "\x1b[31mCON\x07",
    "t4": "🎧 \u0645\u0631 [bold]loud[/bold]",
    "t5": "'; drop table users; --\nsecond line",
}
LISTENERS = ("annabelle", "bob'); --")


@dataclass(frozen=True)
class World:
    """An installation and a way to call ``recsys`` on it."""

    home: Home
    run: Callable[..., object]
    titles: Mapping[str, str] = field(default_factory=lambda: TITLES)
    listeners: tuple[str, ...] = LISTENERS

    @property
    def lake(self) -> Lake:
        return Lake(self.home.lake)


def fill(schema: TableSchema, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Complete rows with nulls to the columns of a table."""
    return pl.DataFrame(
        [{name: row.get(name) for name in schema.dtypes} for row in rows], schema=schema.dtypes, orient="row"
    )


def mix_rows(schema: TableSchema, mix: str, day: date, listeners: tuple[str, ...]) -> pl.DataFrame:
    return fill(
        schema,
        [
            {
                "user_id": user, "mix": mix, "rank": rank, "track_id": track, "score": 1 / rank, "source": "space",
                "reason": f"because you played {title}", "mix_title": mix.replace("_", " ").title(),
                schema.partition: day,
            }
            for user in listeners
            for rank, (track, title) in enumerate(TITLES.items(), start=1)
        ],
    )  # fmt: skip


def plant(home: Home) -> None:
    lake = Lake(home.lake)
    tracks = [{"track_id": t, "title": x, "artist_ids": ["a1"], "arrived_on": MONDAY} for t, x in TITLES.items()]
    lake.replace(RAW_TRACKS, fill(RAW_TRACKS, tracks), partitions=[MONDAY])
    artists = [{"artist_id": "a1", "name": "AC/DC", "arrived_on": MONDAY}]
    lake.replace(RAW_ARTISTS, fill(RAW_ARTISTS, artists), partitions=[MONDAY])
    playlists = [
        {"playlist_id": f"p{n}", "name": "x", "owner_id": owner, "arrived_on": MONDAY}
        for n, owner in enumerate((*LISTENERS, None))
    ]
    lake.replace(RAW_PLAYLISTS, fill(RAW_PLAYLISTS, playlists), partitions=[MONDAY])
    entries = [{"playlist_id": f"p{n}", "position": 1, "track_id": "t1", "arrived_on": MONDAY} for n in range(3)]
    lake.replace(RAW_PLAYLIST_TRACKS, fill(RAW_PLAYLIST_TRACKS, entries), partitions=[MONDAY])
    confidence = [
        {"user_id": user, "track_id": track, "confidence": 1.0, "play_count": plays, "date": day}
        for user, plays in zip(LISTENERS, (1.0, 2.5), strict=True)
        for track in ("t1", "t2")
        for day in (MONDAY, DAY)
    ]
    lake.replace(PLAY_CONFIDENCE, fill(PLAY_CONFIDENCE, confidence), partitions=[MONDAY, DAY])
    weekly = mix_rows(DISCOVER_WEEKLY, "discover_weekly", MONDAY, LISTENERS)
    lake.replace(DISCOVER_WEEKLY, weekly, partitions=[MONDAY])
    for day in (MONDAY, DAY):
        daily = mix_rows(DAILY_MIX, "daily_mix_1", day, LISTENERS)
        lake.replace(DAILY_MIX, daily, partitions=[day])
    Warehouse(home.warehouse, lake).rebuild(ALL_TABLES)
    export_mixes(
        pl.concat(
            rows.rename({str(schema.partition): "delivered_on"}).select(*ROW_DTYPES)
            for schema, rows in ((DISCOVER_WEEKLY, weekly), (DAILY_MIX, daily))
        ),
        Catalogue(fill(RAW_TRACKS, tracks), fill(RAW_ARTISTS, artists)),
        home.exports,
        day=DAY,
        input_versions={"mixes.daily_mix": 2},
    )
    home.demo_truth.mkdir()
    pl.DataFrame({"user_id": LISTENERS, "kind": ["honest", "dishonest"]}).write_parquet(home.demo_truth / "l.parquet")
    pl.DataFrame({"owner_user_id": [None, *LISTENERS]}).write_parquet(home.demo_truth / "schemes.parquet")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation in which nothing has been made."""
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RECSYS_LAKE", raising=False)
    runner = CliRunner()
    return World(
        Home.from_setting(str(tmp_path / "home")), lambda *args, **more: runner.invoke(app, list(args), **more)
    )


@pytest.fixture
def world(empty: World) -> World:
    """The planted installation."""
    plant(empty.home)
    return empty


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A second of silence, as an upper-case WAV file."""
    path = tmp_path / "My Song.WAV"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    return path
