"""What is hidden stays hidden: altering the hidden days changes nothing of what a fit may see."""

import numpy as np
import polars as pl
import pytest
from factories import day, rows_of, stored

from recsys_assets.core.lake import Lake
from recsys_assets.play_matrix.confidence import Evidence
from recsys_assets.play_matrix.holdout import LEAST_LISTENERS, HoldoutParams, split_last_days, tuning_split
from recsys_assets.play_matrix.matrix import InteractionMatrix
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.raw.tables import RAW_PLAY_COUNTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

LAST = day(9)
HIDDEN = HoldoutParams(holdout_days=3)
BEFORE = [
    {"user_id": "ann", "track_id": "old", "plays": 2, "date": day(0)},
    {"user_id": "ann", "track_id": "known", "plays": 1, "date": day(6)},
    {"user_id": "bob", "track_id": "old", "skips": 1, "date": day(1)},
    {"user_id": "bob", "track_id": "known", "plays": 1, "date": day(1)},
    {"user_id": "cid", "track_id": "first", "plays": 1, "date": day(2)},
]
AFTER = [
    {"user_id": "ann", "track_id": "first", "plays": 1, "date": day(7)},
    {"user_id": "ann", "track_id": "old", "plays": 1, "date": day(9)},
    {"user_id": "bob", "track_id": "old", "plays": 3, "date": day(8)},
    {"user_id": "bob", "track_id": "first", "partial_plays": 1, "date": day(8)},
    {"user_id": "cid", "track_id": "unheard-of", "plays": 1, "date": day(9)},
    {"user_id": "cid", "track_id": "known", "plays": 1, "date": day(9)},
    {"user_id": "newcomer", "track_id": "known", "plays": 1, "date": day(9)},
]


def evidence(lake: Lake, rows: list[dict], totals: list[dict] | None = None) -> Evidence:
    tracks = [{"track_id": name, "artist_ids": ["x"]} for name in ("old", "known", "first", "unheard-of")]
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=day(0)))
    if totals:
        stored(lake, RAW_PLAY_COUNTS, rows_of(RAW_PLAY_COUNTS, totals, user_id="ann"))
    signals = stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, rows))
    return Evidence(signals, lake.open(RAW_PLAY_COUNTS), lake.open(RAW_TRACKS))


def split(found: Evidence):
    return split_last_days(found, LAST, ConfidenceParams(), HIDDEN, seed=0)


def pairs(matrix, of: InteractionMatrix) -> set[tuple[str, str]]:
    rows, columns = matrix.nonzero()
    return set(zip(of.users.external(rows), of.tracks.external(columns), strict=True))


def test_only_first_completed_listens_of_known_listeners_to_known_tracks_are_asked_for(lake):
    holdout = split(evidence(lake, BEFORE + AFTER))

    assert pairs(holdout.first_listens, holdout.train) == {("ann", "first"), ("cid", "known")}
    # Bob skipped `old` once: he has heard it, and nobody asks him for it.
    assert pairs(holdout.heard, holdout.train) == {(row["user_id"], row["track_id"]) for row in BEFORE} - {
        (user, track) for user, track in [("bob", "first")]
    }
    assert holdout.train.users.external(holdout.listeners).to_list() == ["ann", "cid"]


@pytest.mark.parametrize("altered", [[], AFTER[:1], [row | {"plays": 40, "track_id": "known"} for row in AFTER[:2]]])
def test_altering_the_hidden_days_changes_neither_train_nor_heard(tmp_path, altered):
    # Totals that arrive in the hidden days count what was heard in them.
    early = [{"track_id": "old", "play_count": 3, "arrived_on": day(5)}]
    late = [{"track_id": "first", "play_count": 99, "arrived_on": day(8)}]
    one = split(evidence(Lake(str(tmp_path / "one")), BEFORE + AFTER, early + late))
    other = split(evidence(Lake(str(tmp_path / "other")), BEFORE + altered, early))

    for left, right in ((one.train.matrix, other.train.matrix), (one.heard, other.heard)):
        assert left.shape == right.shape
        assert (left != right).nnz == 0
    assert one.train.users.ids.equals(other.train.users.ids)
    assert one.train.tracks.ids.equals(other.train.tracks.ids)


def test_listeners_are_sampled_by_the_seed(lake):
    rows = [{"user_id": f"u{n:02}", "track_id": "old", "plays": 1, "date": day(0)} for n in range(30)]
    rows += [{"user_id": "z", "track_id": "known", "plays": 1, "date": day(0)}]
    rows += [{"user_id": f"u{n:02}", "track_id": "known", "plays": 1, "date": day(8)} for n in range(30)]
    found, few = evidence(lake, rows), HIDDEN.model_copy(update={"max_listeners": 10})

    one, same, other = (
        split_last_days(found, LAST, ConfidenceParams(), few, seed=seed).listeners.tolist() for seed in (0, 0, 1)
    )

    assert len(one) == 10
    assert one == same != other


@pytest.mark.parametrize("n", [LEAST_LISTENERS - 1, LEAST_LISTENERS])
def test_too_few_first_listens_are_replaced_by_a_random_split(lake, n):
    rows = [
        {"user_id": f"u{user:02}", "track_id": track, "plays": 1, "date": day(0)}
        for user in range(30)
        for track in ("old", "known", f"own{user}")
    ] + [{"user_id": "z", "track_id": "first", "plays": 1, "date": day(0)}]
    rows += [{"user_id": f"u{user:02}", "track_id": "first", "plays": 1, "date": day(8)} for user in range(n)]

    visible, hidden = tuning_split(evidence(lake, rows), LAST, ConfidenceParams(), HIDDEN, seed=0)

    assert visible.shape == hidden.shape
    assert visible.multiply(hidden).nnz == 0
    if n == LEAST_LISTENERS:
        assert (visible.nnz, hidden.nnz) == (91, n)
        assert set(hidden.indices) == {0}
    else:
        assert visible.nnz + hidden.nnz == pl.DataFrame(rows).select("user_id", "track_id").n_unique()
        assert (np.diff(hidden.indptr)[:30] == 1).all()
