"""A Monday's terms, co-mentions, source weights and text vectors, from what was fetched before it.

Belongs here: the window. An article that was fetched several times counts as it was last seen before the Monday; what was
read of it earlier is forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.corpus.co_mentions import count_co_mentions, pairs_by_article, pairs_by_site
from recsys_assets.corpus.entity_terms import TermParams, weigh_terms
from recsys_assets.corpus.entity_text import EntityTextParams, Progress, ReadsSentences, make_entity_text
from recsys_assets.corpus.sources import SourceParams, weigh_sources
from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TERMS, ENTITY_TEXT, SOURCE_WEIGHTS

# Half a year of articles: a band is written about when it has a record out.
WINDOW_WEEKS = 26


@dataclass(frozen=True)
class ReadWeeks:
    """What was read day by day, and what the Mondays' tables are made of.

    Attributes:
        articles: ``raw.raw_articles``.
        mentions: ``corpus.article_mentions``.
        terms: ``corpus.article_terms``.
        n_weeks: weeks before the Monday that count.
    """

    articles: TableVersion
    mentions: TableVersion
    terms: TableVersion
    n_weeks: int = WINDOW_WEEKS

    def known(self, week: date) -> pl.DataFrame:
        """Return the articles fetched in the weeks before a Monday: url, site, language as said, date of the last fetch."""
        rows = self._window(self.articles, week).select("url", "site", "language", c.DATE)
        return rows.sort(c.DATE, "url").unique("url", keep="last").sort("url").collect()

    def latest(self, table: TableVersion, week: date, known: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a daily table that were read of each article as it was last seen before the Monday."""
        seen = known.lazy().select("url", c.DATE)
        return self._window(table, week).join(seen, on=["url", c.DATE], how="semi").collect()

    def _window(self, table: TableVersion, week: date) -> pl.LazyFrame:
        return table.between(week - timedelta(weeks=self.n_weeks), week - timedelta(days=1)).scan()


@dataclass(frozen=True)
class Listening:
    """Who heard what: ``signals.track_signals``, ``raw.raw_play_counts`` and ``raw.raw_tracks``, which credits artists."""

    track_signals: TableVersion
    play_counts: TableVersion
    tracks: TableVersion

    def heard(self, week: date, n_weeks: int) -> pl.DataFrame:
        """Return who heard whom in the weeks before a Monday, or in totals that came before it: artist_id, user_id."""
        before = week - timedelta(days=1)
        window = self.track_signals.between(week - timedelta(weeks=n_weeks), before).scan()
        totals = [day for day in self.play_counts.partitions if day <= before]
        counted = self.play_counts.only(totals[-1:]).scan()
        credit = self.tracks.latest(before).scan().select(c.TRACK_ID, pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID))
        heard = pl.concat(
            [window.filter(pl.col("plays") > 0).select(c.USER_ID, c.TRACK_ID), counted.select(c.USER_ID, c.TRACK_ID)]
        ).unique()
        joined = heard.join(credit, on=c.TRACK_ID).explode(c.ARTIST_ID).select(c.ARTIST_ID, c.USER_ID)
        return joined.drop_nulls().unique().sort(c.ARTIST_ID, c.USER_ID).collect()


def make_source_weights(
    weeks: Sequence[date], read: ReadWeeks, listening: Listening, params: SourceParams
) -> pl.DataFrame:
    """Weigh the sources of each week; rows of ``corpus.source_weights``."""

    def make(week: date) -> pl.DataFrame:
        known = read.known(week)
        mentions = read.latest(read.mentions, week, known)
        counts = mentions.group_by("site").agg(pl.len().alias("n_mentions"))
        sites = known.group_by("site").agg(pl.len().alias("n_articles")).join(counts, on="site", how="left")
        pairs = pairs_by_site(pairs_by_article(mentions))
        heard = listening.heard(week, read.n_weeks) if pairs.height else _nobody()
        return weigh_sources(sites.with_columns(pl.col("n_mentions").fill_null(0)), pairs, heard, params)

    return _weeks(weeks, make, SOURCE_WEIGHTS.empty())


def _nobody() -> pl.DataFrame:
    return pl.DataFrame(schema={c.ARTIST_ID: pl.String, c.USER_ID: pl.String})


def make_entity_terms(
    weeks: Sequence[date], read: ReadWeeks, source_weights: TableVersion, params: TermParams
) -> pl.DataFrame:
    """Weigh the terms of each week's entities; rows of ``corpus.entity_terms``."""

    def make(week: date) -> pl.DataFrame:
        known = read.known(week)
        terms = read.latest(read.terms, week, known)
        return weigh_terms(terms, source_weights.only([week]).read(), known.height, params, languages=known)

    return _weeks(weeks, make, ENTITY_TERMS.empty())


def read_names(artists: TableVersion, week: date) -> dict[str, str]:
    """Return names of artists by id, as they were known before a Monday."""
    named = artists.latest(week - timedelta(days=1)).scan().select(c.ARTIST_ID, c.NAME).drop_nulls().collect()
    return dict(named.iter_rows())


def make_co_mentions(weeks: Sequence[date], read: ReadWeeks, source_weights: TableVersion) -> pl.DataFrame:
    """Count which artists each week's articles name together; rows of ``corpus.co_mentions``."""

    def make(week: date) -> pl.DataFrame:
        mentions = read.latest(read.mentions, week, read.known(week))
        return count_co_mentions(pairs_by_article(mentions), source_weights.only([week]).read())

    return _weeks(weeks, make, CO_MENTIONS.empty())


def make_entity_texts(
    weeks: Sequence[date],
    read: ReadWeeks,
    source_weights: TableVersion,
    encoder: ReadsSentences,
    params: EntityTextParams,
    *,
    progress: Progress = lambda _done, _of: None,
) -> pl.DataFrame:
    """Read what each week's articles say of each entity; rows of ``corpus.entity_text``."""

    def make(week: date) -> pl.DataFrame:
        mentions = read.latest(read.mentions, week, read.known(week))
        return make_entity_text(mentions, source_weights.only([week]).read(), encoder, params, progress=progress)

    return _weeks(weeks, make, ENTITY_TEXT.empty())


def _weeks(weeks: Sequence[date], make: Callable[[date], pl.DataFrame], none: pl.DataFrame) -> pl.DataFrame:
    frames = [make(week).with_columns(pl.lit(week).alias(c.WEEK)) for week in weeks]
    return pl.concat([none, *(frame.select(none.columns) for frame in frames)])
