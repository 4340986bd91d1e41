"""Lines of a crawl, gathered: few messages, and none that keeps still about how much it leaves out."""

import pytest

from recsys_assets.corpus.crawl_lines import LINES_TOLD, GatheredLines


def lines(n: int, path: str = "x") -> list[dict]:
    return [{"outcome": "article", "url": f"http://a.example/{path}{number}"} for number in range(n)]


def test_lines_of_five_seconds_are_one_message():
    said, clock = [], [0.0]
    with GatheredLines(said.append, clock=lambda: clock[0]) as gathered:
        for second in range(10):
            clock[0] = float(second)
            gathered("a" if second < 3 else "b", lines(1, f"{second}-"))
        at_nine = list(said)

    assert [message.count("http://") for message in at_nine] == [6]
    assert at_nine[0].splitlines()[:2] == ["a: 3 addresses", "article http://a.example/0-0"]
    assert "b: 3 addresses" in at_nine[0]
    assert [message.count("http://") for message in said] == [6, 4]


def test_what_is_left_out_is_counted():
    said = []
    with GatheredLines(said.append, clock=lambda: 0.0) as gathered:
        gathered("a", lines(LINES_TOLD - 1))
        gathered("a", lines(1_002))

    (message,) = said
    assert message.splitlines()[0] == "a: 1,041 addresses"
    assert message.count("http://") == LINES_TOLD
    assert message.splitlines()[-1] == "… and 1,001 more, see corpus.crawl_log"


def test_a_crawl_that_is_broken_off_has_told_what_it_knew():
    said = []
    gathered = GatheredLines(said.append, clock=lambda: 0.0)

    def crawl() -> None:
        with gathered:
            gathered("a", lines(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crawl()
    assert len(said) == 1
