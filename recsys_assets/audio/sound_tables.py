"""What the sound model publishes each week: itself, how its candidates did, and the places it gives."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, TableSchema, columns

_SPACE = (c.SPACE_VERSION, pl.String, "The anchor's space, in which it places.", False)

SOUND_MODEL = TableSchema(
    group="audio",
    name="sound_model",
    grain="One row per week: the model that places tracks by their sound; none where too few warm tracks have a recording.",
    columns=columns(
        ("model", pl.Binary, "Weights and parameters, read by `audio.sound_model_bytes`; no pickle.", False),
        ("winner", pl.String, "Who places tracks: `mean`, `ridge`, `network` or `both`.", False),
        (
            "trained_on",
            pl.String,
            "JSON: tracks, artists, why each network stopped and when, what was believed of each.",
            False,
        ),
        ("analysis_version", pl.Int32, "The analysis whose descriptors and log-mels it reads.", False),
        _SPACE,
    ),
    partition=c.WEEK,
)
SOUND_MODEL_TRIALS = TableSchema(
    group="audio",
    name="sound_model_trials",
    grain="One row per candidate of the week's sound model, judged on tracks whose artists it never met.",
    columns=columns(
        (
            "model",
            pl.String,
            "`mean` (the same place for all), `ridge` (descriptors), `network` (spectrogram), `both`.",
            False,
        ),
        (
            "recall",
            pl.Float32,
            "Share of a track's k true neighbours among the k nearest to its predicted place.",
            False,
        ),
        ("cosine", pl.Float32, "Mean cosine of predicted and true place, -1 to 1.", False),
        ("explained", pl.Float32, "Share of the variance of places that is predicted; 0 for the mean place.", False),
        ("k", pl.Int32, "Neighbours.", False),
        ("n_tracks", pl.Int32, "Tracks held out, each once.", False),
        ("is_chosen", pl.Boolean, "Whether it places tracks this week.", False),
        ("verdict", pl.String, "The gate's words: who it challenged, and by how much it won or lost.", False),
    ),
    key=("model",),
    partition=c.WEEK,
)
AUDIO_VECTORS = TableSchema(
    group="audio",
    name="audio_vectors",
    grain="One row per track with a recording: where its sound alone places it.",
    columns=columns(
        (c.TRACK_ID, pl.String, "The track.", False),
        (c.VECTOR, EMBEDDING, "Its place by sound, in the anchor's space.", False),
        _SPACE,
        (
            "is_held_out",
            pl.Boolean,
            "Whether no model behind the place was trained on a credited artist of the track.",
            False,
        ),
        ("is_warm", pl.Boolean, "Whether the track was among those that the model learned from.", False),
    ),
    key=(c.TRACK_ID,),
    partition=c.WEEK,
)

SOUND_TABLES = (SOUND_MODEL, SOUND_MODEL_TRIALS, AUDIO_VECTORS)
