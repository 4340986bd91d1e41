"""Lists of every listener while full tracks refuse: the rounds of ``hubs``, and the fills of lists that are too short.

Belongs here: making lists of the offers that are left, again and again. Who gives way is ``hubs``; what a listener's
candidates are, and what is made of the lists, is ``discover_weekly``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsys_assets.core.seeds import derived_seed
from recsys_assets.mixes.artist_cap import Claims, keep_within_caps
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.eligibility import Exclusions, may_be_offered
from recsys_assets.mixes.hubs import HubParams, find_refused, hub_limit, pair_luck
from recsys_assets.mixes.pairs import PairSet, sorted_unique
from recsys_assets.mixes.popular import Popular
from recsys_assets.mixes.tables import MIX_SOURCES

POPULAR_SOURCE = MIX_SOURCES.index("popular")
# Fills stand behind every candidate in a listener's preference.
BEHIND_ALL = 1_000_000
# Sorting a batch stays in the cache: assembling 40,000 listeners takes 6.8 s so, 8.2 s with two million rows at once.
_ROWS_AT_ONCE = 250_000


class DiscoverParams(HubParams, frozen=True):
    """The shape of Discover Weekly."""

    length: int = Field(default=30, gt=0, description="Tracks in a mix.")
    artist_places: int = Field(default=2, gt=0, description="Most tracks of one credited artist.")
    reserve: int = Field(default=100, gt=0, description="Candidates of each listener kept for the rounds of refusals.")


@dataclass(frozen=True)
class Offers:
    """Parallel arrays, one entry per offer, sorted by (users, preference)."""

    users: NDArray[np.int64]
    tracks: NDArray[np.int64]
    scores: NDArray[np.float32]
    sources: NDArray[np.int8]
    preference: NDArray[np.int64]

    def take(self, which: NDArray) -> "Offers":
        """Return some of the offers, in the order given."""
        return Offers(
            self.users[which], self.tracks[which], self.scores[which], self.sources[which], self.preference[which]
        )

    @classmethod
    def join(cls, *parts: "Offers") -> "Offers":
        """Put offers together, in order."""
        names = ("users", "tracks", "scores", "sources", "preference")
        joined = cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
        return joined.take(np.lexsort((joined.preference, joined.users)))


@dataclass(frozen=True)
class Rules:
    """What stays the same for all listeners of a week."""

    catalogue: Catalogue
    exclusions: Exclusions
    popular: Popular
    params: DiscoverParams


def settle_hubs(
    base: Offers, starts: NDArray[np.int64], known: NDArray[np.int64], rules: Rules, *, seed: int
) -> Offers:
    """Make lists, let full tracks refuse, make the refused listeners' lists again, until no track is over its limit."""
    n_tracks = sorted_unique(np.concatenate([base.tracks, rules.popular.tracks])).size
    limit = hub_limit(rules.params, n_listeners=known.size, n_tracks=n_tracks, mix_length=rules.params.length)
    refused = no_pairs(rules.catalogue)
    offers = _make_lists(base, starts, known, rules, refused)
    while True:
        luck = pair_luck(offers.users, offers.tracks, seed=derived_seed(seed, "hubs"))
        over = find_refused(offers.tracks, offers.preference, luck, limit=limit)
        if not over.size:
            return offers
        refused |= PairSet.of(offers.users[over], offers.tracks[over], width=refused.width)
        again = sorted_unique(offers.users[over])
        settled = offers.take(~np.isin(offers.users, again))
        offers = Offers.join(settled, _make_lists(base, starts, again, rules, refused))


def fill(chosen: Offers, users: NDArray[np.int64], rules: Rules, refused: PairSet) -> Offers:
    """Complete short lists from the popular list, looking deeper into it only for those who need it."""
    length = rules.params.length
    have = np.bincount(chosen.users, minlength=int(users.max(initial=-1)) + 1)
    short = users[have[users] < length]
    depths = (min(depth, len(rules.popular)) for depth in (4 * length, 20 * length, len(rules.popular)))
    for depth in depths:
        at_once = max(_ROWS_AT_ONCE // max(depth, 1), 1)
        done = [chosen.take(~np.isin(chosen.users, short))]
        for start in range(0, short.size, at_once):
            some = short[start : start + at_once]
            mine = chosen.take(np.isin(chosen.users, some))
            done.append(_choose(Offers.join(mine, _popular_offers(some, depth, rules, refused)), rules))
        chosen = Offers.join(*done)
        have = np.bincount(chosen.users, minlength=have.size)
        short = short[have[short] < length]
        if not short.size or depth == len(rules.popular):
            break
    return chosen


def list_claims(
    owners: NDArray[np.int64], tracks: NDArray[np.integer], catalogue: Catalogue, *, length: int, artist_places: int
) -> tuple[Claims, ...]:
    """Claims of candidates on the places of their lists: in all, of each recording, of each artist."""
    return (
        Claims(np.arange(owners.size), owners, length),
        catalogue.recording_claims(owners, tracks),
        catalogue.artist_claims(owners, tracks, places=artist_places),
    )


def no_pairs(catalogue: Catalogue) -> PairSet:
    """No (listener, track) pair."""
    return PairSet.empty(max(catalogue.tracks.size, 1))


def _make_lists(
    base: Offers, starts: NDArray[np.int64], users: NDArray[np.int64], rules: Rules, refused: PairSet
) -> Offers:
    """Make the lists of some listeners, a bounded number of rows at a time."""
    lengths = starts[users + 1] - starts[users]
    batch = np.cumsum(lengths) // _ROWS_AT_ONCE
    parts = [base.take(np.zeros(0, dtype=np.int64))]
    for number in sorted_unique(batch):
        some = users[batch == number]
        count = lengths[batch == number]
        rows = np.arange(count.sum()) + np.repeat(starts[some] - (np.cumsum(count) - count), count)
        mine = base.take(rows)
        mine = mine.take(~refused.contains(mine.users, mine.tracks))
        parts.append(fill(_choose(mine, rules), some, rules, refused))
    return Offers.join(*parts)


def _choose(rows: Offers, rules: Rules) -> Offers:
    claims = list_claims(
        rows.users, rows.tracks, rules.catalogue, length=rules.params.length, artist_places=rules.params.artist_places
    )
    return rows.take(keep_within_caps(rows.users, claims))


def _popular_offers(users: NDArray[np.int64], depth: int, rules: Rules, refused: PairSet) -> Offers:
    owner = np.repeat(users, depth)
    place = np.tile(np.arange(depth), users.size)
    tracks = rules.popular.tracks[place].astype(np.int64)
    allowed = may_be_offered(owner, tracks, catalogue=rules.catalogue, exclusions=rules.exclusions)
    allowed &= ~refused.contains(owner, tracks)
    return Offers(
        owner[allowed],
        tracks[allowed],
        rules.popular.share[place[allowed]],
        np.full(int(allowed.sum()), POPULAR_SOURCE, dtype=np.int8),
        place[allowed] + BEHIND_ALL,
    )
