"""A day's folder: whole, described, the same again, and without those who were forgotten."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson
import polars as pl
import pytest

from recsys_assets.core.errors import InvalidArgumentError, MissingInputError, SchemaMismatchError
from recsys_assets.exports import bundle, manifest
from recsys_assets.exports.bundle import ROW_DTYPES, Catalogue, erase_listener, export_mixes
from recsys_assets.exports.manifest import exchanged, find_faults
from recsys_assets.exports.names import listener_folder

DAY = date(2026, 1, 5)
# A delivery of Tuesday stands in Monday's folder: what a day's folder holds is for the day after.
DELIVERED = {"discover_weekly": date(2026, 1, 6), "daily_mix_1": DAY}
HOSTILE = [
    "../../x",
    "CON",
    "🎧🎶",
    "\u202e\u0645\u0631",
    "'; drop table users; --",
    "a/b",
    "..",
    "line\nbreak",
    '"quoted"',
]
TRACKS = pl.DataFrame(
    {"track_id": [f"t{n}" for n in range(len(HOSTILE))], "title": HOSTILE, "artist_ids": [["a"]] * len(HOSTILE)}
)
ARTISTS = pl.DataFrame({"artist_id": ["a"], "name": ["AC/DC"]})
CATALOGUE = Catalogue(TRACKS, ARTISTS)


def rows_of(users: list[str], mixes: tuple[str, ...] = ("discover_weekly", "daily_mix_1"), n: int = 3) -> pl.DataFrame:
    rows = [
        (
            user,
            mix,
            f"Mix of {user}",
            DELIVERED[mix],
            rank,
            f"t{(index + rank) % len(HOSTILE)}",
            1 / rank,
            "space",
            f"because {user}",
        )
        for index, user in enumerate(users)
        for mix in mixes
        for rank in range(1, n + 1)
    ]
    return pl.DataFrame(rows, schema=ROW_DTYPES, orient="row")


def export(out: Path, rows: pl.DataFrame | pl.LazyFrame, **options: int) -> bundle.ExportSummary:
    return export_mixes(rows, CATALOGUE, out, day=DAY, input_versions={"mixes.daily_mix": 7}, **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_there_and_described(tmp_path: Path):
    summary = export(tmp_path, rows_of(["annabelle", "bob"]))

    folder = tmp_path / "date=2026-01-05"
    assert summary == replace(summary, folder=folder, listeners=2, playlists=4, rows=12, files=4 * 2 + 3)
    assert set(contents(folder)) == {
        "manifest.json",
        "mixes.parquet",
        "listeners.parquet",
        *(
            f"playlists/{listener_folder(user)}/{mix}.{ending}"
            for user in ("annabelle", "bob")
            for mix in ("discover_weekly", "daily_mix_1")
            for ending in ("jspf", "m3u8")
        ),
    }
    described = orjson.loads((folder / "manifest.json").read_bytes())
    assert described["date"] == "2026-01-05"
    assert described["input_versions"] == {"mixes.daily_mix": 7}
    assert described["playlists"]["files"] == 8
    for table in described["tables"]:
        content = (folder / table["path"]).read_bytes()
        assert (table["size_bytes"], table["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert {table["path"]: table["rows"] for table in described["tables"]} == {
        "mixes.parquet": 12,
        "listeners.parquet": 2,
    }
    assert summary.size_bytes == sum(len(content) for content in contents(folder).values())
    assert find_faults(folder) == []


def test_the_table_of_all_rows(tmp_path: Path):
    rows = rows_of(["annabelle", "bob"])

    folder = export(tmp_path, rows).folder

    stored = pl.read_parquet(folder / "mixes.parquet")
    order = ["user_id", "mix", "rank"]
    assert stored.select(*ROW_DTYPES).sort(order).equals(rows.sort(order))
    assert stored["creator"].unique().to_list() == ["AC/DC"]
    assert (
        dict(stored.select("track_id", "title").rows()).items()
        <= dict(TRACKS.select("track_id", "title").rows()).items()
    )
    listeners = pl.read_parquet(folder / "listeners.parquet").sort("user_id")
    assert listeners.rows() == [
        ("annabelle", listener_folder("annabelle"), 2, 6),
        ("bob", listener_folder("bob"), 2, 6),
    ]


@pytest.mark.parametrize("listeners_per_batch", [1, 2, 100])
@pytest.mark.parametrize("is_lazy", [True, False])
def test_the_same_content_gives_the_same_bytes(tmp_path: Path, listeners_per_batch: int, is_lazy: bool):
    rows = rows_of(["annabelle", "bob", "cleo"])
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)

    first = export(tmp_path / "a", rows, listeners_per_batch=listeners_per_batch)
    second = export(tmp_path / "b", shuffled.lazy() if is_lazy else shuffled, listeners_per_batch=listeners_per_batch)

    assert contents(first.folder) == contents(second.folder)
    assert first.sha256 == second.sha256


def test_batches_change_no_playlist(tmp_path: Path):
    rows = rows_of([f"u{n}" for n in range(7)])

    whole, split = export(tmp_path / "a", rows), export(tmp_path / "b", rows, listeners_per_batch=2)

    playlists = [
        {name: content for name, content in contents(s.folder).items() if name.startswith("playlists/")}
        for s in (whole, split)
    ]
    assert playlists[0] == playlists[1]
    assert len(playlists[0]) == 28


def test_hostile_names_come_out_unharmed_and_no_id_becomes_a_path(tmp_path: Path):
    rows = rows_of(HOSTILE, n=len(HOSTILE))

    folder = export(tmp_path, rows).folder

    assert {path.parent.parent.parent.name for path in folder.glob("playlists/*/*/*")} == {"playlists"}
    lock = ".date=2026-01-05.lock"
    assert sorted(path.name for path in tmp_path.iterdir()) == [lock, f"{lock}.gate", "date=2026-01-05"]
    for user in HOSTILE:
        playlist = orjson.loads((folder / "playlists" / listener_folder(user) / "discover_weekly.jspf").read_bytes())
        shown = playlist["playlist"]
        assert shown["title"] == f"Mix of {user}"
        assert shown["date"] == "2026-01-06T00:00:00+00:00"
        assert shown["extension"]["https://musicbrainz.org/doc/jspf#playlist"]["created_for"] == user
        assert {track["title"] for track in shown["track"]} == set(HOSTILE)
        assert {track["annotation"] for track in shown["track"]} == {f"because {user}"}
        lines = (folder / "playlists" / listener_folder(user) / "discover_weekly.m3u8").read_text().splitlines()
        assert len(lines) == 2 + 2 * len(HOSTILE)
        titles = {line.removeprefix("#EXTINF:-1,AC/DC - ") for line in lines[2::2]}
        assert titles == {title.replace("\n", " ") for title in HOSTILE}
    assert set(pl.read_parquet(folder / "mixes.parquet")["user_id"]) == set(HOSTILE)


def test_a_new_export_takes_the_place_of_the_old_one(tmp_path: Path):
    export(tmp_path, rows_of(["annabelle", "bob"]))

    folder = export(tmp_path, rows_of(["cleo"])).folder

    assert pl.read_parquet(folder / "listeners.parquet")["user_id"].to_list() == ["cleo"]
    assert len(list(folder.glob("playlists/*/*"))) == 1
    assert find_faults(folder) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["date=2026-01-05"]


def test_a_day_without_mixes_is_an_empty_export(tmp_path: Path):
    summary = export(tmp_path, rows_of([]))

    assert (summary.listeners, summary.rows, summary.files) == (0, 0, 3)
    assert find_faults(summary.folder) == []


def test_two_tracks_at_one_rank_are_refused_and_the_old_export_stays(tmp_path: Path):
    export(tmp_path, rows_of(["annabelle"]))
    before = contents(tmp_path / "date=2026-01-05")
    rows = rows_of(["bob"]).with_columns(pl.lit(1, pl.Int32).alias("rank"))

    with pytest.raises(InvalidArgumentError, match="each needs its own"):
        export(tmp_path, rows)

    assert contents(tmp_path / "date=2026-01-05") == before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["date=2026-01-05"]


def test_rows_without_reasons_are_refused(tmp_path: Path):
    with pytest.raises(SchemaMismatchError, match="reason"):
        export(tmp_path, rows_of(["annabelle"]).drop("reason"))


def test_a_writer_that_died_between_the_renames_is_made_good(tmp_path: Path):
    folder = export(tmp_path, rows_of(["annabelle"])).folder
    folder.rename(tmp_path / ".date=2026-01-05.old")
    (tmp_path / ".date=2026-01-05.new-dead").mkdir()

    with pytest.raises(RuntimeError, match="died"), exchanged(folder):
        raise RuntimeError("died again")

    assert find_faults(folder) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["date=2026-01-05"]


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lambda folder: next(folder.glob("playlists/*/*/*.jspf")).write_bytes(b"{}"), "playlists/"),
        (lambda folder: next(folder.glob("playlists/*/*/*.m3u8")).unlink(), "playlists/"),
        (lambda folder: (folder / "mixes.parquet").unlink(), "mixes.parquet: promised"),
        (lambda folder: (folder / "listeners.parquet").write_bytes(b""), "listeners.parquet: not the bytes"),
    ],
)
def test_what_does_not_match_the_manifest_is_found(tmp_path: Path, harm: Callable[[Path], object], fault: str):
    folder = export(tmp_path, rows_of(["annabelle", "bob"])).folder

    harm(folder)

    (found,) = find_faults(folder)
    assert found.startswith(fault)


def test_a_listener_is_taken_out_of_every_day(tmp_path: Path):
    export(tmp_path, rows_of(["annabelle", "bob"]))
    other = date(2026, 1, 6)
    export_mixes(rows_of(["annabelle", "bob"], n=4), CATALOGUE, tmp_path, day=other, input_versions={"x": 1})

    erased = erase_listener(tmp_path, "annabelle")

    assert erased == 6 + 8
    for folder in sorted(tmp_path.glob("date=*")):
        assert find_faults(folder) == []
        assert not any(b"annabelle" in content for content in contents(folder).values())
        assert not (folder / "playlists" / listener_folder("annabelle")).exists()
        assert pl.read_parquet(folder / "listeners.parquet")["user_id"].to_list() == ["bob"]
    assert orjson.loads((tmp_path / "date=2026-01-06/manifest.json").read_bytes())["input_versions"] == {"x": 1}
    assert erase_listener(tmp_path, "annabelle") == 0


def test_an_erasure_that_died_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = export(tmp_path, rows_of(["annabelle", "bob"])).folder

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bundle, "_replace_parquet", die)
        with pytest.raises(KeyboardInterrupt):
            erase_listener(tmp_path, "annabelle")
    with pytest.raises(MissingInputError, match="being changed"):
        find_faults(folder)

    erase_listener(tmp_path, "annabelle")

    assert find_faults(folder) == []
    assert not (folder / manifest.HELD_MANIFEST).exists()
    assert pl.read_parquet(folder / "mixes.parquet")["user_id"].unique().to_list() == ["bob"]


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("new_is_whole", [True, False])
def test_a_listener_is_taken_out_of_what_a_dead_exchange_left(tmp_path: Path, new_is_whole: bool):
    folder = export(tmp_path, rows_of(["annabelle", "bob"])).folder
    folder.rename(tmp_path / ".date=2026-01-05.old")
    other = export(tmp_path, rows_of(["annabelle"])).folder if new_is_whole else tmp_path / ".date=2026-01-05.new-x"
    if new_is_whole:
        other.rename(tmp_path / ".date=2026-01-05.new-dead")
        # The export above made its own good of the one that died.
        (tmp_path / "x").mkdir()
        export(tmp_path / "x", rows_of(["annabelle", "bob"])).folder.rename(tmp_path / ".date=2026-01-05.old")

    erased = erase_listener(tmp_path, "annabelle")

    assert erased == 6
    assert not any(b"annabelle" in content for content in contents(tmp_path).values())
    assert find_faults(folder) == []


@pytest.mark.parametrize("lost", ["listeners.parquet", "mixes.parquet", "manifest.json"])
def test_a_day_that_is_not_whole_stops_no_erasure(tmp_path: Path, lost: str):
    folder = export(tmp_path, rows_of(["annabelle", "bob"])).folder
    (folder / lost).unlink()
    export_mixes(rows_of(["annabelle"]), CATALOGUE, tmp_path, day=date(2026, 1, 6), input_versions={"x": 1})
    (tmp_path / "date=of a stranger").write_text("a file")

    assert erase_listener(tmp_path, "annabelle") == 6

    assert not folder.exists()
    assert not any(b"annabelle" in content for content in contents(tmp_path).values())
