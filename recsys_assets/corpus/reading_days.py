"""A day's articles to its rows of ``article_mentions`` and ``article_terms``.

Belongs here: which catalogue a day is read with, and the form of rows. One article at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.text import display
from recsys_assets.corpus.gate import Gate, shipped_gate
from recsys_assets.corpus.gazetteer import Gazetteer, build_gazetteer, catalogue_entries
from recsys_assets.corpus.mentions import Article, Mention, ReadArticle, read_article
from recsys_assets.corpus.tables import ARTICLE_MENTIONS, ARTICLE_TERMS
from recsys_assets.corpus.terms import find_terms

# Names are 20 words at most; a surface that is longer holds what is not seen.
_MAX_SURFACE_CHARS = 200
_ARTICLE = ("url", "site", c.TITLE, "body_text", "language", "link_texts")
Rows = list[dict[str, Any]]


def read_days(
    days: Sequence[date],
    *,
    articles: TableVersion,
    artists: TableVersion,
    tracks: TableVersion,
    gate: Gate | None = None,
    progress: Callable[[int, int, str], None] = lambda _done, _total, _what: None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the articles of each day with the catalogue as it was known at the day's end.

    Args:
        days: days of fetching.
        articles: ``raw.raw_articles``.
        artists: ``raw.raw_artists``, all snapshots.
        tracks: ``raw.raw_tracks``, all snapshots.
        gate: by default the shipped one.
        progress: told (done, total, what) for each article.

    Returns:
        Rows of ``corpus.article_mentions`` and ``corpus.article_terms`` of all days.
    """
    mentions: Rows = []
    terms: Rows = []
    total = articles.only(days).rows
    gazetteers: dict[tuple[date, ...], Gazetteer] = {}
    done = 0
    for day in days:
        rows = articles.only([day])
        if not rows.rows:
            continue
        known = (artists.latest(day), tracks.latest(day))
        snapshots = tuple(part for table in known for part in table.partitions)
        if snapshots not in gazetteers:
            # A range of days may meet several catalogues; one is held at a time.
            gazetteers = {snapshots: gazetteer_of(*known)}
        for article in _articles(rows):
            read = read_article(article, gazetteers[snapshots], gate or shipped_gate())
            mentions += mention_rows(read, day)
            terms += term_rows(read, day)
            done += 1
            progress(done, total, str(day))
    return _frame(mentions, ARTICLE_MENTIONS.dtypes), _frame(terms, ARTICLE_TERMS.dtypes)


def gazetteer_of(artists: TableVersion, tracks: TableVersion) -> Gazetteer:
    """Collect the names of a catalogue: one snapshot each of ``raw.raw_artists`` and ``raw.raw_tracks``."""
    named = artists.scan().select(c.ARTIST_ID, c.NAME, pl.col(c.GENRES).fill_null([])).sort(c.ARTIST_ID).collect()
    titled = tracks.scan().select(c.TRACK_ID, c.TITLE, pl.col(c.ARTIST_IDS).fill_null([])).sort(c.TRACK_ID).collect()
    return build_gazetteer(catalogue_entries(named.iter_rows(), titled.iter_rows()))


def _articles(rows: TableVersion) -> Iterator[Article]:
    for url, site, title, body, language, links in rows.scan().select(_ARTICLE).sort("url").collect().iter_rows():
        yield Article(url, site, title, body, language, links or ())


def mention_rows(read: ReadArticle, day: date) -> Rows:
    """Write the mentions of an article as rows."""
    return [
        {
            "url": read.article.url,
            "site": read.article.site,
            "kind": mention.kind,
            "entity_id": mention.entity_id,
            "surface": _surface(read, mention),
            "start": mention.start,
            "end": mention.end,
            "sentence": mention.sentence,
            c.CONFIDENCE: mention.confidence,
            "excerpt": read.excerpt(mention),
            c.DATE: day,
        }
        for mention in read.mentions
    ]


def _surface(read: ReadArticle, mention: Mention) -> str:
    return display(read.article.text[mention.start : mention.end], max_length=_MAX_SURFACE_CHARS)


def term_rows(read: ReadArticle, day: date) -> Rows:
    """Write the terms of an article's entities as rows."""
    return [
        {
            "url": read.article.url,
            "site": read.article.site,
            "kind": kind,
            "entity_id": entity_id,
            "term": term,
            "weight": weight,
            "excerpt": excerpt,
            c.DATE: day,
        }
        for (kind, entity_id), terms in find_terms(read).items()
        for term, weight, excerpt in terms
    ]


def _frame(rows: Rows, schema: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row")
