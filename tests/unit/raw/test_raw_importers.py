"""Importers: what is taken, what is left and why, ids, going on after an interruption, hostile inputs."""

import gzip
import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from raw_landing import drop, drop_jsonl, ingest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.raw.discover import landing_days
from recsys_assets.raw.importers.bookmark import Bookmark
from recsys_assets.raw.importers.engine import ImportSummary
from recsys_assets.raw.importers.lastfm_2k import import_lastfm_2k
from recsys_assets.raw.importers.listenbrainz import import_listenbrainz
from recsys_assets.raw.importers.mpd import import_mpd
from recsys_assets.raw.importers.naming import text_id
from recsys_assets.raw.importers.scrobbler_log import import_scrobbler_log
from recsys_assets.raw.importers.spotify_history import import_spotify_history
from recsys_assets.raw.lines import FREE_UNPACKED_BYTES

TODAY = date(2026, 2, 1)
RECORDING = "11111111-2222-3333-4444-555555555555"
ARTIST = "aaaaaaaa-2222-3333-4444-555555555555"
MSID = "99999999-2222-3333-4444-555555555555"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, object]:
    return {"landing": tmp_path / "landing", "state": tmp_path / "state", "arrived_on": TODAY}


def everything(landing: Path) -> dict[str, pl.DataFrame]:
    """Ingest all that landed; nothing that an importer writes may be refused."""
    found = {}
    for source in ("artists", "tracks", "albums", "playlists", "playlist_tracks", "play_counts", "plays", "feedback"):
        days = landing_days(landing, source)
        rows, rejected, landed = ingest(landing, source, days)
        assert rejected.is_empty(), rejected
        assert landed["error"].null_count() == landed.height
        found[source] = rows
    return found


def listen(at: int, title: str = "Song", **info: object) -> dict[str, object]:
    metadata = {"artist_name": "Band", "track_name": title, "release_name": "Disc", "additional_info": info}
    return {"user_name": "rob", "listened_at": at, "recording_msid": MSID, "track_metadata": metadata}


def test_listenbrainz_listens_and_feedback(tmp_path: Path, places: dict) -> None:
    lines = [
        listen(
            1767614400,
            recording_mbid=RECORDING.upper(),
            artist_mbids=[ARTIST],
            isrc="gb-aye-69-00001",
            duration_ms=200_000,
        ),
        listen(1767614400 + 86400, duration=100),
        {**listen(1767614500, "Other"), "recording_msid": None},
        {"user_name": "rob", "score": 1, "created": 1767614401, "recording_mbid": RECORDING},
        {"user_name": "rob", "score": -1, "created": 1767614402, "recording_msid": MSID},
        {"user_name": "rob", "score": 0, "created": 1767614403, "recording_msid": MSID},
    ]
    path = drop_jsonl(tmp_path, "listens.jsonl", lines)
    packed = drop(tmp_path, "packed.jsonl.zst", zstandard.compress(path.read_bytes()))
    summary = import_listenbrainz([packed], **places)
    found = everything(places["landing"])
    assert summary.taken == {"albums": 2, "artists": 2, "feedback": 3, "plays": 3, "tracks": 3}
    assert (summary.first_day, summary.last_day, summary.left) == (date(2026, 1, 5), date(2026, 1, 6), {})
    assert found["plays"].sort("played_at").select("user_id", "track_id", "reason_end").rows() == [
        ("listenbrainz:user:rob", f"musicbrainz:recording:{RECORDING}", "done"),
        ("listenbrainz:user:rob", text_id("recording", " BAND", "other"), "done"),
        ("listenbrainz:user:rob", f"listenbrainz:msid:{MSID}", "done"),
    ]
    known = found["tracks"].filter(mbid=RECORDING).row(0, named=True)
    assert (known["isrc"], known["duration_ms"]) == ("GBAYE6900001", 200_000)
    assert known["artist_ids"] == [f"musicbrainz:artist:{ARTIST}"]
    assert found["feedback"].sort("at")["action"].to_list() == ["like", "hide", "unlike"]


def test_listenbrainz_leaves_what_it_can_not_use(tmp_path: Path, places: dict) -> None:
    good = json.dumps(listen(1767614400)).encode()
    deep = b'{"a":' * 5000
    lines = [
        good, b'{"user_name": "rob", "liste', b'{"user_name": "\xff"}', b"[]", deep,
        json.dumps({**listen(1), "listened_at": "soon"}).encode(),
        json.dumps({**listen(1767614400), "user_name": None}).encode(),
        json.dumps({"user_name": "rob", "listened_at": 5, "track_metadata": {}}).encode(),
        json.dumps({"user_name": "rob", "score": 7, "created": 1}).encode(),
        json.dumps(listen(4_000_000_000)).encode(), json.dumps(listen(-4_000_000_000)).encode(),
        b'{"x": "' + b"y" * 5_000_000 + b'"}',
    ]  # fmt: skip
    summary = import_listenbrainz([drop(tmp_path, "l.jsonl", b"\n".join(lines))], **places)
    assert summary.taken["plays"] == 1
    assert summary.left == {
        "broken_json": 3, "broken_utf8": 1, "huge_line": 1, "no_listener": 1, "no_time": 1, "no_track": 1,
        "time_before_1950": 1, "time_in_future": 1, "unknown_score": 1,
    }  # fmt: skip


def spotify(ts: str, uri: str | None = "spotify:track:1", **more: object) -> dict[str, object]:
    return {
        "ts": ts, "ms_played": 60_000, "spotify_track_uri": uri, "master_metadata_track_name": "Song",
        "master_metadata_album_artist_name": "Band", "master_metadata_album_album_name": "Disc",
        "reason_end": "trackdone", "shuffle": True,
        "skipped": False, "ip_addr": "10.0.0.1", "username": "secret-name", "platform": "ios", **more,
    }  # fmt: skip


def test_spotify_history_dates_a_play_by_its_beginning(tmp_path: Path, places: dict) -> None:
    entries = [
        spotify("2026-01-05T00:00:30Z"),
        spotify("2026-01-05T12:00:00Z", reason_end="fwdbtn"),
        spotify("2026-01-05T13:00:00Z", reason_end="endplay", skipped=True),
        spotify("2026-01-05T14:00:00Z", None, episode_name="Talk", spotify_episode_uri="spotify:episode:1"),
        spotify("2026-01-05T15:00:00Z", None),
        spotify("2026-01-05T15:00:00Z", ms_played=-5),
        spotify("then"),
    ]
    summary = import_spotify_history([drop(tmp_path, "h.json", json.dumps(entries, indent=1))], user="me", **places)
    plays = everything(places["landing"])["plays"].sort("played_at")
    assert plays.select("user_id", "played_at", "ms_played", "reason_end", "is_shuffle").rows() == [
        ("me", datetime(2026, 1, 4, 23, 59, 30, tzinfo=UTC), 60_000, "done", True),
        ("me", datetime(2026, 1, 5, 11, 59, tzinfo=UTC), 60_000, "skip", True),
        ("me", datetime(2026, 1, 5, 12, 59, tzinfo=UTC), 60_000, "skip", True),
    ]
    assert summary.left == {"absurd_duration": 1, "no_time": 1, "no_track": 1, "podcast_or_audiobook": 1}
    for path in (places["landing"]).rglob("*.parquet"):
        assert b"secret-name" not in path.read_bytes()
        assert b"10.0.0.1" not in path.read_bytes()


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        (json.dumps([spotify("2026-01-05T12:00:00Z")] * 3)[:-40], 2),
        (json.dumps([spotify("2026-01-05T12:00:00Z")])[:-1] + "," + "[" * 100_000, 1),
        (json.dumps([spotify("2026-01-05T12:00:00Z")])[:-1] + ', {"ts": nonsense}]', 1),
    ],
)
def test_a_broken_array_gives_what_came_before_the_break(
    tmp_path: Path, places: dict, content: str, taken: int
) -> None:
    summary = import_spotify_history([drop(tmp_path, "h.json", content)], user="me", **places)
    assert summary.taken["plays"] == taken
    assert summary.left == {"broken_json": 1}


@pytest.mark.parametrize("content", ["", "{}", "\x00\x01", '"text"'])
def test_what_is_no_array_is_a_wrong_argument(tmp_path: Path, places: dict, content: str) -> None:
    with pytest.raises(InvalidArgumentError, match="Streaming_History"):
        import_spotify_history([drop(tmp_path, "h.json", content)], user="me", **places)


def test_a_file_of_which_nothing_is_recognised_is_a_wrong_argument(tmp_path: Path, places: dict) -> None:
    readme = drop(tmp_path, "README.md", "# A program\n\nIt plays [music].\n")
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match=r"nothing in README\.md is in the format.*broken_json 2"):
            import_listenbrainz([readme], **places)
    with pytest.raises(InvalidArgumentError, match=r"README\.md is no slice"):
        import_mpd(readme, **places)
    assert not places["landing"].exists()


LOG = (
    "#AUDIOSCROBBLER/1.1\n#TZ/{zone}\n#CLIENT/Rockbox\n"
    "Band\tDisc\tSong\t1\t200\tL\t1767614400\t" + RECORDING + "\nBand\t\tOther\t\t100\tS\t1767614600\n"
    "Band\tDisc\tSong\t1\t200\tX\t1767614400\t\nBand\tDisc\tSong\t1\t200\tL\t0\t\nBand\n\tDisc\t\t1\t200\tL\t1767614400\t\n"
)


@pytest.mark.parametrize(("zone", "minutes", "hour"), [("UTC", 120, 12), ("UNKNOWN", 120, 10), ("UNKNOWN", 0, 12)])
def test_scrobbler_log(tmp_path: Path, places: dict, zone: str, minutes: int, hour: int) -> None:
    path = drop(tmp_path, ".scrobbler.log", LOG.format(zone=zone))
    summary = import_scrobbler_log([path], user="me", utc_offset_minutes=minutes, **places)
    found = everything(places["landing"])
    assert summary.left == {"broken_line": 1, "no_names": 1, "no_time": 1, "unknown_rating": 1}
    assert found["plays"].sort("played_at").select("track_id", "played_at", "reason_end").rows() == [
        (f"musicbrainz:recording:{RECORDING}", datetime(2026, 1, 5, hour, tzinfo=UTC), "done"),
        (text_id("recording", "band", "other"), datetime(2026, 1, 5, hour, 3, 20, tzinfo=UTC), "skip"),
    ]
    assert found["tracks"].sort("title")["duration_ms"].to_list() == [100_000, 200_000]


def test_a_log_without_its_header_is_refused(tmp_path: Path, places: dict) -> None:
    with pytest.raises(InvalidArgumentError, match="AUDIOSCROBBLER"):
        import_scrobbler_log([drop(tmp_path, "x.log", "Band\tDisc\n")], user="me", **places)


def test_lastfm_totals_become_play_counts_of_tracks_that_stand_for_artists(tmp_path: Path, places: dict) -> None:
    drop(tmp_path, "artists.dat", "id\tname\turl\tpictureURL\n1\tMALICE MIZER\tu\tp\n2\tBjörk\tu\n")
    drop(tmp_path, "user_artists.dat", "//userID\tartistID\tweight\n7\t1\t13883\n7\t2\t5\n8\t9\t4\n8\t1\t-3\n8\t1\n")
    drop(tmp_path, "tags.dat", "tagID\ttagValue\n1\tmétal\n2\trock\n3\tonce\n".encode("latin-1"))
    drop(
        tmp_path,
        "user_taggedartists.dat",
        "h\n" + "".join(f"{u}\t1\t{t}\t1\t4\t2009\n" for u, t in [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (1, 3)]),
    )
    summary = import_lastfm_2k(tmp_path, as_of=date(2011, 5, 1), **places)
    found = everything(places["landing"])
    assert found["play_counts"].select("user_id", "track_id", "play_count", "as_of").rows() == [
        ("lastfm:user:7", "lastfm:track-of-artist:1", 13883, date(2011, 5, 1)),
        ("lastfm:user:7", "lastfm:track-of-artist:2", 5, date(2011, 5, 1)),
    ]
    assert found["artists"].sort("artist_id").select("name", "genres").rows() == [
        ("MALICE MIZER", ["rock", "métal"]),
        ("Björk", []),
    ]
    assert found["tracks"].sort("track_id")["artist_ids"].to_list() == [["lastfm:artist:1"], ["lastfm:artist:2"]]
    assert summary.left == {"broken_line": 1, "unknown_artist": 1, "wrong_type": 1}


def mpd_slice(pids: range) -> str:
    playlists = [
        {
            "pid": pid, "name": f"list {pid}", "num_followers": 3, "modified_at": 1_500_000_000, "num_artists": 9,
            "tracks": [
                {"pos": pos, "track_uri": f"spotify:track:{(pid + pos) % 7}", "track_name": f"Song {(pid + pos) % 7}",
                 "artist_uri": "spotify:artist:1", "artist_name": "Band", "album_uri": "spotify:album:1",
                 "album_name": "Disc", "duration_ms": 1000}
                for pos in range(3)
            ],
        }
        for pid in pids
    ]  # fmt: skip
    return json.dumps({"info": {"slice": 'x "playlists": [ 1'}, "playlists": playlists}, indent=4)


def test_mpd_slices_and_tables_agree(tmp_path: Path, places: dict) -> None:
    drop(tmp_path, "s/mpd.slice.0-4.json", mpd_slice(range(5)))
    drop(tmp_path, "s/mpd.slice.5-8.json", mpd_slice(range(5, 9)))
    summary = import_mpd(tmp_path / "s", chunk_playlists=2, **places)
    sliced = everything(places["landing"])
    assert summary.taken == {"albums": 1, "artists": 1, "playlist_tracks": 27, "playlists": 9, "tracks": 7}
    entries = [
        (pid, pos, f"spotify:track:{(pid + pos) % 7}", f"Song {(pid + pos) % 7}", "Band")
        for pid in range(9)
        for pos in range(3)
    ]
    (tmp_path / "t").mkdir()
    pl.DataFrame(entries, schema=["pid", "pos", "track_uri", "track_name", "artist_name"], orient="row").write_parquet(
        tmp_path / "t/playlist_tracks.parquet"
    )
    pl.DataFrame(
        {"pid": range(9), "name": [f"list {pid}" for pid in range(9)], "num_followers": [3] * 9}
    ).write_parquet(tmp_path / "t/playlists.parquet")
    places["landing"] = tmp_path / "other"
    import_mpd(tmp_path / "t", chunk_rows=4, **places)
    tabled = everything(places["landing"])
    key = ["playlist_id", "position"]
    assert sliced["playlist_tracks"].sort(key).equals(tabled["playlist_tracks"].sort(key))
    assert sliced["tracks"].sort("track_id")["title"].equals(tabled["tracks"].sort("track_id")["title"])
    assert sliced["playlists"]["modified_at"].unique().to_list() == [datetime(2017, 7, 14, 2, 40, tzinfo=UTC)]
    assert tabled["artists"].select("artist_id", "name").rows() == [(text_id("artist", "Band"), "Band")]


def test_mpd_says_what_it_expected(tmp_path: Path, places: dict) -> None:
    with pytest.raises(InvalidArgumentError, match=r"mpd\.slice"):
        import_mpd(tmp_path, **places)


def _listenbrainz(tmp_path: Path, places: dict, progress: Callable | None) -> ImportSummary:
    lines = [
        listen(1767571200 + 20_000 * i, f"Song {i % 4}", recording_mbid=f"{i % 4}{RECORDING[1:]}") for i in range(17)
    ]
    return import_listenbrainz([drop_jsonl(tmp_path, "l.jsonl", lines)], chunk_lines=5, progress=progress, **places)


def _spotify(tmp_path: Path, places: dict, progress: Callable | None) -> ImportSummary:
    entries = [spotify(f"2026-01-{1 + i // 3:02d}T12:{i:02d}:00Z", f"spotify:track:{i % 4}") for i in range(17)]
    path = drop(tmp_path, "h.json", json.dumps(entries))
    return import_spotify_history([path], user="me", chunk_entries=5, progress=progress, **places)


def _mpd(tmp_path: Path, places: dict, progress: Callable | None) -> ImportSummary:
    for first in (0, 6):
        drop(tmp_path, f"mpd.slice.{first}.json", mpd_slice(range(first, first + 6)))
    return import_mpd(tmp_path, chunk_playlists=2, progress=progress, **places)


class Interruption(BaseException):
    """What ends a process from outside."""


@pytest.mark.parametrize("run", [_listenbrainz, _spotify, _mpd])
@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_an_interrupted_import_goes_on_and_duplicates_nothing(
    tmp_path: Path, places: dict, run: Callable, after: int
) -> None:
    whole = run(tmp_path, {**places, "landing": tmp_path / "whole", "state": tmp_path / "whole-state"}, None)
    calls: list[tuple[int, int, str]] = []

    def interrupt(*figures: object) -> None:
        calls.append(figures)  # type: ignore[arg-type]
        if len(calls) == after:
            raise Interruption

    with pytest.raises(Interruption):
        run(tmp_path, places, interrupt)
    assert landing_days(places["landing"], "tracks") == []
    again = run(tmp_path, {**places, "arrived_on": date(2026, 2, 2)}, lambda *figures: calls.append(figures))
    assert (again.taken, again.left, again.first_day) == (whole.taken, whole.left, whole.first_day)
    assert landing_days(places["landing"], "tracks") == [TODAY]
    resumed, straight = everything(places["landing"]), everything(tmp_path / "whole")
    for source, rows in straight.items():
        assert rows.sort(pl.exclude("artist_ids", "genres")).equals(
            resumed[source].sort(pl.exclude("artist_ids", "genres"))
        )
    third = run(tmp_path, places, None)
    assert third.was_complete
    assert third.taken == whole.taken


@pytest.mark.parametrize("at_write", [2, 3, 4, 5])
def test_a_crash_between_files_and_bookmark_costs_nothing(
    tmp_path: Path, places: dict, monkeypatch: pytest.MonkeyPatch, at_write: int
) -> None:
    whole, calls = Bookmark.write, []

    def crash(self: Bookmark, progress: object) -> None:
        calls.append(progress)
        if len(calls) == at_write:
            raise Interruption
        whole(self, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(Bookmark, "write", crash)
    with pytest.raises(Interruption):
        _listenbrainz(tmp_path, places, None)
    assert list((places["state"]).rglob("plays/*.parquet"))
    assert _listenbrainz(tmp_path, places, None).taken["plays"] == 17
    assert ingest(places["landing"], "plays", landing_days(places["landing"], "plays"))[2]["duplicates"].sum() == 0


def _by_listener(
    tmp_path: Path, places: dict, progress: Callable | None = None, *, days: int = 6, chunk_lines: int = 6
) -> ImportSummary:
    """Import a dump ordered by listener: each chunk touches every day."""
    lines = [
        {**listen(1767571200 + 86_400 * day + user, f"Song {user}", recording_mbid=RECORDING), "user_name": f"u{user}"}
        for user in range(5)
        for day in range(days)
    ]
    lines.append({"user_name": "u1", "score": 1, "created": 1767571200, "recording_mbid": RECORDING})
    path = drop_jsonl(tmp_path, "dump.jsonl", lines)
    return import_listenbrainz([path], chunk_lines=chunk_lines, progress=progress, **places)


def _events(landing: Path) -> list[tuple[object, ...]]:
    """Every row of plays and feedback that lies in the landing zone, with its day; doubles stay double."""
    found: list[tuple[object, ...]] = []
    for path in sorted(landing.glob("*/date=*/*.parquet")):
        frame = pl.read_parquet(path, hive_partitioning=False)
        found += [(path.parent.name, *row) for row in frame.rows()]
    return sorted(found, key=repr)


def _day_files(landing: Path) -> list[str]:
    return sorted(path.relative_to(landing).as_posix() for path in landing.glob("*/date=*/*"))


@pytest.mark.parametrize("most", [1, 7, 1_000_000])
def test_a_day_is_one_file_however_many_chunks_touch_it(
    tmp_path: Path, places: dict, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    once = {**places, "landing": tmp_path / "once"}
    _by_listener(tmp_path, once, chunk_lines=1000)
    monkeypatch.setattr("recsys_assets.raw.importers.publish.BATCH_ROWS", most)
    summary = _by_listener(tmp_path, places)
    names = _day_files(places["landing"])
    assert [name.rsplit("/", 1)[0] for name in names] == [
        "feedback/date=2026-01-05", *(f"plays/date=2026-01-{day:02d}" for day in range(5, 11)),
    ]  # fmt: skip
    assert _events(places["landing"]) == _events(once["landing"])
    assert summary.taken == {"albums": 1, "artists": 1, "feedback": 1, "plays": 30, "tracks": 1}
    first = pl.read_parquet(next(places["landing"].glob("plays/date=2026-01-05/*")))
    assert first["user_id"].to_list() == [f"listenbrainz:user:u{user}" for user in range(5)]
    assert not list((places["state"]).rglob("*.parquet"))


def test_nothing_lands_before_the_end(tmp_path: Path, places: dict) -> None:
    sizes: list[int] = []

    def look(*_: object) -> None:
        assert not places["landing"].exists()
        sizes.append(next(places["state"].rglob("bookmark.json")).stat().st_size)

    _by_listener(tmp_path, places, look)
    assert len(sizes) == 6
    assert max(sizes) - min(sizes) < 100


# A bookmark; twice the parts of a chunk and a bookmark; three files of the catalogue, seven of days, a bookmark.
@pytest.mark.parametrize("at_file", range(1, 24))
def test_an_import_killed_at_any_file_loses_and_doubles_nothing(
    tmp_path: Path, places: dict, monkeypatch: pytest.MonkeyPatch, at_file: int
) -> None:
    whole = {**places, "landing": tmp_path / "whole", "state": tmp_path / "whole-state"}
    _by_listener(tmp_path, whole, chunk_lines=20)
    replaced, calls = Path.replace, []

    def kill(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == at_file:
            raise Interruption
        return replaced(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(Interruption):
            _by_listener(tmp_path, places, chunk_lines=20)
    _by_listener(tmp_path, places, chunk_lines=20)
    assert _events(places["landing"]) == _events(whole["landing"])
    assert len(_day_files(places["landing"])) == 7
    assert _by_listener(tmp_path, places, chunk_lines=20).was_complete


@pytest.mark.parametrize("at_removal", [1, 2, 3])
def test_an_import_killed_while_it_clears_up_is_finished(
    tmp_path: Path, places: dict, monkeypatch: pytest.MonkeyPatch, at_removal: int
) -> None:
    removed, calls = shutil.rmtree, []

    def kill(path: Path, **how: Any) -> None:
        calls.append(path)
        if len(calls) == 1 + at_removal:
            raise Interruption
        removed(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", kill)
        with pytest.raises(Interruption):
            _by_listener(tmp_path, places)
    assert list((places["state"]).rglob("*.parquet"))
    assert _by_listener(tmp_path, places).was_complete
    assert not list((places["state"]).rglob("*.parquet"))
    assert len(_events(places["landing"])) == 31


def test_what_a_killed_publication_had_begun_to_write_goes(
    tmp_path: Path, places: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("recsys_assets.raw.importers.engine.publish_days", _raise_interruption)
        with pytest.raises(Interruption):
            _by_listener(tmp_path, places)
    feed = next((places["state"] / "imports").iterdir()).name
    dead = drop(places["landing"], f"plays/date=2026-01-05/.{feed}-000000.parquet.0123abcd.tmp", b"half")
    _by_listener(tmp_path, places)
    assert not dead.exists()


def _raise_interruption(*_: object, **__: object) -> None:
    raise Interruption


def test_after_a_fault_the_rest_of_the_days_goes_beside_what_was_published(
    tmp_path: Path, places: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {**places, "landing": tmp_path / "whole", "state": tmp_path / "whole-state"}
    _by_listener(tmp_path, whole)

    def break_at(last: int) -> Callable:
        calls: list[object] = []

        def fail(*figures: object) -> None:
            calls.append(figures)
            if len(calls) == last:
                raise DataFaultError("the disk can not be read")

        return fail

    with pytest.raises(DataFaultError):
        _by_listener(tmp_path, places, break_at(2))
    assert len(_events(places["landing"])) == 12
    assert len(_day_files(places["landing"])) == 6
    assert not list((places["state"]).rglob("plays/*.parquet"))
    with pytest.raises(DataFaultError):
        _by_listener(tmp_path, places, break_at(1))
    _by_listener(tmp_path, places)
    assert _events(places["landing"]) == _events(whole["landing"])
    # Done again it is one file a day, and a fault on the way takes nothing from what lies there.
    next((places["landing"]).glob("plays/date=2026-01-06/*-000000.parquet")).unlink()
    before = _events(places["landing"])
    with pytest.raises(DataFaultError):
        _by_listener(tmp_path, places, break_at(3))
    assert _events(places["landing"]) == before
    _by_listener(tmp_path, places)
    assert _events(places["landing"]) == _events(whole["landing"])
    assert len(_day_files(places["landing"])) == 7


def test_an_import_begun_when_chunks_went_to_their_days_is_finished(tmp_path: Path, places: dict) -> None:
    whole = {**places, "landing": tmp_path / "whole", "state": tmp_path / "whole-state"}
    _by_listener(tmp_path, whole)

    def fail(*_: object) -> None:
        raise DataFaultError("the disk can not be read")

    with pytest.raises(DataFaultError):
        _by_listener(tmp_path, places, fail)
    path = next(places["state"].rglob("bookmark.json"))
    kept = json.loads(path.read_bytes())
    path.write_text(json.dumps({name: kept[name] for name in kept if name not in ("published", "is_repetition")}))
    _by_listener(tmp_path, places)
    assert _events(places["landing"]) == _events(whole["landing"])


def test_an_import_whose_files_were_cleared_away_is_done_again(tmp_path: Path, places: dict) -> None:
    first = _listenbrainz(tmp_path, places, None)
    next((places["landing"]).glob("plays/*/*.parquet")).unlink()
    second = _listenbrainz(tmp_path, places, None)
    assert not second.was_complete
    assert second.taken == first.taken
    assert everything(places["landing"])["plays"].height == 17


def test_two_sources_leave_each_others_catalogue_alone(tmp_path: Path, places: dict) -> None:
    _listenbrainz(tmp_path, places, None)
    _spotify(tmp_path, {**places, "arrived_on": date(2026, 2, 2)}, None)
    drop_jsonl(
        places["landing"], "tracks/date=2026-02-03/a.jsonl", [{"track_id": "own", "title": "T", "artist_ids": ["a"]}]
    )
    tracks = ingest(places["landing"], "tracks", [date(2026, 2, 3)])[0]
    assert tracks["track_id"].str.split(":").list.first().value_counts().sort("track_id").rows() == [
        ("musicbrainz", 4), ("own", 1), ("spotify", 4),
    ]  # fmt: skip


def test_a_zip_bomb_is_refused(tmp_path: Path, places: dict) -> None:
    bomb = drop(tmp_path, "l.jsonl.zst", zstandard.compress(bytes(FREE_UNPACKED_BYTES + (8 << 20))))
    with pytest.raises(DataFaultError, match="unpacks to more than"):
        import_listenbrainz([bomb], **places)


def test_a_half_written_packed_file_keeps_what_came_before(tmp_path: Path, places: dict) -> None:
    path = drop_jsonl(
        tmp_path, "x.jsonl", [listen(1767571200 + i, f"Song {i}", x=f"{i * 7919}") for i in range(12_000)]
    )
    packed = drop(tmp_path, "l.jsonl.gz", gzip.compress(path.read_bytes())[:-5000])
    with pytest.raises(DataFaultError, match=r"l\.jsonl\.gz can not be read beyond line"):
        import_listenbrainz([packed], chunk_lines=1000, **places)
    assert landing_days(places["landing"], "plays") == [date(2026, 1, 5)]


@pytest.mark.parametrize("name", ["absent.jsonl", "folder"])
def test_an_input_that_can_not_be_read_is_an_argument_error(tmp_path: Path, places: dict, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidArgumentError, match="can not be read"):
        import_listenbrainz([tmp_path / name], **places)
    with pytest.raises(InvalidArgumentError, match="no file"):
        import_listenbrainz([], **places)
    with pytest.raises(InvalidArgumentError, match="--user"):
        import_spotify_history([tmp_path / name], user=" ", **places)
