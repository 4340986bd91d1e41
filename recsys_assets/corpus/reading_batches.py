"""Articles to rows of ``article_mentions`` and ``article_terms``, batch by batch, on all cores.

Belongs here: the form of rows, and dividing the work. Which catalogue a day is read with is ``reading_days``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from recsys_assets.core.processes import each_in_processes
from recsys_assets.core.schemas import TableSchema
from recsys_assets.core.text import display
from recsys_assets.core.threads import available_cores
from recsys_assets.corpus.gate import Gate
from recsys_assets.corpus.gazetteer import Gazetteer
from recsys_assets.corpus.mentions import Article, Mention, ReadArticle, read_article
from recsys_assets.corpus.tables import ARTICLE_MENTIONS, ARTICLE_TERMS
from recsys_assets.corpus.terms import find_terms

# Names are 20 words at most; a surface that is longer holds what is not seen.
_MAX_SURFACE_CHARS = 200
# Articles that go to a process at once: half a second of work, a megabyte of rows.
ARTICLES_AT_ONCE = 40
# Fewer articles are read before processes are up and have the names: 3 s with 100,000 of them.
WORTH_PROCESSES = 600
Row = tuple[object, ...]
_READ_BATCH = "recsys_assets.corpus.reading_batches:read_batch"


@dataclass(frozen=True)
class Reader:
    """What articles are read with."""

    gazetteer: Gazetteer
    gate: Gate


@dataclass(frozen=True)
class ReadBatch:
    """Rows of both tables without their date, and how many articles they come from."""

    n_articles: int
    mentions: pl.DataFrame
    terms: pl.DataFrame


def read_batches(
    articles: Iterable[Article], n_articles: int, reader: Reader, *, workers: int | None = None
) -> Iterator[ReadBatch]:
    """Read articles in their order, in several processes where there are many.

    Args:
        articles: taken as they are needed.
        n_articles: about how many there are.
        reader: what they are read with.
        workers: processes; None: one for each core, none for few articles; 0: none.

    Yields:
        Rows of up to 40 articles at a time. How many processes there are does not change them.
    """
    if workers is None:
        workers = available_cores() if n_articles >= WORTH_PROCESSES else 0
    batches = _in_batches(iter(articles))
    if workers:
        yield from each_in_processes(_READ_BATCH, reader, batches, workers=workers)
    else:
        for batch in batches:
            yield read_batch(reader, batch)


def read_batch(reader: Reader, articles: Sequence[Article]) -> ReadBatch:
    """Read some articles."""
    mentions: list[Row] = []
    terms: list[Row] = []
    for article in articles:
        read = read_article(article, reader.gazetteer, reader.gate)
        mentions += mention_rows(read)
        terms += term_rows(read)
    return ReadBatch(len(articles), as_frame(mentions, ARTICLE_MENTIONS), as_frame(terms, ARTICLE_TERMS))


def mention_rows(read: ReadArticle) -> list[Row]:
    """Write the mentions of an article as rows: the columns of ``article_mentions`` in their order, but for the date."""
    url, site = read.article.url, read.article.site
    return [
        (
            url,
            site,
            mention.kind,
            mention.entity_id,
            _surface(read, mention),
            mention.start,
            mention.end,
            mention.sentence,
            mention.confidence,
            read.excerpt(mention),
        )
        for mention in read.mentions
    ]


def term_rows(read: ReadArticle) -> list[Row]:
    """Write the terms of an article's entities as rows: the columns of ``article_terms`` in their order, but for the date."""
    url, site = read.article.url, read.article.site
    return [
        (url, site, kind, entity_id, term, weight, excerpt)
        for (kind, entity_id), terms in find_terms(read).items()
        for term, weight, excerpt in terms
    ]


def as_frame(rows: Sequence[Row], table: TableSchema) -> pl.DataFrame:
    """Return rows as a frame, column by column, which takes a third of the time of row by row."""
    types = {name: dtype for name, dtype in table.dtypes.items() if name != table.partition}
    values = zip(*rows, strict=True) if rows else ([] for _ in types)
    return pl.DataFrame(
        [pl.Series(name, each, dtype) for (name, dtype), each in zip(types.items(), values, strict=True)]
    )


def _surface(read: ReadArticle, mention: Mention) -> str:
    return display(read.article.text[mention.start : mention.end], max_length=_MAX_SURFACE_CHARS)


def _in_batches(articles: Iterator[Article]) -> Iterator[list[Article]]:
    while batch := list(islice(articles, ARTICLES_AT_ONCE)):
        yield batch
