"""What articles say of those whom they say most of: a table and a picture of top terms, for looking.

Belongs here: choosing whom to show, and drawing. Weights are ``entity_terms``.
"""

import io
from collections.abc import Mapping

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.picture_text import FONT, writable
from recsys_assets.core.text import display
from recsys_assets.corpus.tables import ARTIST, ENTITY_ID, KIND, N_ARTICLES, TERM, WEIGHT

MOST_ARTISTS, MOST_TERMS, MOST_BARS = 12, 8, 6
_ACROSS = 4
_BAR, _INK = "#2f7f6f", "#23262b"


def list_top_terms(terms: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """List the artists with most text and their heaviest terms.

    Args:
        terms: rows of ``corpus.entity_terms`` of one week.
        names: of artists by id; who has none is shown by the id.

    Returns:
        At most 12 rows: artist, articles (that have the commonest term), terms.
    """
    told = [
        (display(names.get(artist) or artist), most, ", ".join(display(term) for term in rows[TERM].head(MOST_TERMS)))
        for artist, most, rows in _most_written(terms)
    ]
    return pl.DataFrame(told, schema={"artist": pl.String, "articles": pl.Int64, "top terms": pl.String}, orient="row")


def draw_top_terms(terms: pl.DataFrame, names: Mapping[str, str], *, title: str) -> bytes:
    """Draw the heaviest terms of the artists with most text, a panel of bars for each, as PNG; arguments as above."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = _most_written(terms)
    n_rows = -(-max(len(shown), 1) // _ACROSS)
    figure = Figure(figsize=(12, 0.6 + 1.75 * n_rows), dpi=100, layout="constrained")
    axes = figure.subplots(n_rows, _ACROSS, squeeze=False).ravel()
    for panel in axes[len(shown) :]:
        panel.set_axis_off()
    for panel, (artist, _, rows) in zip(axes, shown, strict=False):
        bars = rows.head(MOST_BARS)
        weights = bars[WEIGHT].to_list()
        panel.barh(range(len(bars)), weights, color=_BAR, height=0.75)
        labels = [writable(display(term), max_length=18) or "(not in this font)" for term in bars[TERM]]
        panel.set_yticks(range(len(bars)), labels, fontsize=8, fontfamily=FONT, parse_math=False)
        panel.set_ylim(MOST_BARS - 0.4, -0.6)
        panel.set_xlim(0, max([*weights, 1e-9]) * 1.02)
        panel.set_xticks([])
        panel.tick_params(axis="y", length=0)
        panel.spines[["top", "right", "bottom"]].set_visible(False)
        name = writable(display(names.get(artist) or artist), max_length=26) or writable(artist, max_length=26)
        panel.set_title(name or "", fontsize=9, fontweight="bold", color=_INK, fontfamily=FONT, parse_math=False)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _most_written(terms: pl.DataFrame) -> list[tuple[str, int, pl.DataFrame]]:
    """Return the artists of whom most is said, by the weight of all of it, with their terms, heaviest first."""
    of_artists = terms.filter(pl.col(KIND) == ARTIST)
    most = (
        of_artists.group_by(ENTITY_ID)
        .agg(pl.col(WEIGHT).sum(), pl.col(N_ARTICLES).max())
        .sort(WEIGHT, ENTITY_ID, descending=[True, False])
        .head(MOST_ARTISTS)
    )
    return [
        (artist, int(n), of_artists.filter(pl.col(ENTITY_ID) == artist).sort(c.RANK))
        for artist, n in most.select(ENTITY_ID, N_ARTICLES).iter_rows()
    ]
