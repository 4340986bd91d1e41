"""Gates of reading: verdicts on a day's mentions and a week's weights. Only verdicts."""

import unicodedata

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.corpus.crawl import CRAWL_FAILED
from recsys_assets.corpus.tables import MAX_EXCERPT_CHARS

# Of fewer articles nothing is said; a press that names nobody of the catalogue in most of its articles is not about it, or
# the gate is wrong.
LEAST_ARTICLES, MOST_SILENT = 20, 0.9
# Articles are read sentence by sentence and excerpts may stand in any page: neither length nor commands get through.
_HARMFUL = ("Cc", "Cs")
# Of a source most of whose addresses fail there is something to look at: it moved, it is down, or the list is wrong.
MOST_FAILED = 0.5
# Addresses with these reasons were found and never asked for: they say nothing of whether the source answers.
_NOT_ASKED = ("known", "outside_source", "dated_after_now", "failed_before", "robots", "other_site", "scheme")
# Left in peace because it failed: where nothing else was asked for, the source is as silent as at the crawl before.
_RESTING = "failed_before"


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


def sources_answer(log: pl.DataFrame) -> GateResult:
    """Judge whether the sources of a day's newest crawl answer; a failure warns and names those that do not.

    Args:
        log: source, outcome, reason, crawled_at: rows of ``corpus.crawl_log`` of a day.
    """
    newest = log.filter(pl.col("crawled_at") == pl.col("crawled_at").max())
    died = pl.col(c.REASON) == CRAWL_FAILED
    failed = (pl.col("outcome") == "error") | (pl.col(c.REASON) == "robots_unavailable")
    reasons = newest.with_columns(pl.col(c.REASON).fill_null(""))
    asked = reasons.filter(~pl.col(c.REASON).is_in(_NOT_ASKED))
    resting = reasons.filter(pl.col(c.REASON) == _RESTING).join(asked, on=c.SOURCE, how="anti")
    by_source = asked.group_by(c.SOURCE).agg(
        pl.len().alias("n"), failed.sum().alias("failed"), died.any().alias("died")
    )
    silent = by_source.filter(pl.col("died") | (pl.col("failed") > MOST_FAILED * pl.col("n"))).sort(c.SOURCE)
    why = [
        *(
            f"{source} ({'its crawl died' if is_dead else f'{bad} of {n} addresses failed'})"
            for source, n, bad, is_dead in silent.iter_rows()
        ),
        *(f"{source} (all of it failed before and is left in peace)" for source in resting[c.SOURCE].unique().sort()),
    ]
    told = ", ".join(why[:5])
    articles = newest.filter(pl.col("outcome") == "article").height
    notes = f"{newest[c.SOURCE].n_unique()} sources, {asked.height:,} addresses asked for, {articles:,} articles"
    return GateResult(
        name="sources_answer",
        passed=not why,
        observed=len(why),
        threshold=0,
        blocking=False,
        notes=f"{notes}; not answering: {told}. `corpus.crawl_log` has the reasons" if told else notes,
    )
