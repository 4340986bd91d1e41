"""What ``latent`` publishes: one space of listeners, tracks and artists, its neighbours and its map."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, IDS, TableSchema, columns


def _vectors(name: str, id_column: str, what: str, partition: str, *, personal: str | None = None) -> TableSchema:
    return TableSchema(
        group="latent",
        name=name,
        grain=f"One row per {what}.",
        columns=columns(
            (id_column, pl.String, f"The {what}.", False),
            (c.VECTOR, EMBEDDING, "Its place in the latent space.", False),
            (
                c.SPACE_VERSION,
                pl.String,
                "Which space this is a place in; vectors of two spaces do not compare.",
                False,
            ),
        ),
        key=(id_column,),
        partition=partition,
        personal=personal,
    )


ANCHOR_USER_VECTORS = _vectors("anchor_user_vectors", c.USER_ID, "listener", c.WEEK, personal=c.USER_ID)
ANCHOR_TRACK_VECTORS = _vectors("anchor_track_vectors", c.TRACK_ID, "track", c.WEEK)
ANCHOR_ARTIST_VECTORS = _vectors("anchor_artist_vectors", c.ARTIST_ID, "artist", c.WEEK)
ANCHOR_PARAMS = TableSchema(
    group="latent",
    name="anchor_params",
    grain="One row per week: what the tuner chose for it.",
    columns=columns(
        (c.SPACE_VERSION, pl.String, "The anchor's space.", False),
        ("params", pl.String, "The hyperparameters, JSON of FactoriseParams.", False),
        ("previous_version", pl.String, "The anchor that this one was rotated onto; null for the first."),
        (
            "rotation_cosine",
            pl.Float32,
            "Mean cosine of the tracks of both anchors after the rotation; null for the first.",
        ),
    ),
    partition=c.WEEK,
)
TUNER_TRIALS = TableSchema(
    group="latent",
    name="tuner_trials",
    grain="One row per setting that the tuner tried for the week.",
    columns=columns(
        ("trial", pl.Int32, "Position in the order tried, from 1; 0 is popularity.", False),
        ("params", pl.String, "The hyperparameters, JSON of FactoriseParams.", False),
        ("ndcg", pl.Float32, "nDCG@100 on the temporal hold-out, 0 to 1.", False),
        ("is_chosen", pl.Boolean, "Whether the week uses it.", False),
    ),
    key=("trial",),
    partition=c.WEEK,
)
CONTENT_PRIOR = TableSchema(
    group="latent",
    name="content_prior",
    grain="One row per week: where content puts a track that nobody has heard.",
    columns=columns(
        (c.SPACE_VERSION, pl.String, "The anchor's space, in which it places.", False),
        ("model", pl.Binary, "What was learnt, read by `latent.prior_bytes.from_bytes`; no pickle.", False),
        ("shrinkage", pl.Float32, "Other tracks of an artist at which they count half.", False),
        (
            "residual_share",
            pl.Float32,
            "How much of the artist's habit in sound is left out of what carries over.",
            False,
        ),
        (
            "sound_explained",
            pl.Float32,
            "Share of the squared distance from the mean that sound explains for held-out artists; null where none are.",
        ),
        (
            "text_explained",
            pl.Float32,
            "Share of the distance left by sound that text explains for held-out artists; null where it counts nothing.",
        ),
        ("explained", pl.Float32, "The share for artist, sound and text together."),
        ("n_tracks", pl.Int32, "Tracks of the anchor.", False),
        ("n_recordings", pl.Int32, "Of these, with an honest place by sound.", False),
        ("n_held_out", pl.Int32, "Tracks of held-out artists, which chose penalty, shrinkage and share.", False),
        (
            "n_text_artists",
            pl.Int32,
            "Held-out artists with text, which chose how much it counts; null: before there was any.",
        ),
        ("encoder", pl.String, "Which encoder made the text vectors; null without text."),
    ),
    partition=c.WEEK,
)
USER_VECTORS = _vectors("user_vectors", c.USER_ID, "listener", c.DATE, personal=c.USER_ID)
TRACK_VECTORS = _vectors("track_vectors", c.TRACK_ID, "track", c.DATE)
ARTIST_VECTORS = _vectors("artist_vectors", c.ARTIST_ID, "artist", c.DATE)


def _neighbours(name: str, id_column: str, what: str) -> TableSchema:
    return TableSchema(
        group="latent",
        name=name,
        grain=f"One row per {what} and near {what}.",
        columns=columns(
            (id_column, pl.String, f"The {what}.", False),
            ("neighbour_id", pl.String, f"The near {what}.", False),
            (c.RANK, pl.Int32, "1 is the nearest.", False),
            ("cosine", pl.Float32, "Cosine of the two vectors, -1 to 1.", False),
        ),
        key=(id_column, c.RANK),
        partition=c.DATE,
    )


TRACK_NEIGHBOURS = _neighbours("track_neighbours", c.TRACK_ID, "track")
ARTIST_NEIGHBOURS = _neighbours("artist_neighbours", c.ARTIST_ID, "artist")
SPACE_MAP = TableSchema(
    group="latent",
    name="space_map",
    grain="One row per track or artist on the map.",
    columns=columns(
        ("kind", pl.String, "`track` or `artist`.", False),
        ("id", pl.String, "Its id.", False),
        (c.NAME, pl.String, "Title or name."),
        (c.ARTIST_IDS, IDS, "Credited artists of a track; null for an artist."),
        ("genre", pl.String, "First genre; null where nobody says."),
        ("x", pl.Float32, "Left to right; for looking only, distances on the map are not those of the space.", False),
        ("y", pl.Float32, "Bottom to top.", False),
        (c.PLAY_COUNT, pl.Float32, "How much it is streamed: fading plays of all listeners.", False),
    ),
    key=("kind", "id"),
    partition=c.DATE,
)

ANCHOR_TABLES = (ANCHOR_USER_VECTORS, ANCHOR_TRACK_VECTORS, ANCHOR_ARTIST_VECTORS, ANCHOR_PARAMS, TUNER_TRIALS)
SPACE_TABLES = (USER_VECTORS, TRACK_VECTORS, ARTIST_VECTORS)
TABLES = (*ANCHOR_TABLES, CONTENT_PRIOR, *SPACE_TABLES, TRACK_NEIGHBOURS, ARTIST_NEIGHBOURS, SPACE_MAP)
