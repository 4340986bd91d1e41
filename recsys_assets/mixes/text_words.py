"""What articles say of tracks that stand where they stand because of articles, in words for a reason.

Belongs here: choosing the words and whether they may be said. Reasons themselves are ``reasons`` and
``release_radar_rows``; who stands where because of text says ``cold_start.placements``.
"""

from datetime import date

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.text import display
from recsys_assets.corpus.tables import ARTIST, ENTITY_ID, KIND, N_ARTICLES, TERM

# Text has carried a place where it is at least so much of what is known besides listeners and the artist's other tracks.
LEAST_TEXT_WEIGHT = 0.3
# What one article says is an opinion.
LEAST_ARTICLES = 2
# What is said of more than this share of all artists ("told", "fans") says nothing of one of them.
MOST_ARTISTS = 0.25
_FEW_ARTISTS = 8
WORDS = "words"
# What every reason that cites articles holds.
SAY = " articles say "
_SCHEMA = {c.TRACK_ID: pl.String, WORDS: pl.String}


def no_words() -> pl.DataFrame:
    """Return no words of any track."""
    return pl.DataFrame(schema=_SCHEMA)


def choose_words(placements: pl.DataFrame, entity_terms: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Choose what is said of tracks.

    Args:
        placements: ``track_id``, ``text_weight``, ``inherits_artist`` of a day.
        entity_terms: rows of ``corpus.entity_terms``; may be empty.
        tracks: ``track_id``, ``artist_ids``.

    Returns:
        ``track_id`` and ``words`` such as ``3 articles say "dream pop"``: the heaviest term of the first credited artist
        that at least two articles have and not every fourth artist, of tracks whose places text has carried.
    """
    carried = placements.filter(pl.col("text_weight") >= LEAST_TEXT_WEIGHT, pl.col("inherits_artist"))
    of_artists = entity_terms.filter(pl.col(KIND) == ARTIST)
    most = max(_FEW_ARTISTS, MOST_ARTISTS * of_artists[ENTITY_ID].n_unique())
    said = (
        of_artists.filter(pl.col(N_ARTICLES) >= LEAST_ARTICLES, pl.col(ENTITY_ID).n_unique().over(TERM) <= most)
        .sort(ENTITY_ID, c.RANK, TERM)
        .unique(ENTITY_ID, keep="first", maintain_order=True)
    )
    found = (
        carried.select(c.TRACK_ID)
        .unique()
        .join(tracks.select(c.TRACK_ID, artist=pl.col(c.ARTIST_IDS).list.first()), on=c.TRACK_ID)
        .join(said.select(artist=ENTITY_ID, term=TERM, n=N_ARTICLES), on="artist")
        .sort(c.TRACK_ID)
    )
    words = [f'{n:,}{SAY}"{display(term)}"' for term, n in zip(found["term"], found["n"], strict=True)]
    return (
        found.select(c.TRACK_ID)
        .with_columns(pl.Series(WORDS, words, dtype=pl.String))
        .unique(c.TRACK_ID, keep="first", maintain_order=True)
    )


def read_words(
    placements: TableVersion, entity_terms: TableVersion, tracks: pl.DataFrame, *, day: date, week: date
) -> pl.DataFrame:
    """Choose words from what was known on a day; none where nothing was placed or read.

    Args:
        placements: ``cold_start.placements``, all days.
        entity_terms: ``corpus.entity_terms``, all weeks.
        tracks: ``track_id``, ``artist_ids``.
        day: whose places.
        week: the Monday before which the articles were fetched.
    """
    placed = placements.only([day]).scan().select(c.TRACK_ID, "text_weight", "inherits_artist").collect()
    terms = entity_terms.only([week]).read()
    return no_words() if placed.is_empty() or terms.is_empty() else choose_words(placed, terms, tracks)
