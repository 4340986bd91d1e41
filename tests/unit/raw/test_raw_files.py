"""Files and folders: what is found, what is refused, what one bad file costs."""

import gzip
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import zstandard
from raw_landing import DAY, NOON, PLAY, drop, drop_jsonl, drop_parquet, ingest, reasons

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError
from recsys_assets.raw.discover import landing_days, list_files, strays
from recsys_assets.raw.ingest import ingest_range, working_folder
from recsys_assets.raw.lines import FREE_UNPACKED_BYTES

FOLDER = f"plays/date={DAY}"
TRACK = {"track_id": "t1", "title": "One", "artist_ids": ["a1"]}


def _whole_parquet() -> bytes:
    sink = pl.DataFrame([PLAY] * 5000).write_parquet
    import io

    buffer = io.BytesIO()
    sink(buffer)
    return buffer.getvalue()


BOMB = zstandard.compress(bytes(FREE_UNPACKED_BYTES + (8 << 20)))
UNREADABLE = [
    ("b.parquet", b"", "empty"),
    ("b.csv", b"", "empty"),
    ("b.parquet", b"\x00\xff" * 500, "PAR1"),
    ("b.parquet", _whole_parquet()[:-200], "parquet"),
    ("b.csv", b"\x00\xff\x01\n" * 50, "required columns are missing"),
    ("b.csv", b"user_id,track_id\nu,t\n", "played_at"),
    ("b.csv.gz", gzip.compress(b"user_id,track_id,played_at\nu,t,1767614400\n" * 99, mtime=0)[:-20], "EOF"),
    ("b.jsonl.gz", b"not gzip", "gzip"),
    ("b.jsonl.zst", b"not zstd", "Zstd"),
    ("b.jsonl.zst", BOMB, "unpacks to more than"),
]


@pytest.mark.parametrize(("name", "content", "words"), UNREADABLE, ids=lambda value: str(value)[:30])
def test_an_unreadable_file_is_named_and_the_others_are_taken(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    drop_jsonl(tmp_path, f"{FOLDER}/a.jsonl", [PLAY])
    drop_jsonl(tmp_path, f"{FOLDER}/c.jsonl", [{**PLAY, "user_id": "u3"}])
    drop(tmp_path, f"{FOLDER}/{name}", content)
    rows, rejected, landed = ingest(tmp_path)
    assert rows["user_id"].to_list() == ["u1", "u3"]
    assert rejected.is_empty()
    broken = landed.filter(pl.col("error").is_not_null())
    assert broken.select("file", "rows", "taken").rows() == [(f"{FOLDER}/{name}", 0, 0)]
    assert words.lower() in broken["error"][0].lower()
    assert len(broken["error"][0]) <= 500


def test_a_parquet_file_with_columns_of_another_kind_is_unreadable(tmp_path: Path) -> None:
    drop_parquet(tmp_path, f"{FOLDER}/a.parquet", pl.DataFrame([{**PLAY, "user_id": {"id": 1}}]))
    assert "user_id is Struct" in ingest(tmp_path)[2]["error"][0]


def test_an_empty_json_file_is_a_day_without_plays(tmp_path: Path) -> None:
    drop(tmp_path, f"{FOLDER}/a.jsonl", "")
    rows, _, landed = ingest(tmp_path)
    assert rows.is_empty()
    assert landed.select("rows", "error").rows() == [(0, None)]


def test_an_empty_landing_zone_says_what_to_drop_where(tmp_path: Path) -> None:
    with (
        working_folder() as workdir,
        pytest.raises(MissingInputError, match=r"plays/date=YYYY-MM-DD/\*: user_id, track_id"),
    ):
        ingest_range(tmp_path / "nowhere", "plays", [DAY], workdir=workdir)


def test_an_unknown_source_is_an_argument_error(tmp_path: Path) -> None:
    with working_folder() as workdir, pytest.raises(InvalidArgumentError, match="listens"):
        ingest_range(tmp_path, "listens", [DAY], workdir=workdir)


def test_a_day_without_files_has_no_rows(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"{FOLDER}/a.jsonl", [PLAY])
    rows, rejected, landed = ingest(tmp_path, days=[date(2026, 1, 6)])
    assert (rows.height, rejected.height, landed.height) == (0, 0, 0)
    assert rows.schema["date"] == pl.Date


def test_links_out_of_the_landing_zone_are_not_followed(tmp_path: Path) -> None:
    secret = drop_jsonl(tmp_path, "secret.jsonl", [PLAY])
    landing = tmp_path / "landing"
    drop_jsonl(landing, f"{FOLDER}/a.jsonl", [PLAY])
    (landing / FOLDER / "b.jsonl").symlink_to(secret)
    (landing / FOLDER / "c.jsonl").symlink_to(landing / "nothing.jsonl")
    (landing / FOLDER / "d.jsonl").symlink_to(landing / FOLDER / "a.jsonl")
    (landing / "plays/date=2026-01-06").symlink_to(tmp_path)
    rows, _, landed = ingest(landing, days=[DAY, date(2026, 1, 6)])
    assert rows.height == 1
    errors = dict(landed.select("file", "error").rows())
    assert "out of the landing zone" in errors[f"{FOLDER}/b.jsonl"]
    assert "nowhere" in errors[f"{FOLDER}/c.jsonl"]
    assert errors[f"{FOLDER}/d.jsonl"] is None
    assert "out of the landing zone" in errors["plays/date=2026-01-06/secret.jsonl"]


def test_uploads_under_way_are_left_alone_and_strays_are_told(tmp_path: Path) -> None:
    for name in (f"{FOLDER}/.a.jsonl", f"{FOLDER}/_b.jsonl", f"{FOLDER}/c.jsonl.tmp"):
        drop_jsonl(tmp_path, name, [PLAY])
    for name in (f"{FOLDER}/notes.txt", "plays/date=2026-13-01/a.jsonl", "plays/a.jsonl", "tracks/feed=x/a.csv"):
        drop(tmp_path, name, "x")
    drop_jsonl(tmp_path, f"{FOLDER}/d.ndjson", [PLAY])
    assert ingest(tmp_path)[2]["file"].to_list() == [f"{FOLDER}/d.ndjson"]
    assert strays(tmp_path) == [
        "plays/a.jsonl", "plays/date=2026-01-05/notes.txt", "plays/date=2026-13-01/a.jsonl", "tracks/feed=x/a.csv",
    ]  # fmt: skip


def test_exact_repeats_are_counted_and_not_refused(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"{FOLDER}/a.jsonl", [PLAY, PLAY, {**PLAY, "ms_played": 1}])
    drop_jsonl(tmp_path, f"{FOLDER}/b.jsonl", [{**PLAY, "played_at": 1767614400}])
    rows, rejected, landed = ingest(tmp_path)
    assert rows.height == 2
    assert rejected.is_empty()
    assert landed.select("rows", "taken", "duplicates").rows() == [(3, 2, 1), (1, 0, 1)]


def test_the_first_use_of_a_key_wins(tmp_path: Path) -> None:
    day = f"tracks/date={DAY}"
    drop_jsonl(tmp_path, f"{day}/a.jsonl", [TRACK, {**TRACK, "title": "Two"}, TRACK, {**TRACK, "track_id": "t2"}])
    drop_jsonl(tmp_path, f"{day}/b.jsonl", [{**TRACK, "title": "Three"}])
    rows, rejected, landed = ingest(tmp_path, "tracks")
    assert rows.select("track_id", "title").rows() == [("t1", "One"), ("t2", "One")]
    assert rejected.select("file", "row_number", "reason", "detail").rows() == [
        (f"{day}/a.jsonl", 2, "duplicate_key", "track_id was used by row 1 of this file"),
        (f"{day}/b.jsonl", 1, "duplicate_key", "track_id was used by row 1 of an earlier file"),
    ]
    assert '"title":"Three"' in rejected["raw_row"][1]
    assert landed.select("taken", "rejected", "duplicates").rows() == [(2, 1, 1), (0, 1, 0)]


def test_ids_are_checked_only_against_a_catalogue_that_exists(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"{FOLDER}/a.jsonl", [PLAY, {**PLAY, "track_id": "t9"}])
    assert ingest(tmp_path)[0].height == 2
    assert ingest(tmp_path, catalogue={"tracks": pl.DataFrame(schema={"track_id": pl.String})})[0].height == 2
    rows, rejected, landed = ingest(tmp_path, catalogue={"tracks": pl.DataFrame({"track_id": ["t1"]})})
    assert rows["track_id"].to_list() == ["t1"]
    assert reasons(rejected) == [("unknown_id", "track_id")]
    assert rejected.select("row_number", "user_id").row(0) == (2, "u1")
    assert landed.select("taken", "rejected").row(0) == (1, 1)


def test_an_id_is_known_from_any_state_of_the_catalogue(tmp_path: Path) -> None:
    days = [date(2026, 1, day) for day in (4, 5, 6)]
    for day in days:
        drop_jsonl(
            tmp_path,
            f"plays/date={day}/a.jsonl",
            [{**PLAY, "played_at": f"{day}", "track_id": t} for t in ("t1", "t2", "t3")],
        )
    # The nightly drop: what was new on the day is first named by the catalogue that arrives after it.
    known = pl.DataFrame({"track_id": ["t1", "t2"], "arrived_on": [days[0], days[2] + timedelta(days=1)]})
    together = ingest(tmp_path, days=days, catalogue={"tracks": known})[0].sort("date", "track_id")
    assert together.select("date", "track_id").rows() == [(day, track) for day in days for track in ("t1", "t2")]
    alone = pl.concat([ingest(tmp_path, days=[day], catalogue={"tracks": known})[0] for day in days])
    assert alone.sort("date", "track_id").equals(together)


def test_playlist_entries_refer_to_playlists_and_tracks(tmp_path: Path) -> None:
    entries = [
        {"playlist_id": p, "position": i, "track_id": t}
        for i, (p, t) in enumerate([("p", "t"), ("q", "t"), ("p", "x"), ("q", "x")])
    ]
    drop_jsonl(tmp_path, f"playlist_tracks/date={DAY}/a.jsonl", entries)
    catalogue = {"tracks": pl.DataFrame({"track_id": ["t"]}), "playlists": pl.DataFrame({"playlist_id": ["p"]})}
    rows, rejected, landed = ingest(tmp_path, "playlist_tracks", catalogue=catalogue)
    assert rows["position"].to_list() == [0]
    assert reasons(rejected) == [
        ("unknown_id", "playlist_id"),
        ("unknown_id", "track_id"),
        ("unknown_id", "playlist_id"),
    ]
    assert landed["rejected"].to_list() == [3]


def test_a_flat_snapshot_arrives_on_the_day_of_its_modification(tmp_path: Path) -> None:
    path = drop_jsonl(tmp_path, "tracks.jsonl", [TRACK])
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    assert landing_days(tmp_path, "tracks") == [DAY]
    assert ingest(tmp_path, "tracks")[0]["arrived_on"].to_list() == [DAY]
    drop_jsonl(tmp_path, "tracks.old.jsonl", [TRACK])
    assert [file.name for file in list_files(tmp_path, "tracks").of(DAY)] == ["tracks.jsonl"]


def test_a_feed_replaces_itself_and_no_other(tmp_path: Path) -> None:
    first, second, third = (date(2026, 1, day) for day in (1, 2, 3))
    for feed, day, ids in [
        ("", first, "ab"),
        ("", third, "ac"),
        ("feed=lb/", second, "cd"),
        ("feed=mpd/", first, "ez"),
    ]:
        drop_jsonl(
            tmp_path, f"tracks/{feed}date={day}/p.jsonl", [{**TRACK, "track_id": i, "title": f"{feed}{i}"} for i in ids]
        )
    assert landing_days(tmp_path, "tracks") == [first, second, third]
    rows = ingest(tmp_path, "tracks", [first, second, third])[0]
    states = (
        rows.group_by("arrived_on").agg(pl.col("track_id").sort().str.join()).sort("arrived_on")["track_id"].to_list()
    )
    assert states == ["abez", "abcdez", "acdez"]
    assert rows.filter(track_id="c", arrived_on=third)["title"].to_list() == ["c"]


def test_another_feed_that_knows_the_same_track_is_no_fault(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"tracks/date={DAY}/a.jsonl", [TRACK])
    drop_jsonl(tmp_path, f"tracks/feed=other/date={DAY}/a.jsonl", [{**TRACK, "title": "Uno"}])
    rows, rejected, landed = ingest(tmp_path, "tracks")
    assert rows["title"].to_list() == ["One"]
    assert rejected.is_empty()
    assert landed["duplicates"].to_list() == [0, 1]


def test_the_working_folder_is_removed(tmp_path: Path) -> None:
    with working_folder(tmp_path / "deep") as workdir:
        (workdir / "x").touch()
    assert not list((tmp_path / "deep").iterdir())


def test_days_are_found_by_folder(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, "plays/date=2026-01-07/a.jsonl", [PLAY])
    drop_jsonl(tmp_path, f"{FOLDER}/a.jsonl", [PLAY])
    (tmp_path / "plays/date=2026-01-09").mkdir()
    assert landing_days(tmp_path, "plays") == [DAY, date(2026, 1, 7)]


def test_now_may_be_given_in_any_zone_but_utc_is_meant(tmp_path: Path) -> None:
    drop_jsonl(tmp_path, f"{FOLDER}/a.jsonl", [PLAY])
    assert ingest(tmp_path, now=datetime(2026, 1, 5, 11, 59, tzinfo=UTC))[0].is_empty()


def test_unknown_names_at_the_top_are_strays_and_later_stages_are_not(tmp_path: Path):
    for name in ("playz.csv", "plays.csv", "weird/a.csv", "tracks.csv", "audio/a.jsonl", "notes.txt", ".x.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a\n1\n")

    assert strays(tmp_path) == ["plays.csv", "playz.csv", "weird/a.csv"]
