"""The map of the latent space as one HTML file to look around in.

Belongs here: turning tables into the data of the page, and putting data and page together so that nothing in a title
can become markup. The page itself (markup, style, script) is ``map_template.html`` beside this module; colours are
``map_style``, places ``layout``, the still picture ``map_picture``.

The file asks for nothing from any network, which its content policy also forbids: only the one script whose hash the
policy names may run, data is a JSON block that no script engine reads as code, and names reach the page as text alone.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import SchemaMismatchError
from recsys_assets.core.schemas import require
from recsys_assets.latent.map_points import ARTIST, TRACK
from recsys_assets.latent.map_style import style_map

TEMPLATE = "map_template.html"
MAX_NEIGHBOURS = 10
MAX_LISTENERS = 50
MAX_TRACKS_PER_LISTENER = 500
# A landing zone may bring a title of megabytes; what is longer than this no list shows anyway.
MAX_NAME_LENGTH = 160
MAX_CREDITED = 6
_GRID = 10_000
_HOLE = re.compile(r"__(MAP_TITLE|MAP_DATA|SCRIPT_HASH)__")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def write_map_html(space_map: pl.DataFrame, neighbours: pl.DataFrame, listeners: pl.DataFrame, *, title: str) -> str:
    """Write the page.

    Args:
        space_map: rows of ``SPACE_MAP``; may be empty.
        neighbours: ``track_id``, ``neighbour_id``, ``rank``, ``cosine``: of each track the nearest in the space. The
            first ``MAX_NEIGHBOURS`` that are on the map are kept.
        listeners: ``user_id``, ``track_id``, ``play_count``: whose tracks may be looked at. The ``MAX_LISTENERS`` with
            the most plays are kept, of each the ``MAX_TRACKS_PER_LISTENER`` most played; tracks that are not on the map
            are counted and not drawn. May be empty.
        title: of the page.

    Returns:
        A whole HTML document in UTF-8, under 3 MB for 3,000 points; the same arguments give the same text.

    Raises:
        SchemaMismatchError: a table lacks columns.
    """
    data = {
        "title": title,
        **_points(space_map),
        "neighbours": _neighbours(space_map, neighbours),
        "listeners": _listeners(space_map, listeners),
    }
    template = files("recsys_assets.latent").joinpath(TEMPLATE).read_text(encoding="utf-8")
    script = _SCRIPT.search(template)
    assert script is not None, f"{TEMPLATE} has no <script>"
    digest = base64.b64encode(hashlib.sha256(script.group(1).encode()).digest()).decode()
    fillings = {"MAP_TITLE": html.escape(title), "MAP_DATA": embed_json(data), "SCRIPT_HASH": f"sha256-{digest}"}
    # One pass: what fills a hole is never searched for holes, whatever a title says.
    return _HOLE.sub(lambda hole: fillings[hole.group(1)], template)


def embed_json(data: Any) -> str:
    """Return JSON that may stand in a ``<script type="application/json">``: no text in it can end the block.

    ``<``, ``>``, ``&`` and the line separators U+2028 and U+2029 are written as escapes, which read back as themselves.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _points(space_map: pl.DataFrame) -> dict[str, Any]:
    """Columns of the points: whole numbers where an eye sees no difference, artists as rows of the map."""
    style = style_map(space_map)
    row_of_artist = {
        artist: row for row, (kind, artist) in enumerate(space_map.select("kind", "id").iter_rows()) if kind == ARTIST
    }
    names = space_map.select(pl.coalesce(c.NAME, "id").str.slice(0, MAX_NAME_LENGTH)).to_series()
    genres = space_map["genre"].str.slice(0, MAX_NAME_LENGTH)
    return {
        "genres": [
            {
                "name": genre.name[:MAX_NAME_LENGTH],
                "shades": genre.shades,
                "centre": [_on_grid(value) for value in genre.centre] if genre.centre else None,
            }
            for genre in style.genres
        ],
        "ids": space_map["id"].to_list(),
        "names": names.to_list(),
        "isArtist": [int(kind == ARTIST) for kind in space_map["kind"]],
        # Grey points keep their own word, which the legend does not have.
        "genreNames": [
            word if word is not None and style.genres[g].centre is None else None
            for word, g in zip(genres, style.genre, strict=True)
        ],
        "credits": [
            [row_of_artist[artist] for artist in (credit or [])[:MAX_CREDITED] if artist in row_of_artist]
            for credit in space_map[c.ARTIST_IDS].to_list()
        ],
        "genre": style.genre.tolist(),
        "step": style.step.tolist(),
        "x": [_on_grid(value) for value in space_map["x"]],
        "y": [_on_grid(value) for value in space_map["y"]],
        "plays": [round(value, 1) for value in space_map[c.PLAY_COUNT]],
    }


def _on_grid(value: float) -> int:
    return round(value * _GRID)


def _track_rows(space_map: pl.DataFrame, name: str) -> pl.DataFrame:
    return (
        space_map.with_row_index("row")
        .filter(pl.col("kind") == TRACK)
        .select(pl.col("id").alias(name), pl.col("row").cast(pl.Int64))
    )


def _neighbours(space_map: pl.DataFrame, neighbours: pl.DataFrame) -> list[list[int]]:
    """For every point a flat list: row of a neighbour, its cosine in hundredths, the next row, …; nearest first."""
    require(
        neighbours,
        {c.TRACK_ID: pl.String, "neighbour_id": pl.String, c.RANK: pl.Int32, "cosine": pl.Float32},
        what="neighbours",
    )
    found = (
        neighbours.join(_track_rows(space_map, c.TRACK_ID), on=c.TRACK_ID)
        .join(_track_rows(space_map, "neighbour_id").rename({"row": "other"}), on="neighbour_id")
        .filter(pl.col("row") != pl.col("other"))
        .sort("row", c.RANK, "other")
        .with_columns((pl.col("cosine") * 100).round().cast(pl.Int64).alias("hundredths"))
    )
    flat: list[list[int]] = [[] for _ in range(len(space_map))]
    for row, other, hundredths in found.select("row", "other", "hundredths").iter_rows():
        if len(flat[row]) < 2 * MAX_NEIGHBOURS:
            flat[row] += [other, hundredths]
    return flat


def _listeners(space_map: pl.DataFrame, listeners: pl.DataFrame) -> list[dict[str, Any]]:
    require(listeners, {c.USER_ID: pl.String, c.TRACK_ID: pl.String}, what="listeners")
    # Plays may be counts or fading sums, so that any number is taken.
    if c.PLAY_COUNT not in listeners.columns or not listeners.schema[c.PLAY_COUNT].is_numeric():
        raise SchemaMismatchError(f"listeners needs a number {c.PLAY_COUNT}, found {dict(listeners.schema)}")
    totals = listeners.group_by(c.USER_ID).agg(pl.col(c.PLAY_COUNT).sum().alias("total"), pl.len().alias("tracks"))
    kept = totals.sort("total", c.USER_ID, descending=[True, False]).head(MAX_LISTENERS).sort(c.USER_ID)
    found = (
        listeners.join(kept, on=c.USER_ID, how="semi")
        .join(_track_rows(space_map, c.TRACK_ID), on=c.TRACK_ID)
        .sort(c.USER_ID, c.PLAY_COUNT, "row", descending=[False, True, False])
    )
    drawn: dict[str, tuple[Sequence[int], Sequence[float]]] = {
        user: (
            part["row"].head(MAX_TRACKS_PER_LISTENER).to_list(),
            part[c.PLAY_COUNT].head(MAX_TRACKS_PER_LISTENER).to_list(),
        )
        for (user,), part in found.group_by(c.USER_ID, maintain_order=True)
    }
    return [
        {
            "name": user,
            "tracks": tracks,
            "rows": drawn[user][0] if user in drawn else [],
            "plays": [round(float(plays), 1) for plays in drawn[user][1]] if user in drawn else [],
        }
        for user, tracks in kept.select(c.USER_ID, "tracks").iter_rows()
    ]
