"""The page object of feeds: RSS, Atom and JSON Feed to the addresses that they lead to.

Only addresses and dates are taken: the article is read from its page. A feed with entities of its own is refused before a
parser sees it, since expanding them is how a kilobyte becomes gigabytes.
"""

import json
import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime

from scrapers.pages.article import instant_from
from scrapers.pages.charset import decode
from scrapers.urls import canonical_url

# The newest of a blog; what a feed holds beyond is cut off before a parser sees it, which keeps 20 kB of memory for each entry.
MAX_ENTRIES = 2_000
_ENTITY = re.compile(r"<!(ENTITY|DOCTYPE[^>]*\[)", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:\w+:)?(item|entry)[\s>]", re.IGNORECASE)


@dataclass(frozen=True)
class Lead:
    """An address that a feed or a sitemap names, and when it says the page was last changed and first published."""

    url: str
    changed_at: datetime | None = None
    published_at: datetime | None = None


@dataclass(frozen=True)
class Leads:
    """What was found, in the order of the feed; ``reason`` says why it was not read, or not whole."""

    leads: tuple[Lead, ...] = ()
    nested: tuple[Lead, ...] = ()
    reason: str | None = None


def read_feed(body: bytes, url: str, content_type: str | None = None) -> Leads:
    """Read a feed.

    Args:
        body: the bytes, unpacked.
        url: its address: what relative ones in it are relative to.
        content_type: the header.
    """
    text = decode(body, content_type).lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return _read_json(text, url)
    if _ENTITY.search(text):
        return Leads(reason="feed_with_entities")
    marks = list(_limited(text))
    if not marks:
        return Leads(reason="not_a_feed" if "<rss" not in text[:2000] and "<feed" not in text[:2000] else None)
    cut = text if len(marks) <= MAX_ENTRIES else text[: marks[MAX_ENTRIES]]
    return _read_xml(cut, url, is_cut=cut is not text)


def _limited(text: str) -> "list[int]":
    starts: list[int] = []
    for found in _ENTRY.finditer(text):
        starts.append(found.start())
        if len(starts) > MAX_ENTRIES:
            break
    return starts


def _read_xml(text: str, url: str, *, is_cut: bool) -> Leads:
    import feedparser

    # What is given as bytes is parsed and nothing is fetched; a name would be opened.
    parsed = feedparser.parse(
        text.encode("utf-8", errors="replace"),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,
    )
    leads: dict[str, Lead] = {}
    for entry in parsed.entries:
        link = canonical_url(entry.get("link") or "", url)
        if link:
            # feedparser's own get() answers for a missing "updated" with "published", and warns.
            published, changed = (_instant(dict.get(entry, name)) for name in ("published_parsed", "updated_parsed"))
            leads.setdefault(link, Lead(link, changed or published, published))
    return Leads(tuple(leads.values()), reason="feed_cut" if is_cut else None)


def _read_json(text: str, url: str) -> Leads:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return Leads(reason="not_a_feed")
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        return Leads(reason="not_a_feed")
    leads: dict[str, Lead] = {}
    for item in items[:MAX_ENTRIES]:
        said = item.get("url") if isinstance(item, dict) else None
        link = canonical_url(said, url) if isinstance(said, str) else None
        if link:
            published = _text_instant(item.get("date_published"))
            leads.setdefault(link, Lead(link, _text_instant(item.get("date_modified")) or published, published))
    return Leads(tuple(leads.values()), reason="feed_cut" if len(items) > MAX_ENTRIES else None)


def _text_instant(value: object) -> datetime | None:
    return instant_from(value) if isinstance(value, str) else None


def _instant(parsed: object) -> datetime | None:
    """Turn feedparser's nine numbers, which are UTC, into an instant; what no calendar has is None."""
    try:
        return datetime.fromtimestamp(timegm(tuple(parsed)), UTC) if parsed else None  # pyright: ignore[reportArgumentType]
    except (ValueError, OverflowError, OSError):
        return None
