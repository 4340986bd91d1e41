"""Feeds and sitemaps: what they lead to, and what they can not do to a reader."""

import gzip
import json

import pytest

from scrapers.pages.feed import MAX_ENTRIES, read_feed
from scrapers.pages.links import links_of
from scrapers.pages.sitemap import read_sitemap

URL = "https://b.example/feed"


def links(leads):
    return [lead.url for lead in leads.leads]


def test_rss_atom_and_json_say_where_and_when():
    rss = """<?xml version="1.0"?><rss version="2.0"><channel><item><link>/a?utm_source=rss</link>
        <pubDate>Sun, 04 Jan 2026 10:00:00 +0100</pubDate></item><item><guid isPermaLink="true">https://b.example/b</guid></item></channel></rss>"""
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://b.example/a"/>
        <published>2026-01-04T09:00:00Z</published><updated>2026-01-05T09:00:00Z</updated></entry></feed>"""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"url": "/a", "date_published": "2026-01-04T09:00:00Z"}, 7, {}],
    }

    found = read_feed(rss.encode(), URL)
    assert links(found) == ["https://b.example/a", "https://b.example/b"]
    assert found.leads[0].published_at.isoformat() == "2026-01-04T09:00:00+00:00"
    found = read_feed(atom.encode(), URL)
    assert found.leads[0].changed_at.isoformat() == "2026-01-05T09:00:00+00:00"
    found = read_feed(json.dumps(feed).encode(), URL)
    assert (links(found), found.reason) == (["https://b.example/a"], None)


def test_entities_are_refused_before_a_parser_sees_them():
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><channel><item><link>/&b;</link></item></channel></rss>'

    assert read_feed(bomb.encode(), URL).reason == "feed_with_entities"
    assert read_feed(bomb.encode("utf-16"), URL).reason == "feed_with_entities"
    assert read_sitemap(bomb.encode(), URL).reason == "sitemap_with_entities"


def test_a_million_items_are_cut():
    items = "".join(f"<item><link>https://b.example/{number}</link></item>" for number in range(3 * MAX_ENTRIES))
    found = read_feed(f"<rss><channel>{items}</channel></rss>".encode(), URL)

    assert found.reason == "feed_cut"
    assert len(found.leads) == MAX_ENTRIES
    many = json.dumps({"items": [{"url": f"/{number}"} for number in range(3 * MAX_ENTRIES)]}).encode()
    assert len(read_feed(many, URL).leads) == MAX_ENTRIES


@pytest.mark.parametrize(
    "body", [b"", b"<html><p>Not here</p></html>", b"{", b"[" * 100_000, b'{"items": 3}', b"\x00\xff\xfe"]
)
def test_what_is_no_feed(body: bytes):
    assert read_feed(body, URL).reason == "not_a_feed"


def test_a_broken_feed_gives_what_can_be_read():
    assert links(read_feed(b"<rss><channel><item><link>https://b.example/a</link><title>R&B & more</item>", URL)) == [
        "https://b.example/a"
    ]


def test_sitemaps_packed_plain_and_nested():
    urlset = b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> https://b.example/a </loc>
        <lastmod>2026-01-04</lastmod></url><url><loc>ftp://b.example/b</loc></url><!-- c --></urlset>"""
    index = b"<sitemapindex><sitemap><loc>https://b.example/s1.xml.gz</loc></sitemap></sitemapindex>"

    assert links(read_sitemap(gzip.compress(urlset), URL)) == ["https://b.example/a"]
    assert read_sitemap(urlset, URL).leads[0].changed_at.day == 4
    assert [lead.url for lead in read_sitemap(index, URL).nested] == ["https://b.example/s1.xml.gz"]
    assert links(read_sitemap(b"https://b.example/a\nhttps://b.example/c\n", URL)) == [
        "https://b.example/a",
        "https://b.example/c",
    ]
    assert read_sitemap(b"<html></html>", URL).reason == "not_a_sitemap"
    assert read_sitemap(gzip.compress(urlset)[:20] + b"xx", URL).reason in ("broken_gzip", "not_a_sitemap")


def test_a_packed_bomb_is_unpacked_no_further_than_its_bound():
    assert read_sitemap(gzip.compress(b"<" + b" " * 5_000_000), URL, max_bytes=100_000).reason == "too_large"


def test_links_lead_to_pages_and_only_where_we_may_follow():
    page = b"<a href='/a?utm_source=x'>a</a><a href='/a'>a</a><a href='/b.mp3'>b</a><a href='/c' rel='ugc nofollow'>c</a><a>d</a>"

    assert links_of(page, URL) == ["https://b.example/a"]
    assert links_of(page, URL, robots_headers=["nofollow"]) == []
    assert links_of(b"<meta name=robots content=none>" + page, URL) == []
    assert links_of(b"", URL) == []
