"""The audio protocol: manifests that are wrong, scores worked by hand, and one run on sound that was put there."""

import json
from pathlib import Path

import numpy as np
import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.evaluation.audio import Heard, Listener, beat_f, evaluate_audio, judge, key_score, majmin
from recsys_assets.evaluation.audio_manifest import (
    COLUMNS,
    AnnotatedRecording,
    ChordTruth,
    Key,
    parse_key,
    read_manifest,
)

HEADER = ",".join(COLUMNS)
C_MAJOR, A_MINOR = Key(0, True), Key(9, False)


def chords(*rows: tuple[float, float, str]) -> ChordTruth:
    return ChordTruth(np.array([row[:2] for row in rows], dtype=float).reshape(-1, 2), tuple(row[2] for row in rows))


def heard(**changes: object) -> Heard:
    plain = {"excerpt_s": 30.0, "tempo_bpm": 100.0, "key": C_MAJOR, "beat_times_s": np.arange(0, 30, 0.6)}
    return Heard(**{**plain, "chords": chords((0, 30, "C:maj")), **changes})


def folder_with(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    (tmp_path / "a.wav").write_bytes(b"sound")
    (tmp_path / "manifest.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return tmp_path


def test_a_manifest_is_read_with_what_it_names(tmp_path: Path):
    folder = folder_with(tmp_path, "a.wav,92.5,Db:maj,a.beats,a.chords", "a.wav,,,,")
    (tmp_path / "a.beats").write_text("0.5\n1.1\n")
    (tmp_path / "a.chords").write_text("0 2.5 N\n2.5 4 Db:maj7/3\n")

    whole, bare = read_manifest(folder)

    assert (whole.tempo_bpm, whole.key) == (92.5, Key(1, True))
    assert whole.beat_times_s is not None
    assert whole.beat_times_s.tolist() == [0.5, 1.1]
    assert whole.chords is not None
    assert whole.chords.labels == ("N", "Db:maj7/3")
    assert (bare.tempo_bpm, bare.key, bare.beat_times_s, bare.chords) == (None, None, None, None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("../a.wav,,,,", "leads out of the folder"),
        ("/etc/passwd,,,,", "leads out of the folder"),
        ("out.wav,,,,", "leads out of the folder"),
        ("b.wav,,,,", "is not there"),
        ("a\0.wav,,,,", "can not be a file's name"),
        (",,,,", "no file is named"),
        ("a.wav,fast,,,", "expected a number"),
        ("a.wav,nan,,,", "expected a number"),
        ("a.wav,inf,,,", "expected a number"),
        ("a.wav,-90,,,", "from 1 to 1000"),
        ("a.wav,0,,,", "from 1 to 1000"),
        ("a.wav,,H:maj,,", "expected one like Db:maj"),
        ("a.wav,,C,,", "expected one like Db:maj"),
        ("a.wav,,,words,", "expected a number"),
        ("a.wav,,,falling,", "must ascend"),
        ("a.wav,,,inside/,", "is not there"),
        ("a.wav,,,,words", "expected `start end label`"),
        ("a.wav,,,,overlap", "overlaps"),
        ("a.wav,,,,nochord", "is no chord"),
        ("a.wav,,,,bytes", "can not be read as text"),
        ("a.wav,,,", "expected 5"),
    ],
)
def test_what_is_wrong_gets_one_line_that_says_where(tmp_path: Path, line: str, said: str):
    (tmp_path / "inside").mkdir()
    folder = folder_with(tmp_path / "inside", line)
    (tmp_path / "out").write_text("")
    (folder / "out.wav").symlink_to(tmp_path / "out")
    (folder / "words").write_text("one two\n")
    (folder / "falling").write_text("1\n0.5\n")
    (folder / "overlap").write_text("0 2 C:maj\n1 3 G:maj\n")
    (folder / "nochord").write_text("0 2 Cmajor\n")
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataFaultError, match=said) as caught:
        read_manifest(folder)

    assert "\n" not in str(caught.value)
    assert "line 2" in str(caught.value) or any(name in str(caught.value) for name in ("falling", "bytes", "line 1"))


def test_no_manifest_a_short_header_and_no_rows(tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match="holds no manifest"):
        read_manifest(tmp_path)
    with pytest.raises(DataFaultError, match="lacks the column beats_file"):
        read_manifest(folder_with(tmp_path, header="file,tempo_bpm,key"))
    with pytest.raises(DataFaultError, match="names no recording"):
        read_manifest(folder_with(tmp_path))


@pytest.mark.parametrize(("text", "pitch_class"), [("Cb:maj", 11), ("B#:maj", 0), ("F##:maj", 7), ("Bbb:maj", 9)])
def test_keys_may_be_spelt_in_any_way(text: str, pitch_class: int):
    assert parse_key(text) == Key(pitch_class, True)


@pytest.mark.parametrize(
    ("found", "score"),
    [(C_MAJOR, 1.0), (Key(7, True), 0.5), (A_MINOR, 0.3), (Key(0, False), 0.2), (Key(6, True), 0.0), (None, 0.0)],
)
def test_keys_are_weighed_as_mirex_does(found: Key | None, score: float):
    assert key_score(C_MAJOR, found) == pytest.approx(score)


@pytest.mark.parametrize(
    ("bpm", "acc1", "acc2"),
    [
        (100.0, 1, 1),
        (103.9, 1, 1),
        (104.1, 0, 0),
        (50.0, 0, 1),
        (200.0, 0, 1),
        (33.3, 0, 1),
        (150.0, 0, 0),
        (None, 0, 0),
    ],
)
def test_tempo_within_four_per_cent(bpm: float | None, acc1: int, acc2: int):
    got: dict[str, float] = {}
    truth = AnnotatedRecording(Path("a"), 100.0, None, None, None)
    judge(truth, heard(tempo_bpm=bpm), lambda name, value, _weight=1.0: got.update({name: value}))

    assert got == {"tempo_acc1": acc1, "tempo_acc2": acc2}


def test_beats_within_70_ms_after_the_fifth_second():
    truth = np.array([1.0, 6.0, 7.0, 8.0, 9.0])
    found = np.array([6.05, 7.2, 8.0, 8.5])

    # Of four beats two are found, by four tries: precision and recall are one half.
    assert beat_f(truth, found) == pytest.approx(0.5)
    assert beat_f(truth, np.zeros(0)) == 0.0
    assert beat_f(np.zeros(0), np.zeros(0)) == 1.0


def test_chords_count_by_their_time_and_only_as_major_minor_or_none():
    truth = chords((0, 4, "C:maj7"), (4, 6, "G:sus4"), (6, 8, "A:min"), (8, 9, "N"), (10, 12, "C:maj"))
    found = chords((0, 2, "C:maj"), (2, 8, "A:min"), (8, 20, "N"))

    # 4 s of C:maj7 half right, sus4 does not count, A:min and N right, nothing annotated from 9 to 10, then C:maj cut at 11 s.
    assert majmin(truth, found, until_s=11.0) == (pytest.approx((2 + 2 + 1) / 8), pytest.approx(8.0))


def test_truth_after_the_excerpt_does_not_count():
    truth = chords((0, 30, "C:maj"), (30, 90, "G:maj"))

    assert majmin(truth, chords((0, 30, "C:maj")), until_s=30.0) == (pytest.approx(1.0), pytest.approx(30.0))


def test_only_what_is_annotated_is_reported(tmp_path: Path):
    folder = folder_with(tmp_path, "a.wav,100,,,", "a.wav,50,,,")

    report = evaluate_audio(
        folder, listeners=[Listener("ours", lambda _: heard()), Listener("deaf", lambda _: heard(tempo_bpm=None))]
    )

    assert report.metrics == ("tempo_acc1", "tempo_acc2", "realtime_per_core")
    assert json.loads(report.to_json())["models"]["ours"]["tempo_acc1"] == 0.5
    assert report.summary("deaf", "tempo_acc2").mean == 0.0


# librosa loads audioread, which loads what Python 3.13 drops.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ours_and_plain_librosa_listen_to_a_real_file(tmp_path: Path):
    soundfile = pytest.importorskip("soundfile")
    rate = 22_050
    t = np.arange(8 * rate) / rate
    y = sum(0.2 * np.sin(2 * np.pi * hz * t) for hz in (130.8, 261.6, 329.6, 392.0)) * (
        0.2 + 0.8 * np.exp(-6 * (t % 0.5))
    )
    soundfile.write(tmp_path / "a.wav", y.astype(np.float32), rate)
    (tmp_path / "manifest.csv").write_text(f"{HEADER}\na.wav,120,C:maj,,a.chords\n")
    (tmp_path / "a.chords").write_text("0 8 C:maj\n")

    report = evaluate_audio(tmp_path)

    assert report.models == ("ours", "plain")
    assert report.summary("ours", "chord_majmin").mean > 0.9
    assert report.summary("plain", "chord_majmin").mean > 0.5
    assert report.summary("ours", "realtime_per_core").mean > 1


def test_a_recording_that_is_none_is_named(tmp_path: Path):
    with pytest.raises(DataFaultError, match=r"a\.wav: not_audio"):
        evaluate_audio(folder_with(tmp_path, "a.wav,100,,,"))
