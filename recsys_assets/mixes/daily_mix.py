"""Daily Mix: up to six mixes of a listener's tastes, what they know and what is new to them together.

Belongs here: which tracks make each mix. The popular list is ``daily_popular``, tastes are ``tastes``, the order is
``sequence``, words are ``reasons``, names and rows are ``daily_rows``. All steps run over a batch of listeners at once;
listeners do not touch each other, so batches may be of any size and order.
"""

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core.ids import IdMap
from recsys_assets.core.seeds import derived_seed
from recsys_assets.mixes.artist_cap import Claims, keep_within_caps
from recsys_assets.mixes.daily_inputs import DailyMixParams, DailyRules, Listening, Proposed
from recsys_assets.mixes.daily_lists import FAMILIAR, MOST_MIXES, SPACE, DailyMixes, entries
from recsys_assets.mixes.daily_popular import add_popular
from recsys_assets.mixes.eligibility import may_be_offered
from recsys_assets.mixes.hubs import pair_luck
from recsys_assets.mixes.tastes import Tastes, find_tastes

# New tracks kept of each taste before caps on artists, in lengths of a mix.
_CHOICE = 2


def choose_daily_mixes(
    listeners: IdMap, listening: Listening, proposed: Proposed, rules: DailyRules, *, listeners_at_once: int = 1_000
) -> Iterator[DailyMixes]:
    """Choose the tracks of every listener's mixes, a batch of listeners at a time.

    A listener without plays, or whose plays are nowhere in the space, gets one mix from the popular list.
    """
    for start in range(0, listeners.size, listeners_at_once):
        stop = min(start + listeners_at_once, listeners.size)
        mine = listening.of(start, stop)
        a, b = np.searchsorted(proposed.users, (start, stop))
        offered = Proposed(proposed.users[a:b], proposed.tracks[a:b], proposed.sources[a:b])
        yield _choose_batch(np.arange(start, stop), mine, offered, rules)


def _choose_batch(users: NDArray[np.int64], listening: Listening, proposed: Proposed, rules: DailyRules) -> DailyMixes:
    wanted = _wanted(listening, rules)
    place, tastes = _cluster(users, wanted, rules)
    names, middles = _name_tastes(users, wanted, place, tastes, rules)
    known = _familiar(users, wanted, tastes, rules)
    new = _new(users, wanted, proposed, tastes, rules)
    chosen = _drop_short(_fill_quotas(known, new, rules), rules.params)
    at = np.searchsorted(users, chosen.users)
    named = replace(chosen, names=names[at, chosen.mixes], middles=middles[at, chosen.mixes])
    return add_popular(users, _renumber(named), rules)


def _wanted(listening: Listening, rules: DailyRules) -> Listening:
    """The plays that may shape a taste: not hidden, and with a place in the space."""
    allowed = rules.space.is_placed[listening.tracks].copy()
    recording = rules.catalogue.recordings[listening.tracks]
    allowed &= ~rules.unwanted.recordings.contains(listening.users, recording)
    row, artist = rules.catalogue.credits_of(listening.tracks)
    allowed[row[rules.unwanted.artists.contains(listening.users[row], artist)]] = False
    return Listening(*(getattr(listening, field.name)[allowed] for field in fields(listening)))


def _cluster(users: NDArray[np.int64], wanted: Listening, rules: DailyRules) -> tuple[NDArray[np.int64], Tastes]:
    """Cluster each listener's strongest tracks; tell which rows of ``wanted`` were the points (-1 is padding)."""
    most = rules.params.max_points
    starts = np.searchsorted(wanted.users, np.r_[users, users[-1] + 1])
    counts = np.minimum(np.diff(starts), most)
    place = starts[:-1, None] + np.arange(max(int(counts.max(initial=0)), 1))[None, :]
    place = np.where(np.arange(place.shape[1])[None, :] < counts[:, None], place, -1)
    if not wanted.users.size:
        empty = np.zeros((users.size, rules.params.max_tastes), dtype=np.float32)
        centres = np.zeros((*empty.shape, rules.space.vectors.shape[1]), dtype=np.float32)
        return place, Tastes(np.full(place.shape, -1, dtype=np.int32), centres, empty)
    weights = np.where(place >= 0, wanted.confidence[np.maximum(place, 0)], 0).astype(np.float32)
    vectors = rules.space.vectors[wanted.tracks[np.maximum(place, 0)]]
    return place, find_tastes(vectors, weights, rules.params)


def _name_tastes(
    users: NDArray[np.int64], wanted: Listening, place: NDArray[np.int64], tastes: Tastes, rules: DailyRules
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find each taste's medoid artist (-1: none credited) and medoid track, shape (n, max_tastes) each.

    The medoid artist is the one whose played tracks lie nearest to the taste's centre, among those whose weight in the
    taste is not small beside the heaviest artist's: a name that the listener hardly knows says nothing. Two mixes never
    share a name.
    """
    who, point = np.nonzero(tastes.labels >= 0)
    at = place[who, point]
    frame = pl.DataFrame(
        {
            "who": who,
            "taste": tastes.labels[who, point],
            "track": wanted.tracks[at],
            "artist": rules.catalogue.first_artists[wanted.tracks[at]],
            "weight": wanted.confidence[at].astype(np.float64),
            "near": _cosines(tastes.centres, who, tastes.labels[who, point], rules.space.vectors[wanted.tracks[at]]),
        }
    )
    shape = (users.size, rules.params.max_tastes)
    middles = np.full(shape, -1, dtype=np.int64)
    medoid = frame.sort("who", "taste", -pl.col("near"), "track").unique(("who", "taste"), keep="first")
    middles[medoid["who"].to_numpy(), medoid["taste"].to_numpy()] = medoid["track"].to_numpy()
    credited = (
        frame.filter(pl.col("artist") >= 0)
        .group_by("who", "taste", "artist")
        .agg(pl.col("weight").sum(), near=(pl.col("near") * pl.col("weight")).sum() / pl.col("weight").sum())
        .filter(pl.col("weight") >= rules.params.name_share * pl.col("weight").max().over("who", "taste"))
        .sort("who", "taste", -pl.col("near"), "artist")
    )
    names = np.full(shape, -1, dtype=np.int64)
    taken: set[tuple[int, int]] = set()
    for listener, taste, artist in credited.select("who", "taste", "artist").iter_rows():
        if names[listener, taste] < 0 and (listener, artist) not in taken:
            names[listener, taste] = artist
            taken.add((listener, artist))
    return names, middles


def _cosines(
    centres: NDArray[np.float32], who: NDArray[np.integer], taste: NDArray[np.integer], vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.einsum("nd,nd->n", centres[who, taste], vectors)


def _nearest_taste(
    users: NDArray[np.int64], owners: NDArray[np.int64], tracks: NDArray[np.int64], tastes: Tastes, rules: DailyRules
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The taste whose centre is nearest to each track, and the cosine; rows of one owner lie together."""
    nearest = np.zeros(owners.size, dtype=np.int64)
    cosine = np.zeros(owners.size, dtype=np.float32)
    starts = np.searchsorted(owners, users)
    stops = np.searchsorted(owners, users, side="right")
    n_tastes = (tastes.weights > 0).sum(axis=1)
    # A small product for each listener (5 us) costs a sixth of gathering a centre for each row and taste.
    for place in np.flatnonzero((stops > starts) & (n_tastes > 0)):
        rows = slice(starts[place], stops[place])
        near = rules.space.vectors[tracks[rows]] @ tastes.centres[place, : n_tastes[place]].T
        nearest[rows] = near.argmax(axis=1)
        cosine[rows] = near.max(axis=1)
    return nearest, cosine


def _familiar(users: NDArray[np.int64], wanted: Listening, tastes: Tastes, rules: DailyRules) -> DailyMixes:
    """What the listener plays and has not worn out, by taste, the dearest first, moved by the day's chance."""
    rested = wanted.recent < rules.params.worn_out_plays
    rested &= rules.catalogue.is_offerable[wanted.tracks]
    owners, tracks = wanted.users[rested], wanted.tracks[rested]
    taste, _ = _nearest_taste(users, owners, tracks, tastes, rules)
    # Gumbel noise on log weights draws without replacement in proportion to the weights (Yellott 1977).
    luck = pair_luck(owners, tracks, seed=derived_seed(rules.seed, "daily_mix", rules.day))
    uniform = (luck >> np.uint64(11)).astype(np.float64) / 2**53 + 2**-54
    score = np.log(wanted.confidence[rested]) - rules.params.variety * np.log(-np.log(uniform))
    return entries(owners, taste, tracks, scores=score, sources=FAMILIAR, plays=wanted.plays[rested])


def _new(
    users: NDArray[np.int64], wanted: Listening, proposed: Proposed, tastes: Tastes, rules: DailyRules
) -> DailyMixes:
    """What the listener has not heard, proposed by the day's retrieval or near the strongest tracks of a taste."""
    near_users, near_tracks = _neighbours_of_strongest(users, wanted, tastes, rules)
    owners = np.concatenate([proposed.users, near_users])
    tracks = np.concatenate([proposed.tracks, near_tracks])
    sources = np.concatenate([proposed.sources, np.full(near_users.size, SPACE, dtype=np.int8)])
    # The first proposer of a pair names its source.
    pair = owners * max(rules.catalogue.tracks.size, 1) + tracks
    order = np.argsort(pair, kind="stable")
    order = order[np.r_[True, pair[order][1:] != pair[order][:-1]]] if order.size else order
    owners, tracks, sources = owners[order], tracks[order], sources[order]
    allowed = tastes.weights[np.searchsorted(users, owners), 0] > 0
    allowed &= rules.space.is_placed[tracks]
    allowed &= may_be_offered(owners, tracks, catalogue=rules.catalogue, exclusions=rules.not_new)
    owners, tracks, sources = owners[allowed], tracks[allowed], sources[allowed]
    taste, near = _nearest_taste(users, owners, tracks, tastes, rules)
    order = np.lexsort((tracks, -near, taste, owners))
    best = order[_nth_in_run((owners * MOST_MIXES + taste)[order]) < _CHOICE * rules.params.length]
    return entries(owners[best], taste[best], tracks[best], scores=near[best], sources=sources[best])


def _neighbours_of_strongest(
    users: NDArray[np.int64], wanted: Listening, tastes: Tastes, rules: DailyRules
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    taste, _ = _nearest_taste(users, wanted.users, wanted.tracks, tastes, rules)
    # Rows come by descending confidence within a listener, so the first of each taste are its strongest.
    order = np.lexsort((np.arange(taste.size), taste, wanted.users))
    nth = _nth_in_run((wanted.users * MOST_MIXES + taste)[order])
    strongest = order[nth < rules.params.seeds_per_taste]
    neighbours = rules.space.neighbours[wanted.tracks[strongest], : rules.params.neighbours_per_seed]
    owners = np.repeat(wanted.users[strongest], neighbours.shape[1])
    flat = neighbours.ravel().astype(np.int64)
    return owners[flat >= 0], flat[flat >= 0]


def _nth_in_run(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if keys.size else np.zeros(0, dtype=np.int64)
    return np.arange(keys.size) - np.repeat(starts, np.diff(np.r_[starts, keys.size]))


def _fill_quotas(known: DailyMixes, new: DailyMixes, rules: DailyRules) -> DailyMixes:
    """Take the best of both kinds by their shares, then the rest of either until the mix is full.

    What is new comes before what is familiar in the second round: a mix is short of familiar tracks more often. Caps on
    artists hold in the mix, those on recordings over all mixes of the listener.
    """
    params, catalogue = rules.params, rules.catalogue
    rows = DailyMixes.join(known, new)
    is_familiar = rows.sources == FAMILIAR
    mix = rows.users * MOST_MIXES + rows.mixes
    familiar_places = round(params.length * params.familiar_share)
    every, owners = np.arange(rows.users.size), rows.users

    def shared_claims(order: NDArray[np.integer]) -> tuple[Claims, ...]:
        return (
            Claims(every, mix[order], params.length),
            catalogue.recording_claims(owners[order], rows.tracks[order]),
            catalogue.artist_claims(mix[order], rows.tracks[order], places=params.artist_places),
        )

    by_kind = [
        Claims(np.flatnonzero(kind), mix[kind], places)
        for kind, places in ((is_familiar, familiar_places), (~is_familiar, params.length - familiar_places))
    ]
    is_first = keep_within_caps(owners, (*shared_claims(every), *by_kind))
    again = np.lexsort((every, is_familiar, ~is_first, owners))
    is_kept = keep_within_caps(owners[again], shared_claims(again))
    return rows.take(np.sort(again[is_kept]))


def _drop_short(rows: DailyMixes, params: DailyMixParams) -> DailyMixes:
    """Leave out mixes that are too short, but that of each listener's heaviest taste."""
    mix = rows.users * MOST_MIXES + rows.mixes
    _, inverse, count = np.unique(mix, return_inverse=True, return_counts=True)
    is_first = rows.mixes == 0
    return rows.take(is_first | (count[inverse] >= params.min_length))


def _renumber(rows: DailyMixes) -> DailyMixes:
    """Number the mixes of each listener without gaps."""
    frame = pl.DataFrame({"user": rows.users, "mix": rows.mixes})
    number = frame.select((pl.col("mix").rank("dense").over("user") - 1).cast(pl.Int64))["mix"].to_numpy()
    return replace(rows, mixes=number)
