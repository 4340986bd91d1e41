"""The benchmark of article extraction: worked shingles, bad folders, the whole protocol on made-up pages."""

import gzip
import json
from pathlib import Path

import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.evaluation.extraction import evaluate_extraction, read_benchmark, score, shingle_shares

ARTICLE = (
    "The second record begins where the debut ended, with a guitar that hardly moves and a voice from the next room. "
    "It was made in a disused chapel, and every room of it can be heard, the drums far away and the piano very near."
)


def write(folder: Path, html: str, article: str = ARTICLE) -> Path:
    (folder / "html").mkdir(parents=True)
    (folder / "html" / "k.html.gz").write_bytes(gzip.compress(html.encode()))
    (folder / "ground-truth.json").write_text(json.dumps({"k": {"url": "https://b.example/a", "articleBody": article}}))
    return folder


@pytest.mark.parametrize(
    ("marked", "found", "shares"),
    [
        # Shingles abcd bcde | bcde cdef: one right, one wrong, one missed.
        ("a b c d e", "b c d e f", (1 / 3, 1 / 3, 1 / 3)),
        ("a, b. C d", "a b C d", (1, 0, 0)),
        ("a b", "a b", (1, 0, 0)),
        ("a b c d", "", (0, 0, 1)),
        ("", "a b c d", (0, 1, 0)),
        ("", "", (0, 0, 0)),
        # A shingle that stands twice counts twice.
        ("x x x x x", "x x x x", (1 / 2, 0, 1 / 2)),
    ],
)
def test_shares_by_hand(marked: str, found: str, shares: tuple[float, float, float]):
    assert shingle_shares(marked, found) == pytest.approx(shares)


def test_an_empty_answer_costs_recall_and_has_no_precision():
    assert score([("a b c d", "a b c d"), ("a b c d", "")]) == pytest.approx(
        {"precision": 1, "recall": 0.5, "f1": 2 / 3}
    )
    assert score([("a b c d", "")]) == {"precision": 0, "recall": 0, "f1": 0}


def test_ours_finds_the_article_and_plain_finds_everything(tmp_path: Path):
    paragraphs = "".join(f"<p>{sentence}.</p>" for sentence in ARTICLE.split(". "))
    menu = "<nav>" + "<a href=/x>Win tickets for the spring tour</a> " * 5 + "</nav>"
    folder = write(
        tmp_path / "b", f"<html><head><title>T</title></head><body>{menu}<article>{paragraphs}</article></body></html>"
    )

    report = evaluate_extraction(folder)

    assert report.models == ("ours", "plain")
    assert report.summary("ours", "f1").mean == pytest.approx(1)
    assert report.summary("plain", "recall").mean == pytest.approx(1)
    assert report.summary("plain", "precision").mean < 0.8
    assert json.loads(report.to_json())["n_test"] == 1


def test_what_is_no_benchmark(tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match="ground-truth"):
        read_benchmark(tmp_path)
    folder = write(tmp_path / "b", "x")
    (folder / "html" / "k.html.gz").unlink()
    with pytest.raises(DataFaultError, match="1 of 1 pages"):
        read_benchmark(folder)
    (folder / "ground-truth.json").write_text('{"k": {"url": "x"}}')
    with pytest.raises(DataFaultError, match="articleBody"):
        read_benchmark(folder)
