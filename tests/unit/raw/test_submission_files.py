"""What lies in a submission's folder, and when it was received by our word."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, SourceUnavailableError
from recsys_assets.raw import submission_files as module
from recsys_assets.raw.receipts import PUT_ASIDE, read_receipt, receipt_key, stamp, write_receipt
from recsys_assets.raw.submission_files import ABANDONED, QUIET, Folder, digests, list_submissions, look_at

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing" / "submissions" / "sub_1"
    folder.mkdir(parents=True)
    (folder / "submission.json").write_text('{"title": "A"}')
    (folder / "song.wav").write_bytes(b"RIFF")
    return tmp_path / "landing"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def looked(landing: Path, submission_id: str = "sub_1", now: datetime = NOW) -> Folder:
    found = look_at(landing, submission_id, now)
    assert found is not None
    return found


def test_a_folder_is_its_files_without_the_receipt_and_what_is_hidden(landing: Path):
    inside = landing / "submissions" / "sub_1"
    for name in ("receipt.json", ".hidden.wav", "half.wav.part"):
        (inside / name).write_text("x")
    (inside / "resources").mkdir()
    (inside / "resources" / "b.flac").write_bytes(b"fLaC")

    found = looked(landing)

    assert [file.name for file in found.files] == ["resources/b.flac", "song.wav", "submission.json"]
    assert found.recordings == ["resources/b.flac", "song.wav"]
    assert found.unfinished == ("half.wav.part",)


def test_folders_whose_names_are_no_ids_are_told_apart(landing: Path):
    for name in ("two words", ".being-written", "_aside", "ümlaut", "x" * 101):
        (landing / "submissions" / name).mkdir()
    (landing / "submissions" / "a_file").write_text("")

    good, unusable = list_submissions(landing)
    assert (good, list(unusable)) == (["sub_1"], ["two words", "x" * 101, "ümlaut"])
    assert set(unusable.values()) == {"its folder's name is no id: use letters, digits and . _ -, at most 100"}
    assert list_submissions(landing / "nowhere") == ([], {})
    assert look_at(landing, "nobody", NOW) is None


def test_links_pipes_and_depths_are_never_followed(landing: Path, tmp_path: Path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"secret")
    inside = landing / "submissions" / "sub_1"
    (inside / "out.wav").symlink_to(secret)
    (inside / "own.wav").symlink_to("song.wav")
    os.mkfifo(inside / "pipe.wav")
    (inside / "a" / "b" / "c").mkdir(parents=True)

    found = looked(landing)

    assert found.recordings == ["song.wav"]
    assert [line.split(":")[0] for line in found.refused] == [
        "a/b/c is a folder too deep", "out.wav is a link", "own.wav is a link", "pipe.wav is no regular file",
    ]  # fmt: skip


def test_a_folder_that_is_a_link_is_no_submission_wherever_it_leads(landing: Path, state: Path, tmp_path: Path):
    theirs = landing / "submissions" / "sub_1"
    before = stamp(state, looked(landing), NOW)
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "receipt.json").write_text("theirs")
    for name, target in (("evil", theirs), ("out", tmp_path / "victim"), ("nowhere", tmp_path / "x"), ("self", "self")):
        (landing / "submissions" / name).symlink_to(target)

    good, unusable = list_submissions(landing)

    assert (good, sorted(unusable)) == (["sub_1"], ["evil", "nowhere", "out", "self"])
    assert unusable["evil"] == "its folder is a link: copy the files themselves"
    for name in unusable:
        assert look_at(landing, name, NOW) is None
        with pytest.raises(InvalidArgumentError, match="there is no folder"):
            write_receipt(state, landing / "submissions" / name, LATER)
    assert stamp(state, looked(landing), LATER) == before


def test_a_folder_that_becomes_a_link_after_it_was_looked_at_is_not_written_into(
    landing: Path, state: Path, tmp_path: Path
):
    folder, victim = landing / "submissions" / "sub_1", tmp_path / "victim"
    seen = looked(landing)
    folder.rename(victim)
    (victim / "receipt.json").write_text("theirs")
    folder.symlink_to(victim)

    with pytest.raises(SourceUnavailableError, match="sub_1: its folder went away"):
        stamp(state, seen, NOW)
    assert sorted(path.name for path in victim.iterdir()) == ["receipt.json", "song.wav", "submission.json"]
    assert (victim / "receipt.json").read_text() == "theirs"


def test_names_that_no_text_can_hold_are_told_escaped(landing: Path, state: Path):
    inside = landing / "submissions" / "sub_1"
    Path(os.fsdecode(bytes(inside) + b"/\xff.wav")).symlink_to("song.wav")
    Path(os.fsdecode(bytes(inside) + b"/\xfe.wav")).write_bytes(b"RIFF")
    Path(os.fsdecode(bytes(landing / "submissions") + b"/\xff")).mkdir()
    (inside / "a\u202eb\n.wav").symlink_to("song.wav")

    found = looked(landing)

    assert [line.split(" is ")[0] for line in found.refused] == ["'\\udcff.wav'", "'a\\u202eb\\n.wav'"]
    assert list(list_submissions(landing)[1]) == ["'\\udcff'"]
    receipt = stamp(state, found, NOW)
    assert len(receipt.files) == 3
    assert read_receipt(state, inside) == receipt
    for line in (*found.refused, *list_submissions(landing)[1]):
        assert line.encode().decode() == line


def test_what_may_not_be_read_refuses_its_folder_and_is_no_error(landing: Path, monkeypatch: pytest.MonkeyPatch):
    (landing / "submissions" / "sub_1" / "secret").mkdir()
    listed = os.scandir

    def refuse(path: object = ".") -> object:
        if str(path).endswith("/secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)

    assert looked(landing).refused == ("secret can not be read by us: give read permission",)
    assert looked(landing).recordings == ["song.wav"]


def test_only_what_the_decoder_knows_is_called_a_recording(landing: Path):
    for suffix in ("aac", "aif", "aiff", "wma", "FLAC"):
        (landing / "submissions" / "sub_1" / f"other.{suffix}").write_bytes(b"")

    assert looked(landing).recordings == ["other.FLAC", "song.wav"]


def test_a_thousand_files_are_not_counted_to_the_end(landing: Path):
    for n in range(150):
        (landing / "submissions" / "sub_1" / f"{n}.txt").write_text("")

    found = looked(landing)

    assert len(found.files) <= 100
    assert "more than 100 files" in found.refused[0]


def test_a_folder_is_quiet_when_nothing_has_changed_for_some_seconds(landing: Path):
    song = landing / "submissions" / "sub_1" / "song.wav"
    changed = looked(landing).changed_at
    assert changed is not None
    # What a copy says of its original's age is not believed.
    os.utime(song, (0, 0))
    changed = looked(landing).changed_at or changed

    assert not looked(landing).is_quiet(changed + QUIET - timedelta(seconds=1))
    assert looked(landing).is_quiet(changed + QUIET)


def test_a_copy_under_way_is_waited_for_but_not_for_ever(landing: Path):
    (landing / "submissions" / "sub_1" / "b.wav.part").write_bytes(b"")
    changed = datetime.now(tz=UTC)

    assert looked(landing, now=changed + 10 * QUIET).unfinished == ("b.wav.part",)
    assert not looked(landing, now=changed + 10 * QUIET).is_quiet(changed + 10 * QUIET)
    assert looked(landing, now=changed + ABANDONED).is_quiet(changed + ABANDONED)


def test_the_signature_tells_contents_apart_and_is_blind_to_receipts(landing: Path, state: Path):
    before = looked(landing).signature
    write_receipt(state, landing / "submissions" / "sub_1", NOW)
    assert looked(landing).signature == before

    (landing / "submissions" / "sub_1" / "song.wav").write_bytes(b"RIFFRIFF")
    assert looked(landing).signature != before


def test_a_folder_that_becomes_writable_is_told_from_what_it_was(landing: Path, monkeypatch: pytest.MonkeyPatch):
    writable = looked(landing)
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert not looked(landing).is_writable
    assert looked(landing).signature != writable.signature


def test_files_that_are_huge_or_secret_are_named_and_not_read(landing: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path) -> str:
        if path.name == "song.wav":
            raise PermissionError(path)
        return "0" * 64

    monkeypatch.setattr(module, "file_sha256", refuse)
    assert digests(looked(landing))["song.wav"] == module.UNREADABLE

    monkeypatch.setattr(module, "MAX_FILE_BYTES", 3)
    assert digests(looked(landing)) == {"song.wav": "4 bytes", "submission.json": "14 bytes"}


def test_a_receipt_is_stamped_once_per_content(landing: Path, state: Path):
    first = stamp(state, looked(landing), NOW)
    again = stamp(state, looked(landing), LATER)
    (landing / "submissions" / "sub_1" / "song.wav").write_bytes(b"other")
    corrected = stamp(state, looked(landing), LATER)

    assert (first.received_at, again, corrected.received_at) == (NOW, first, LATER)
    assert first.content != corrected.content
    assert read_receipt(state, landing / "submissions" / "sub_1") == corrected


def test_an_instant_of_another_zone_is_kept_as_utc(landing: Path, state: Path):
    zone = datetime.fromisoformat("2026-03-02T14:00:00+02:00")

    receipt = write_receipt(state, landing / "submissions" / "sub_1", zone)

    assert receipt.received_at == NOW
    assert read_receipt(state, landing / "submissions" / "sub_1") == receipt
    with pytest.raises(InvalidArgumentError, match="no time zone"):
        write_receipt(state, landing / "submissions" / "sub_1", NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "tampered",
    [
        {"received_at": "2026-01-01T00:00:00+00:00"},
        {"received_at": "2026-01-01"},
        {"received_at": 7},
        {"files": {}},
        {"files": "x"},
        {"signature": "0" * 64},
        {"signature": None},
        {"signature": "ü"},
    ],
)
def test_a_receipt_that_somebody_else_wrote_is_put_aside_and_a_new_one_stamped(
    landing: Path, state: Path, tampered: dict[str, object]
):
    folder = landing / "submissions" / "sub_1"
    stamp(state, looked(landing), NOW)
    told = json.loads((folder / "receipt.json").read_text()) | tampered
    (folder / "receipt.json").write_text(json.dumps(told))

    assert read_receipt(state, folder) is None
    assert stamp(state, looked(landing), LATER).received_at == LATER
    assert json.loads((folder / PUT_ASIDE).read_text()) == told
    assert looked(landing).files == look_at(landing, "sub_1", LATER).files  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"received_at": 1e999}', "{}" * 40_000])
def test_what_is_no_receipt_at_all_is_none(landing: Path, state: Path, text: str):
    folder = landing / "submissions" / "sub_1"
    (folder / "receipt.json").write_text(text)

    assert read_receipt(state, folder) is None
    assert stamp(state, looked(landing), LATER).received_at == LATER


def test_a_receipt_copied_from_another_folder_or_installation_is_not_ours(landing: Path, state: Path, tmp_path: Path):
    folder = landing / "submissions" / "sub_1"
    stamp(state, looked(landing), NOW)
    other = landing / "submissions" / "sub_2"
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())

    assert read_receipt(state, other) is None
    assert read_receipt(tmp_path / "another state", folder) is None
    assert stamp(state, looked(landing, "sub_2"), LATER).received_at == LATER


def test_a_receipt_that_is_a_link_is_not_followed(landing: Path, state: Path, tmp_path: Path):
    folder = landing / "submissions" / "sub_1"
    stamp(state, looked(landing), NOW)
    (folder / "receipt.json").rename(tmp_path / "elsewhere.json")
    (folder / "receipt.json").symlink_to(tmp_path / "elsewhere.json")

    assert read_receipt(state, folder) is None
    stamp(state, looked(landing), LATER)
    assert not (folder / "receipt.json").is_symlink()
    assert json.loads((tmp_path / "elsewhere.json").read_text())["received_at"] == NOW.isoformat()


@pytest.mark.parametrize("name", ["receipt.json", PUT_ASIDE])
def test_a_folder_in_the_place_of_a_receipt_is_put_aside_too(landing: Path, state: Path, name: str):
    folder = landing / "submissions" / "sub_1"
    for each in {name, PUT_ASIDE}:
        (folder / each).mkdir()
        (folder / each / "x").write_text("x")
    if name == PUT_ASIDE:
        (folder / "receipt.json").write_text("forged")

    stamp(state, looked(landing), NOW)
    receipt = stamp(state, looked(landing), LATER)

    assert receipt.refusal is None
    assert read_receipt(state, folder) == receipt
    assert stamp(state, looked(landing), LATER + timedelta(days=1)) == receipt


def test_a_folder_that_may_not_be_written_to_is_received_and_refused(
    landing: Path, state: Path, monkeypatch: pytest.MonkeyPatch
):
    receipt_key(state)
    opened = os.open

    def refuse(path: object, flags: int, mode: int = 0o777, **where: int) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, mode, **where)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    receipt = stamp(state, looked(landing), NOW)

    assert receipt.received_at == NOW
    assert receipt.refusal == "no receipt can be written into its folder (Permission denied): give write permission"
    assert read_receipt(state, landing / "submissions" / "sub_1") is None


def test_a_full_disk_is_nobodys_fault_and_to_be_tried_again(
    landing: Path, state: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    receipt_key(state)
    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(SourceUnavailableError, match="sub_1 could not be stamped: No space left on device"):
        stamp(state, looked(landing), NOW)
    assert sorted(path.name for path in (landing / "submissions" / "sub_1").iterdir()) == [
        "song.wav",
        "submission.json",
    ]


def test_the_key_is_made_once_and_for_its_owner_alone(state: Path):
    key = receipt_key(state)

    assert (len(key), receipt_key(state)) == (32, key)
    assert stat.S_IMODE((state / "receipt.key").stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == ["receipt.key"]
    (state / "receipt.key").write_text("abcd")
    with pytest.raises(DataFaultError, match="2 bytes, expected 32"):
        receipt_key(state)
    (state / "receipt.key").write_text("no key")
    with pytest.raises(DataFaultError, match="is not a key"):
        receipt_key(state)


def test_a_file_that_goes_away_meanwhile_is_to_be_tried_again(landing: Path, state: Path):
    seen = looked(landing)
    (landing / "submissions" / "sub_1" / "song.wav").unlink()

    with pytest.raises(SourceUnavailableError, match="went away"):
        stamp(state, seen, NOW)
