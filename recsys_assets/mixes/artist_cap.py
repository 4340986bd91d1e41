"""At most so many tracks of one artist, of one recording, of one list: greedy, best first, for all lists at once.

Belongs here: keeping rows while their groups have places left. Which rows may be in a list at all is ``eligibility``;
how many listeners one track may go to is ``hubs``.

A row first asks all its groups and takes a place in each only if all have one. Counting an artist of a row that
another of its artists then refuses is a known fault of other tools: with one place per artist, the list B, (A, B), A
must keep its first and its last row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Claims:
    """Groups that rows ask for a place, and how many places each group has.

    Attributes:
        rows: int, the asking row of each claim.
        groups: int64, what is asked; rows of different owners must ask for different groups, and no row asks twice.
        places: int, the places in each of these groups.
    """

    rows: NDArray[np.integer]
    groups: NDArray[np.int64]
    places: int


def keep_within_caps(owners: NDArray[np.integer], claims: Sequence[Claims]) -> NDArray[np.bool_]:
    """Keep rows, in their order, whose every group still has a place.

    The loop runs over positions within a list and not over lists, so the cost is one pass over the claims whatever the
    number of listeners (1 M rows with 3 M claims: .9 s).

    Args:
        owners: the list of each row; rows of one owner lie together, best first.
        claims: what rows ask; a row without claims is kept.

    Returns:
        bool of shape (n_rows,): True where the row stays.
    """
    n = owners.size
    if not n:
        return np.zeros(0, dtype=bool)
    position = _position_in_run(owners)
    rows = np.concatenate([np.asarray(claim.rows, dtype=np.int64) for claim in claims])
    group, places = _dense_groups(claims)
    # Claims in the order of (position, row): each position is one slice, each row a run in it.
    order = np.argsort(position[rows] * n + rows)
    rows, group, places = rows[order], group[order], places[order]
    run_starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if rows.size else np.zeros(0, dtype=np.int64)
    run_rows = rows[run_starts]
    run_lengths = np.diff(np.r_[run_starts, rows.size])
    first_run = np.searchsorted(position[run_rows], np.arange(position.max() + 2))
    taken = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int32)
    is_kept = np.ones(n, dtype=bool)
    for a, b in pairwise(first_run):
        if a == b:
            continue
        start, stop = run_starts[a], run_starts[b - 1] + run_lengths[b - 1]
        is_free = taken[group[start:stop]] < places[start:stop]
        may_stay = np.logical_and.reduceat(is_free, run_starts[a:b] - start)
        is_kept[run_rows[a:b]] = may_stay
        # No group is asked twice at one position, so plain indexing counts right.
        taken[group[start:stop][np.repeat(may_stay, run_lengths[a:b])]] += 1
    return is_kept


def _position_in_run(owners: NDArray[np.integer]) -> NDArray[np.int64]:
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    return np.arange(owners.size) - np.repeat(starts, np.diff(np.r_[starts, owners.size]))


def _dense_groups(claims: Sequence[Claims]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Number the groups densely; groups of different ``Claims`` are different whatever their values."""
    dense, places, offset = [], [], 0
    for claim in claims:
        order = np.argsort(claim.groups)
        ordered = claim.groups[order]
        number = np.empty(order.size, dtype=np.int64)
        number[order] = np.cumsum(np.r_[False, ordered[1:] != ordered[:-1]]) + offset if order.size else 0
        dense.append(number)
        places.append(np.full(order.size, claim.places, dtype=np.int32))
        offset = int(number.max(initial=offset - 1)) + 1
    return np.concatenate(dense), np.concatenate(places)
