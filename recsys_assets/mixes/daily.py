"""A day's Daily Mixes, from tables to tables: what Dagster calls.

Belongs here: putting the parts together and the retrieval of what is new to each listener. Choosing is
``daily_mix``, order, names and reasons are ``daily_rows``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.seeds import derived_seed
from recsys_assets.latent.retrieve import iter_top_n
from recsys_assets.latent.space import LatentSpace
from recsys_assets.mixes.arc import read_sound
from recsys_assets.mixes.catalogue import EligibilityParams, build_catalogue
from recsys_assets.mixes.daily_inputs import DailyMixParams, DailyRules, read_listening, read_proposed, read_space
from recsys_assets.mixes.daily_rows import make_daily_mixes
from recsys_assets.mixes.discover_rows import followed_pairs
from recsys_assets.mixes.eligibility import build_exclusions
from recsys_assets.mixes.history import History
from recsys_assets.mixes.lapsed import with_older_plays
from recsys_assets.mixes.pairs import PairSet
from recsys_assets.mixes.popular import rank_popular
from recsys_assets.mixes.tables import DAILY_MIX

# New tracks that the space proposes to a listener, of which the mixes take some ten each.
PROPOSALS = 300


@dataclass(frozen=True)
class DayTables:
    """What is known at the end of the day.

    Attributes:
        day: which; its mixes are for the day after.
        tracks: the newest snapshot of ``raw_tracks``; empty where there is none.
        artists: of ``raw_artists``.
        confidence: ``play_matrix.play_confidence`` of the day.
        history: what listeners heard, hid and followed.
        neighbours: ``latent.track_neighbours`` of the day.
        sound: ``arc.SOUND_COLUMNS`` of the recordings that had arrived, one row per track; None for none.
    """

    day: date
    tracks: pl.DataFrame
    artists: pl.DataFrame
    confidence: pl.DataFrame
    history: History
    neighbours: pl.DataFrame
    sound: pl.DataFrame | None = None


def make_day(
    tables: DayTables,
    space: LatentSpace | None,
    params: DailyMixParams,
    *,
    seed: int,
    eligibility: EligibilityParams | None = None,
    num_threads: int | None = None,
) -> pl.DataFrame:
    """Make every listener's Daily Mixes of a day: rows of ``mixes.daily_mix``.

    Args:
        tables: what is known.
        space: of the day; None while nobody has played anything.
        params: the shape of the mixes.
        seed: of the day's chance.
        eligibility: what nobody gets.
        num_threads: of the retrieval.
    """
    history = tables.history
    catalogue = build_catalogue(
        tables.tracks,
        delivered_on=tables.day + timedelta(days=1),
        params=eligibility or EligibilityParams(),
        artists=tables.artists,
        other_track_ids=pl.concat([tables.confidence[c.TRACK_ID], history.heard[c.TRACK_ID]]),
    )
    listeners = IdMap.of(history.listeners[c.USER_ID])
    confidence = with_older_plays(tables.confidence, history)
    has_heard = np.isin(
        np.arange(listeners.size), listeners.rows(pl.concat([history.heard[c.USER_ID], confidence[c.USER_ID]]))
    )
    if not listeners.size or not catalogue.tracks.size:
        return DAILY_MIX.empty()
    hidden = {"track_pairs": (history.hidden,), "artist_pairs": history.hidden_artists}
    rules = DailyRules(
        catalogue=catalogue,
        space=read_space(_track_vectors(space), catalogue, neighbours=tables.neighbours),
        popular=rank_popular(history.popular, tables.confidence, catalogue),
        not_new=build_exclusions(
            catalogue, listeners, track_pairs=(history.heard, history.hidden), artist_pairs=history.hidden_artists
        ),
        unwanted=build_exclusions(catalogue, listeners, **hidden),
        has_heard=has_heard,
        params=params,
        day=tables.day,
        seed=derived_seed(seed, "daily_mix", tables.day) % 2**31,
        sound=read_sound(tables.sound, catalogue),
    )
    listening = read_listening(
        confidence, listeners=listeners, catalogue=catalogue, recent=history.recent, heard=history.heard
    )
    proposals = list(_propose(space, history.heard, num_threads=num_threads)) if space else []
    proposed = read_proposed(pl.concat(proposals) if proposals else None, listeners=listeners, catalogue=catalogue)
    follows = followed_pairs(history.followed_artists, listeners=listeners, catalogue=catalogue)
    batches = list(make_daily_mixes(listeners, listening, proposed, rules, follows=follows))
    return pl.concat(batches) if batches else DAILY_MIX.empty()


def _track_vectors(space: LatentSpace | None) -> pl.DataFrame:
    if space is None:
        return pl.DataFrame(schema={c.TRACK_ID: pl.String, c.VECTOR: pl.List(pl.Float32)})
    vectors = pl.Series(c.VECTOR, space.track_vectors, dtype=pl.Array(pl.Float32, space.dimensions)).arr.to_list()
    return pl.DataFrame({c.TRACK_ID: space.tracks.ids, c.VECTOR: vectors})


def _propose(space: LatentSpace, heard: pl.DataFrame, *, num_threads: int | None) -> Iterator[pl.DataFrame]:
    """Yield the tracks nearest to each listener that they have not heard, a batch of listeners at a time."""
    pairs = PairSet.of(
        space.users.rows(heard[c.USER_ID]), space.tracks.rows(heard[c.TRACK_ID]), width=max(space.tracks.size, 1)
    )
    users, tracks = np.divmod(pairs.keys, pairs.width)
    shape = (space.users.size, space.tracks.size)
    seen = sparse.csr_matrix((np.ones(len(users), np.float32), (users, tracks)), shape=shape)
    n = min(PROPOSALS, space.tracks.size)
    for batch in iter_top_n(space.user_vectors, space.track_vectors, n=n, seen=seen, num_threads=num_threads):
        kept = batch.item_rows.ravel() >= 0
        yield pl.DataFrame(
            {
                c.USER_ID: space.users.external(np.repeat(batch.user_rows, n)[kept]),
                c.TRACK_ID: space.tracks.external(batch.item_rows.ravel()[kept]),
            }
        )
