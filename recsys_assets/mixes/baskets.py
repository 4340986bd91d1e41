"""Baskets: playlists and listeners' histories in one form, which the ranker learns from and is asked about.

Belongs here: the form itself, how to make it from tables, which playlists are good enough to learn from, how one entry
of each is hidden. What baskets say about tracks is ``sources``; whom they are made for is the caller's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import require


@dataclass(frozen=True)
class Baskets:
    """Ordered sets of tracks; row = basket, in the order of ``ids``.

    ``indptr`` delimits the baskets in ``tracks`` (track rows in the basket's own order, each once) and ``weights``
    (float32 above 0: how much an entry stands for its basket; 1 in a playlist). ``titles`` has one text per basket, empty
    where there is none, as for a listener; what a playlist says of itself comes after the first line feed.
    """

    ids: pl.Series
    indptr: NDArray[np.int64]
    tracks: NDArray[np.int32]
    weights: NDArray[np.float32]
    titles: tuple[str, ...]
    n_tracks: int

    def __post_init__(self) -> None:
        if not len(self.ids) == len(self.titles) == self.indptr.size - 1 or not self.tracks.size == self.weights.size:
            raise InvalidArgumentError(
                f"baskets disagree in length: {len(self.ids)} ids, {len(self.titles)} titles, {self.indptr.size - 1} rows"
            )

    def __len__(self) -> int:
        return self.indptr.size - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tracks in each basket."""
        return np.diff(self.indptr)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The basket of each entry."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def matrix(self, *, weighted: bool = False) -> sparse.csr_matrix:
        """Return baskets x tracks, float32: ones, or weights scaled to a mean of 1 in every basket."""
        data = np.ones(self.tracks.size, dtype=np.float32)
        if weighted and self.tracks.size:
            totals = np.bincount(self.owners, weights=self.weights, minlength=len(self))
            data = (self.weights * np.repeat(self.lengths / np.maximum(totals, 1e-12), self.lengths)).astype(np.float32)
        built = sparse.csr_matrix((data, self.tracks, self.indptr), shape=(len(self), self.n_tracks), copy=True)
        built.sort_indices()
        return built

    def rows(self, start: int, stop: int) -> "Baskets":
        """Return the baskets ``start`` to ``stop`` (not included)."""
        a, b = self.indptr[start], self.indptr[stop]
        return Baskets(
            ids=self.ids[start:stop],
            indptr=self.indptr[start : stop + 1] - a,
            tracks=self.tracks[a:b],
            weights=self.weights[a:b],
            titles=self.titles[start:stop],
            n_tracks=self.n_tracks,
        )

    def take(self, rows: NDArray[np.integer]) -> "Baskets":
        """Return the baskets of these rows, ascending."""
        is_chosen = np.zeros(len(self), dtype=bool)
        is_chosen[rows] = True
        entries = is_chosen[self.owners]
        return Baskets(
            ids=self.ids.gather(rows),
            indptr=np.concatenate([[0], np.cumsum(self.lengths[rows])]).astype(np.int64),
            tracks=self.tracks[entries],
            weights=self.weights[entries],
            titles=tuple(self.titles[row] for row in rows),
            n_tracks=self.n_tracks,
        )

    def keep(self, is_kept: NDArray[np.bool_]) -> "Baskets":
        """Return the baskets with only the entries marked; those left without any stay, empty."""
        lengths = np.bincount(self.owners[is_kept], minlength=len(self))
        return Baskets(
            ids=self.ids,
            indptr=np.concatenate([[0], np.cumsum(lengths)]),
            tracks=self.tracks[is_kept],
            weights=self.weights[is_kept],
            titles=self.titles,
            n_tracks=self.n_tracks,
        )


def build_baskets(
    entries: pl.DataFrame,
    track_ids: IdMap,
    *,
    basket_column: str = c.PLAYLIST_ID,
    order_by: str = c.POSITION,
    weight: str | None = None,
    titles: pl.DataFrame | None = None,
    max_entries: int | None = None,
) -> Baskets:
    """Make baskets of a table of entries.

    Args:
        entries: ``basket_column``, ``track_id``, ``order_by`` (any sortable) and the weight where one is named; tracks that are
            not in ``track_ids`` are left out, a repeated track counts once, at its first place, with its weights added.
        track_ids: the columns.
        basket_column: what a basket is: ``playlist_id`` or ``user_id``.
        order_by: the order inside a basket.
        weight: column of weights above 0; all 1 where None.
        titles: ``basket_column`` and ``name``, where baskets have titles, and ``description`` where they have one.
        max_entries: keep the last so many entries of each basket (of a history: the most recent).

    Returns:
        Baskets in ascending order of their ids; ids without a known track are absent.
    """
    require(entries, {basket_column: pl.String, c.TRACK_ID: pl.String}, what="entries of baskets")
    value = pl.col(weight).cast(pl.Float64) if weight else pl.lit(1.0)
    rows = (
        entries.select(
            basket_column, track=pl.Series(track_ids.rows(entries[c.TRACK_ID])), order=pl.col(order_by), weight=value
        )
        .filter(pl.col("track") >= 0)
        .group_by(basket_column, "track")
        .agg(pl.col("order").min(), pl.col("weight").sum() if weight else pl.col("weight").first())
        .sort(basket_column, "order", "track")
    )
    if max_entries is not None:
        rows = rows.group_by(basket_column, maintain_order=True).tail(max_entries)
    sizes = rows.group_by(basket_column, maintain_order=True).len()
    names = [""] * sizes.height
    if titles is not None:
        named = titles.select(basket_column, _title(titles)).unique(basket_column, keep="first", maintain_order=True)
        names = sizes.join(named, on=basket_column, how="left", maintain_order="left")[c.NAME].fill_null("").to_list()
    return Baskets(
        ids=sizes[basket_column],
        indptr=np.concatenate([[0], np.cumsum(sizes["len"].to_numpy())]).astype(np.int64),
        tracks=rows["track"].cast(pl.Int32).to_numpy(),
        weights=rows["weight"].cast(pl.Float32).to_numpy(),
        titles=tuple(names),
        n_tracks=track_ids.size,
    )


def _title(titles: pl.DataFrame) -> pl.Expr:
    name = pl.col(c.NAME).fill_null("").str.replace_all(r"\s+", " ")
    if c.DESCRIPTION not in titles.columns:
        return name
    said = pl.col(c.DESCRIPTION).fill_null("").str.strip_chars()
    return pl.when(said == "").then(name).otherwise(name + "\n" + said).alias(c.NAME)


def concatenate(parts: Sequence[Baskets]) -> Baskets:
    """Put baskets over the same tracks one after the other.

    Raises:
        InvalidArgumentError: nothing to concatenate, the parts count different tracks, or an id stands twice: rows are
            found by id.
    """
    if len({part.n_tracks for part in parts}) != 1:
        raise InvalidArgumentError(
            "baskets to concatenate must be over the same tracks, and there must be at least one"
        )
    ids = pl.concat([part.ids.cast(pl.String).alias("id") for part in parts])
    if ids.n_unique() < len(ids):
        raise InvalidArgumentError(
            f"{len(ids) - ids.n_unique()} ids of baskets stand twice, such as {ids.filter(ids.is_duplicated())[0]!r}: "
            "prefix the ids of each kind"
        )
    return Baskets(
        ids=ids,
        indptr=np.concatenate([[0], np.cumsum(np.concatenate([part.lengths for part in parts]))]).astype(np.int64),
        tracks=np.concatenate([part.tracks for part in parts]),
        weights=np.concatenate([part.weights for part in parts]),
        titles=tuple(title for part in parts for title in part.titles),
        n_tracks=parts[0].n_tracks,
    )


def hide_one(
    baskets: Baskets, *, rng: np.random.Generator, min_tracks: int = 2, of: NDArray[np.integer] | None = None
) -> tuple[Baskets, NDArray[np.int32]]:
    """Hide one entry of each basket, chosen uniformly.

    Args:
        baskets: what to hide from.
        rng: chance; one number is drawn per basket.
        min_tracks: baskets with fewer stay whole.
        of: rows of the baskets to hide from, the others stay whole; all where None.

    Returns:
        The baskets without the hidden entries, and the hidden track of each basket (-1 where none was hidden).
    """
    lengths = baskets.lengths
    at = baskets.indptr[:-1] + np.floor(rng.random(len(baskets)) * lengths).astype(np.int64)
    chosen = lengths >= min_tracks
    if of is not None:
        chosen &= np.isin(np.arange(len(baskets)), of)
    hidden = np.full(len(baskets), -1, dtype=np.int32)
    hidden[chosen] = baskets.tracks[at[chosen]]
    is_kept = np.ones(baskets.tracks.size, dtype=bool)
    is_kept[at[chosen]] = False
    return baskets.keep(is_kept), hidden
