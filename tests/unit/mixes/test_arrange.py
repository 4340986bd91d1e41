"""From tables to baskets: the order of a history, what of it is kept, whose older plays stand in, whose ids are whose."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from mix_frames import CONFIDENCE, frame, history_of, week_of

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.arrange import arrange_week, build_histories
from recsys_assets.mixes.baskets import concatenate

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TRACKS = [(track, track, f"by-{track}") for track in "abcde"]


def baskets_of(confidence: list[tuple], heard: list[tuple], **limits: int) -> dict[str, str]:
    """The tracks of each listener's basket, in their order."""
    ids = IdMap.of(list("abcde"))
    made = build_histories(frame(confidence, CONFIDENCE), history_of(heard), ids, **limits)
    return {
        user: "".join(ids.external(made.tracks[made.indptr[row] : made.indptr[row + 1]]))
        for row, user in enumerate(made.ids)
    }


def test_tracks_of_one_day_stand_in_the_order_in_which_they_were_heard():
    heard = [("ann", track, 1, NOON + timedelta(minutes=m)) for track, m in (("a", 9), ("b", 3), ("c", 6))]

    assert baskets_of([("ann", track, 1.0) for track in "abc"], heard) == {"ann": "bca"}


def test_what_has_no_day_comes_first_and_the_surest_last():
    heard = [("ann", "e", 1, NOON), ("ann", "a", 9, None), ("ann", "b", 1, None)]
    confidence = [("ann", "a", 3.0), ("ann", "b", 1.0), ("ann", "liked", 1.0), ("ann", "c", 2.0), ("ann", "e", 0.1)]

    assert baskets_of(confidence, heard) == {"ann": "bcae"}


def test_a_long_history_without_days_keeps_the_favourites():
    tracks = IdMap.of([f"t{n:03d}" for n in range(400)])
    favourites = {f"t{n:03d}" for n in range(40)}
    confidence = [("ann", track, 5.0 if track in favourites else 0.7) for track in tracks.ids]
    heard = [("ann", track, 500 if track in favourites else 1, None) for track in tracks.ids]

    made = build_histories(frame(confidence, CONFIDENCE), history_of(heard), tracks)

    assert made.lengths.tolist() == [150]
    assert favourites <= set(tracks.external(made.tracks))


def test_older_plays_stand_in_for_who_has_nothing_in_the_window():
    heard = [("old", "a", 3, NOON), ("old", "b", 0, NOON), ("new", "c", 7, NOON), ("new", "d", 7, NOON)]

    # A play cut short says nothing; who has a window is not given more.
    assert baskets_of([("new", "d", 1.0)], heard) == {"new": "d", "old": "a"}


def test_everybody_who_did_anything_is_a_listener():
    history = history_of(
        [("ann", "a", 1, NOON)], followed_artists=[("fan", "by-a")], hidden=[("shy", "b")], liked=["likes"]
    )

    assert arrange_week(week_of(TRACKS, history)).listeners.ids.to_list() == ["ann", "fan", "likes", "shy"]


def test_a_playlist_and_a_listener_of_one_id_are_two_baskets():
    history = history_of([("x", "a", 1, NOON), ("x", "b", 1, NOON)])
    playlists = [("x", track, place) for place, track in enumerate("cde")]
    tables = week_of(TRACKS, history, confidence=[("x", "a", 1.0), ("x", "b", 1.0)], playlists=playlists)

    week = arrange_week(tables)

    assert week.baskets.ids.to_list() == ["p:x", "u:x"]
    assert week.queries.ids.to_list() == ["u:x"]
    assert week.histories.ids.to_list() == ["x"]
    with pytest.raises(InvalidArgumentError, match="x"):
        concatenate([week.playlists, week.histories])


def test_a_week_of_nobody_is_empty():
    week = arrange_week(week_of([], history_of()))

    assert week.listeners.size == len(week.histories) == len(week.baskets) == 0
    assert isinstance(week.baskets.ids, pl.Series)
