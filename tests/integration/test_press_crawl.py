"""The demo's press crawled for real over loopback: nothing that robots.txt closes, nothing twice, no hostile page without end."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from world import START

from recsys_assets.corpus.crawl import SourceCrawl, crawl_sources
from recsys_assets.corpus.crawl_logs import read_log
from recsys_assets.corpus.gates import sources_answer
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.press import write_press
from recsys_assets.demo.press_plan import ARTICLES, COPY, FORBIDDEN, GONE, LIST, NEAR_COPY, NOAI
from recsys_assets.demo.press_sites import CLOSED, ROUGH, SITES
from recsys_assets.demo.world import generate_world
from scripts.press import Asked, Press

pytestmark = pytest.mark.integration

DAYS = 40
# All that is ever written is there, and a day later nothing new.
FIRST = datetime(START.year, START.month, START.day, 12, tzinfo=UTC) + timedelta(days=DAYS + 20)
SECOND = FIRST + timedelta(days=1)
AGAIN = ["lamplight", "northern-review", "daily-spins", "link-barn", ROUGH, CLOSED]
HOSTILE = {
    "/never": ("error", "timeout"),
    "/loop": ("error", "too_many_redirects"),
    "/huge": ("error", "too_large"),
    "/gzip-bomb": ("error", "too_large"),
    "/to-metadata": ("refused", "private_address"),
    "/to-private": ("refused", "private_address"),
    "/to-next-port": ("refused", "private_address"),
    "/wrong-charset": ("article", None),
    "/broken-html": ("article", None),
    "/script-only": ("not_an_article", "script_only"),
    "/soft-404": ("not_an_article", "soft_404"),
    "/cookie-wall": ("not_an_article", "cookie_wall"),
    "/entities.xml": ("error", "feed_with_entities"),
    "/million.xml": ("error", "too_large"),
}


@dataclass
class Crawled:
    """Two crawls of a press, what its sites were asked meanwhile, and the truth."""

    first: list[SourceCrawl]
    second: list[SourceCrawl]
    logs: list[pl.DataFrame]
    asked: list[Asked]
    again: list[Asked]
    told: list[dict]
    articles: list[dict]
    truth: pl.DataFrame

    def outcomes(self, *kinds: str, crawl: int = 0) -> pl.DataFrame:
        """What became of the pages of these kinds: rows of the truth with outcome and reason."""
        log = self.logs[crawl].select("path", "outcome", "reason", site="source").unique(["site", "path"], keep="first")
        return self.truth.filter(pl.col("kind").is_in(kinds)).join(log, on=["site", "path"], how="left")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    home = tmp_path_factory.mktemp("press")
    params = DemoParams(n_listeners=20, n_tracks=300, n_artists=48, n_playlists=10, plays_per_listener_day=1)
    write_press(
        generate_world(params, seed=7, start=START, days=DAYS),
        home / "press",
        home / "truth",
        home / "catalogue",
        home / "state",
    )
    where = {"landing": home / "landing", "state": home / "state"}
    told: list[dict] = []
    with Press(home / "press", now=FIRST) as press:
        listed = home / "press" / "sources.yaml"
        first = crawl_sources(listed, now=FIRST, tell=lambda _source, lines: told.extend(lines), **where)
        asked = list(press.asked)
        press.now = SECOND
        # A process costs time: of each kind of door one, and what is hostile.
        second = crawl_sources(listed, now=SECOND, only=AGAIN, **where)
        again = list(press.asked)[len(asked) :]
    path = pl.col("url").str.extract(r"^https?://[^/]+([^?]*)").alias("path")
    return Crawled(
        first=first,
        second=second,
        logs=[read_log(home / "state", now.date()).with_columns(path) for now in (FIRST, SECOND)],
        asked=asked,
        again=again,
        told=told,
        articles=[
            json.loads(line)
            for file in sorted((home / "landing").glob("articles/date=*/*.jsonl"))
            for line in file.read_text().splitlines()
        ],
        truth=pl.read_parquet(home / "truth" / "press_pages.parquet"),
    )


def test_every_source_was_crawled_and_every_line_was_told(crawled: Crawled):
    names = [*(site.name for site in SITES), ROUGH, CLOSED]

    assert [crawl.source for crawl in crawled.first] == names
    assert [crawl.source for crawl in crawled.second] == AGAIN
    assert {crawl.code for crawl in (*crawled.first, *crawled.second)} == {0}
    assert (
        len(crawled.told)
        == crawled.logs[0].height
        == sum(sum(each.counters["outcomes"].values()) for each in crawled.first)
    )


def test_nothing_was_asked_for_that_robots_txt_closes(crawled: Crawled):
    closed = {
        tuple(row) for row in crawled.truth.filter(pl.col("kind") == FORBIDDEN).select("site", "path").iter_rows()
    }
    asked = {(each.site, each.path.partition("?")[0]) for each in (*crawled.asked, *crawled.again)}

    assert closed
    assert closed & asked == set()
    assert {path for site, path in asked if site == CLOSED} == {"/robots.txt"}
    assert set(crawled.outcomes(FORBIDDEN)["reason"]) == {"robots"}


def test_every_article_lands_once_and_every_copy_is_found(crawled: Crawled):
    originals, copies = crawled.outcomes(*ARTICLES), crawled.outcomes(COPY, NEAR_COPY)
    # Whoever of those that print the same is asked first, has the article; the others are copies.
    group = pl.coalesce("copy_of_site", "site") + pl.coalesce("copy_of_path", "path")
    printed = pl.concat([originals, copies]).with_columns(group.alias("group"))
    taken = printed.group_by("group").agg((pl.col("outcome") == "article").sum().alias("n"))
    missed = int((taken["n"] - 1).clip(lower_bound=0).sum())
    found = set(printed.filter(pl.col("outcome") != "article")["outcome"])

    assert found <= {"duplicate", "near_duplicate"}
    assert taken.filter(pl.col("n") == 0).is_empty()
    assert missed <= 0.02 * copies.height
    assert len({row["url"] for row in crawled.articles}) == len(crawled.articles)
    assert len(crawled.articles) == originals.height + missed + 2


def test_what_is_not_to_be_taken_was_not(crawled: Crawled):
    assert set(crawled.outcomes(NOAI)["reason"]) == {"noai"}
    assert set(crawled.outcomes(LIST)["outcome"]) == {"not_an_article"}
    assert set(crawled.outcomes(GONE)["reason"]) == {"http_404"}


def test_the_second_crawl_asks_for_nothing_that_is_known(crawled: Crawled):
    press = crawled.logs[1]
    quiet = press.filter(pl.col("outcome").is_in(["not_modified", "skipped"])).height
    pages = [each for each in crawled.again if each.path != "/robots.txt" and each.site != ROUGH]

    assert quiet >= 0.95 * press.height
    assert pages
    assert {each.status for each in pages} == {304}
    # Of the site of hostile answers, which knows no conditional request, nothing but its feed.
    assert {each.path for each in crawled.again if each.site == ROUGH} == {"/robots.txt", "/feed.xml"}
    assert set(press["outcome"]).isdisjoint({"article", "duplicate"})


def test_hostile_pages_are_bounded_each_with_its_reason(crawled: Crawled):
    rough = crawled.logs[0].filter(pl.col("source") == ROUGH)
    found = {path: (outcome, reason) for path, outcome, reason in rough.select("path", "outcome", "reason").iter_rows()}

    assert {path: found.get(path) for path in HOSTILE} == HOSTILE
    assert {each.counters["ended"] for each in crawled.first} == {"finished"}
    assert max(each.counters["seconds"] for each in crawled.first) < 60
    assert (rough["n_bytes"].max() or 0) <= 1_000_000


def test_texts_are_what_was_written_and_command_nobody(crawled: Crawled):
    texts = [row["title"] + row["body_text"] for row in crawled.articles]
    cafe = next(row for row in crawled.articles if row["url"].endswith("/wrong-charset"))

    assert not any(char in text for text in texts for char in "\x1b\u202e\x00")
    assert not any(
        word in text for text in texts for word in ("cookie", "Most read", "All rights reserved", "Share this")
    )
    assert "café" in cafe["body_text"]
    assert Counter(row["site"] for row in crawled.articles)["la-marge"] >= 20
    assert {row["language"] for row in crawled.articles if row["site"] == "la-marge"} == {"fr"}


def test_a_source_that_does_not_answer_is_told(crawled: Crawled):
    verdict = sources_answer(crawled.logs[0])

    assert not verdict.passed
    assert not verdict.blocking
    assert f"{CLOSED} (1 of 1 addresses failed)" in verdict.notes
    assert verdict.observed == 1
