"""What became of a crawl's addresses: counters that add up, and their picture."""

import polars as pl
import pytest

from recsys_assets.corpus.crawl_report import COUNTERS, count_addresses, draw_addresses, sum_addresses

OUTCOMES = ("article", "not_modified", "duplicate", "near_duplicate", "skipped", "not_an_article", "refused", "error")


def log(**outcomes: list[str]) -> pl.DataFrame:
    rows = [(source, outcome) for source, found in outcomes.items() for outcome in found]
    return pl.DataFrame(rows, schema={"source": pl.String, "outcome": pl.String}, orient="row")


def test_each_address_is_counted_once_in_the_order_of_the_list():
    counted = count_addresses(
        log(b=["article", "article", "error"], a=list(OUTCOMES)), {"a": "finished", "b": "finished"}
    )

    assert counted.columns == ["source", "addresses", *COUNTERS]
    assert counted.rows() == [("a", 8, 1, 1, 3, 1, 1, 1), ("b", 3, 2, 0, 0, 0, 0, 1)]
    assert sum_addresses(counted) == {
        "addresses": 11, "new": 3, "not_modified": 1, "passed_over": 3, "no_article": 1, "refused": 1, "failed": 2,
    }  # fmt: skip


def test_how_a_crawl_ended_is_told_where_it_is_news():
    counted = count_addresses(log(a=["article"]), {"a": "finished", "b": "crawl_failed: it fell over"})

    assert counted["ended"].to_list() == ["finished", "crawl_failed: it fell over"]
    assert counted["addresses"].to_list() == [1, 0]


@pytest.mark.parametrize("n_sources", [0, 1, 40])
def test_any_number_of_sources_is_drawn_the_same_twice(n_sources: int):
    found = {f"s{n}": list(OUTCOMES) for n in range(n_sources)}
    counted = count_addresses(log(**found), dict.fromkeys(found, "finished"))

    first, second = (draw_addresses(counted, title="T") for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")
