"""What `make run` does for somebody who has just begun: one day of listening, or two plays."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from world import START, recorded, tables, tiny_world

from recsys_assets.core import columns as c

pytestmark = pytest.mark.integration

LANDING_ZONE = Path(__file__).resolve().parents[2] / "docs" / "landing-zone.md"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with recorded(tmp_path):
        monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
        (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
        yield tmp_path


def land_smallest_example(landing: Path) -> None:
    """Write the files that the document shows, as it shows them."""
    part = LANDING_ZONE.read_text(encoding="utf-8").split("### Smallest example")[1]
    for name, text in re.findall(r"`(\S+)`:\n\n```\w+\n(.*?)```", part, flags=re.DOTALL):
        (landing / name).parent.mkdir(parents=True, exist_ok=True)
        (landing / name).write_text(text, encoding="utf-8")
    assert {path.name for path in landing.iterdir()} == {"plays", "tracks.jsonl"}


def test_the_documents_smallest_example_ends_with_mixes(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from scripts import run

    yesterday = date(2026, 1, 13)
    monkeypatch.setattr(run, "MODEL_DAYS", 1)
    monkeypatch.setattr(run, "ANCHORS", 1)
    land_smallest_example(home / "landing")

    assert run.materialise(home, yesterday), capsys.readouterr().out

    mixes = tables(home)["mixes.daily_mix"]
    assert set(mixes[c.USER_ID]) == {"u1"}
    assert set(mixes[c.TRACK_ID]) == {"t1", "t2"}
    assert mixes[c.DATE].unique().to_list() == [yesterday]


def test_one_day_of_plays_gives_every_listener_a_daily_mix(home: Path, capsys: pytest.CaptureFixture[str]):
    from scripts import run

    # Its Monday has nothing before it: an anchor, a ranker and candidates of nothing.
    plays = tiny_world().plays.filter(pl.col(c.PLAYED_AT).dt.date() == START)
    folder = home / "landing" / "plays" / f"date={START}"
    folder.mkdir(parents=True)
    plays.write_parquet(folder / "a.parquet")

    assert run.materialise(home, START), capsys.readouterr().out

    assert set(tables(home)["mixes.daily_mix"][c.USER_ID]) == set(tables(home)["signals.track_signals"][c.USER_ID])
    assert "week of 2025-12-29 is left out: nobody had listened to anything before its end" in capsys.readouterr().out
