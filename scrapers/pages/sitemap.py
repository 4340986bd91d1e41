"""The page object of sitemaps: an index to further sitemaps, a set of addresses to pages. Packed ones are unpacked, bounded."""

import zlib
from datetime import datetime

from lxml import etree

from scrapers.pages.article import instant_from
from scrapers.pages.feed import Lead, Leads
from scrapers.urls import canonical_url

# By the protocol a sitemap has at most 50,000 addresses and 50 MB.
MAX_ADDRESSES = 50_000
MAX_BYTES = 50 * 1024 * 1024
_GZIP = b"\x1f\x8b"


def read_sitemap(body: bytes, url: str, *, max_bytes: int = MAX_BYTES) -> Leads:
    """Read a sitemap or a sitemap index.

    Args:
        body: the bytes; a packed one is unpacked up to ``max_bytes``.
        url: its address.
        max_bytes: a larger one is refused.
    """
    if body.startswith(_GZIP):
        unpacked = _unpacked(body, max_bytes)
        if unpacked is None:
            return Leads(reason="broken_gzip")
        body = unpacked
    if len(body) > max_bytes:
        return Leads(reason="too_large")
    head = body[:4096].lower()
    if b"<!entity" in head or (b"<!doctype" in head and b"[" in head.split(b"<!doctype", 1)[1].split(b">", 1)[0]):
        return Leads(reason="sitemap_with_entities")
    if b"<" not in head:
        return _read_lines(body, url)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        return Leads(reason="not_a_sitemap")
    found = tuple(_leads(root, url))
    reason = "sitemap_cut" if len(root) > MAX_ADDRESSES else None
    return Leads(nested=found, reason=reason) if _name(root) == "sitemapindex" else Leads(found, reason=reason)


def _leads(root: etree._Element, url: str) -> "list[Lead]":
    leads: dict[str, Lead] = {}
    for entry in root[:MAX_ADDRESSES]:
        said: dict[str, str] = {}
        for child in entry.iter():
            if child.text and _name(child) in ("loc", "lastmod", "publication_date"):
                said.setdefault(_name(child), child.text.strip())
        link = canonical_url(said.get("loc", ""), url) if "loc" in said else None
        if link:
            leads.setdefault(link, Lead(link, _instant(said, "lastmod"), _instant(said, "publication_date")))
    return list(leads.values())


def _read_lines(body: bytes, url: str) -> Leads:
    """Read a sitemap that is a plain list, one address a line."""
    lines = body.decode("utf-8", errors="replace").split()[:MAX_ADDRESSES]
    links = dict.fromkeys(link for line in lines if line.startswith("http") and (link := canonical_url(line, url)))
    return Leads(tuple(Lead(link) for link in links), reason=None if links else "not_a_sitemap")


def _unpacked(body: bytes, limit: int) -> bytes | None:
    """Unpack gzip up to one byte beyond ``limit``; None if it is broken."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(body, limit + 1)
    except zlib.error:
        return None


def _instant(said: dict[str, str], name: str) -> datetime | None:
    return instant_from(said.get(name))


def _name(element: etree._Element) -> str:
    # Comments and processing instructions have no name.
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
