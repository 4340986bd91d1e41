"""Assets of ``corpus``: the crawl, the day's articles, and what the articles before a Monday say of whom."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.corpus import gates
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.crawl import SourceCrawl, crawl_sources, instant_of
from recsys_assets.corpus.crawl_lines import GatheredLines
from recsys_assets.corpus.crawl_logs import drop_logs, read_unpublished
from recsys_assets.corpus.crawl_report import count_addresses, draw_addresses, sum_addresses
from recsys_assets.corpus.encoder import open_encoder
from recsys_assets.corpus.entity_terms import TermParams
from recsys_assets.corpus.entity_text import EntityTextParams
from recsys_assets.corpus.reading_days import read_days
from recsys_assets.corpus.reading_weeks import (
    WINDOW_WEEKS,
    Listening,
    ReadWeeks,
    make_co_mentions,
    make_entity_terms,
    make_entity_texts,
    make_source_weights,
    read_names,
)
from recsys_assets.corpus.source_picture import draw_sources
from recsys_assets.corpus.sources import SourceParams
from recsys_assets.corpus.terms_picture import draw_top_terms, list_top_terms
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset, outputs
from recsys_assets.defs.metadata import markdown_table, picture
from recsys_assets.defs.partitions import CRAWL, DAILY, WEEKLY_MONDAY, days_before_delivery, partition_days
from recsys_assets.defs.progress import progress_bar, run_events
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.tables import RAW


class CrawlConfig(dg.Config):
    """When and what is crawled, as run configuration."""

    now: str | None = Field(default=None, description="The crawl's clock, ISO 8601; by default the real one.")
    sources: list[str] = Field(default=[], description="Names of sources; empty: all of the list.")
    at_once: int = Field(default=4, ge=1, le=64, description="Sources crawled at a time, a process for each.")
    warc: bool = Field(default=False, description="Also keep the answers as they came, in RECSYS_HOME/warc/.")
    listed: str | None = Field(default=None, description="The list of sources; by default that of RECSYS_HOME.")


def _require_any(context: dg.AssetExecutionContext, crawls: Sequence[SourceCrawl]) -> None:
    """Name the crawls that died, and fail if none is left: their rows are stored by now."""
    died = [crawl for crawl in crawls if crawl.code]
    if died and len(died) == len(crawls):
        told = "; ".join(f"{crawl.source}: {crawl.last_words}" for crawl in died[:3])
        # A crawl that hung took half an hour of each site's patience: the next one comes by the clock.
        raise dg.Failure(
            f"the crawls of all {len(died)} sources died ({told}): expected one to end", allow_retries=False
        )
    for crawl in died:
        context.log.warning("the crawl of %s failed, the others went on: %s", crawl.source, crawl.last_words)


def _crawl_page(log: pl.DataFrame, crawls: Sequence[SourceCrawl], now: datetime) -> dict[str, Any]:
    by_source = count_addresses(log, {crawl.source: crawl.end for crawl in crawls})
    drawn = draw_addresses(by_source, title=f"What became of the addresses, {now:%Y-%m-%d %H:%M} UTC")
    table = dg.MetadataValue.md(markdown_table(by_source))
    return {"outcomes": picture(drawn, "addresses by source"), "sources": table, **sum_addresses(by_source)}


@lake_asset(
    t.CRAWL_LOG,
    partitions=None,
    cadence=CRAWL,
    kinds={"python"},
    about="A day has the rows of all of its crawls; their articles go to landing/articles/.",
)
def crawl_log(context: dg.AssetExecutionContext, config: CrawlConfig, home: HomeResource) -> Iterator[dg.Output]:
    """Ask all sources for what is new."""
    where, now = home.home, instant_of(config.now, datetime.now(UTC))
    listed = Path(config.listed) if config.listed else where.sources
    wanted = {"only": config.sources, "at_once": config.at_once, "warc": where.warc if config.warc else None}
    with GatheredLines(run_events(context), clock=time.monotonic) as told:
        crawls = crawl_sources(listed, now=now, landing=where.landing, state=where.state, tell=told, **wanted)
    fresh = Slices(*read_unpublished(where.state, home.lake.open(t.CRAWL_LOG), now.date()))
    mine = fresh.rows.lazy().filter(pl.col("crawled_at") == now).collect()
    yield dg.Output(fresh, metadata=_crawl_page(mine, crawls, now))
    drop_logs(where.state, now.date())
    _require_any(context, crawls)


_READ = (t.ARTICLE_MENTIONS, t.ARTICLE_TERMS)
_BEFORE = dg.AssetIn(partition_mapping=days_before_delivery(WINDOW_WEEKS))
# What a Monday reads of the weeks before it: the parameters of ``ReadWeeks``.
_READING: dict[str, dg.AssetIn] = dict.fromkeys(("raw_articles", "article_mentions", "article_terms"), _BEFORE)


@lake_multi_asset(
    _READ,
    name="article_reading",
    partitions=DAILY,
    kinds={"python", "polars"},
    about="With the catalogue as it was known at the end of the day.",
)
def article_reading(
    context: dg.AssetExecutionContext, raw_articles: TableVersion, raw_artists: TableVersion, raw_tracks: TableVersion
) -> Iterator[dg.Output]:
    """Find who is named in the day's articles, and what stands near."""
    days = partition_days(context)
    told = progress_bar(context, "articles")
    yield from outputs(
        _READ, read_days(days, articles=raw_articles, artists=raw_artists, tracks=raw_tracks, progress=told)
    )


class SourceConfig(SourceParams, dg.Config):
    """How much evidence moves a source's weight, as run configuration."""


@lake_asset(
    t.SOURCE_WEIGHTS,
    partitions=WEEKLY_MONDAY,
    kinds={"polars"},
    ins=_READING | {"track_signals": _BEFORE},
    about="From articles fetched, and listening done, before the Monday.",
)
def source_weights(
    context: dg.AssetExecutionContext,
    config: SourceConfig,
    raw_articles: TableVersion,
    article_mentions: TableVersion,
    article_terms: TableVersion,
    track_signals: TableVersion,
    raw_play_counts: TableVersion,
    raw_tracks: TableVersion,
) -> pl.DataFrame:
    """Judge sources by who is heard with whom."""
    weeks = partition_days(context)
    read = ReadWeeks(raw_articles, article_mentions, article_terms)
    rows = make_source_weights(weeks, read, Listening(track_signals, raw_play_counts, raw_tracks), config)
    if rows.height:
        newest = rows.filter(pl.col("week") == rows["week"].max())
        drawn = draw_sources(newest, title=f"What sources say of who is heard with whom, before {newest['week'][0]}")
        context.add_output_metadata({"sources": picture(drawn, "weight by source")})
    return rows


class TermConfig(TermParams, dg.Config):
    """Which terms are kept, as run configuration."""


@lake_asset(
    t.ENTITY_TERMS,
    partitions=WEEKLY_MONDAY,
    kinds={"polars"},
    ins=_READING,
    about="From articles fetched before the Monday.",
)
def entity_terms(
    context: dg.AssetExecutionContext,
    config: TermConfig,
    raw_articles: TableVersion,
    article_mentions: TableVersion,
    article_terms: TableVersion,
    source_weights: TableVersion,
    raw_artists: TableVersion,
) -> pl.DataFrame:
    """Sum what stands near, by rarity and by what its source is worth."""
    read = ReadWeeks(raw_articles, article_mentions, article_terms)
    rows = make_entity_terms(partition_days(context), read, source_weights, config)
    if rows.height:
        newest = rows.filter(pl.col(c.WEEK) == rows[c.WEEK].max())
        week = newest[c.WEEK][0]
        names = read_names(raw_artists, week)
        drawn = draw_top_terms(newest, names, title=f"Top terms of those of whom most was written before {week}")
        table = markdown_table(list_top_terms(newest, names), max_length=160)
        context.add_output_metadata({"terms": picture(drawn, "top terms"), "most written": dg.MetadataValue.md(table)})
    return rows


@lake_asset(
    t.CO_MENTIONS,
    partitions=WEEKLY_MONDAY,
    kinds={"polars"},
    ins=_READING,
    about="From articles fetched before the Monday.",
)
def co_mentions(
    context: dg.AssetExecutionContext,
    raw_articles: TableVersion,
    article_mentions: TableVersion,
    article_terms: TableVersion,
    source_weights: TableVersion,
) -> pl.DataFrame:
    """Count who is named with whom."""
    read = ReadWeeks(raw_articles, article_mentions, article_terms)
    return make_co_mentions(partition_days(context), read, source_weights)


class TextConfig(EntityTextParams, dg.Config):
    """What is read of an entity, as run configuration."""


@lake_asset(
    t.ENTITY_TEXT,
    partitions=WEEKLY_MONDAY,
    kinds={"pytorch"},
    ins=_READING,
    about="From articles fetched before the Monday; sentences that were read before come from a cache.",
)
def entity_text(
    context: dg.AssetExecutionContext,
    config: TextConfig,
    home: HomeResource,
    raw_articles: TableVersion,
    article_mentions: TableVersion,
    article_terms: TableVersion,
    source_weights: TableVersion,
) -> pl.DataFrame:
    """Turn the sentences that name somebody into vectors, and average."""
    weeks, told = partition_days(context), progress_bar(context, "sentences")
    read = ReadWeeks(raw_articles, article_mentions, article_terms)
    encoder = open_encoder(home.settings.encoder, home.home.state)
    return make_entity_texts(weeks, read, source_weights, encoder, config, progress=lambda done, of: told(done, of, ""))


_EXCERPTS_OF = ((*_READ, DAILY), (t.ENTITY_TERMS, t.CO_MENTIONS, WEEKLY_MONDAY))

crawl_checks = [
    gate_check(
        t.CRAWL_LOG,
        name="sources_answer",
        judge=lambda log, day, _home: gates.sources_answer(log.only([day]).read()),
        partitions=None,
        about="Most addresses of each source that was crawled on the newest day could be had.",
    )
]

reading_checks = [
    gate_check(
        t.ARTICLE_MENTIONS,
        name="articles_name_somebody",
        judge=lambda mentions, day, home: gates.articles_name_somebody(
            home.lake.open(RAW["articles"]).only([day]).scan().select("url").collect(),
            mentions.only([day]).scan().select("url").unique().collect(),
        ),
        partitions=DAILY,
        about="Most of the day's articles name somebody of the catalogue.",
    ),
    gate_check(
        t.SOURCE_WEIGHTS,
        name="sources_beat_chance",
        judge=lambda weights, week, _home: gates.sources_beat_chance(weights.only([week]).read()),
        partitions=WEEKLY_MONDAY,
        about="Artists that are named together are heard together more than by chance.",
    ),
    *(
        gate_check(
            table,
            name="excerpts_are_short",
            judge=lambda rows, key, _home: gates.excerpts_are_short(
                rows.only([key]).scan().select("excerpt").collect()
            ),
            partitions=partitions,
            about="Excerpts have at most 300 characters and none that commands a terminal.",
        )
        for first, second, partitions in _EXCERPTS_OF
        for table in (first, second)
    ),
]
