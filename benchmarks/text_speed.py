"""What reading articles costs: 100,000 names in 10,000 made-up articles of 600 words, on all cores.

``python -m benchmarks.text_speed [--names N] [--articles N] [--workers N] [--json FILE]``: names are one to three words of a
made-up vocabulary, a tenth of them common English words; articles are made of both, with a name every thirty words and
capitals at names and beginnings. ``linking`` goes from names and articles to rows of mentions, ``reading`` also to rows of
terms, as the daily asset does. Seconds are what passes on a clock, the gazetteer included, megabytes those of all processes
together. The aim for linking is 60 s and 2 GB; the exit code does not depend on it.
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from recsys_assets.core.processes import each_in_processes
from recsys_assets.core.threads import available_cores
from recsys_assets.corpus.commonness import ranked_words
from recsys_assets.corpus.gate import shipped_gate
from recsys_assets.corpus.gazetteer import build_gazetteer, catalogue_entries
from recsys_assets.corpus.mentions import Article, read_article
from recsys_assets.corpus.reading_batches import ARTICLES_AT_ONCE, Reader, as_frame, mention_rows, read_batches
from recsys_assets.corpus.tables import ARTICLE_MENTIONS

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


def link_batch(reader: Reader, articles: Sequence[Article]) -> int:
    """Link some articles; return the number of mentions."""
    rows = [row for each in articles for row in mention_rows(read_article(each, reader.gazetteer, reader.gate))]
    return len(as_frame(rows, ARTICLE_MENTIONS))


def link(reader: Reader, articles: Sequence[Article], workers: int) -> int:
    """Link all articles in several processes; return the number of mentions."""
    batches = (articles[start : start + ARTICLES_AT_ONCE] for start in range(0, len(articles), ARTICLES_AT_ONCE))
    return sum(each_in_processes("benchmarks.text_speed:link_batch", reader, batches, workers=workers))


def megabytes(workers: int) -> int:
    """Return the most memory that this process and ``workers`` like its largest child have had."""
    kilobytes = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round((kilobytes[0] + workers * kilobytes[1]) / 1024)


def main() -> None:
    """Link, read and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=available_cores())
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rng = random.Random(0)
    names = make_names(chosen.names, rng)
    half = len(names) // 2
    artists = [(f"a{n}", name, []) for n, name in enumerate(names[:half])]
    tracks = [(f"t{n}", name, [f"a{n % half}"]) for n, name in enumerate(names[half:])]
    articles = list(make_articles(chosen.articles, names, rng))
    begun = time.perf_counter()
    reader = Reader(build_gazetteer(catalogue_entries(artists, tracks)), shipped_gate())
    seconds = {"gazetteer": time.perf_counter() - begun}
    begun = time.perf_counter()
    n_mentions = link(reader, articles, chosen.workers)
    seconds["linking"] = seconds["gazetteer"] + time.perf_counter() - begun
    memory = megabytes(chosen.workers)
    print(f"linking: {seconds['linking']:.1f} s (aim {AIM_SECONDS}), {memory:,} MB (aim {AIM_MEGABYTES:,})", flush=True)
    begun = time.perf_counter()
    batches = read_batches(articles, len(articles), reader, workers=chosen.workers)
    n_terms = sum(len(batch.terms) for batch in batches)
    seconds["reading"] = seconds["gazetteer"] + time.perf_counter() - begun
    report = {
        "names": chosen.names, "articles": chosen.articles, "workers": chosen.workers, "mentions": n_mentions,
        "terms": n_terms, "seconds": {name: round(value, 1) for name, value in seconds.items()}, "megabytes": memory,
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
