"""What crawls remember, how articles land, and that what lands is what the platform takes."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recsys_assets.raw import contract
from scrapers.forget import forget
from scrapers.items import (
    MAX_BODY_CHARS,
    MAX_LINK_TEXTS,
    MAX_NAME_CHARS,
    Article,
    Outcome,
    clean_line,
    clean_text,
    content_sha256,
)
from scrapers.landing import publish
from scrapers.near_duplicates import MIN_SIMILARITY, bands, signature, similarity
from scrapers.state import State
from tests.scrapers.made_up import prose

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path):
    opened = State(tmp_path / "state.sqlite", "press")
    yield opened
    opened.close()


def article(number: int, text: str | None = None, url: str | None = None) -> Article:
    body = text or prose(number)
    return Article(
        url or f"https://b.example/{number}", "press", f"Title {number}", body, NOW, content_sha256=content_sha256(body)
    )


def take(state: State, of: Article) -> None:
    with state.together():
        state.take(of.to_row(), "2026-01-05", of.content_sha256, signature(of.body_text))
        state.decide(of.url, Outcome.ARTICLE, NOW, etag='"1"')


def test_the_crawler_and_the_platform_agree_on_the_form_of_an_article():
    ours = {field.name for field in fields(Article)}
    theirs = {field.name for field in contract.ARTICLES.fields}

    assert ours == theirs
    full = article(1)
    assert set(contract.ARTICLES.required) <= set(full.to_row())
    assert (MAX_BODY_CHARS, MAX_NAME_CHARS, MAX_LINK_TEXTS) == (
        contract.MAX_BODY_CHARS,
        contract.MAX_NAME_CHARS,
        contract.MAX_LIST_ITEMS,
    )


def test_the_manual_names_every_outcome_of_the_log():
    manual = (Path(__file__).resolve().parents[2] / "docs" / "crawling.md").read_text(encoding="utf-8")

    assert [outcome for outcome in Outcome if f"`{outcome.value}`" not in manual] == []


def test_a_crawl_killed_between_the_file_and_the_state_writes_the_same_file_again(state, tmp_path, monkeypatch):
    take(state, article(1))
    take(state, article(2))
    with monkeypatch.context() as patched:
        patched.setattr(State, "landed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(state, tmp_path / "landing", "press")
    take(state, article(3))

    assert publish(state, tmp_path / "landing", "press") == 3
    assert publish(state, tmp_path / "landing", "press") == 0
    files = sorted((tmp_path / "landing").rglob("*"))
    assert [path.name for path in files if path.is_file()] == ["press-000001.jsonl"]
    rows = [json.loads(line) for line in files[-1].read_text().splitlines()]
    assert [row["title"] for row in rows] == ["Title 1", "Title 2", "Title 3"]


def _decide_and_fail(state):
    state.decide("https://b.example/1", Outcome.ARTICLE, NOW)
    raise ZeroDivisionError


def test_what_failed_half_way_is_not_remembered(state):
    with pytest.raises(ZeroDivisionError), state.together():
        _decide_and_fail(state)

    assert state.page("https://b.example/1") is None


def test_pages_keep_validators_through_failures_and_addresses_wait_for_their_time(state):
    state.decide("u", Outcome.ARTICLE, NOW, etag='"1"', last_modified="Mon, 05 Jan 2026 08:00:00 GMT")
    assert state.fail("u", NOW) == 1
    assert state.fail("u", NOW) == 2
    assert state.page("u").validators == {"If-None-Match": '"1"', "If-Modified-Since": "Mon, 05 Jan 2026 08:00:00 GMT"}
    state.still_valid("u", NOW + timedelta(days=1))
    assert (state.page("u").failures, state.page("u").asked_at) == (0, "2026-01-06T12:00:00Z")

    state.wait("later", 0, NOW + timedelta(days=1))
    state.wait("first", 1)
    assert [found.url for found in state.waiting(NOW, 10)] == ["first"]
    assert [found.url for found in state.waiting(NOW + timedelta(days=1), 10)] == ["later", "first"]
    state.decide("later", Outcome.ARTICLE, NOW)
    assert [found.url for found in state.waiting(NOW + timedelta(days=1), 10)] == ["first"]


def test_reprints_are_known_across_sources_and_an_edited_article_is_not_one(state, tmp_path):
    text = prose(1, 30)
    take(state, article(1, text))
    other = State(tmp_path / "state.sqlite", "other")
    edited = text.replace("winter", "autumn", 1)

    assert other.same_text(content_sha256(text.upper())) == "https://b.example/1"
    assert other.similar_text(signature(edited), "https://other.example/1") == "https://b.example/1"
    assert other.similar_text(signature(edited), "https://b.example/1") is None
    assert other.similar_text(signature(prose(2, 30)), "https://other.example/1") is None
    other.close()


def test_signatures_estimate_similarity_in_any_script():
    text, japanese = (
        prose(1, 60),
        "港の灯の二枚目のアルバムは一枚目が終わったところから始まるほとんど動かないギター" * 3,
    )
    words = text.split()
    longer = " ".join(words + prose(2, 15).split())

    assert similarity(signature(text), signature(text)) == 1
    # Four fifths of the shingles are shared.
    assert similarity(signature(text), signature(longer)) == pytest.approx(0.8, abs=0.12)
    assert similarity(signature(text), signature(prose(3, 60))) < 0.1
    assert similarity(signature(japanese), signature(japanese + "。終")) > MIN_SIMILARITY
    assert len(list(bands(signature("")))) == 32


def test_nothing_that_steers_a_terminal_or_a_reader_is_left_in_texts():
    assert clean_line("A\x1b[31mred\x07 \u202etitle\u202c\x00\nof two\tlines") == "A[31mred title of two lines"
    assert clean_text("one\r\n\r\n\n two \u200b\x85three\ud800") == "one\ntwo three"
    assert clean_text("\u0645\u06cc\u200c\u062e\u0648\u0627") == "\u0645\u06cc\u200c\u062e\u0648\u0627"
    assert clean_line(" \x00 ") is None
    assert len(clean_line("x" * 5000)) == MAX_NAME_CHARS


def test_a_source_that_is_forgotten_is_new_and_the_others_are_not(tmp_path: Path):
    landing, memory = tmp_path / "landing", tmp_path / "crawl" / "state.sqlite"
    for source in ("press", "press-2"):
        state = State(memory, source)
        for number in (1, 2):
            # The address that a page gives itself is the article's, and not the one that was asked for.
            of = article(number, prose(f"{source} {number}"), f"https://{source}.example/{number}")
            with state.together():
                state.take(of.to_row(), "2026-01-05", of.content_sha256, signature(of.body_text))
                state.decide(f"{of.url}?page", Outcome.ARTICLE, NOW)
            state.wait(f"{of.url}/next")
            if number == 1:
                publish(state, landing, source)
        state.close()
        (tmp_path / "crawl" / source).mkdir()
    forget("press", landing=landing, state=tmp_path)

    assert [path.name for path in landing.rglob("*.jsonl")] == ["press-2-000003.jsonl"]
    assert sorted(path.name for path in (tmp_path / "crawl").iterdir() if path.is_dir()) == ["press-2"]
    for source, n in (("press", 0), ("press-2", 1)):
        state = State(memory, source)
        found = article(1, prose(f"{source} 1"))
        assert (state.same_text(found.content_sha256) is not None) == bool(n)
        assert (state.similar_text(signature(found.body_text), "elsewhere") is not None) == bool(n)
        assert (state.page(f"https://{source}.example/1?page") is not None) == bool(n)
        assert len(state.outbox()) == n
        assert len(state.waiting(NOW, 9)) == 2 * n
        state.close()
