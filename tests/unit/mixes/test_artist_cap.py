from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys_assets.mixes.artist_cap import Claims, keep_within_caps


def claims_of(credited: list[list[int]], owners: list[int], places: int) -> Claims:
    rows = [row for row, artists in enumerate(credited) for _ in artists]
    groups = [owners[row] * 100 + artist for row, artists in enumerate(credited) for artist in artists]
    return Claims(np.array(rows, dtype=np.int64), np.array(groups, dtype=np.int64), places)


def test_a_refused_track_takes_no_place_of_its_other_artists():
    # One place each; B, then A with B, then A: the middle one is refused by B and must not use up A.
    kept = keep_within_caps(np.zeros(3, dtype=int), [claims_of([[1], [0, 1], [0]], [0, 0, 0], 1)])
    assert kept.tolist() == [True, False, True]


def test_lists_do_not_share_places_and_rows_without_claims_stay():
    owners = [3, 3, 5, 5]
    kept = keep_within_caps(np.array(owners), [claims_of([[1], [1], [1], []], owners, 1)])
    assert kept.tolist() == [True, False, True, True]


@given(
    st.lists(st.lists(st.lists(st.integers(0, 4), max_size=3, unique=True), max_size=12), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(1, 6),
)
def test_it_is_the_greedy_choice_one_list_at_a_time(lists, artist_places, length):
    owners = [owner for owner, rows in enumerate(lists) for _ in rows]
    credited = [artists for rows in lists for artists in rows]
    total = Claims(np.arange(len(owners)), np.array(owners, dtype=np.int64), length)
    kept = keep_within_caps(np.array(owners, dtype=np.int64), [total, claims_of(credited, owners, artist_places)])
    expected = []
    for rows in lists:
        counts: Counter[int] = Counter()
        n_kept = 0
        for artists in rows:
            stays = n_kept < length and all(counts[artist] < artist_places for artist in artists)
            if stays:
                n_kept += 1
                counts.update(artists)
            expected.append(stays)
    assert kept.tolist() == expected
