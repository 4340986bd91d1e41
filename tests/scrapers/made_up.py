"""Made-up articles for the crawler's tests, and the site that serves them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from random import Random

_WORDS = (
    "the band record guitar drums quiet loud chorus verse melody winter summer street city river singer voice tape "
    "studio bass organ choir feedback harmony rhythm album single debut second label tour stage crowd night morning "
    "dream slow fast"
)


def prose(seed: int, sentences: int = 12) -> str:
    """Sentences of words drawn by ``seed``: two seeds share hardly four words in a row."""
    rng = Random(seed)
    words = _WORDS.split()
    return " ".join(" ".join(rng.choices(words, k=14)).capitalize() + "." for _ in range(sentences))


def article_html(title: str, text: str, head: str = "") -> str:
    """A page with an article between a menu and a footer; four sentences are a paragraph."""
    sentences = text.removesuffix(".").split(". ")
    paragraphs = "".join(f"<p>{'. '.join(sentences[at : at + 4])}.</p>" for at in range(0, len(sentences), 4))
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body><nav><a href="/">Home</a></nav>'
        f"<article><h1>{title}</h1>{paragraphs}</article><footer>All rights reserved</footer></body></html>"
    )


@dataclass
class Answer:
    """What a site says to one path; ``write`` speaks for itself, for answers that no length describes."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    write: Callable[[BaseHTTPRequestHandler], None] | None = None


@dataclass
class Site:
    """A site on loopback: paths to answers, and what it was asked for."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def page(self, path: str, html: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = Answer(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"} | named)

    def feed(self, *paths: str) -> None:
        items = "".join(f"<item><link>{self.base}{path}</link></item>" for path in paths)
        body = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
        self.answers["/feed"] = Answer(body.encode(), headers={"Content-Type": "application/rss+xml"})
