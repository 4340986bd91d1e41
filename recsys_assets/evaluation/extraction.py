"""How well the crawler finds the article of a page: precision, recall and F1 on pages whose article a person marked.

The protocol is that of the public article-extraction benchmark (Zyte, 2019): shingles of four words counted as multisets,
true and false ones as shares of each page, precision and recall averaged over pages, F1 of the averages. The crawler reads
in a process of its own; the platform never imports it. ``plain`` is all text that a browser would show.
"""

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, SourceUnavailableError
from recsys_assets.evaluation.report import OURS, ModelRun, Report

PLAIN = "plain"
SHINGLE = 4
MODELS = (OURS, PLAIN)
# A page takes a tenth of a second; one that takes minutes hangs.
_SECONDS_PER_PAGE = 30.0
_TOKEN = re.compile(r"\w+")
_UNSEEN = ("script", "style", "noscript", "template", "head", "svg", "iframe")


@dataclass(frozen=True)
class MarkedPage:
    """A saved page and its article as a person marked it. ``path`` is packed with gzip."""

    key: str
    url: str
    path: Path
    article: str


def evaluate_extraction(benchmark: Path, *, progress: Callable[[str], None] = lambda _: None) -> Report:
    """Judge the crawler's page object and ``plain`` on a folder of marked pages.

    Args:
        benchmark: the folder, with ``ground-truth.json`` (key to ``url`` and ``articleBody``) and ``html/<key>.html.gz``.
        progress: is told each model before it reads.

    Raises:
        InvalidArgumentError: it is no such folder.
        DataFaultError: a page or the truth can not be read.
        SourceUnavailableError: the crawler's process failed.
    """
    pages = read_benchmark(benchmark)
    readers: Mapping[str, Callable[[Sequence[MarkedPage]], list[str]]] = {OURS: _read_by_crawler, PLAIN: _read_all_text}
    runs: list[ModelRun] = []
    for model, read in readers.items():
        progress(model)
        began = perf_counter()
        found = read(pages)
        metrics = score([(page.article, text) for page, text in zip(pages, found, strict=True)])
        runs.append(ModelRun(model, 0, metrics, perf_counter() - began))
    return Report("extraction", benchmark.resolve().name, n_train=0, n_test=len(pages), runs=tuple(runs))


def read_benchmark(folder: Path) -> list[MarkedPage]:
    """Return the marked pages, by key.

    Raises:
        InvalidArgumentError: there is no truth in the folder.
        DataFaultError: the truth is none, or pages are missing.
    """
    truth = folder / "ground-truth.json"
    if not truth.is_file():
        raise InvalidArgumentError(f"{truth} is not there: expected ground-truth.json and html/*.html.gz")
    try:
        entries = json.loads(truth.read_text(encoding="utf-8"))
        pages = [
            MarkedPage(key, entry["url"], (folder / "html" / f"{key}.html.gz").resolve(), entry["articleBody"])
            for key, entry in sorted(entries.items())
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataFaultError(f"{truth}: expected an object of key to url and articleBody ({error!r})") from error
    missing = [page.path.name for page in pages if not page.path.is_file()]
    if missing or not pages:
        raise DataFaultError(f"{folder / 'html'}: {len(missing)} of {len(pages)} pages are missing, as {missing[:1]}")
    return pages


def score(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return precision, recall and F1 of (marked, found) texts; a side that is empty has no part in its average."""
    shares = [shingle_shares(marked, found) for marked, found in pairs]
    precisions = [hit / (hit + wrong) for hit, wrong, _ in shares if hit + wrong > 0]
    recalls = [hit / (hit + missed) for hit, _, missed in shares if hit + missed > 0]
    precision = mean(precisions) if precisions else 0.0
    recall = mean(recalls) if recalls else 0.0
    both = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / both if both else 0.0}


def shingle_shares(marked: str, found: str) -> tuple[float, float, float]:
    """Return the shares of a page's shingles that are right, found wrongly, and missed; they sum to 1, or are all 0."""
    truth, answer = Counter(_shingles(marked)), Counter(_shingles(found))
    hit = (truth & answer).total()
    wrong, missed = answer.total() - hit, truth.total() - hit
    total = hit + wrong + missed
    return (hit / total, wrong / total, missed / total) if total else (0.0, 0.0, 0.0)


def _shingles(text: str) -> Iterator[tuple[str, ...]]:
    words = _TOKEN.findall(text)
    # A text shorter than a shingle is one by itself.
    for at in range(max(1, len(words) - SHINGLE + 1)):
        if shingle := tuple(words[at : at + SHINGLE]):
            yield shingle


def _read_by_crawler(pages: Sequence[MarkedPage]) -> list[str]:
    requests = "".join(json.dumps({"key": page.key, "url": page.url, "path": str(page.path)}) + "\n" for page in pages)
    command = [sys.executable, "-m", "scrapers.extract"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, input=requests, capture_output=True, text=True, check=False, timeout=_SECONDS_PER_PAGE * len(pages)
        )
    except subprocess.TimeoutExpired as error:
        raise SourceUnavailableError(f"the crawler's reader took longer than {error.timeout:.0f} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SourceUnavailableError(f"`python -m scrapers.extract` failed: {last}. Is the extra `content` installed?")
    texts = {answer["key"]: answer["body_text"] for answer in map(json.loads, done.stdout.splitlines())}
    return [texts[page.key] for page in pages]


def _read_all_text(pages: Sequence[MarkedPage]) -> list[str]:
    from lxml import etree, html

    texts: list[str] = []
    for page in pages:
        try:
            tree = html.document_fromstring(
                gzip.decompress(page.path.read_bytes()), parser=html.HTMLParser(encoding="utf-8")
            )
        except (OSError, EOFError, etree.LxmlError) as error:
            raise DataFaultError(f"{page.path} can not be read: {error}") from error
        etree.strip_elements(tree, *_UNSEEN, etree.Comment, with_tail=False)
        texts.append(" ".join(text for text in tree.itertext() if text.strip()))
    return texts
