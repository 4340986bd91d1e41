"""What ``audio`` publishes: one row per recording with everything that was heard in it, and what could not be used."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from recsys_assets.audio.analyse import TrackAnalysis
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.schemas import IDS, INSTANT, TableSchema, columns

GROUP = "audio"
_SECONDS = pl.List(pl.Float32)
_SPANS = pl.List(pl.Struct({"start_s": pl.Float32, "end_s": pl.Float32, "label": pl.String}))

# Everything that follows from the file's content and the parameters: the same for a submission.
ANALYSIS_COLUMNS = columns(
    ("content_sha256", pl.String, "SHA-256 of the file.", False),
    ("duration_s", pl.Float32, "Length of the recording, s.", False),
    ("excerpt_s", pl.Float32, "How much of it was analysed, from its beginning, s.", False),
    ("source_rate_hz", pl.Int32, "Sample rate of the file.", False),
    ("n_channels", pl.Int32, "Channels of the file.", False),
    ("loudness_lufs", pl.Float32, "Integrated loudness (BS.1770-4) of the excerpt; null for silence."),
    ("loudness_range_lu", pl.Float32, "Loudness range (EBU Tech 3342); null for silence and below 3 s."),
    ("true_peak_dbtp", pl.Float32, "True peak (BS.1770-4); null for silence."),
    ("energy", pl.Float32, "Intensity, 0 to 1.", False),
    ("brightness", pl.Float32, "Share of magnitude above 1.5 kHz, 0 to 1.", False),
    ("percussiveness", pl.Float32, "Share of sound that is short and wide, 0 to 1.", False),
    ("aggressiveness", pl.Float32, "Noisy, rough, hard-hit sound, 0 to 1.", False),
    ("danceability", pl.Float32, "Clear and steady pulse with weight in the bass, 0 to 1.", False),
    ("speech_share", pl.Float32, "Share that sounds like talking, 0 to 1.", False),
    ("silence_share", pl.Float32, "Share below -60 dB of full scale, 0 to 1.", False),
    ("key_pitch_class", pl.Int32, "Tonic, 0 (C) to 11 (B); null where there is no key."),
    ("is_major", pl.Boolean, "Mode; null where there is no key."),
    ("key_confidence", pl.Float32, "0 to 1.", False),
    ("tempo_bpm", pl.Float32, "Beats a minute; null where there is no pulse."),
    ("tempo_confidence", pl.Float32, "0 to 1.", False),
    ("beats_per_bar", pl.Int32, "3 or 4; null where nothing tells."),
    ("beat_times_s", _SECONDS, "Beats, s from the beginning.", False),
    ("downbeat_times_s", _SECONDS, "Beats that begin a bar.", False),
    ("chords", _SPANS, "Chords such as `C:maj`, `A:min`, `N` for none, without gaps.", False),
    ("reduced_chords", pl.List(pl.String), "Chords in the key, such as `I`, `vi`; repeats folded.", False),
    ("pitch_contour_hz", _SECONDS, "Predominant pitch, some ten values a second; NaN where there is none.", False),
    ("pitch_median_hz", pl.Float32, "Median of the contour; null without one."),
    ("pitch_range_semitones", pl.Float32, "5th to 95th percentile of the contour; null without one."),
    ("tuning_semitones", pl.Float32, "How far its notes lie from A4 = 440 Hz, -0.5 to 0.5.", False),
    ("pitch_classes", _SECONDS, "Share of each pitch class, C first, summing to 1; zeros for silence.", False),
    ("sections", _SPANS, "Sections, equal letters for what is alike.", False),
    ("descriptors", _SECONDS, "The vector that models read; names in `audio.descriptors`.", False),
    ("log_mel", pl.Binary, "Spectrogram: 64 mel bands by frames at 21.5 a second, a byte each.", False),
    ("audio_fingerprint", pl.Binary, "Spectral peaks, by which duplicates are found.", False),
    ("params", pl.String, "What it was analysed with, JSON.", False),
    ("analysis_version", pl.Int32, "Version of the analysis.", False),
)

FILE_COLUMNS = columns(
    ("file", pl.String, "The landing file, relative to the landing zone.", False),
    ("size_bytes", pl.Int64, "Its size.", False),
    ("changed_at", INSTANT, "When it was last changed: with name and size, what tells it from another.", False),
)

TRACK_ANALYSIS = TableSchema(
    group=GROUP,
    name="track_analysis",
    grain="One row per track and day on which a recording of it arrived.",
    columns=(*columns((c.TRACK_ID, pl.String, "The track.", False)), *FILE_COLUMNS, *ANALYSIS_COLUMNS),
    key=(c.TRACK_ID,),
    partition=c.ARRIVED_ON,
)
REJECTED_RECORDINGS = TableSchema(
    group=GROUP,
    name="rejected_recordings",
    grain="One row per landing file that can not be analysed as it lies there.",
    columns=(
        *FILE_COLUMNS,
        *columns(
            (c.TRACK_ID, pl.String, "The track, where the name tells."),
            (c.REASON, pl.String, "Why, in a form to count by.", False),
            ("detail", pl.String, "Why, for people.", False),
            ("params", pl.String, "What it was tried with, JSON.", False),
            ("analysis_version", pl.Int32, "Version of the analysis.", False),
        ),
    ),
    key=("file",),
    partition=c.ARRIVED_ON,
)
GENRE_GUESSES = TableSchema(
    group=GROUP,
    name="genre_guesses",
    grain="One row per track with a recording: the genre that it sounds like.",
    columns=columns(
        (c.TRACK_ID, pl.String, "The track.", False),
        ("genre", pl.String, "The likeliest of the catalogue's own genres.", False),
        ("probability", pl.Float32, "Its probability, 0 to 1.", False),
        (
            "genres",
            pl.List(pl.Struct({"genre": pl.String, "probability": pl.Float32})),
            "The likeliest five with their probabilities, likeliest first.",
            False,
        ),
        ("labels", IDS, "The genres that the catalogue names for it or its artists; empty where none.", False),
    ),
    key=(c.TRACK_ID,),
    partition=c.WEEK,
)

TABLES = (TRACK_ANALYSIS, REJECTED_RECORDINGS, GENRE_GUESSES)


def recordings_known(version: TableVersion, day: date) -> pl.LazyFrame:
    """Return for each track the newest row of ``track_analysis`` that arrived by the end of ``day``.

    Args:
        version: the table, or a submission's analysis with the same keys.
        day: the last day that counts.

    Returns:
        The table's columns, at most one row per track; lazy, so that who needs no spectrograms reads none.
    """
    rows = version.between(date.min, day).scan()
    newest = rows.group_by(c.TRACK_ID).agg(pl.col(c.ARRIVED_ON).max())
    return rows.join(newest, on=[c.TRACK_ID, c.ARRIVED_ON], how="semi")


def analysis_row(analysis: TrackAnalysis) -> Mapping[str, object]:
    """Return an analysis in the columns of ``ANALYSIS_COLUMNS``."""
    music, loudness = analysis.music, analysis.descriptors.loudness
    return {
        "content_sha256": analysis.content_sha256,
        "duration_s": analysis.duration_s,
        "excerpt_s": analysis.excerpt_s,
        "source_rate_hz": analysis.source_rate_hz,
        "n_channels": analysis.n_channels,
        "loudness_lufs": loudness.integrated_lufs,
        "loudness_range_lu": loudness.range_lu,
        "true_peak_dbtp": loudness.true_peak_dbtp,
        **vars(analysis.descriptors.character),
        "key_pitch_class": music.key_pitch_class,
        "is_major": music.is_major,
        "key_confidence": music.key_confidence,
        "tempo_bpm": music.tempo_bpm,
        "tempo_confidence": music.tempo_confidence,
        "beats_per_bar": music.beats_per_bar,
        "beat_times_s": _floats(music.beat_times_s),
        "downbeat_times_s": _floats(music.downbeat_times_s),
        "chords": _spans(music.chords),
        "reduced_chords": list(music.reduced_chords),
        "pitch_contour_hz": _floats(music.pitch_hz),
        "pitch_median_hz": music.pitch_median_hz,
        "pitch_range_semitones": music.pitch_range_semitones,
        "tuning_semitones": music.tuning_semitones,
        "pitch_classes": _floats(music.pitch_classes),
        "sections": _spans(music.sections),
        "descriptors": _floats(analysis.descriptors.vector),
        "log_mel": analysis.log_mel,
        "audio_fingerprint": analysis.audio_fingerprint,
        "params": analysis.params,
        "analysis_version": analysis.analysis_version,
    }


def analysis_frame(rows: list[Mapping[str, object]], schema: TableSchema) -> pl.DataFrame:
    """Stack rows in the columns of a table that has the columns of an analysis among its own."""
    return pl.DataFrame(rows, schema=schema.dtypes, orient="row", strict=False)


def _floats(values: np.ndarray) -> list[float]:
    return np.asarray(values, dtype=np.float32).tolist()


def _spans(spans: tuple) -> list[dict[str, object]]:
    return [{"start_s": float(s.start_s), "end_s": float(s.end_s), "label": s.label} for s in spans]
