"""What is read again when landing files come, change, go or can not be read."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from raw_landing import PLAY, drop, drop_jsonl, ingest

from recsys_assets.core.lake import Lake
from recsys_assets.raw.ingest import ingest_range, working_folder
from recsys_assets.raw.snapshots import changed_days, flat_arrivals
from recsys_assets.raw.tables import LANDED, RAW

D1, D2, D3 = (date(2026, 1, day) for day in (1, 2, 3))


def tracks(*ids: str) -> list[Mapping[str, object]]:
    return [{"track_id": track, "title": track, "artist_ids": ["a"]} for track in ids]


def set_day(path: Path, day: date, *, hour: int = 6) -> None:
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))


class Reader:
    """The asset of one snapshot, without Dagster."""

    def __init__(self, lake: Lake, landing: Path, source: str) -> None:
        self.lake, self.landing, self.source = lake, landing, source

    def read(self, today: date) -> list[date]:
        """Read what changed, and return which days that was."""
        landed = self.lake.open(LANDED[self.source])
        arrivals = flat_arrivals(self.landing, self.source, landed, today)
        days = changed_days(self.landing, self.source, landed, arrivals=arrivals)
        with working_folder() as folder:
            found = ingest_range(self.landing, self.source, days, workdir=folder, arrivals=arrivals)
            if days:
                self.lake.replace(RAW[self.source], found.rows, partitions=days)
                self.lake.replace(LANDED[self.source], found.landed, partitions=days)
        return days

    def known(self, day: date) -> Sequence[str]:
        """The tracks that the graph knows on a day."""
        return sorted(self.lake.open(RAW["tracks"]).latest(day).scan().select("track_id").collect()["track_id"])


@pytest.fixture
def reader(lake: Lake, tmp_path: Path) -> Reader:
    return Reader(lake, tmp_path / "landing", "tracks")


def test_a_snapshot_that_is_taken_away_gives_way_to_the_one_before(reader: Reader) -> None:
    drop_jsonl(reader.landing, f"tracks/date={D1}/a.jsonl", tracks("good"))
    bad = drop_jsonl(reader.landing, f"tracks/date={D2}/a.jsonl", tracks("bad"))

    assert reader.read(D3) == [D1, D2]
    bad.unlink()
    assert reader.read(D3) == [D2]
    assert reader.known(D3) == ["good"]
    assert reader.read(D3) == []


def test_a_correction_of_the_same_size_is_read(reader: Reader) -> None:
    path = drop_jsonl(reader.landing, f"tracks/date={D1}/a.jsonl", tracks("x"))
    set_day(path, D1, hour=6)
    reader.read(D3)
    drop_jsonl(reader.landing, f"tracks/date={D1}/a.jsonl", tracks("y"))
    set_day(path, D1, hour=7)

    assert reader.read(D3) == [D1]
    assert reader.known(D3) == ["y"]


def test_a_copy_that_keeps_an_old_time_arrives_when_it_is_first_seen(reader: Reader) -> None:
    path = drop_jsonl(reader.landing, "tracks.jsonl", tracks("old"))
    set_day(path, D2)
    reader.read(D2)
    drop_jsonl(reader.landing, "tracks.jsonl", tracks("new"))
    set_day(path, D1)

    assert reader.read(D3) == [D3]
    assert reader.read(D3 + timedelta(days=1)) == []
    assert (reader.known(D2), reader.known(D3)) == (["old"], ["new"])


def test_a_flat_file_that_is_replaced_leaves_its_past_alone(reader: Reader) -> None:
    path = drop_jsonl(reader.landing, "tracks.jsonl", tracks("old"))
    set_day(path, D1)
    drop_jsonl(reader.landing, f"tracks/feed=lb/date={D1}/a.jsonl", tracks("lb"))
    reader.read(D1)
    drop_jsonl(reader.landing, "tracks.jsonl", tracks("new"))
    set_day(path, D2)

    assert reader.read(D2) == [D2]
    assert (reader.known(D1), reader.known(D2)) == (["lb", "old"], ["lb", "new"])


def test_where_a_file_can_not_be_read_the_state_before_stands_in(reader: Reader) -> None:
    drop_jsonl(reader.landing, f"tracks/date={D1}/a.jsonl", tracks("a", "b"))
    drop_jsonl(reader.landing, f"tracks/date={D2}/a.jsonl", tracks("a", "c"))
    broken = drop(reader.landing, f"tracks/date={D2}/b.parquet", b"PAR1 torn")
    drop(reader.landing, f"tracks/feed=lb/date={D2}/a.parquet", b"PAR1 torn")

    assert reader.read(D2) == [D1, D2]
    assert reader.known(D2) == ["a", "b", "c"]
    landed = reader.lake.open(LANDED["tracks"]).only([D2]).read()
    assert landed.filter(landed["error"].is_null())["rejected"].sum() == 0
    assert landed["error"].is_not_null().sum() == 2
    assert reader.read(D2) == []
    broken.unlink()
    assert reader.read(D2) == [D2]
    assert reader.known(D2) == ["a", "c"]


def test_a_day_of_plays_without_files_is_told_and_becomes_empty(lake: Lake, tmp_path: Path) -> None:
    plays = Reader(lake, tmp_path / "landing", "plays")
    days = [date(2026, 1, 5), date(2026, 1, 6)]
    for day in days:
        drop_jsonl(plays.landing, f"plays/date={day}/a.jsonl", [{**PLAY, "played_at": f"{day}"}])
    plays.read(D3)
    (plays.landing / f"plays/date={days[0]}/a.jsonl").unlink()

    assert plays.read(D3) == days[:1]
    assert lake.open(RAW["plays"]).partitions == days[1:]


def test_a_state_is_asked_for_on_the_day_it_arrived_only(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"tracks/date={D1}/a.jsonl", tracks("a"))

    assert ingest(tmp_path, "tracks", [D1, D2])[0]["arrived_on"].to_list() == [D1]
