"""The interactive map as a file: ``exports/map.html``, of the newest day. What is on it is ``latent.map_html``."""

from datetime import date
from pathlib import Path

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.latent.map_html import write_map_html


def write_map_page(
    path: Path, space_map: pl.DataFrame, neighbours: TableVersion, confidence: TableVersion, day: date
) -> Path:
    """Write the page of ``day`` beside ``path`` and rename it into place; return ``path``.

    Args:
        path: of the page.
        space_map: rows of ``latent.space_map`` of the day.
        neighbours: ``latent.track_neighbours``.
        confidence: ``play_matrix.play_confidence``: whose tracks may be looked at.
        day: of the map.
    """
    listened = confidence.only([day]).scan().select(c.USER_ID, c.TRACK_ID, c.PLAY_COUNT).collect()
    near = neighbours.only([day]).read()
    page = write_map_html(space_map, near, listened, title=f"The space on {day}")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(page, encoding="utf-8")
    return fresh.replace(path)
