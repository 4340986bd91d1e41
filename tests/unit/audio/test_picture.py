"""The picture of a recording shows what the row says, and its words say what was heard."""

import io

import numpy as np
import pytest
from audio_files import RATE

from recsys_assets.audio.analyse import analyse
from recsys_assets.audio.log_mel import FRAMES_PER_S, N_MELS
from recsys_assets.audio.picture import chord_name, describe_in_words, draw_analysis, key_name
from recsys_assets.audio.recording import Recording
from recsys_assets.audio.tables import analysis_row
from recsys_assets.core.errors import DataFaultError
from tests.unit.audio.sounds import song

SILENT = {
    "key_pitch_class": None, "is_major": None, "tempo_bpm": None, "beats_per_bar": None, "loudness_lufs": None,
    "excerpt_s": 10.0, "beat_times_s": [], "downbeat_times_s": [], "chords": [], "sections": [],
}  # fmt: skip


def row_of(lit: np.ndarray, **more: object) -> dict[str, object]:
    """A row whose spectrogram is full where ``lit`` (64, n_frames) and empty elsewhere."""
    return SILENT | {"log_mel": (lit * 255).astype(np.uint8).tobytes(), "excerpt_s": lit.shape[1] / FRAMES_PER_S} | more


def pixels(png: bytes) -> np.ndarray:
    """Height by width by red, green, blue, 0 to 1."""
    import matplotlib.image

    return matplotlib.image.imread(io.BytesIO(png), format="png")[:, :, :3]


def spectrum(image: np.ndarray) -> np.ndarray:
    """Brightness of what lies well inside the spectrogram: right of its axis, left of the colour bar, below chords."""
    height, width, _ = image.shape
    return image[round(0.3 * height) : round(0.85 * height), round(0.12 * width) : round(0.85 * width)].mean(axis=2)


@pytest.mark.parametrize(
    ("label", "name"), [("C:maj", "C"), ("A:min", "Am"), ("F#:min", "F#m"), ("N", "")]
)  # fmt: skip
def test_chords_are_written_as_players_do(label: str, name: str):
    assert chord_name(label) == name


def test_words_say_what_was_heard_and_leave_out_what_was_not():
    heard = SILENT | {
        "key_pitch_class": 9,
        "is_major": False,
        "tempo_bpm": 96.4,
        "beats_per_bar": 3,
        "loudness_lufs": -12.34,
    }

    assert describe_in_words(heard) == "A minor, 96 bpm, 3/4, -12.3 LUFS"
    assert describe_in_words(heard | {"tempo_bpm": None, "loudness_lufs": 0.0}) == "A minor, 3/4, 0.0 LUFS"
    assert describe_in_words(SILENT) == ""
    assert key_name(heard | {"key_pitch_class": 0, "is_major": True}) == "C major"
    assert key_name(SILENT) == ""


def test_low_bands_are_drawn_below_and_time_goes_to_the_right():
    lit = np.zeros((N_MELS, 215))
    lit[:32, :107] = 1
    inside = spectrum(pixels(draw_analysis(row_of(lit), "t")))
    low, left = inside.shape[0] // 2, inside.shape[1] // 2
    quarters = {
        "below left": inside[low + 30 :, : left - 30], "below right": inside[low + 30 :, left + 30 :],
        "above left": inside[: low - 30, : left - 30], "above right": inside[: low - 30, left + 30 :],
    }  # fmt: skip

    assert np.median(quarters.pop("below left")) > 0.8
    assert all(np.median(quarter) < 0.05 for quarter in quarters.values())


def test_beats_are_lines_where_they_are():
    lit = np.zeros((N_MELS, round(10 * FRAMES_PER_S)))
    row = row_of(lit, beat_times_s=[2.5, 5.0, 7.5, 40.0], downbeat_times_s=[5.0])
    without, inside = (spectrum(pixels(draw_analysis(each, "t"))).mean(axis=0) for each in (row_of(lit), row))
    columns = np.flatnonzero(inside - without > 0.02)
    lines = [group.mean() for group in np.split(columns, np.flatnonzero(np.diff(columns) > 3) + 1)]

    assert len(lines) == 3
    assert np.diff(lines)[0] == pytest.approx(np.diff(lines)[1], abs=2)
    # The one that begins a bar is the strongest.
    assert abs(int((inside - without).argmax()) - lines[1]) <= 2


def test_of_a_long_excerpt_the_middle_is_drawn():
    # Ten seconds of thirty were kept: from 10 to 20 s.
    lit = np.zeros((N_MELS, round(10 * FRAMES_PER_S)))
    beats = {"beat_times_s": [5.0, 15.0, 25.0], "excerpt_s": 30.0}
    plain, drawn = (spectrum(pixels(draw_analysis(row_of(lit, **more), "t"))).mean(axis=0) for more in ({}, beats))
    columns = np.flatnonzero(drawn - plain > 0.02)

    assert np.ptp(columns) <= 3


@pytest.mark.parametrize("title", ["plain", "$x_{1$ and \\frac", "two\nlines\t", "x" * 400])
def test_any_title_can_be_drawn(title: str):
    chords = [{"label": "C:maj", "start_s": 0.0, "end_s": 5.0}, {"label": "N", "start_s": 5.0, "end_s": 10.0}]
    sections = [{"label": letter, "start_s": n * 1.0, "end_s": n + 1.0} for n, letter in enumerate("ABCDEFGHIJ")]
    png = draw_analysis(row_of(np.ones((N_MELS, 215)), chords=chords, sections=sections), title)

    assert pixels(png).shape == (506, 1210, 3)


def test_a_whole_analysis_is_drawn_alike_each_time():
    row = analysis_row(analyse(Recording.of_samples(song(["C:maj", "G:maj"], 120.0))))

    assert draw_analysis(row, "song") == draw_analysis(row, "song")
    assert analysis_row(analyse(Recording.of_samples(np.zeros(RATE, dtype=np.float32))))["key_pitch_class"] is None


@pytest.mark.parametrize("stored", [b"", b"x" * 63])
def test_a_spectrogram_that_is_none_is_told(stored: bytes):
    with pytest.raises(DataFaultError, match=f"{len(stored)} bytes, expected a positive multiple of 64"):
        draw_analysis(SILENT | {"log_mel": stored}, "t")
