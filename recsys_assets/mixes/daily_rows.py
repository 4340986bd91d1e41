"""Daily Mixes as they are published: in the order of play, named, with reasons.

Belongs here: from chosen tracks (``daily_mix``) to rows of ``mixes.daily_mix``.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.arc import harmony, misfit
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.daily_inputs import DailyRules, Listening, Proposed
from recsys_assets.mixes.daily_lists import DailyMixes
from recsys_assets.mixes.daily_mix import choose_daily_mixes
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.reasons import explain_daily, spread
from recsys_assets.mixes.sequence import SAME_ARTIST_PENALTY, order_tracks
from recsys_assets.mixes.tables import DAILY_MIX, SOURCE_TYPE


def make_daily_mixes(
    listeners: IdMap,
    listening: Listening,
    proposed: Proposed,
    rules: DailyRules,
    *,
    follows: PairSet,
    listeners_at_once: int = 1_000,
) -> Iterator[pl.DataFrame]:
    """Make every listener's Daily Mixes, a frame of ``mixes.daily_mix`` per batch of listeners, in the order of ids."""
    for mixes in choose_daily_mixes(listeners, listening, proposed, rules, listeners_at_once=listeners_at_once):
        yield daily_mix_rows(mixes, listeners=listeners, rules=rules, follows=follows)


def daily_mix_rows(mixes: DailyMixes, *, listeners: IdMap, rules: DailyRules, follows: PairSet) -> pl.DataFrame:
    """Put each mix in the order of play, beginning with the first familiar track, and name and explain it.

    Near tracks follow each other; where recordings were analysed the order also follows the arc (``arc``).

    Args:
        mixes: a batch.
        listeners: ids of listener rows.
        rules: of the day.
        follows: (listener, artist) rows.

    Returns:
        Rows of ``mixes.daily_mix``.
    """
    if not mixes.users.size:
        return DAILY_MIX.empty()
    starts = np.flatnonzero(np.r_[True, (mixes.users[1:] != mixes.users[:-1]) | (mixes.mixes[1:] != mixes.mixes[:-1])])
    lengths = np.diff(np.r_[starts, mixes.users.size])
    # Fills carry no name of their own; the first row of a mix is the listener's own wherever there is one.
    name, middle = (np.repeat(values[starts], lengths) for values in (mixes.names, mixes.middles))
    shown = _middle_labels(name, middle, rules.catalogue)
    number = pl.Series(mixes.mixes + 1).cast(pl.String)
    frame = pl.DataFrame(
        {
            "user_row": mixes.users,
            "track_row": mixes.tracks,
            c.USER_ID: listeners.external(mixes.users),
            c.TRACK_ID: rules.catalogue.tracks.external(mixes.tracks),
            c.SCORE: mixes.scores,
            c.SOURCE: pl.Series(mixes.sources, dtype=pl.UInt8).cat.to(SOURCE_TYPE).cast(pl.String),
            c.PLAY_COUNT: mixes.plays,
            "is_known": mixes.is_known,
            "middle": shown,
            "number": number,
            c.RANK: _play_order(mixes, starts, lengths, rules),
        }
    )
    title = pl.when(pl.col("middle").is_null()).then(
        pl.format(f"Daily Mix {{}}: popular{' right now' if rules.popular.is_recent else ''}", "number")
    )
    return (
        frame.with_columns(
            explain_daily(frame, catalogue=rules.catalogue, follows=follows, is_recent=rules.popular.is_recent).alias(
                c.REASON
            ),
            pl.format("daily_mix_{}", "number").alias(c.MIX),
            title.otherwise(pl.format("Daily Mix {}: {} and more", "number", "middle")).alias("mix_title"),
            pl.lit(rules.day).alias(c.DATE),
        )
        .sort(c.USER_ID, c.MIX, c.RANK)
        .pipe(DAILY_MIX.arrange)
        .collect()
    )


def _middle_labels(names: NDArray[np.int64], middles: NDArray[np.int64], catalogue: Catalogue) -> pl.Series:
    """The artist who names each mix, or the track in its middle where nobody is credited; null for a popular list."""
    by_artist, by_track = names >= 0, (names < 0) & (middles >= 0)
    artists = spread(catalogue.artist_label(names[by_artist]), by_artist)
    tracks = spread(catalogue.track_label(middles[by_track]), by_track)
    return pl.select(pl.coalesce(artists, tracks)).to_series()


def _play_order(
    mixes: DailyMixes, starts: NDArray[np.int64], lengths: NDArray[np.int64], rules: DailyRules
) -> NDArray[np.int32]:
    """Return the rank of each entry, from 1."""
    n_mixes, longest = starts.size, int(lengths.max())
    mix = np.repeat(np.arange(n_mixes), lengths)
    place = np.arange(mixes.users.size) - np.repeat(starts, lengths)
    padded = np.zeros((n_mixes, longest), dtype=np.int64)
    padded[mix, place] = mixes.tracks
    vectors = rules.space.vectors[padded]
    similarity = np.matmul(vectors, vectors.transpose(0, 2, 1))
    row, artist = rules.catalogue.credits_of(mixes.tracks)
    credited = pl.DataFrame({"mix": mix[row], "artist": artist, "place": place[row]})
    same = credited.join(credited, on=("mix", "artist")).filter(pl.col("place") != pl.col("place_right"))
    same = same.select("mix", "place", "place_right").unique()
    pairs = tuple(same[name].to_numpy() for name in ("mix", "place", "place_right"))
    similarity[pairs] -= SAME_ARTIST_PENALTY
    wants = None
    if rules.sound is not None:
        wants = misfit(padded, lengths, rules.sound)
        similarity += harmony(padded, rules.sound)
    order = order_tracks(similarity, lengths, misfit=wants)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(1, longest + 1)[None, :].repeat(n_mixes, axis=0), axis=1)
    return rank[mix, place].astype(np.int32)
