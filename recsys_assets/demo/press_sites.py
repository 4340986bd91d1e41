"""The sites of the made-up press: who writes, in which language, where articles and feeds lie, and what robots may not see.

A table and no code. What is written is ``press_plan``, how pages look ``press_pages``; the two sites without a folder of pages
are made on the fly by whoever serves the press (``scripts.press``).
"""

from dataclasses import dataclass

FIRST_PORT = 8810
"""Sites lie on loopback ports from here on, in the order of the list, unless whoever serves them finds a port taken."""


@dataclass(frozen=True)
class Site:
    """One site.

    Attributes:
        name: in the list of sources, and its folder.
        title: what it calls itself.
        language: ISO 639-1.
        folder: where its articles lie.
        feed: the feed's path, "" for none; the ending says of which kind it is.
        sitemap: the sitemap's path, "" for none.
        archive: a page whose links lead to articles, "" for none.
        n_pieces: articles of its own.
        is_true: whether its words and comparisons follow the planted space; otherwise they are drawn at random.
        robots: robots.txt, None where there is none.
        forbidden: folders that robots.txt closes, with pages in them that somebody links to.
    """

    name: str
    title: str
    language: str
    folder: str
    feed: str
    sitemap: str
    archive: str
    n_pieces: int
    is_true: bool
    robots: str | None
    forbidden: tuple[str, ...] = ()


BLOG = Site(
    "lamplight", "Lamplight", "en", "/posts/", "/feed.xml", "", "/archive", 46, True,
    "User-agent: *\nDisallow: /drafts/\nDisallow: /*?replytocom=\nDisallow: /posts/*/print$\n", ("/drafts/",),
)  # fmt: skip
MAGAZINE = Site(
    "northern-review", "The Northern Review", "en", "/reviews/", "/rss", "/sitemap.xml", "", 50, True,
    "User-agent: greedybot\nDisallow: /\n\nUser-agent: recsysbot\nDisallow: /subscribers/\nAllow: /subscribers/free/\n"
    "\nUser-agent: *\nDisallow: /search\n\nSitemap: https://northern-review.example/sitemap.xml\n",
    ("/subscribers/",),
)  # fmt: skip
CRITIC = Site("hot-takes", "Hot Takes", "en", "/takes/", "/atom.xml", "", "", 34, False, None)
FRENCH = Site(
    "la-marge", "La Marge", "fr", "/chroniques/", "/flux.rss", "", "/", 24, True,
    "\ufeffUser-agent: *\r\nDisallow: /brouillons/\r\nDisallow: /notes%20privees/\r\n", ("/brouillons/", "/notes%20privees/"),
)  # fmt: skip
NEWS = Site(
    "daily-spins", "Daily Spins", "en", "/spins/", "/feed.json", "", "", 30, True,
    "# one group for all\nUser-Agent: *\nDisallow: /*/preview$\nDisallow: /internal\n", ("/internal/",),
)  # fmt: skip
# Its robots.txt is a page of HTML, of which no line is a rule.
FARM = Site(
    "link-barn", "LINK BARN!!!", "en", "/hot/", "", "/sitemap_index.xml", "/links", 0, False,
    "<!doctype html><html><head><title>Oops</title></head><body><p>Disallow nothing, dear friends.</p></body></html>\n",
)  # fmt: skip
SITES = (BLOG, MAGAZINE, CRITIC, FRENCH, NEWS, FARM)

ROUGH, CLOSED = "rough-corner", "closed-shop"
"""Sites that are made up while they are asked: one of hostile answers, and one whose robots.txt fails."""
