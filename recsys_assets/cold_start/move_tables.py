"""What ``cold_start`` publishes about artists whom articles moved."""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, IDS, TableSchema, columns

N_LISTENERS, DISTANCE = "n_listeners", "distance"

ARTIST_MOVES = TableSchema(
    group="cold_start",
    name="artist_moves",
    grain="One row per artist of the catalogue whose place articles move, furthest first.",
    columns=columns(
        (c.ARTIST_ID, pl.String, "The artist.", False),
        (c.RANK, pl.Int32, "1 moved furthest.", False),
        (DISTANCE, pl.Float32, "How far: 1 less the cosine of the two places, 0 to 2.", False),
        ("vector_before", EMBEDDING, "The mean of the artist's tracks as they would be placed without articles.", False),
        ("vector_after", EMBEDDING, "The same with articles.", False),
        (c.SPACE_VERSION, pl.String, "Which space these are places in.", False),
        ("near_before", IDS, "The same without articles, nearest first; none where nothing else is known.", False),
        ("near_after", IDS, "The nearest artists with articles.", False),
        ("genre_before", pl.String, "Commonest genre of the nearest tracks without articles; null where nothing is known."),
        ("genre_after", pl.String, "The same with articles."),
        (N_LISTENERS, pl.Int32, "Listeners of the artist's tracks.", False),
        ("n_moved_tracks", pl.Int32, "Tracks that articles move.", False),
        ("n_articles", pl.Int32, "Articles that speak of the artist; null where none does by name alone."),
        ("because_artist_id", pl.String, "Who is named near and pulled most; null where the words did."),
        ("excerpt", pl.String, "The sentence behind it, at most 300 characters; null where none is kept."),
        ("url", pl.String, "Its article."),
    ),
    key=(c.ARTIST_ID,),
    partition=c.DATE,
)  # fmt: skip
