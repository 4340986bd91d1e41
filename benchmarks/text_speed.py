"""What linking names in articles costs: 100,000 names in 10,000 made-up articles of 600 words, on one core.

``python -m benchmarks.text_speed [--names N] [--articles N] [--json FILE]``: names are one to three words of a made-up
vocabulary, a tenth of them common English words; articles are made of both, with a name every thirty words and capitals at
names and beginnings. Everything is timed that the daily asset does from text to rows of mentions. The aim is 60 s of
processor time and 2 GB; the exit code does not depend on it.
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from recsys_assets.corpus.commonness import ranked_words
from recsys_assets.corpus.gate import shipped_gate
from recsys_assets.corpus.gazetteer import build_gazetteer, catalogue_entries
from recsys_assets.corpus.mentions import Article, read_article
from recsys_assets.corpus.reading_days import mention_rows, term_rows

WORDS, NAME_EVERY, SENTENCE = 600, 30, 18
AIM_SECONDS, AIM_MEGABYTES = 60, 2_000
_ONSETS = ("b", "br", "c", "d", "dr", "f", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo")


def made_up_words(n: int, rng: random.Random) -> list[str]:
    """Make words of two or three syllables that no dictionary has."""
    syllables = [onset + vowel for onset in _ONSETS for vowel in _VOWELS]
    return ["".join(rng.choices(syllables, k=rng.randint(2, 3))) for _ in range(n)]


def make_names(n: int, rng: random.Random) -> list[str]:
    """Make names; every tenth is a common English word or two."""
    common, rare = ranked_words()[:8_000], made_up_words(60_000, rng)
    return [" ".join(rng.choices(common if k % 10 == 0 else rare, k=rng.randint(1, 3))).title() for k in range(n)]


def make_articles(n: int, names: list[str], rng: random.Random) -> Iterator[Article]:
    """Make articles of English words with names among them."""
    common = ranked_words()[:5_000]
    weights = [1 / (rank + 3) for rank in range(len(common))]
    for number in range(n):
        words = rng.choices(common, weights=weights, k=WORDS)
        for place in range(rng.randrange(NAME_EVERY), WORDS, NAME_EVERY):
            words[place] = rng.choice(names)
        for place in range(0, WORDS, SENTENCE):
            words[place] = words[place].capitalize()
        sentences = (" ".join(words[place : place + SENTENCE]) for place in range(0, WORDS, SENTENCE))
        yield Article(f"https://press.example/{number}", "press", "A headline", ". ".join(sentences) + ".")


def main() -> None:
    """Link and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rng = random.Random(0)
    names = make_names(chosen.names, rng)
    half = len(names) // 2
    artists = [(f"a{n}", name, []) for n, name in enumerate(names[:half])]
    tracks = [(f"t{n}", name, [f"a{n % half}"]) for n, name in enumerate(names[half:])]
    seconds = {"gazetteer": 0.0, "mentions": 0.0, "terms": 0.0}
    begun = time.process_time()
    gazetteer = build_gazetteer(catalogue_entries(artists, tracks))
    read_article(Article("", "", "", "warm up"), gazetteer, shipped_gate())
    seconds["gazetteer"] = time.process_time() - begun
    n_mentions = n_terms = 0
    for article in make_articles(chosen.articles, names, rng):
        begun = time.process_time()
        read = read_article(article, gazetteer, shipped_gate())
        n_mentions += len(mention_rows(read, date(2026, 1, 1)))
        linked = time.process_time()
        n_terms += len(term_rows(read, date(2026, 1, 1)))
        seconds["mentions"] += linked - begun
        seconds["terms"] += time.process_time() - linked
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    linking = seconds["gazetteer"] + seconds["mentions"]
    report = {
        "names": chosen.names, "articles": chosen.articles, "mentions": n_mentions, "terms": n_terms,
        "seconds": {name: round(value, 1) for name, value in seconds.items()}, "megabytes": round(megabytes),
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    print(f"linking: {linking:.1f} s (aim {AIM_SECONDS}), {megabytes:,.0f} MB (aim {AIM_MEGABYTES:,})")
    if chosen.json:
        chosen.json.write_text(json.dumps(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
