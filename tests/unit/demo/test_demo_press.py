"""The made-up press: what is written follows the planted space where it says so, and traps are where the truth says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from protego import Protego

from recsys_assets.demo import press_sites as s
from recsys_assets.demo.press import PAGES_FILE, remove_press, write_press
from recsys_assets.demo.press_pages import render_leads
from recsys_assets.demo.press_plan import (
    ARTICLES,
    COPY,
    FORBIDDEN,
    LIST,
    MISNOMER,
    NEAR_COPY,
    NEWS,
    NOAI,
    Piece,
    plan_press,
)
from recsys_assets.demo.press_words import FRENCH_WORDS, GENRE_WORDS
from recsys_assets.demo.press_writer import Writer
from recsys_assets.demo.world import World

SITES = {site.name: site for site in s.SITES}


@pytest.fixture(scope="module")
def pieces(world: World) -> list[Piece]:
    return plan_press(world)


def text_of(piece: Piece) -> str:
    return " ".join(piece.paragraphs)


def shingles(piece: Piece) -> set[tuple[str, ...]]:
    words = text_of(piece).casefold().split()
    return {tuple(words[at : at + 4]) for at in range(len(words) - 3)}


def similarity(one: Piece, other: Piece) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def test_the_same_world_gives_the_same_press(world: World, pieces: list[Piece]):
    assert plan_press(world) == pieces
    assert plan_press(replace(world, seed=world.seed + 1)) != pieces


def test_there_is_enough_to_read_and_every_artist_is_written_about(world: World, pieces: list[Piece]):
    articles = [piece for piece in pieces if piece.kind in ARTICLES]

    assert 150 <= len(articles) <= 250
    assert {piece.kind for piece in articles} == set(ARTICLES)
    assert {piece.artists[0] for piece in articles if piece.kind != MISNOMER} >= set(range(world.artists.height))
    assert len({(piece.site, piece.path) for piece in pieces}) == len(pieces)


@pytest.mark.parametrize("site", [site for site in s.SITES if site.n_pieces], ids=lambda site: site.name)
def test_words_and_company_follow_the_planted_space_or_do_not(world: World, pieces: list[Piece], site: s.Site):
    table, writer = (FRENCH_WORDS if site.language == "fr" else GENRE_WORDS), Writer(world)
    own = other = 0
    near = []
    for piece in pieces:
        if piece.site != site.name or piece.kind not in ("review", "comparison"):
            continue
        genre, text = writer.genre[piece.artists[0]], text_of(piece)
        counts = [sum(text.count(word) for part in words for word in part) for words in table]
        own += counts[genre]
        other += sum(counts) / len(counts)
        near += [float(writer.content[piece.artists[0]] @ writer.content[row]) for row in piece.artists[1:]]
    anybody = float(np.mean(writer.content @ writer.content.T))

    assert bool(own > 3 * other) is site.is_true
    assert bool(np.mean(near) > anybody + 0.3) is site.is_true


def test_newcomers_are_compared_with_well_known_artists_near_by_by_several_sites(world: World, pieces: list[Piece]):
    writer = Writer(world)
    sites: dict[int, set[str]] = {}
    for piece in pieces:
        if piece.kind == "comparison" and piece.artists[0] >= writer.n_known:
            sites.setdefault(piece.artists[0], set()).add(piece.site)
            assert max(piece.artists[1:], default=0) < writer.n_known

    honest = {name for name, site in SITES.items() if site.is_true}
    assert sites == dict.fromkeys(range(writer.n_known, len(writer.names)), honest)
    assert not set(writer.newcomers.names) & set(world.artists["name"])


def test_copies_are_copies_and_articles_are_not(pieces: list[Piece]):
    by_address = {(piece.site, piece.path): piece for piece in pieces}
    copies = [piece for piece in pieces if piece.copy_of]
    articles = [piece for piece in pieces if piece.kind in ARTICLES]
    alike = [
        max(similarity(piece, other) for other in articles[:number])
        for number, piece in enumerate(articles)
        if number and number % 10 == 0
    ]

    assert {piece.kind for piece in copies} == {COPY, NEAR_COPY}
    for piece in copies:
        original = by_address[piece.copy_of]
        assert original.published <= piece.published
        assert (text_of(piece) == text_of(original)) is (piece.kind == COPY)
        assert similarity(piece, original) > 0.75
    assert max(alike) < 0.5


def test_traps_lie_behind_what_robots_txt_closes_and_nothing_else_does(pieces: list[Piece]):
    assert {piece.site for piece in pieces if piece.kind == FORBIDDEN} == {
        "lamplight",
        "northern-review",
        "la-marge",
        "daily-spins",
    }
    for piece in pieces:
        rules = Protego.parse((SITES[piece.site].robots or "").lstrip("\ufeff"))
        allowed = rules.can_fetch(f"https://{piece.site}.example{piece.path}", "recsysbot")
        assert allowed is (piece.kind != FORBIDDEN), piece.path


def test_a_thing_that_is_called_as_an_artist_stands_in_small_letters(world: World, pieces: list[Piece]):
    names = Writer(world).names
    misnomers = [piece for piece in pieces if piece.kind == MISNOMER]

    assert misnomers
    for piece in misnomers:
        assert names[piece.artists[0]].lower() in text_of(piece)
        assert names[piece.artists[0]] not in text_of(piece)


def test_news_are_of_what_is_to_come(world: World, pieces: list[Piece]):
    titles = set(world.tracks["title"])
    news = [piece for piece in pieces if piece.kind == NEWS]

    assert news
    for piece in news:
        title = piece.title.removeprefix("Soon: ").rpartition(" by ")[0]
        assert title in titles


def test_every_page_is_on_a_line_of_its_own_newest_first(pieces: list[Piece]):
    for site in s.SITES:
        own = [piece for piece in pieces if piece.site == site.name]
        for path, text in render_leads(site, own).items():
            lines = [line for line in text.splitlines() if site.folder in line]
            assert max(line.count(site.folder) for line in lines or [""]) <= (2 if path.endswith(".json") else 1)
            if path == site.feed:
                days = [
                    piece.published
                    for line in lines
                    for piece in own
                    if f'{piece.path}"' in line or f"{piece.path}?" in line
                ]
                assert days == sorted(days, reverse=True)
                assert len(days) >= len(lines)


def test_files_and_truth_of_a_press(world: World, pieces: list[Piece], tmp_path: Path):
    press, truth, landing = where = tmp_path / "press", tmp_path / "truth", tmp_path / "landing"
    state = tmp_path / "state"
    assert write_press(world, *where, state) == write_press(world, *where, state) == len(pieces)
    listed = yaml.safe_load((press / "sources.yaml").read_text())["sources"]
    pages = pl.read_parquet(truth / "press_pages.parquet")
    mentions = pl.read_parquet(truth / "press_mentions.parquet")
    words = pl.read_parquet(truth / "press_words.parquet")
    known = json.loads((press / "northern-review" / PAGES_FILE).read_text())
    noai = next(piece for piece in pieces if piece.kind == NOAI and piece.site == "northern-review")

    assert [entry["name"] for entry in listed] == [*SITES, s.ROUGH, s.CLOSED]
    assert all(entry["is_local"] and entry["delay_s"] == 0 for entry in listed)
    assert pages.height == len(pieces)
    assert set(mentions.filter(~pl.col("is_meant"))["artist_id"]) <= set(world.artists["artist_id"])
    assert words.group_by("artist_id").agg(pl.col("share").sum())["share"].is_between(1.5, 2.001).all()
    assert known[noai.path]["headers"] == {"X-Robots-Tag": "noai"}
    assert all((press / "northern-review" / page["file"]).is_file() for page in known.values())
    assert "\x1b[31m" in "".join(path.read_text() for path in (press / "lamplight").rglob("*.html"))
    assert not list(tmp_path.rglob("*.tmp"))
    assert next(piece for piece in pieces if piece.kind == LIST).links

    tracks = pl.concat([pl.read_parquet(path) for path in landing.glob("tracks/feed=press/date=*/part.parquet")])
    assert tracks["artist_ids"].list.first().n_unique() == 4
    assert set(tracks["artist_ids"].list.first()) <= set(mentions["artist_id"])

    crawled = [
        landing / "articles" / "date=2026-01-05" / f"{name}-000001-000002.jsonl" for name in ("lamplight", "own")
    ]
    logs = [state / "crawl" / name / "log-20260105T120000Z.jsonl" for name in ("lamplight", "rough-corner", "own")]
    for path in (*crawled, *logs):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"url": "http://127.0.0.1:8810/1"}\n')
    remove_press(*where, state)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [crawled[1], logs[2]]

    own = landing / "articles" / "date=2026-01-05" / "lamplight-000001-000002.jsonl"
    own.touch()
    remove_press(*where, state)
    assert own.exists()
