"""The interactive map as a file: ``exports/map.html``, of the newest day. What is on it is ``latent.map_html``."""

import re
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.files import leftovers, written_aside
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.locks import locked
from recsys_assets.latent.map_html import write_map_html

_TITLE = "The space on {day}"
_SHOWN_DAY = re.compile(rb"<title>The space on (\d{4}-\d{2}-\d{2})</title>")
# The title stands among the first lines of the page.
_HEAD_BYTES = 4096


def write_map_page(
    path: Path, space_map: pl.DataFrame, neighbours: TableVersion, confidence: TableVersion, day: date
) -> Path | None:
    """Put the page of ``day`` in the place of an older one; return ``path``, or None where a newer day's page stays.

    Two days of a backfill may be made at once, and an old day made again: a lock and the day that the page itself
    names decide, so that the page is always the newest day's.

    Args:
        path: of the page.
        space_map: rows of ``latent.space_map`` of the day.
        neighbours: ``latent.track_neighbours``.
        confidence: ``play_matrix.play_confidence``: whose tracks may be looked at.
        day: of the map.
    """
    with _lock(path):
        shown = shown_day(path)
        if shown is not None and shown > day:
            return None
        listened = confidence.only([day]).scan().select(c.USER_ID, c.TRACK_ID, c.PLAY_COUNT).collect()
        page = write_map_html(space_map, neighbours.only([day]).read(), listened, title=_TITLE.format(day=day))
        with written_aside(path) as fresh:
            fresh.write_text(page, encoding="utf-8")
    return path


def shown_day(path: Path) -> date | None:
    """Return the day of the page that is there; None where there is none, or one that is not ours."""
    try:
        with path.open("rb") as file:
            found = _SHOWN_DAY.search(file.read(_HEAD_BYTES))
    except FileNotFoundError:
        return None
    return date.fromisoformat(found.group(1).decode()) if found else None


def remove_map_page(path: Path) -> None:
    """Delete the page: it names listeners. The next day's run writes it anew."""
    with _lock(path):
        for file in (path, *leftovers(path)):
            file.unlink(missing_ok=True)


def _lock(path: Path) -> AbstractContextManager[None]:
    return locked(path.with_name(f".{path.name}.lock"), alone=True)
