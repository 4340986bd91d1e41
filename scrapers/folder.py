"""``python -m scrapers.folder``: folders of Markdown with front matter, and of saved web pages, as articles.

A platform without a crawl reads too. Markdown becomes plain text: what links are called stays, where they lead goes.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from scrapers.items import Article, clean_line, content_sha256
from scrapers.landing import write_lines
from scrapers.near_duplicates import MIN_SIMILARITY, bands, signature, similarity
from scrapers.pages.article import ArticlePage, instant_from
from scrapers.pages.charset import decode
from scrapers.pages.markdown import front_matter, plain_text
from scrapers.pages.verdicts import MIN_TEXT_UNITS, text_units
from scrapers.urls import canonical_url

MAX_FILE_BYTES = 5_000_000
# All are held at once, some 10 kB each.
MAX_FILES = 50_000
FETCHED_NOW, FETCHED_PUBLISHED = "now", "published"
_ENDINGS = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".xhtml": "html"}
_DAY_IN_NAME = re.compile(r"^(\d{4}-\d{2}-\d{2})")


class FolderError(ValueError):
    """A folder can not be read; the message says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Read a folder, write its articles, print counters as the last line (JSON)."""
    options = _parser().parse_args(arguments)
    try:
        counters = read_folder(
            options.folder,
            landing=options.landing,
            site=options.site or _site_name(options.folder),
            now=_now(options.now),
            fetched_at=options.fetched,
            language=options.language,
        )
    except FolderError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(counters) + "\n")
    return 0


def read_folder(
    folder: Path, *, landing: Path, site: str, now: datetime, fetched_at: str = FETCHED_NOW, language: str | None = None
) -> dict[str, object]:
    """Write the articles of a folder to the landing zone; doing it again replaces them.

    Args:
        folder: Markdown and HTML files, at any depth.
        landing: the landing zone.
        site: what the articles' ``site`` is called; also the stem of the files.
        now: the instant of the import.
        fetched_at: ``now``: known from today on, which is true of what a crawl would have missed. ``published``: each
            article is known from the day it was published on, for archives that would have been read day by day; what
            has no date, or a later one than ``now``, is left out.
        language: ISO 639-1, for files that do not say.

    Raises:
        FolderError: it is no folder, or holds no such file.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is no folder: give one of Markdown (.md) or HTML files")
    left: Counter[str] = Counter()
    seen = _Seen()
    by_day: dict[date, list[str]] = defaultdict(list)
    files = list(_files(folder, left))
    if not files:
        raise FolderError(f"{folder} holds no .md, .markdown, .html or .htm file")
    taken: list[Article] = []
    for path in files:
        found = _read(path, folder, site, now)
        if isinstance(found, str):
            left[found] += 1
            continue
        instant = now if fetched_at == FETCHED_NOW else found.published_at
        if instant is None or instant > now:
            left["no_date" if instant is None else "dated_after_now"] += 1
        else:
            taken.append(replace(found, fetched_at=instant, language=found.language or language))
    # Of two copies the one that was there first is the article.
    for article in sorted(taken, key=lambda each: (each.fetched_at, each.url)):
        reason = seen.reason(article)
        if reason is not None:
            left[reason] += 1
        else:
            by_day[article.fetched_at.astimezone(UTC).date()].append(json.dumps(article.to_row(), ensure_ascii=False))
    for day, lines in sorted(by_day.items()):
        write_lines(landing / "articles" / f"date={day}" / f"folder-{site}.jsonl", lines)
    days = sorted(by_day)
    return {
        "site": site,
        "files": len(files),
        "articles": sum(map(len, by_day.values())),
        "left": dict(sorted(left.items())),
        "first_day": str(days[0]) if days else None,
        "last_day": str(days[-1]) if days else None,
    }


class _Seen:
    """Texts of this folder: a second copy, and one that is nearly the same, are left out."""

    def __init__(self) -> None:
        self._hashes: set[str] = set()
        self._urls: set[str] = set()
        self._bands: dict[tuple[int, bytes], list[bytes]] = defaultdict(list)

    def reason(self, article: Article) -> str | None:
        if article.content_sha256 in self._hashes or article.url in self._urls:
            return "duplicate"
        sketch = signature(article.body_text)
        keys = list(bands(sketch))
        if any(similarity(sketch, other) >= MIN_SIMILARITY for key in keys for other in self._bands.get(key, ())):
            return "near_duplicate"
        self._hashes.add(article.content_sha256)
        self._urls.add(article.url)
        for key in keys:
            self._bands[key].append(sketch)
        return None


def _files(folder: Path, left: Counter[str]) -> Iterator[Path]:
    """Yield the files to read, by name; hidden ones, links that lead out and what is too large are left."""
    count = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if name.startswith(".") or path.suffix.lower() not in _ENDINGS:
                continue
            if path.is_symlink() or not path.is_file():
                left["not_a_file"] += 1
            elif path.stat().st_size > MAX_FILE_BYTES:
                left["too_large"] += 1
            else:
                count += 1
                if count > MAX_FILES:
                    raise FolderError(f"{folder} holds more than {MAX_FILES:,} files: read it in parts")
                yield path


def _read(path: Path, folder: Path, site: str, now: datetime) -> Article | str:
    try:
        body = path.read_bytes()
    except OSError:
        return "can_not_be_read"
    own = f"https://{site}.folder.invalid/{quote(path.relative_to(folder).as_posix())}"
    if _ENDINGS[path.suffix.lower()] == "html":
        return _read_html(body, own, site, now)
    return _read_markdown(decode(body), own, site, now, path)


def _read_html(body: bytes, own: str, site: str, now: datetime) -> Article | str:
    saved_from = re.search(rb"saved from url=\(\d+\)(https?://[!-~]+)", body[:2000])
    url = canonical_url(saved_from.group(1).decode(), own) if saved_from else None
    found = ArticlePage(url or own, body).read(heed_robots=False)
    if found.reason is not None:
        return found.reason
    return Article(
        url=found.url,
        site=site,
        title=found.title,
        body_text=found.body_text,
        fetched_at=now,
        author=found.author,
        published_at=found.published_at,
        language=found.language,
        content_sha256=content_sha256(found.body_text),
        link_texts=found.link_texts,
    )


def _read_markdown(text: str, own: str, site: str, now: datetime, path: Path) -> Article | str:
    said, source = front_matter(text)
    body_text, link_texts = plain_text(source)
    first_heading = re.search(r"(?m)^#\s+(.+?)\s*#*$", source)
    title = clean_line(said.get("title") or (first_heading.group(1) if first_heading else None) or _spoken(path))
    if text_units(body_text) < MIN_TEXT_UNITS:
        return "too_short"
    in_name = _DAY_IN_NAME.match(path.name)
    named = (
        canonical_url(said.get("url") or said.get("canonical_url") or "", own)
        if said.get("url") or said.get("canonical_url")
        else None
    )
    return Article(
        url=named or canonical_url(own) or own,
        site=site,
        title=title or "untitled",
        body_text=body_text,
        fetched_at=now,
        author=clean_line(said.get("author")),
        published_at=instant_from(said.get("date") or (in_name.group(1) if in_name else None)),
        language=said["language"][:2].lower()
        if re.fullmatch(r"[A-Za-z]{2}([-_].*)?", said.get("language") or "")
        else None,
        content_sha256=content_sha256(body_text),
        link_texts=link_texts,
    )


def _spoken(path: Path) -> str:
    stem = _DAY_IN_NAME.sub("", path.name.partition(".")[0]).strip("-_ ")
    return re.sub(r"[-_]+", " ", stem).capitalize()


def _site_name(folder: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "folder"


def _now(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    instant = instant_from(text)
    if instant is None:
        raise FolderError(f"--now: {text!r} is no instant: expected 2026-01-05T12:00:00Z")
    return instant


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected small letters, digits, - and _")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scrapers.folder", description="Read a folder of articles.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="Markdown and HTML files")
    parser.add_argument("--landing", type=Path, required=True, metavar="DIR", help="the landing zone")
    parser.add_argument(
        "--site", type=_name, metavar="NAME", help="what the site is called; default: the folder's name"
    )
    parser.add_argument("--now", metavar="INSTANT", help="the instant of the import; default: now")
    parser.add_argument("--language", metavar="CODE", help="ISO 639-1, for files that do not say")
    parser.add_argument(
        "--fetched",
        choices=(FETCHED_NOW, FETCHED_PUBLISHED),
        default=FETCHED_NOW,
        help="when an article counts as read: now, or for archives on the day on which it was published",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
