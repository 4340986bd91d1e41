"""A day's articles to its rows of ``article_mentions`` and ``article_terms``.

Belongs here: which catalogue a day is read with. Reading is ``reading_batches``.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.corpus.gate import Gate, shipped_gate
from recsys_assets.corpus.gazetteer import Gazetteer, build_gazetteer, catalogue_entries
from recsys_assets.corpus.mentions import Article
from recsys_assets.corpus.reading_batches import Reader, read_batches
from recsys_assets.corpus.tables import ARTICLE_MENTIONS, ARTICLE_TERMS

_ARTICLE = ("url", "site", c.TITLE, "body_text", "language", "link_texts")


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
        progress: told (done, total, what) as articles are read.

    Returns:
        Rows of ``corpus.article_mentions`` and ``corpus.article_terms`` of all days.
    """
    counts = {day: articles.only([day]).rows for day in days}
    total, done = sum(counts.values()), 0
    mentions, terms = [ARTICLE_MENTIONS.empty()], [ARTICLE_TERMS.empty()]
    catalogues = [(day, (artists.latest(day), tracks.latest(day))) for day in days if counts[day]]
    # A range of days may meet several catalogues; one is held at a time.
    for _, group in groupby(catalogues, key=_snapshots):
        same = list(group)
        reader = Reader(gazetteer_of(*same[0][1]), gate or shipped_gate())
        for day, _ in same:
            of_day = pl.lit(day).alias(c.DATE)
            for batch in read_batches(_articles(articles.only([day])), counts[day], reader):
                mentions.append(batch.mentions.with_columns(of_day).select(mentions[0].columns))
                terms.append(batch.terms.with_columns(of_day).select(terms[0].columns))
                done += batch.n_articles
                progress(done, total, str(day))
    return pl.concat(mentions), pl.concat(terms)


def _snapshots(known: tuple[date, tuple[TableVersion, ...]]) -> list[object]:
    return [part for table in known[1] for part in table.partitions]


def gazetteer_of(artists: TableVersion, tracks: TableVersion) -> Gazetteer:
    """Collect the names of a catalogue: one snapshot each of ``raw.raw_artists`` and ``raw.raw_tracks``."""
    named = artists.scan().select(c.ARTIST_ID, c.NAME, pl.col(c.GENRES).fill_null([])).sort(c.ARTIST_ID).collect()
    titled = tracks.scan().select(c.TRACK_ID, c.TITLE, pl.col(c.ARTIST_IDS).fill_null([])).sort(c.TRACK_ID).collect()
    return build_gazetteer(catalogue_entries(named.iter_rows(), titled.iter_rows()))


def _articles(rows: TableVersion) -> Iterator[Article]:
    for url, site, title, body, language, links in rows.scan().select(_ARTICLE).sort("url").collect().iter_rows():
        yield Article(url, site, title, body, language, links or ())
