"""The made-up press as files: a folder per site, the list of sources, and apart from them the truth.

Layout: ``press/<site>/`` holds pages under their paths (``.html`` is added to those without an ending), ``pages.json`` says from
when on each page is there and with which headers; ``press/sources.yaml`` is what a crawl is given. Planning is ``press_plan``,
serving ``scripts.press``. Nothing of it enters the landing zone but through a crawl, and the newcomers whom it writes about; what
was crawled of a press goes with it.
"""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.files import written_aside
from recsys_assets.demo import press_sites as s
from recsys_assets.demo.press_newcomers import remove_newcomers, write_newcomers
from recsys_assets.demo.press_pages import render_leads, render_page
from recsys_assets.demo.press_plan import FORBIDDEN, GONE, LIST, MISNOMER, NOAI, Piece, Writer, plan_press
from recsys_assets.demo.world import World

logger = logging.getLogger(__name__)

PAGES_FILE, SOURCES_FILE, ROBOTS_PATH = "pages.json", "sources.yaml", "/robots.txt"
TRUTH_FILES = ("press_pages", "press_mentions", "press_words")
_HTML = "text/html; charset=utf-8"
_TYPES = {
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".json": "application/feed+json",
    ".txt": "text/plain",
}
# A word that is drawn less often than once in two hundred is none that is true of an artist.
LEAST_SHARE = 0.005


def write_press(world: World, press: Path, truth: Path, landing: Path, state: Path) -> int:
    """Write the press of a world, its newcomers and its truth; what an earlier world left is replaced, or gone.

    Args:
        world: of ``generate_world``.
        press: folder, made if it is not there.
        truth: folder of the planted truth.
        landing: the landing zone, for the newcomers' rows of the catalogue.
        state: where crawls remember, for ``remove_press``.

    Returns:
        How many pages there are, leads not counted.
    """
    pieces = plan_press(world)
    remove_press(press, truth, landing, state)
    writer = Writer(world)
    write_newcomers(writer.newcomers, world, landing)
    for site in s.SITES:
        _write_site(site, [piece for piece in pieces if piece.site == site.name], writer.names, press / site.name)
    _write_text(press / SOURCES_FILE, list_sources(s.FIRST_PORT))
    for name, frame in describe_press(pieces, world).items():
        truth.mkdir(parents=True, exist_ok=True)
        with written_aside(truth / f"{name}.parquet") as fresh:
            frame.write_parquet(fresh)
    logger.info("demo world: %d pages of the press in %s", len(pieces), press)
    return len(pieces)


def remove_press(press: Path, truth: Path, landing: Path, state: Path) -> None:
    """Remove the press that an earlier world wrote, its newcomers, and what was crawled of it.

    Its articles are of artists who are gone, and what crawls remember of its pages would keep a new press from being read.
    Where ``press`` holds none, what was crawled is somebody's own and stays.
    """
    if (press / SOURCES_FILE).exists():
        _forget_crawls(landing, state)
    for site in s.SITES:
        if (press / site.name / PAGES_FILE).exists():
            shutil.rmtree(press / site.name)
    (press / SOURCES_FILE).unlink(missing_ok=True)
    remove_newcomers(landing)
    for name in TRUTH_FILES:
        (truth / f"{name}.parquet").unlink(missing_ok=True)


def _forget_crawls(landing: Path, state: Path) -> None:
    """Let the crawler forget the sites of the press; what it remembers is its own affair."""
    if not (state / "crawl").exists():
        return
    command = [sys.executable, "-m", "scrapers.forget", "--landing", str(landing), "--state", str(state)]
    command += [part for name in (*(site.name for site in s.SITES), s.ROUGH, s.CLOSED) for part in ("--source", name)]
    subprocess.run(command, check=True)  # noqa: S603 - our own module


def _write_site(site: s.Site, pieces: Sequence[Piece], names: Sequence[str], folder: Path) -> None:
    known: dict[str, dict[str, object]] = {}
    for number, piece in enumerate(pieces):
        # A link to what is gone has a day on which it appears, and no page.
        known[piece.path] = {"published_at": piece.published.isoformat()}
        if piece.kind == GONE:
            continue
        aside = [names[(7 * number + step) % len(names)] for step in range(5)]
        headers = {"X-Robots-Tag": "noai"} if piece.kind == NOAI and site is s.MAGAZINE else {}
        known[piece.path] |= {"file": _file_of(piece.path), "type": _HTML, "headers": headers}
        _write_text(folder / _file_of(piece.path), render_page(piece, site, aside=aside))
    for path, text in render_leads(site, pieces).items():
        known[path] = {"file": _file_of(path), "type": _type_of(path)}
        _write_text(folder / _file_of(path), text)
    if site.robots is not None:
        known[ROBOTS_PATH] = {"file": _file_of(ROBOTS_PATH), "type": "text/plain; charset=utf-8"}
        _write_text(folder / _file_of(ROBOTS_PATH), site.robots)
    _write_text(folder / PAGES_FILE, json.dumps(known, indent=1, ensure_ascii=False))


def _file_of(path: str) -> str:
    name = path.strip("/") or "index"
    return name if Path(name).suffix else f"{name}.html"


def _type_of(path: str) -> str:
    return "application/rss+xml" if path == "/rss" else _TYPES.get(Path(path).suffix, _HTML)


def _write_text(path: Path, text: str) -> None:
    with written_aside(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="")


def list_sources(first_port: int) -> str:
    """Write the list of sources, each on its own port from ``first_port`` on."""
    import yaml

    entries = []
    for port, site in enumerate(s.SITES, start=first_port):
        entry: dict[str, object] = {"name": site.name, "site": f"http://127.0.0.1:{port}/"}
        doors = {"feeds": site.feed, "sitemaps": site.sitemap, "start_urls": site.archive}
        entry |= {door: [path] for door, path in doors.items() if path}
        entry |= {"language": site.language, "max_depth": 1, "timeout_s": 10.0}
        entries.append(entry | {"licence_note": "Made up by recsys demo."})
    port = first_port + len(s.SITES)
    # Hostile answers are worth two seconds of patience and a megabyte each.
    rough = {
        "name": s.ROUGH,
        "site": f"http://127.0.0.1:{port}/",
        "feeds": ["/feed.xml", "/entities.xml", "/million.xml"],
    }
    closed = {"name": s.CLOSED, "site": f"http://127.0.0.1:{port + 1}/", "feeds": ["/feed.xml"]}
    entries += [rough | {"timeout_s": 2.0, "max_bytes": 1_000_000, "max_seconds": 60.0}, closed | {"timeout_s": 2.0}]
    listed = [entry | {"is_local": True, "delay_s": 0} for entry in entries]
    head = "# The made-up press on loopback ports; `python -m scripts.press` serves it.\n"
    return head + yaml.safe_dump({"sources": listed}, sort_keys=False, allow_unicode=True)


def describe_press(pieces: Sequence[Piece], world: World) -> dict[str, pl.DataFrame]:
    """Return the truth: pages with what they are, who is named in articles and meant, and which words are true of whom.

    Returns:
        ``press_pages``: site, path, kind, published_at, copy_of_site, copy_of_path; ``press_mentions``: site, path, artist_id,
        is_meant; ``press_words``: artist_id, word, share (how often it is drawn where an honest site writes of the artist).
    """
    writer = Writer(world)
    ids = writer.ids
    pages = pl.DataFrame(
        [
            (piece.site, piece.path, piece.kind, piece.published, *(piece.copy_of or (None, None)))
            for piece in pieces
        ],
        schema={
            "site": pl.String, "path": pl.String, "kind": pl.String, "published_at": pl.Datetime("us", "UTC"),
            "copy_of_site": pl.String, "copy_of_path": pl.String,
        },
        orient="row",
    )  # fmt: skip
    mentions = pl.DataFrame(
        [
            (piece.site, piece.path, ids[artist], piece.kind != MISNOMER)
            for piece in pieces
            if piece.kind not in (FORBIDDEN, LIST, GONE)
            for artist in piece.artists
        ],
        schema={"site": pl.String, "path": pl.String, c.ARTIST_ID: pl.String, "is_meant": pl.Boolean},
        orient="row",
    )
    words = pl.DataFrame(
        [
            (ids[row], word, share)
            for row in range(len(ids))
            for word, share in writer.shares(row).items()
            if share >= LEAST_SHARE
        ],
        schema={c.ARTIST_ID: pl.String, "word": pl.String, "share": pl.Float64},
        orient="row",
    )
    return {
        "press_pages": pages,
        "press_mentions": mentions,
        "press_words": words.sort(c.ARTIST_ID, "share", "word", descending=[False, True, False]),
    }
