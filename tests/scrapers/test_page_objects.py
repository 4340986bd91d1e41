"""Saved, made-up pages and what is read from them: one folder a case."""

import json
from pathlib import Path

import pytest

from scrapers.pages.article import ArticlePage, instant_from
from scrapers.pages.sites import SiteRule
from tests.scrapers.made_up import prose

CASES = sorted(path.parent for path in (Path(__file__).parent / "fixtures").glob("*/case.json"))


def read(folder: Path, **more):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    page = ArticlePage(case["url"], (folder / "page.html").read_bytes(), case["content_type"], **more)
    return page.read(), case["expect"]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_saved_page(folder: Path):
    found, expected = read(folder)

    assert (found.reason, found.refused) == (expected.get("reason"), expected.get("refused"))
    for name in ("title", "url", "author", "language"):
        if name in expected:
            assert getattr(found, name) == expected[name]
    if "published_at" in expected:
        assert found.published_at is not None
        assert found.published_at.isoformat() == expected["published_at"]
    assert [text for text in expected.get("contains", ()) if text not in found.body_text] == []
    assert [text for text in expected.get("lacks", ()) if text in found.body_text] == []
    assert list(found.link_texts) == expected.get("link_texts", list(found.link_texts))


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ("noindex", "noindex"),
        ("otherbot: noindex", None),
        ("otherbot: noindex, recsysbot: noai", "noai"),
        ("unavailable_after: 25 Jun 2030 15:00:00 GMT, noai", "noai"),
        ("noimageai, max-snippet: 20", None),
    ],
)
def test_the_header_speaks_for_the_page(header: str, refused: str | None):
    found, _ = read(Path(__file__).parent / "fixtures" / "plain_review", robots_headers=(header,))

    assert found.refused == refused


def test_a_rule_of_the_source_goes_before_heuristics():
    shop, text = prose(1, 40), prose(2, 12)
    divisions = f"<div id=shop><p>{shop}</p></div><div id=text><p>{text}</p></div>"
    body = f"<html><head><title>T</title></head><body>{divisions}</body></html>"

    found = ArticlePage("https://b.example/a", body.encode(), rule=SiteRule("#text", ())).read()

    assert (found.reason, found.body_text) == (None, text)


def test_a_canonical_address_of_another_site_or_of_the_front_page_is_not_believed():
    page = (Path(__file__).parent / "fixtures" / "plain_review" / "page.html").read_text()
    own = "https://blog.example/2026/01/review"
    for said in (
        "https://evil.example/x",
        "https://blog.example/",
        "javascript:alert(1)",
        "https://blog.example:8443/x",
    ):
        changed = page.replace("https://blog.example/2026/01/harbour-lights?utm_source=x", said)
        assert ArticlePage(own, changed.encode()).read().url == own


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01", "2026-13-01", "9999-12-31T23:59:59-23:59", None])
def test_what_is_no_instant(text: str | None):
    assert instant_from(text) is None or instant_from(text).year == 9999


def test_a_page_as_deep_as_the_sea_is_none():
    body = b"<html><body>" + b"<div>" * 70_000 + b"x"

    assert ArticlePage("https://b.example/a", body).read().reason is not None
