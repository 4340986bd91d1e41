"""The artists whom articles moved furthest as a PNG.

Belongs here: drawing with matplotlib's objects (never ``pyplot``: two assets may draw at once). Moves are ``moves``.
"""

import io
from collections.abc import Mapping
from typing import Any

import polars as pl

from recsys_assets.cold_start.move_tables import DISTANCE, N_LISTENERS
from recsys_assets.core import columns as c
from recsys_assets.core.picture_text import FONT, writable
from recsys_assets.core.text import display

WIDTH_PX, HEIGHT_PX, DPI = 1100, 520, 80
# Few bars stay bars.
_LEAST_ROWS = 6
MOST_ROWS = 12
_PAPER, _INK, _QUIET, _BAR = "#fbfaf7", "#23262b", "#676c74", "#2f7f6f"
_TEXT: dict[str, Any] = {"fontfamily": FONT, "parse_math": False}


def draw_moves(moves: pl.DataFrame, names: Mapping[str, str], *, title: str) -> bytes:
    """Draw the furthest moves.

    Args:
        moves: rows of ``cold_start.artist_moves`` of one day; may be empty.
        names: of artists by id; who has none is shown by the id.
        title: above the picture; what the font can not write is left out.

    Returns:
        A PNG of 1100 by 520 pixels; the same rows give the same bytes.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=_PAPER)
    canvas = FigureCanvasAgg(figure)
    shown = moves.sort(c.RANK).head(MOST_ROWS)
    figure.text(0.03, 0.93, writable(title) or "Moves", fontsize=16, fontweight="bold", color=_INK, **_TEXT)
    told = "1 less the cosine of the place without articles and the place with them"
    figure.text(0.03, 0.885, told if len(shown) else "articles moved nobody", fontsize=11, color=_QUIET, **_TEXT)
    axes = figure.add_axes((0.2, 0.05, 0.77, 0.8))
    axes.set_axis_off()
    axes.set_ylim(max(len(shown), _LEAST_ROWS) - 0.3, -0.7)
    longest = max(shown[DISTANCE].to_list(), default=1.0)
    axes.set_xlim(0, max(longest, 1e-9) * 1.02)
    written = {row: _written(names, row) for row in _who(shown)}
    for n, row in enumerate(shown.iter_rows(named=True)):
        axes.barh(n, row[DISTANCE], height=0.32, color=_BAR)
        axes.text(
            -0.01 * longest,
            n,
            written[row[c.ARTIST_ID]],
            ha="right",
            va="center",
            fontsize=11,
            color=_INK,
            **_TEXT,
        )
        axes.text(
            0,
            n - 0.34,
            writable(move_line(row, written), max_length=200) or "",
            fontsize=9,
            va="center",
            color=_QUIET,
            **_TEXT,
        )
    buffer = io.BytesIO()
    canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def move_line(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Say in one line from where to where, and because of what."""
    ends = [end_line(row, end, names) for end in ("before", "after")]
    because = row["because_artist_id"]
    cause = f"; named with {name_of(names, because)}" if because else ""
    articles = f"; {row['n_articles']:,} articles" if row["n_articles"] else ""
    start = ends[0] or "nowhere (nothing else is known of them)"
    return f"from {start} to {ends[1] or 'nowhere'}{cause}{articles}; {row[N_LISTENERS]:,} listeners"


def end_line(row: Mapping[str, Any], end: str, names: Mapping[str, str]) -> str:
    """Say where a move begins (``before``) or ends (``after``): the genre there and who is nearest; empty if nobody says."""
    genre, near = row[f"genre_{end}"], row[f"near_{end}"][:1]
    return " ".join([*([display(genre)] if genre else []), *(f"near {name_of(names, each)}" for each in near)])


def name_of(names: Mapping[str, str], artist_id: str) -> str:
    """Return the name of an artist for a line, else the id."""
    return display(names.get(artist_id) or artist_id, max_length=24)


def _who(moves: pl.DataFrame) -> set[str]:
    """Return all artists that a picture of the moves names."""
    told = {
        each for row in moves.iter_rows(named=True) for end in ("before", "after") for each in row[f"near_{end}"][:1]
    }
    return told | set(moves[c.ARTIST_ID]) | set(moves["because_artist_id"].drop_nulls())


def _written(names: Mapping[str, str], artist_id: str) -> str:
    """Return what the picture's font can write of an artist: the name, else the id."""
    return writable(name_of(names, artist_id)) or artist_id[:24].encode("ascii", "replace").decode()
