"""The page object of articles: bytes, headers and address to an article, or to the reason why it is none.

Belongs here: what a page is and what its article is. Which pages are asked for is the spider's; what is known of single
sites is ``sites``.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import trafilatura
from lxml import html
from lxml.etree import LxmlError
from lxml.html import HtmlElement
from trafilatura.settings import Document

from scrapers.items import MAX_LINK_TEXTS, clean_line, clean_text
from scrapers.pages import robots_tags
from scrapers.pages.charset import decode
from scrapers.pages.sites import ANY_SITE, SiteRule, rule_for
from scrapers.pages.verdicts import why_no_article
from scrapers.urls import canonical_url, site_host

# A long read with all its markup has half a million characters; what is beyond is a dump, and extraction would take minutes.
MAX_PAGE_CHARS = 3_000_000
MAX_ELEMENTS = 60_000
_HTML_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "")
_BINARY = re.compile(rb"^(%PDF|\x89PNG|GIF8|\xff\xd8\xff|PK\x03\x04|\x1f\x8b|RIFF|OggS|ID3)")
_PUBLISHED_META = (
    "article:published_time", "datepublished", "og:published_time", "dc.date", "dc.date.issued", "dcterms.created", "date",
    "parsely-pub-date", "sailthru.date",
)  # fmt: skip


@dataclass(frozen=True)
class ArticlePage:
    """A page as it was answered.

    Attributes:
        url: the address that answered, after redirects.
        body: the bytes, unpacked.
        content_type: the header, None if there was none.
        robots_headers: the values of ``X-Robots-Tag``.
        rule: what the list of sources knows of the site; where that is nothing, ``sites`` is asked.
    """

    url: str
    body: bytes
    content_type: str | None = None
    robots_headers: Sequence[str] = ()
    rule: SiteRule = ANY_SITE

    def read(self, *, heed_robots: bool = True) -> "PageReading":
        """Return the article, or why there is none.

        Args:
            heed_robots: whether a page that asks not to be taken is refused; False judges reading alone, on saved pages.
        """
        mime = (self.content_type or "").partition(";")[0].strip().lower()
        is_wide = self.body.startswith((b"\xff\xfe", b"\xfe\xff"))
        is_binary = _BINARY.match(self.body) or (b"\x00" in self.body[:1024] and not is_wide)
        if mime not in _HTML_TYPES or is_binary:
            return PageReading(reason="not_html")
        text = decode(self.body, self.content_type)
        if len(text) > MAX_PAGE_CHARS:
            return PageReading(reason="page_too_large")
        tree = _parsed(text)
        if tree is None:
            return PageReading(reason="empty_page")
        refused = robots_tags.refusal(self.robots_headers, tree)
        if refused is not None and heed_robots:
            return PageReading(refused=refused)
        return self._read(tree, text)

    def _read(self, tree: HtmlElement, text: str) -> "PageReading":
        if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
            return PageReading(reason="page_too_large")
        rule = self.rule if self.rule != ANY_SITE else rule_for(site_host(self.url))
        found = _extracted(_narrowed(text, rule), self.url)
        title = clean_line(found.get("title") or _heading(tree))
        body_text = _without_headline(clean_text(found.get("text") or ""), title)
        reason = why_no_article(tree, title or "", body_text)
        if reason is None and not title:
            reason = "no_title"
        return PageReading(
            reason=reason,
            url=self._canonical(tree),
            title=title or "",
            body_text=body_text,
            author=clean_line(found.get("author")),
            published_at=_published(tree, found.get("date")),
            language=_language(tree),
            link_texts=_link_texts(tree, body_text),
        )

    def _canonical(self, tree: HtmlElement) -> str:
        """Return what the page calls its own address, if it is one of the same site and not simply the front page."""
        own = canonical_url(self.url) or self.url
        for link in tree.iter("link"):
            if "canonical" in (link.get("rel") or "").lower().split():
                said = canonical_url(link.get("href") or "", self.url)
                if said and site_host(said) == site_host(own) and _port(said) == _port(own) and _is_page_of(said, own):
                    return said
        return own


@dataclass(frozen=True)
class PageReading:
    """What a page says: an article if neither ``refused`` nor ``reason`` is set."""

    refused: str | None = None
    reason: str | None = None
    url: str = ""
    title: str = ""
    body_text: str = ""
    author: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    link_texts: tuple[str, ...] = field(default_factory=tuple)


def instant_from(text: str | None) -> datetime | None:
    """Read an ISO 8601 instant or day; without an offset it is UTC, a day is its midnight. None if it is none or before 1990."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text.strip()[:40])
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # The web has no older pages: what claims to be is a parser's default.
    return instant if instant.year >= 1990 else None


def _parsed(text: str) -> HtmlElement | None:
    try:
        # lxml refuses a str with an XML declaration that names an encoding.
        tree = html.document_fromstring(
            text.encode("utf-8", errors="replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (LxmlError, ValueError):
        return None
    return tree if isinstance(tree, HtmlElement) else None


def _extracted(page: str, url: str) -> Mapping[str, str | None]:
    found = trafilatura.bare_extraction(
        page,
        url=url,
        include_comments=False,
        # A stray line of a sidebar names artists that the article is not about; a lost paragraph only says less. On 181
        # marked pages of the public benchmark: precision .958 for .942, recall .971 for .978.
        favor_precision=True,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if not isinstance(found, Document):
        return {}
    return {"text": found.text, "title": found.title, "author": found.author, "date": found.date}


def _without_headline(body_text: str, title: str | None) -> str:
    """Return the text without a first line that only repeats the headline, which has a column of its own."""
    first, _, rest = body_text.partition("\n")
    return rest if title and rest and first.casefold().strip() == title.casefold().strip() else body_text


def _narrowed(text: str, rule: SiteRule) -> str:
    """Return the page with only the article of a site whose layout is known; unchanged where the selectors find nothing."""
    tree = _parsed(text) if rule != ANY_SITE else None
    if tree is None:
        return text
    for selector in rule.drop:
        for element in tree.cssselect(selector):
            if element.getparent() is not None:
                element.drop_tree()
    body = tree.find("body")
    chosen = tree.cssselect(rule.article) if rule.article else []
    if chosen and body is not None and chosen[0] is not body:
        article = chosen[0]
        article.tag = "article"
        body.clear()
        body.append(article)
    return html.tostring(tree, encoding="unicode")


def _heading(tree: HtmlElement) -> str | None:
    for meta in tree.iter("meta"):
        if (meta.get("property") or meta.get("name") or "").lower() in ("og:title", "twitter:title") and meta.get(
            "content"
        ):
            return meta.get("content")
    return next((element.text_content() for tag in ("h1", "title") for element in tree.iter(tag)), None)


def _published(tree: HtmlElement, guessed: str | None) -> datetime | None:
    said = [
        meta.get("content")
        for name in _PUBLISHED_META
        for meta in tree.iter("meta")
        if (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower() == name
    ]
    said += _linked_data_dates(tree)
    said += [
        element.get("datetime")
        for element in tree.iter("time")
        if "published" in (element.get("itemprop") or "").lower()
    ]
    return next((instant for instant in map(instant_from, (*said, guessed)) if instant is not None), None)


def _linked_data_dates(tree: HtmlElement) -> list[str]:
    dates: list[str] = []
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        graph = data.get("@graph", [data]) if isinstance(data, dict) else data
        nodes = [node for node in graph if isinstance(node, dict)] if isinstance(graph, list) else []
        dates += [node["datePublished"] for node in nodes if isinstance(node.get("datePublished"), str)]
    return dates


def _language(tree: HtmlElement) -> str | None:
    said = (tree.get("lang") or "").strip().lower().replace("_", "-").partition("-")[0]
    return said if re.fullmatch(r"[a-z]{2}", said) else None


def _link_texts(tree: HtmlElement, body_text: str) -> tuple[str, ...]:
    """Return what the links in the paragraphs of the article are called, in their order, each once."""
    inside = " ".join(body_text.split())
    texts: dict[str, None] = {}
    for link in tree.xpath(
        "//*[self::p or self::li or self::blockquote or self::h2 or self::h3 or self::td]//a[@href]"
    ):
        text = clean_line(link.text_content())
        if text and len(text) <= 200 and any(unicodedata.category(char)[0] == "L" for char in text) and text in inside:
            texts.setdefault(text)
            if len(texts) == MAX_LINK_TEXTS:
                break
    return tuple(texts)


def _port(url: str) -> int | None:
    return urlsplit(url).port


def _is_page_of(said: str, own: str) -> bool:
    return urlsplit(said).path != "/" or urlsplit(own).path == "/"
