"""Weekly tables: what pairs, terms and sources weigh, and that nothing after the Monday counts."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.co_mentions import OTHER, count_co_mentions, pairs_by_article
from recsys_assets.corpus.entity_terms import TermParams, rarity_of, weigh_terms
from recsys_assets.corpus.gates import articles_name_somebody, excerpts_are_short, sources_beat_chance
from recsys_assets.corpus.reading_days import read_days
from recsys_assets.corpus.reading_weeks import ReadWeeks, make_co_mentions, make_entity_terms
from recsys_assets.corpus.source_picture import draw_sources
from recsys_assets.corpus.sources import SourceParams, weigh_sources
from recsys_assets.raw.tables import RAW, RAW_ARTISTS, RAW_TRACKS
from tests.factories import DAY_1, day, rows_of, stored
from tests.unit.corpus.press import ARTISTS, TRACKS

NO_WEIGHTS = pl.DataFrame(schema={"site": pl.String, "weight": pl.Float32})


def mention(url: str, artist: str, sentence: int, confidence: float = 1.0, site: str = "s") -> dict:
    return {
        "url": url, "site": site, "kind": "artist", "entity_id": artist, "surface": artist, "start": 10 * sentence, "end": 1,
        "sentence": sentence, "confidence": confidence, "excerpt": f"sentence {sentence}",
    }  # fmt: skip


def mentions(*rows: dict) -> pl.DataFrame:
    return rows_of(t.ARTICLE_MENTIONS, rows, date=DAY_1)


def test_pairs_weigh_by_nearness_and_by_how_many_are_named():
    pairs = pairs_by_article(
        mentions(mention("u", "a", 0), mention("u", "b", 0, 0.5), mention("u", "z", 1), mention("u", "far", 9))
    )
    found = {(row[c.ARTIST_ID], row[OTHER]): (row["weight"], row["excerpt"]) for row in pairs.to_dicts()}
    # Four artists are named: log2(5) is 2.3219.
    assert found["a", "b"] == found["b", "a"] == (pytest.approx(0.5 / 2.3219, abs=1e-4), "sentence 0")
    assert found["a", "z"] == (pytest.approx(0.5 / 2.3219, abs=1e-4), None)
    assert ("a", "far") not in found


def test_a_sentence_that_names_everybody_is_read_to_forty():
    everybody = mentions(*(mention("u", f"a{n:03}", 0) for n in range(300)))
    assert pairs_by_article(everybody)[c.ARTIST_ID].n_unique() == 40


def test_whom_everybody_is_named_with_says_little():
    rows = [mention(f"u{n}", artist, 0) for n in range(6) for artist in ("star", f"x{n}")]
    rows += [mention(f"v{n}", artist, 0) for n in range(2) for artist in ("a", "b")]
    found = count_co_mentions(pairs_by_article(mentions(*rows)), NO_WEIGHTS)
    weight = {(row[c.ARTIST_ID], row[OTHER]): row["weight"] for row in found.to_dicts()}
    assert weight["a", "b"] > 2 * weight["star", "x0"] > 0
    assert found.filter(pl.col(c.ARTIST_ID) == "a")["n_articles"].item() == 2


def test_a_source_without_worth_adds_nothing():
    pairs = pairs_by_article(
        mentions(
            mention("u", "a", 0),
            mention("u", "b", 0),
            mention("v", "c", 0, site="bad"),
            mention("v", "d", 0, site="bad"),
        )
    )
    found = count_co_mentions(pairs, pl.DataFrame({"site": ["bad"], "weight": [0.0]}))
    assert set(found[c.ARTIST_ID]) == {"a", "b"}


def term(url: str, artist: str, word: str, weight: float = 1.0, *, site: str = "s", excerpt: str | None = None) -> dict:
    return {
        "url": url, "site": site, "kind": "artist", "entity_id": artist, "term": word, "weight": weight,
        "excerpt": excerpt or f"{url} {word}",
    }  # fmt: skip


def weighed(rows: list[dict], n_articles: int, weights: pl.DataFrame = NO_WEIGHTS) -> dict[str, dict]:
    found = weigh_terms(rows_of(t.ARTICLE_TERMS, rows, date=DAY_1), weights, n_articles, TermParams())
    return {row["term"]: row for row in found.to_dicts()}


def test_rarity_is_highest_in_between():
    params = TermParams()
    assert rarity_of(100, 100, params) < rarity_of(1, 100, params) < rarity_of(6, 100, params)
    rows = [term(f"u{n}", "a", "dreamy") for n in range(6)]
    assert weighed(rows, 100)["dreamy"]["weight"] == pytest.approx(6 * rarity_of(6, 100, params), rel=1e-5)


def test_what_stands_around_every_article_of_a_source_counts_once():
    rows = [term(f"u{n}", "a", "cookies", excerpt="Accept our cookies") for n in range(6)]
    assert weighed(rows, 50)["cookies"]["n_articles"] == 1


def test_a_word_goes_where_its_phrase_says_it():
    rows = [term(f"u{n}", "a", word) for n in range(3) for word in ("dream", "pop", "dream pop")]
    rows += [term(f"u{n}", "a", "pop", 5.0) for n in range(3, 6)]
    assert set(weighed(rows, 50)) == {"dream pop", "pop"}


def test_a_better_source_weighs_more_and_gives_the_excerpt():
    rows = [term("u", "a", "dreamy", site="good"), term("v", "a", "dreamy", site="bad")]
    found = weighed(rows, 50, pl.DataFrame({"site": ["good", "bad"], "weight": [2.0, 0.5]}))["dreamy"]
    assert (found["url"], found["n_sites"], found["rank"]) == ("u", 2, 1)


def crowd(word: str, n: int, *, of: int = 40, url: str = "u") -> list[dict]:
    """``of`` artists in an article each, ``n`` of whom have the word and all their own."""
    return [term(f"{url}{k}", f"a{k}", each) for k in range(of) for each in (f"own{k}", *([word] if k < n else []))]


def all_terms(rows: list[dict], languages: dict[str, str | None] | None = None) -> set[str]:
    spoken = pl.DataFrame(
        list((languages or {}).items()), schema={"url": pl.String, "language": pl.String}, orient="row"
    )
    frame = rows_of(t.ARTICLE_TERMS, rows, date=DAY_1)
    return set(weigh_terms(frame, NO_WEIGHTS, 40, TermParams(), languages=spoken)["term"])


def test_what_most_artists_have_is_no_term():
    assert "told" not in all_terms(crowd("told", 20))
    assert "dreamy" in all_terms(crowd("dreamy", 8))


def test_a_term_fades_before_it_is_gone():
    params = TermParams()
    found = weigh_terms(rows_of(t.ARTICLE_TERMS, crowd("dreamy", 12), date=DAY_1), NO_WEIGHTS, 40, params)
    # 12 artists of 40 have it in equal parts, and none may be had by 16.
    fading = 2 * (1 - 12 / 16)
    assert found.filter(pl.col("term") == "dreamy")["weight"][0] == pytest.approx(fading * rarity_of(12, 40, params))


def test_a_stray_sentence_makes_a_term_not_common():
    rows = crowd("dreamy", 40)
    for row in rows:
        row["weight"] = 1.0 if row["entity_id"] in {"a0", "a1", "a2"} else 0.001
    assert "dreamy" in all_terms(rows)


def test_among_few_artists_nothing_is_common():
    assert "told" in all_terms(crowd("told", 5, of=5))


def test_what_most_of_a_language_have_is_no_term_there():
    rows = [*crowd("told", 0), *crowd("aime", 12, of=12, url="fr")]
    languages = {f"fr{k}": "fr-FR" for k in range(12)} | {f"u{k}": "en" for k in range(40)}
    # Of all forty artists twelve are few enough; of the twelve that French articles speak of they are all.
    assert "aime" in all_terms(rows)
    assert "aime" not in all_terms(rows, languages)


def test_a_phrase_ends_where_a_word_says_nothing_unless_it_is_said_often():
    rows = crowd("proved", 30)
    rows += [term("u0", "a0", each) for each in ("nylon strings", "nylon strings proved")]
    rows += [term(f"u{k}", f"a{k}", "proved gold") for k in range(4)]
    found = all_terms(rows)
    assert "nylon strings" in found
    assert "nylon strings proved" not in found
    assert "proved gold" in found


def camps() -> pl.DataFrame:
    """Artists of two camps, ten each; forty listeners hear five of one camp."""
    return pl.DataFrame(
        [(f"{camp}{(n + k) % 10}", f"{camp}-{n}") for camp in "ab" for n in range(20) for k in range(5)],
        schema=[c.ARTIST_ID, c.USER_ID], orient="row",
    )  # fmt: skip


def test_sources_learn_from_who_is_heard_with_whom():
    near = [("good", f"{camp}{n}", f"{camp}{n + 1}", 1.0) for camp in "ab" for n in range(9)]
    far = [("bad", f"a{n}", f"b{m}", 1.0) for n in range(10) for m in range(4)]
    pairs = pl.DataFrame([*near, *far], schema=["site", c.ARTIST_ID, OTHER, "weight"], orient="row")
    sites = pl.DataFrame({"site": ["bad", "good", "silent"], "n_articles": [9, 9, 3], "n_mentions": [40, 40, 0]})
    found = weigh_sources(sites, pairs, camps(), SourceParams(shrinkage=5))
    weight = dict(found.select("site", "weight").rows())
    assert weight["silent"] == 1.0
    assert weight["bad"] < 0.5
    assert 1.0 < weight["good"] <= 2.0
    assert found.filter(pl.col("site") == "silent")[c.SCORE].item() is None
    assert draw_sources(found.with_columns(pl.lit("$x$ \x1b").alias("site")), title="t").startswith(b"\x89PNG")


def test_little_evidence_moves_a_weight_little():
    one = pl.DataFrame([("new", "a0", "b0", 1.0)], schema=["site", c.ARTIST_ID, OTHER, "weight"], orient="row")
    many = pl.DataFrame(
        [("good", f"a{n}", f"a{n + 1}", 1.0) for n in range(9)],
        schema=["site", c.ARTIST_ID, OTHER, "weight"],
        orient="row",
    )
    sites = pl.DataFrame({"site": ["good", "new"], "n_articles": [9, 1], "n_mentions": [18, 2]})
    found = weigh_sources(sites, pl.concat([one, many]), camps(), SourceParams())
    assert 0.85 < dict(found.select("site", "weight").rows())["new"] < 1


def test_where_nobody_listens_all_sources_weigh_one():
    sites = pl.DataFrame({"site": ["s"], "n_articles": [1], "n_mentions": [2]})
    pairs = pl.DataFrame([("s", "a", "b", 1.0)], schema=["site", c.ARTIST_ID, OTHER, "weight"], orient="row")
    assert weigh_sources(sites, pairs, camps().clear(), SourceParams())["weight"].to_list() == [1.0]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    artists = [{c.ARTIST_ID: id_, c.NAME: name, c.GENRES: genres} for id_, name, genres in ARTISTS]
    tracks = [{c.TRACK_ID: id_, c.TITLE: title, c.ARTIST_IDS: artist_ids} for id_, title, artist_ids in TRACKS]
    stored(lake, RAW_ARTISTS, rows_of(RAW_ARTISTS, artists, arrived_on=DAY_1))
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=DAY_1))
    bodies = {
        0: ("u1", "They toured with Radiohead and Slowdive, all shimmering."),
        3: ("u2", "We heard Radiohead and Slowdive, brooding."),
        # The first one again, changed: what it said before is forgotten.
        5: ("u1", "They toured with Beach House and Slowdive, all shimmering."),
        7: ("u3", "On Monday itself they met Radiohead and Beach House, thunderous."),
    }
    rows = [
        {"url": url, "site": "press", c.TITLE: "News", "body_text": body, "date": day(n),
         "fetched_at": datetime(2026, 1, 5 + n, 12, tzinfo=UTC)}
        for n, (url, body) in bodies.items()
    ]  # fmt: skip
    stored(lake, RAW["articles"], rows_of(RAW["articles"], rows))
    found = read_days(
        [day(n) for n in range(8)],
        articles=lake.open(RAW["articles"]),
        artists=lake.open(RAW_ARTISTS),
        tracks=lake.open(RAW_TRACKS),
    )
    for table, frame in zip((t.ARTICLE_MENTIONS, t.ARTICLE_TERMS), found, strict=True):
        stored(lake, table, frame)
    return lake


def test_a_monday_knows_what_was_fetched_before_it_as_it_was_seen_last(lake: Lake):
    read = ReadWeeks(*(lake.open(table) for table in (RAW["articles"], t.ARTICLE_MENTIONS, t.ARTICLE_TERMS)))
    weights = lake.open(t.SOURCE_WEIGHTS)
    pairs = make_co_mentions([DAY_1, day(7)], read, weights)
    assert set(pairs[c.WEEK]) == {day(7)}
    assert {frozenset(pair) for pair in pairs.select(c.ARTIST_ID, OTHER).rows()} == {
        frozenset({"radiohead", "slowdive"}),
        frozenset({"house", "slowdive"}),
    }
    terms = make_entity_terms([day(7)], read, weights, TermParams())
    of = {key[0]: set(rows["term"]) for key, rows in terms.group_by("entity_id")}
    assert "brooding" in of["radiohead"]
    assert not {"shimmering", "thunderous"} & of["radiohead"]
    assert excerpts_are_short(terms).passed


def test_reading_a_day_again_gives_the_same(lake: Lake):
    tables = {
        name: lake.open(table)
        for name, table in (("articles", RAW["articles"]), ("artists", RAW_ARTISTS), ("tracks", RAW_TRACKS))
    }
    first, again = (read_days([day(0)], **tables) for _ in range(2))
    assert first[0].equals(again[0])
    assert first[1].equals(again[1])


def test_gates_say_what_is_wrong():
    articles = pl.DataFrame({"url": [f"u{n}" for n in range(30)]})
    assert not articles_name_somebody(articles, articles.head(1)).passed
    assert articles_name_somebody(articles, articles.head(10)).passed
    assert articles_name_somebody(articles.head(3), articles.clear()).passed
    assert not excerpts_are_short(pl.DataFrame({"excerpt": ["x" * 301]})).passed
    assert not excerpts_are_short(pl.DataFrame({"excerpt": ["\x1b[31m"]})).passed
    against = pl.DataFrame({c.SCORE: [-0.5], "n_judged": [50]})
    assert not sources_beat_chance(against).passed
    assert sources_beat_chance(against.with_columns(pl.lit(0.5).alias(c.SCORE))).passed
    assert sources_beat_chance(against.with_columns(pl.lit(5).alias("n_judged"))).passed
