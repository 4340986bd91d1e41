"""How the made-up press looks: articles among navigation, cookie banners and footers, archives, feeds and sitemaps.

Belongs here: pieces to the text of files. Addresses are those of ``https://<site>.example``, which whoever serves the press
replaces. In archives, feeds and sitemaps each page has a line of its own, newest first: a server that lives on an earlier
day leaves out the lines of what is not out yet, and what remains is still well formed.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from recsys_assets.demo import press_sites as s
from recsys_assets.demo import press_words as w
from recsys_assets.demo.press_plan import LIST, NOAI, Piece


def address(site: str, path: str) -> str:
    """Return the address of a page, as it stands in files."""
    return f"https://{site}.example{path}"


def render_page(piece: Piece, site: s.Site, *, aside: Sequence[str]) -> str:
    """Render an article or a list of links.

    Args:
        piece: what it says.
        site: whose page it is; every site has a layout of its own.
        aside: names that stand in the margin, which the article is not about.
    """
    title, head = escape(piece.title), _head(piece, site)
    if piece.kind == LIST:
        links = "".join(f'<li><a href="{escape(link)}">{escape(link)}</a></li>\n' for link in piece.links)
        body = f"<h1>{title}</h1>\n<ul>\n{links}</ul>"
    else:
        body = _LAYOUTS[site.name](piece, title)
    number = sum(map(ord, piece.path))
    navigation = "".join(f'<li><a href="/{word.lower()}">{word}</a></li>' for word in w.NAVIGATION)
    margin = "".join(f"<li>{escape(name)}</li>" for name in aside)
    return (
        f'<!doctype html>\n<html lang="{site.language}">\n<head>\n{head}</head>\n<body>\n'
        f'<header><a href="/">{escape(site.title)}</a><nav><ul>{navigation}</ul></nav></header>\n'
        f'<div class="cookie-banner" role="dialog"><p>{w.COOKIES[number % 2]}</p><button>Accept</button></div>\n'
        f"{body}\n"
        f'<aside class="sidebar"><h3>Most read</h3><ul>{margin}</ul></aside>\n'
        f"<footer><p>{w.FOOTERS[number % 3]}</p></footer>\n</body>\n</html>\n"
    )


def _head(piece: Piece, site: s.Site) -> str:
    path = piece.copy_of[1] if piece.copy_of and piece.copy_of[0] == site.name else piece.path
    lines = [
        '<meta charset="utf-8">',
        f"<title>{escape(piece.title)} - {escape(site.title)}</title>",
        f'<meta property="article:published_time" content="{piece.published.isoformat()}">',
        f'<link rel="canonical" href="{address(site.name, path)}">',
    ]
    if piece.kind == NOAI and site is s.BLOG:
        lines.append('<meta name="robots" content="noai, noimageai">')
    if site is s.MAGAZINE:
        said = {"@type": "Review", "headline": piece.title, "datePublished": piece.published.isoformat()}
        data = json.dumps({"@context": "https://schema.org"} | said, ensure_ascii=False).replace("<", "\\u003c")
        lines.append(f'<script type="application/ld+json">{data}</script>')
    return "".join(f"{line}\n" for line in lines)


def _paragraphs(piece: Piece) -> str:
    return "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in piece.paragraphs)


def _blog(piece: Piece, title: str) -> str:
    share = '<div class="sharedaddy"><h3>Share this</h3><ul><li><a href="#">Mail</a></li></ul></div>'
    return (
        f'<main id="content"><article class="post hentry"><h1 class="entry-title">{title}</h1>\n'
        f'<div class="entry-content">\n{_paragraphs(piece)}\n</div>{share}</article></main>'
    )


def _magazine(piece: Piece, title: str) -> str:
    tags = (
        '<ul class="tags"><li><a href="/search?q=new">new</a></li><li><a href="/search?q=albums">albums</a></li></ul>'
    )
    return f"<article><header><h1>{title}</h1></header>\n{_paragraphs(piece)}\n{tags}</article>"


def _plain(piece: Piece, title: str) -> str:
    return f'<table width="100%"><tr><td><h1>{title}</h1>\n{_paragraphs(piece)}\n</td></tr></table>'


def _french(piece: Piece, title: str) -> str:
    return f'<main class="contenu"><section class="article"><h1>{title}</h1>\n{_paragraphs(piece)}\n</section></main>'


def _news(piece: Piece, title: str) -> str:
    return f'<div class="wrap"><div class="story"><h1>{title}</h1>\n<div class="text">{_paragraphs(piece)}</div></div></div>'


def _farm(piece: Piece, title: str) -> str:
    wares = '<div class="ad"><a href="/buy">Buy followers now</a></div>'
    return f'<div id="main">{wares}<h1>{title}</h1>\n<div class="post-body">{_paragraphs(piece)}</div>{wares}</div>'


_LAYOUTS = {
    s.BLOG.name: _blog, s.MAGAZINE.name: _magazine, s.CRITIC.name: _plain, s.FRENCH.name: _french,
    s.NEWS.name: _news, s.FARM.name: _farm,
}  # fmt: skip


def render_leads(site: s.Site, pieces: Sequence[Piece]) -> dict[str, str]:
    """Render what leads to a site's pages: archive, feed and sitemap, by path.

    Args:
        site: the site.
        pieces: its pieces, oldest first.
    """
    newest = list(reversed(pieces))
    files: dict[str, str] = {}
    if site.archive:
        lines = "".join(
            f'<li><a href="{address(site.name, piece.path)}">{escape(piece.title)}</a></li>\n' for piece in newest
        )
        files[site.archive] = (
            f'<!doctype html>\n<html lang="{site.language}"><head><meta charset="utf-8">'
            f"<title>{escape(site.title)}</title></head><body><h1>{escape(site.title)}</h1>\n<ul>\n{lines}</ul></body></html>\n"
        )
    if site.feed:
        files[site.feed] = _feed(site, newest)
    if site.sitemap:
        files |= _sitemaps(site, newest)
    return files


def _feed(site: s.Site, newest: Sequence[Piece]) -> str:
    if site.feed.endswith(".json"):
        items = [
            {
                "id": address(site.name, piece.path), "url": address(site.name, piece.path), "title": piece.title,
                "date_published": piece.published.isoformat(),
            }
            for piece in newest
        ]  # fmt: skip
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
        return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "{site.title}", "items": [\n{lines}\n]}}\n'
    if site.feed.startswith("/atom"):
        entries = "".join(
            f'<entry><title>{escape(piece.title)}</title><link href="{address(site.name, piece.path)}"/>'
            f"<published>{piece.published.isoformat()}</published><updated>{piece.published.isoformat()}</updated></entry>\n"
            for piece in newest
        )
        return (
            f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(site.title)}'
            f"</title>\n{entries}</feed>\n"
        )
    items = "".join(
        f"<item><title>{escape(piece.title)}</title><link>{address(site.name, piece.path)}?utm_source=rss</link>"
        f"<pubDate>{_rfc822(piece.published)}</pubDate></item>\n"
        for piece in newest
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>{escape(site.title)}</title>\n'
        f"{items}</channel></rss>\n"
    )


def _sitemaps(site: s.Site, newest: Sequence[Piece]) -> dict[str, str]:
    """Two sitemaps and the index that leads to them."""
    half = (len(newest) + 1) // 2
    files, paths = {}, ("/sitemap-new.xml", "/sitemap-old.xml")
    for path, part in zip(paths, (newest[:half], newest[half:]), strict=True):
        urls = "".join(
            f"<url><loc>{address(site.name, piece.path)}</loc><lastmod>{piece.published.isoformat()}</lastmod></url>\n"
            for piece in part
        )
        files[path] = (
            '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{urls}</urlset>\n"
        )
    index = "".join(f"<sitemap><loc>{address(site.name, path)}</loc></sitemap>\n" for path in paths)
    files[site.sitemap] = (
        '<?xml version="1.0" encoding="utf-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{index}</sitemapindex>\n"
    )
    return files


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant)
