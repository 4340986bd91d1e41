"""Gates of reading: verdicts on a day's mentions and a week's weights. Only verdicts."""

import unicodedata

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.corpus.tables import MAX_EXCERPT_CHARS

# Of fewer articles nothing is said; a press that names nobody of the catalogue in most of its articles is not about it, or
# the gate is wrong.
LEAST_ARTICLES, MOST_SILENT = 20, 0.9
# Articles are read sentence by sentence and excerpts may stand in any page: neither length nor commands get through.
_HARMFUL = ("Cc", "Cs")


def articles_name_somebody(articles: pl.DataFrame, mentions: pl.DataFrame) -> GateResult:
    """Judge the share of a day's articles that mention nobody of the catalogue.

    Args:
        articles: url.
        mentions: url.
    """
    name = "articles_name_somebody"
    if articles.height < LEAST_ARTICLES:
        notes = f"{articles.height} articles of the day: fewer than {LEAST_ARTICLES}, nothing to judge"
        return GateResult(name, True, articles.height, None, False, notes)
    silent = articles.height - articles.join(mentions, on="url", how="semi").height
    share = silent / articles.height
    notes = f"{silent:,} of {articles.height:,} articles name nobody of the catalogue"
    passed = share <= MOST_SILENT
    hint = "" if passed else ". Look at the day's rows of raw_articles: are they about music, and whose?"
    return GateResult(name, passed, round(share, 3), MOST_SILENT, False, notes + hint)


def excerpts_are_short(rows: pl.DataFrame) -> GateResult:
    """Judge whether excerpts are what may be kept of a text and shown: at most 300 characters, none that commands.

    Args:
        rows: excerpt.
    """
    excerpts = rows["excerpt"].drop_nulls().unique()
    long = excerpts.filter(excerpts.str.len_chars() > MAX_EXCERPT_CHARS).len()
    harmful = sum(any(unicodedata.category(ch) in _HARMFUL for ch in each) for each in excerpts if not each.isascii())
    harmful += sum(not each.isprintable() for each in excerpts if each.isascii())
    notes = f"{excerpts.len():,} excerpts, {long} longer than {MAX_EXCERPT_CHARS} characters, {harmful} with control characters"
    return GateResult("excerpts_are_short", long + harmful == 0, long + harmful, 0, long + harmful > 0, notes)


def sources_beat_chance(weights: pl.DataFrame) -> GateResult:
    """Judge whether the sources together name artists near each other that are heard together, more than by chance.

    Args:
        weights: rows of ``corpus.source_weights`` of one week.
    """
    name = "sources_beat_chance"
    judged = weights.drop_nulls(c.SCORE)
    n_pairs = int(judged["n_judged"].sum())
    if n_pairs < LEAST_ARTICLES:
        notes = f"{n_pairs} pairs of artists named near each other: too few to judge"
        return GateResult(name, True, n_pairs, None, False, notes)
    mean = float((judged[c.SCORE] * judged["n_judged"]).sum() / n_pairs)
    notes = f"mean agreement {mean:+.3f} of {n_pairs:,} pairs with who is heard with whom (0 is chance)"
    hint = "" if mean > 0 else ". Texts foretell nothing here, and their sources weigh little; look at co_mentions"
    return GateResult(name, mean > 0, round(mean, 4), 0, False, notes + hint)
