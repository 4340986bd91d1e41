"""Where a page leads, as far as it lets us follow."""

from collections.abc import Sequence

from lxml import html
from lxml.etree import LxmlError

from scrapers.pages import robots_tags
from scrapers.pages.charset import decode
from scrapers.urls import canonical_url, is_file

MAX_LINKS = 1_000


def links_of(body: bytes, url: str, content_type: str | None = None, robots_headers: Sequence[str] = ()) -> list[str]:
    """Return the addresses that a page links to, in canonical form, each once; none if it asks not to follow them."""
    try:
        parser = html.HTMLParser(encoding="utf-8")
        tree = html.document_fromstring(decode(body, content_type).encode("utf-8", errors="replace"), parser=parser)
    except (LxmlError, ValueError):
        return []
    if not robots_tags.may_follow(robots_headers, tree):
        return []
    links: dict[str, None] = {}
    for anchor in tree.iter("a"):
        link = canonical_url(anchor.get("href") or "", url) if anchor.get("href") else None
        if link and not is_file(link) and "nofollow" not in (anchor.get("rel") or "").lower().split():
            links.setdefault(link)
            if len(links) == MAX_LINKS:
                break
    return list(links)
