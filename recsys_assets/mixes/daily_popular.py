"""What is popular with everybody, in Daily Mixes: for a first mix that is short, and for listeners without any.

Belongs here: filling from the popular list. Its order is ``popular``.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recsys_assets.mixes.artist_cap import Claims, keep_within_caps
from recsys_assets.mixes.daily_inputs import DailyRules
from recsys_assets.mixes.daily_lists import MOST_MIXES, POPULAR, DailyMixes, entries
from recsys_assets.mixes.eligibility import may_be_offered

# The whole popular list for each of a thousand listeners would be a thousand times the catalogue.
ROWS_AT_ONCE = 250_000


def add_popular(users: NDArray[np.int64], rows: DailyMixes, rules: DailyRules) -> DailyMixes:
    """Complete the first mix of each listener from the popular list, looking deeper into it only for who needs it.

    Args:
        users: the listeners of the batch, ascending, those without a mix among them.
        rows: their mixes.
        rules: of the day.
    """
    length, longest = rules.params.length, len(rules.popular)
    for depth in sorted({min(8 * length, longest), longest}):
        have = np.bincount(np.searchsorted(users, rows.users[rows.mixes == 0]), minlength=users.size)
        short = users[have < length]
        at_once = max(ROWS_AT_ONCE // max(depth, 1), 1)
        done = [rows.take(~np.isin(rows.users, short))]
        for start in range(0, short.size, at_once):
            some = short[start : start + at_once]
            mine = rows.take(np.isin(rows.users, some))
            done.append(_first_mix_within_caps(DailyMixes.join(mine, _popular_entries(some, depth, rules)), rules))
        rows = DailyMixes.join(*done)
    return rows


def _popular_entries(users: NDArray[np.int64], depth: int, rules: DailyRules) -> DailyMixes:
    owners, place = np.repeat(users, depth), np.tile(np.arange(depth), users.size)
    tracks = rules.popular.tracks[place].astype(np.int64)
    allowed = may_be_offered(owners, tracks, catalogue=rules.catalogue, exclusions=rules.not_new)
    owners, tracks, place = owners[allowed], tracks[allowed], place[allowed]
    made = entries(owners, np.zeros_like(owners), tracks, scores=rules.popular.share[place], sources=POPULAR)
    return replace(made, is_known=rules.has_heard[owners])


def _first_mix_within_caps(rows: DailyMixes, rules: DailyRules) -> DailyMixes:
    """Keep fills of first mixes where there is room; what was there before stays."""
    is_fill = rows.sources == POPULAR
    order = np.lexsort((np.arange(is_fill.size), is_fill, rows.users))
    owners, tracks = rows.users[order], rows.tracks[order]
    mix = (rows.users * MOST_MIXES + rows.mixes)[order]
    claims = (
        Claims(np.arange(order.size), mix, rules.params.length),
        rules.catalogue.recording_claims(owners, tracks),
        rules.catalogue.artist_claims(mix, tracks, places=rules.params.artist_places),
    )
    return rows.take(np.sort(order[keep_within_caps(owners, claims)]))
