"""A small catalogue with names that are words, and articles about it."""

from recsys_assets.corpus.gate import Gate, shipped_gate
from recsys_assets.corpus.gazetteer import Gazetteer, build_gazetteer, catalogue_entries
from recsys_assets.corpus.mentions import Article, ReadArticle, read_article

ARTISTS = (
    ("air", "Air", ["french electronic"]),
    ("yes", "Yes", ["progressive rock"]),
    ("low", "Low", ["slowcore"]),
    ("the-the", "The The", []),
    ("radiohead", "Radiohead", []),
    ("slowdive", "Slowdive", ["shoegaze"]),
    ("incidents", "東京事変", []),
    ("bjork", "Björk", []),
    ("kino", "Кино", []),
    ("fairuz", "فيروز", []),
    ("valentine", "My Bloody Valentine", []),
    ("house", "Beach House", ["dream pop"]),
    ("love", "Love", []),
)
TRACKS = (
    ("sexy-boy", "Sexy Boy", ["air"]),
    ("roundabout", "Roundabout - 2008 Remaster", ["yes"]),
    ("creep", "Creep", ["radiohead"]),
    ("alison", "Alison", ["slowdive"]),
    ("alison-2", "Alison", ["love"]),
)


def gazetteer() -> Gazetteer:
    return build_gazetteer(catalogue_entries(ARTISTS, TRACKS))


def read_text(body: str, *, title: str = "News", links: tuple[str, ...] = (), gate: Gate | None = None) -> ReadArticle:
    article = Article("https://press.example/1", "press", title, body, link_texts=links)
    return read_article(article, gazetteer(), gate or shipped_gate())


def named_in(body: str, **more) -> dict[str, str]:
    """Entity to the words that name it."""
    read = read_text(body, **more)
    return {mention.entity_id: read.article.text[mention.start : mention.end] for mention in read.mentions}
