"""A picture of a track: its spectrogram with beats, chords and sections.

Belongs here: drawing a row of an analysis. Nothing of the sound is computed.
"""

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recsys_assets.audio.log_mel import FRAMES_PER_S, read_log_mel
from recsys_assets.audio.recording import WORKING_RATE_HZ

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Okabe and Ito's colours without the yellow, told apart by the colour-blind; a section's letter is beside its colour.
_SECTION_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_NO_CHORD = "N"
_HERTZ_TICKS = (100, 500, 1000, 2000, 4000, 8000)
# Chords that last less are drawn without their name: two letters need so much room.
_NAMED_S = 0.9
# Letters that fit in a line, and lines that leave the spectrogram its room.
_TITLE_WIDTH, _TITLE_LINES = 150, 3


def draw_analysis(row: Mapping[str, Any], title: str) -> bytes:
    """Draw the kept spectrogram (at most 30 s) with what was heard in the same time, as PNG.

    Args:
        row: the columns of an analysis (``tables.ANALYSIS_COLUMNS``).
        title: whose it is, in words.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    mel = read_log_mel(row["log_mel"]) / np.float32(255)
    seconds = mel.shape[1] / FRAMES_PER_S
    # Of a longer excerpt the middle was kept.
    start = max(float(row["excerpt_s"]) - seconds, 0) / 2
    end = start + seconds
    figure = Figure(figsize=(11, 4.6), dpi=110, layout="constrained")
    sections, chords, spectrum = figure.subplots(3, 1, sharex=True, height_ratios=(0.5, 0.5, 6))
    image = spectrum.imshow(mel, origin="lower", aspect="auto", extent=(start, end, 0, len(mel)), cmap="magma")
    figure.colorbar(image, ax=spectrum, label="dB below the loudest", pad=0.01).set_ticks(
        [0, 0.25, 0.5, 0.75, 1], labels=["-80", "-60", "-40", "-20", "0"]
    )
    _draw_beats(spectrum, row, start, end)
    _label_bands(spectrum, len(mel))
    _draw_spans(chords, row["chords"], start, end, colours=_chord_colours(row["chords"]), named_s=_NAMED_S)
    letters = sorted({span["label"] for span in row["sections"]})
    colours = {letter: _SECTION_COLOURS[n % len(_SECTION_COLOURS)] for n, letter in enumerate(letters)}
    _draw_spans(sections, row["sections"], start, end, colours=colours, named_s=0)
    for axes, name in ((sections, "section"), (chords, "chord")):
        axes.set_yticks([0.5], labels=[name], fontsize=8)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    spectrum.set_xlabel("s")
    spectrum.set_xlim(start, end)
    # Titles come from outside: a dollar sign would begin mathematics.
    # Wrapped here: matplotlib's own wrapping reads mathematics all the same, and fails at a title such as "$x_{".
    text = textwrap.fill(f"{title}   {describe_in_words(row)}", _TITLE_WIDTH, max_lines=_TITLE_LINES, placeholder=" …")
    figure.suptitle(text, fontsize=10, x=0.01, ha="left", parse_math=False)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


def describe_in_words(row: Mapping[str, Any]) -> str:
    """Say key, tempo and loudness in one line; what could not be told is left out."""
    said = [key_name(row)] if row["key_pitch_class"] is not None else []
    said += [f"{row['tempo_bpm']:.0f} bpm"] if row["tempo_bpm"] else []
    said += [f"{row['beats_per_bar']}/4"] if row["beats_per_bar"] else []
    said += [f"{row['loudness_lufs']:.1f} LUFS"] if row["loudness_lufs"] is not None else []
    return ", ".join(said)


def key_name(row: Mapping[str, Any]) -> str:
    """Return such as ``A minor``; nothing where there is no key."""
    if row["key_pitch_class"] is None:
        return ""
    return f"{PITCH_CLASSES[row['key_pitch_class']]} {'major' if row['is_major'] else 'minor'}"


def chord_name(label: str) -> str:
    """Return ``A:min`` as ``Am``, ``C:maj`` as ``C``, and no chord as nothing."""
    root, _, quality = label.partition(":")
    return "" if label == _NO_CHORD else root + ("m" if quality == "min" else "")


def _draw_beats(axes: Any, row: Mapping[str, Any], start: float, end: float) -> None:
    downbeats = np.array(row["downbeat_times_s"], dtype=np.float32)
    beats = np.setdiff1d(np.array(row["beat_times_s"], dtype=np.float32), downbeats)
    for times, width, alpha in ((beats, 0.6, 0.45), (downbeats, 1.3, 0.8)):
        for time in times[(times >= start) & (times <= end)]:
            axes.axvline(time, color="white", lw=width, alpha=alpha)


def _label_bands(axes: Any, n_mels: int) -> None:
    from recsys_assets.audio.transform import mel_bank

    bank = mel_bank(WORKING_RATE_HZ, 2048, n_mels)
    centres = bank.argmax(axis=1) * WORKING_RATE_HZ / 2048
    axes.set_yticks([np.interp(hertz, centres, np.arange(n_mels) + 0.5) for hertz in _HERTZ_TICKS])
    axes.set_yticklabels([f"{hertz:,}" for hertz in _HERTZ_TICKS])
    axes.set_ylabel("Hz")


def _chord_colours(chords: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Colour chords by the circle of fifths: what is near in harmony is near in colour; minor is darker."""
    import colorsys

    colours: dict[str, Any] = {}
    for label in {span["label"] for span in chords}:
        root, _, quality = label.partition(":")
        if root in PITCH_CLASSES:
            fifths = PITCH_CLASSES.index(root) * 7 % 12
            colours[label] = colorsys.hls_to_rgb(fifths / 12, 0.55 if quality == "min" else 0.75, 0.55)
        else:
            colours[label] = "#dddddd"
    return colours


def _draw_spans(
    axes: Any,
    spans: Sequence[Mapping[str, Any]],
    start: float,
    end: float,
    *,
    colours: Mapping[str, Any],
    named_s: float,
) -> None:
    axes.set_ylim(0, 1)
    for span in spans:
        low, high = max(span["start_s"], start), min(span["end_s"], end)
        if high <= low:
            continue
        axes.axvspan(low, high, color=colours[span["label"]], lw=0, alpha=0.85)
        axes.axvline(low, color="white", lw=0.8)
        name = chord_name(span["label"]) if named_s else span["label"]
        if high - low >= named_s:
            axes.text((low + high) / 2, 0.47, name, ha="center", va="center", fontsize=8, parse_math=False)
