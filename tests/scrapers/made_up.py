"""Made-up articles for the crawler's tests."""

from random import Random

_WORDS = ["the", "band", "record", "guitar", "drums", "quiet", "loud", "chorus", "verse", "melody", "winter", "summer", "street", "city", "river", "singer", "voice", "tape", "studio", "bass", "organ", "choir", "feedback", "harmony", "rhythm", "album", "single", "debut", "second", "label", "tour", "stage", "crowd", "night", "morning", "dream", "slow", "fast"]


def prose(seed: int, sentences: int = 12) -> str:
    """Sentences of words drawn by ``seed``: two seeds share hardly four words in a row."""
    rng = Random(seed)
    return " ".join(" ".join(rng.choices(_WORDS, k=14)).capitalize() + "." for _ in range(sentences))


def article_html(title: str, text: str, head: str = "") -> str:
    """A page with an article between a menu and a footer; each sentence group is a paragraph."""
    sentences = text.split(". ")
    paragraphs = "".join(f"<p>{'. '.join(sentences[at : at + 4])}.</p>" for at in range(0, len(sentences), 4))
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body><nav><a href="/">Home</a></nav>'
        f"<article><h1>{title}</h1>{paragraphs}</article><footer>All rights reserved</footer></body></html>"
    )
