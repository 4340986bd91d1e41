"""What ``corpus`` publishes: who is named where, and what articles and good playlists say of whom.

Belongs here: declarations. An entity is an artist or a track of the catalogue: ``kind`` and ``entity_id``. Texts of
articles stay in ``raw.raw_articles``; here stand short excerpts only.
"""

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.schemas import EMBEDDING, IDS, INSTANT, TableSchema, columns

GROUP = "corpus"
KIND, ENTITY_ID, TERM, SITE, URL, WEIGHT = "kind", "entity_id", "term", "site", "url", "weight"
EXCERPT, N_CONTEXTS, N_SITES, N_ARTICLES = "excerpt", "n_contexts", "n_sites", "n_articles"
IS_GOOD, N_PLAYLISTS = "is_good", "n_playlists"
# What an entity can be.
ARTIST, TRACK = "artist", "track"
# An excerpt shows why, and is no copy of the article.
MAX_EXCERPT_CHARS = 300

_ENTITY = columns(
    (KIND, pl.String, "artist or track.", False),
    (ENTITY_ID, pl.String, "artist_id or track_id.", False),
)

ARTICLE_MENTIONS = TableSchema(
    group=GROUP,
    name="article_mentions",
    grain="One row per mention of a catalogue artist or track in an article fetched on the day.",
    columns=(
        *columns((URL, pl.String, "The article.", False), (SITE, pl.String, "The source it was read from.", False)),
        *_ENTITY,
        *columns(
            ("surface", pl.String, "The words that name it.", False),
            ("start", pl.Int32, "First character in the title, a line feed and the text together, from 0.", False),
            ("end", pl.Int32, "One after the last character.", False),
            ("sentence", pl.Int32, "Number of its sentence in the article, from 0.", False),
            (c.CONFIDENCE, pl.Float32, "How sure it is that this entity is meant, 0 to 1.", False),
            (EXCERPT, pl.String, "Its sentence, at most 300 characters.", False),
        ),
    ),
    key=(URL, "start", KIND, ENTITY_ID),
    partition=c.DATE,
)

ARTICLE_TERMS = TableSchema(
    group=GROUP,
    name="article_terms",
    grain="One row per entity, term and article fetched on the day, where the term stands near a mention.",
    columns=(
        *columns((URL, pl.String, "The article.", False), (SITE, pl.String, "The source it was read from.", False)),
        *_ENTITY,
        *columns(
            (TERM, pl.String, "A word or noun phrase, in lower case.", False),
            (WEIGHT, pl.Float32, "Sum over the mentions of confidence times nearness, above 0.", False),
            (EXCERPT, pl.String, "The sentence where it stands nearest, at most 300 characters.", False),
        ),
    ),
    key=(URL, KIND, ENTITY_ID, TERM),
    partition=c.DATE,
)

ENTITY_TERMS = TableSchema(
    group=GROUP,
    name="entity_terms",
    grain="One row per entity and term, best first.",
    columns=(
        *_ENTITY,
        *columns(
            (TERM, pl.String, "A word or noun phrase, in lower case.", False),
            (WEIGHT, pl.Float32, "Nearness times rarity (nothing where most artists have it) times source weight, above 0.", False),
            (c.RANK, pl.Int32, "1 is the heaviest of the entity.", False),
            (N_ARTICLES, pl.Int32, "Articles in which the term stands near it.", False),
            (N_SITES, pl.Int32, "Sources of these articles.", False),
            (EXCERPT, pl.String, "A sentence it comes from, at most 300 characters.", False),
            (URL, pl.String, "The article of the excerpt.", False),
        ),
    ),
    key=(KIND, ENTITY_ID, TERM),
    partition=c.WEEK,
)  # fmt: skip

CO_MENTIONS = TableSchema(
    group=GROUP,
    name="co_mentions",
    grain="One row per artist and other artist named near by.",
    columns=columns(
        (c.ARTIST_ID, pl.String, "The artist.", False),
        ("other_artist_id", pl.String, "The artist named near.", False),
        (
            WEIGHT,
            pl.Float32,
            "Confidence times nearness times source weight, summed; chance taken off; above 0.",
            False,
        ),
        (N_ARTICLES, pl.Int32, "Articles in which both stand near.", False),
        (EXCERPT, pl.String, "A sentence that names both, at most 300 characters."),
        (URL, pl.String, "The article of the excerpt."),
    ),
    key=(c.ARTIST_ID, "other_artist_id"),
    partition=c.WEEK,
)

ENTITY_TEXT = TableSchema(
    group=GROUP,
    name="entity_text",
    grain="One row per entity that articles speak of.",
    columns=(
        *_ENTITY,
        *columns(
            (c.VECTOR, EMBEDDING, "Mean of the sentence vectors of its contexts, of length 1.", False),
            (N_CONTEXTS, pl.Float32, "How much text there is: contexts by confidence and source, repeats once.", False),
            (N_ARTICLES, pl.Int32, "Articles that speak of it.", False),
            (N_SITES, pl.Int32, "Sources of these articles.", False),
            ("encoder", pl.String, "Which encoder made the vector; vectors of two do not compare.", False),
        ),
    ),
    key=(KIND, ENTITY_ID),
    partition=c.WEEK,
)  # fmt: skip

SOURCE_WEIGHTS = TableSchema(
    group=GROUP,
    name="source_weights",
    grain="One row per source of articles.",
    columns=columns(
        (SITE, pl.String, "The source.", False),
        (WEIGHT, pl.Float32, "How much its words count, 0 to 2; 1 is a source that nothing is known of.", False),
        (
            c.SCORE,
            pl.Float32,
            "How well its texts predict who is heard with whom, above chance; null: too little to tell.",
        ),
        (N_ARTICLES, pl.Int32, "Articles read.", False),
        ("n_mentions", pl.Int32, "Mentions in them.", False),
        ("n_judged", pl.Int32, "Pairs of artists that the score was taken on.", False),
    ),
    key=(SITE,),
    partition=c.WEEK,
)

PLAYLIST_QUALITY = TableSchema(
    group=GROUP,
    name="playlist_quality",
    grain="One row per playlist.",
    columns=columns(
        (c.PLAYLIST_ID, pl.String, "The playlist.", False),
        (c.SCORE, pl.Float32, "How good it is as a document, 0 to 1.", False),
        (IS_GOOD, pl.Boolean, "Whether it is read.", False),
        (
            c.REASON,
            pl.String,
            "Why it is not read: too_short, too_long, one_artist, incoherent, bought_slots, unfollowed; null where it is.",
        ),
        (
            "cohesion",
            pl.Float32,
            "Bits by which its tracks stand together in other playlists more than by chance; null: too little to tell.",
        ),
        ("largest_artist_share", pl.Float32, "Share of its tracks that are by its commonest artist, 0 to 1.", False),
        ("bought_track_ids", IDS, "Its tracks whose place looks bought: they are not read.", False),
        (c.FOLLOWERS, pl.Int64, "Who follows it; null where nobody says."),
        ("n_tracks", pl.Int32, "Different tracks.", False),
        ("n_edit_days", pl.Int32, "Days on which something was added; null where nobody says."),
    ),
    key=(c.PLAYLIST_ID,),
    partition=c.WEEK,
)

PLAYLIST_VECTORS = TableSchema(
    group=GROUP,
    name="playlist_vectors",
    grain="One row per artist or track that good playlists hold.",
    columns=(
        *_ENTITY,
        *columns(
            (
                c.VECTOR,
                EMBEDDING,
                "Factors of shifted positive pointwise mutual information in good playlists, of length 1.",
                False,
            ),
            (N_PLAYLISTS, pl.Int32, "Good playlists that hold it.", False),
        ),
    ),
    key=(KIND, ENTITY_ID),
    partition=c.WEEK,
)

TITLE_TERMS = TableSchema(
    group=GROUP,
    name="title_terms",
    grain="One row per word of playlists' names and descriptions and track, best first.",
    columns=columns(
        (TERM, pl.String, "A word, or two that touch, in lower case and singular.", False),
        (c.TRACK_ID, pl.String, "The track.", False),
        (
            WEIGHT,
            pl.Float32,
            "How much more the track stands in good playlists called so than by chance (natural log), above 0.",
            False,
        ),
        (c.RANK, pl.Int32, "1 is the heaviest track of the term.", False),
        (N_PLAYLISTS, pl.Int32, "Good playlists called so that hold it.", False),
    ),
    key=(TERM, c.TRACK_ID),
    partition=c.WEEK,
)

CRAWL_LOG = TableSchema(
    group=GROUP,
    name="crawl_log",
    grain="One row per address that a crawl of the day asked for, passed over or refused to ask for.",
    columns=columns(
        (c.SOURCE, pl.String, "The source, as the list of sources calls it.", False),
        (URL, pl.String, "The address, as it was to be asked for.", False),
        (c.AT, INSTANT, "When, by the crawl's clock.", False),
        ("crawled_at", INSTANT, "When the crawl began, by its clock: the rows of one crawl share it.", False),
        ("outcome", pl.String, "article, not_modified, duplicate, near_duplicate, skipped, not_an_article, refused, error.", False),
        (c.REASON, pl.String, "Why it is no article, in a form to count by; null where nothing is to be said."),
        ("status", pl.Int32, "HTTP status; null where nothing was answered."),
        ("n_bytes", pl.Int64, "Bytes of the answer that were read."),
        ("seconds", pl.Float32, "Seconds until it was there."),
    ),
    partition=c.ARRIVED_ON,
)  # fmt: skip

TABLES: tuple[TableSchema, ...] = (
    ARTICLE_MENTIONS,
    ARTICLE_TERMS,
    ENTITY_TERMS,
    CO_MENTIONS,
    ENTITY_TEXT,
    SOURCE_WEIGHTS,
    PLAYLIST_QUALITY,
    PLAYLIST_VECTORS,
    TITLE_TERMS,
    CRAWL_LOG,
)
