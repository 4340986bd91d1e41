"""Discover Weekly: from ranked candidates of every listener to thirty tracks each.

Belongs here: choosing, filling and the rounds in which full tracks refuse listeners (``hubs``). Ranking is ``ranker``;
who may be offered what is ``eligibility``; words are ``reasons``.

Two steps, so that memory is bounded: ``shortlist`` is called for one batch of listeners after another while candidates
are ranked and keeps a hundred rows of integers each; ``assemble`` then sees all listeners at once, as the share of
listeners that a track goes to can only be counted over all of them.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars._typing import PolarsDataType
from pydantic import Field

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import require
from recsys_assets.core.seeds import derived_seed
from recsys_assets.mixes.artist_cap import Claims, keep_within_caps
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.eligibility import Exclusions, may_be_offered
from recsys_assets.mixes.hubs import HubParams, find_refused, hub_limit, pair_luck
from recsys_assets.mixes.pairs import PairSet, sorted_unique
from recsys_assets.mixes.popular import Popular
from recsys_assets.mixes.reasons import explain_discoveries
from recsys_assets.mixes.tables import DISCOVER_WEEKLY, MIX_SOURCES

MIX_NAME = "discover_weekly"
MIX_TITLE = "Discover Weekly"
SOURCE_TYPE = pl.Enum(MIX_SOURCES)
_POPULAR = MIX_SOURCES.index("popular")
# Fills stand behind every candidate in a listener's preference.
_BEHIND_ALL = 1_000_000
# Sorting a batch stays in the cache: assembling 40,000 listeners takes 6.8 s so, 8.2 s with two million rows at once.
_ROWS_AT_ONCE = 250_000
_SHORTLIST: dict[str, PolarsDataType] = {
    c.USER_ROW: pl.Int32,
    c.TRACK_ROW: pl.Int32,
    c.SCORE: pl.Float32,
    c.SOURCE: SOURCE_TYPE,
    "preference": pl.Int32,
}


class DiscoverParams(HubParams, frozen=True):
    """The shape of Discover Weekly."""

    length: int = Field(default=30, gt=0, description="Tracks in a mix.")
    artist_places: int = Field(default=2, gt=0, description="Most tracks of one credited artist.")
    reserve: int = Field(default=100, gt=0, description="Candidates of each listener kept for the rounds of refusals.")


@dataclass(frozen=True)
class _Offers:
    """Parallel arrays, one entry per offer, sorted by (users, preference)."""

    users: NDArray[np.int64]
    tracks: NDArray[np.int64]
    scores: NDArray[np.float32]
    sources: NDArray[np.int8]
    preference: NDArray[np.int64]

    def take(self, which: NDArray) -> "_Offers":
        return _Offers(
            self.users[which], self.tracks[which], self.scores[which], self.sources[which], self.preference[which]
        )

    @classmethod
    def join(cls, *parts: "_Offers") -> "_Offers":
        names = ("users", "tracks", "scores", "sources", "preference")
        joined = cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
        return joined.take(np.lexsort((joined.preference, joined.users)))


@dataclass(frozen=True)
class _Rules:
    catalogue: Catalogue
    exclusions: Exclusions
    popular: Popular
    params: DiscoverParams


def shortlist(
    ranked: pl.DataFrame, *, catalogue: Catalogue, exclusions: Exclusions, params: DiscoverParams
) -> pl.DataFrame:
    """Keep the best candidates that each listener of a batch may be offered.

    One version of each recording and twice the places of an artist stay, so that refusals leave a choice.

    Args:
        ranked: ``user_row``, ``track_row`` (of the catalogue; -1 for an unknown one), ``score`` (higher is better;
            equal scores go by track row, which is the order of ids) and ``source``.
        catalogue: the tracks.
        exclusions: heard, hidden and lately offered.
        params: the shape of the mix.

    Returns:
        ``user_row``, ``track_row``, ``score``, ``source`` and ``preference`` (from 0), ordered by listener and
        preference.
    """
    users, tracks = ranked[c.USER_ROW].to_numpy(), ranked[c.TRACK_ROW].to_numpy()
    allowed = may_be_offered(users, tracks, catalogue=catalogue, exclusions=exclusions)
    kept = (
        ranked.filter(pl.Series(allowed))
        .select(c.USER_ROW, c.TRACK_ROW, pl.col(c.SCORE).cast(pl.Float32), c.SOURCE)
        .sort(c.USER_ROW, -pl.col(c.SCORE), c.TRACK_ROW)
    )
    owners, rows = kept[c.USER_ROW].to_numpy().astype(np.int64), kept[c.TRACK_ROW].to_numpy()
    claims = _claims(owners, rows, catalogue, length=params.reserve, artist_places=2 * params.artist_places)
    return (
        kept.filter(pl.Series(keep_within_caps(owners, claims)))
        .with_columns(preference=pl.int_range(pl.len()).over(c.USER_ROW))
        .select(pl.col(name).cast(dtype) for name, dtype in _SHORTLIST.items())
    )


def assemble(
    shortlists: pl.DataFrame,
    *,
    listeners: IdMap,
    catalogue: Catalogue,
    exclusions: Exclusions,
    popular: Popular,
    params: DiscoverParams,
    seed: int,
) -> pl.DataFrame:
    """Choose every listener's mix.

    Args:
        shortlists: of all listeners, from ``shortlist``.
        listeners: everybody who gets a mix; who has no shortlist, or one that only popularity proposed, gets the
            popular list, outside the limit on hubs.
        catalogue: the tracks.
        exclusions: heard, hidden and lately offered.
        popular: fills lists that are short.
        params: the shape of the mix.
        seed: decides between equal claims on a track that is full; derive it from the week.

    Returns:
        ``user_row``, ``rank`` (from 1), ``track_row``, ``score`` (never rising with rank), ``source`` and ``is_known``
        (False for listeners of whom nothing is known), ordered by listener and rank. A list is shorter only where no
        track is left that may be in it.
    """
    require(shortlists, _SHORTLIST, what="the shortlists")
    rules = _Rules(catalogue, exclusions, popular, params)
    shortlists = shortlists.sort(c.USER_ROW, "preference")
    base = _Offers(
        shortlists[c.USER_ROW].to_numpy().astype(np.int64),
        shortlists[c.TRACK_ROW].to_numpy().astype(np.int64),
        shortlists[c.SCORE].to_numpy(),
        shortlists[c.SOURCE].to_physical().to_numpy().astype(np.int8),
        shortlists["preference"].to_numpy().astype(np.int64),
    )
    starts = np.searchsorted(base.users, np.arange(listeners.size + 1))
    known = sorted_unique(base.users[base.sources != _POPULAR])
    offers = _settle_hubs(base, starts, known, rules, seed=seed)
    nobody = np.zeros(0, dtype=np.int64)
    unknown = np.flatnonzero(~np.isin(np.arange(listeners.size), known))
    newcomers = _fill(base.take(nobody), unknown, rules, _no_pairs(catalogue))
    return _ranked(_Offers.join(_score_fills(offers), _score_fills(newcomers)), known)


def discover_weekly_rows(
    offers: pl.DataFrame,
    *,
    listeners: IdMap,
    catalogue: Catalogue,
    week: date,
    heard: pl.DataFrame,
    evidence: pl.DataFrame | None = None,
    follows: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give the offers their names and reasons.

    Args:
        offers: from ``assemble``.
        listeners: ids of ``user_row``.
        catalogue: ids of ``track_row``, titles, artists.
        week: the Monday of delivery.
        heard: ``user_id``, ``track_id`` of everything heard: no reason names another track.
        evidence: ``user_id``, ``track_id`` and any of ``because_track_1``, ``because_track_2``, ``shared_playlists``,
            one row per offer at most; None for none.
        follows: ``user_id``, ``artist_id`` of followed artists; None for none.

    Returns:
        Rows of ``mixes.discover_weekly``.
    """
    played = PairSet.of(
        listeners.rows(heard[c.USER_ID]), catalogue.tracks.rows(heard[c.TRACK_ID]), width=max(catalogue.tracks.size, 1)
    )
    followed = followed_pairs(follows, listeners=listeners, catalogue=catalogue)
    named = offers.with_columns(
        listeners.external(offers[c.USER_ROW].to_numpy()).alias(c.USER_ID),
        catalogue.tracks.external(offers[c.TRACK_ROW].to_numpy()).alias(c.TRACK_ID),
    )
    if evidence is not None:
        named = named.join(
            _evidence_rows(evidence, catalogue), on=(c.USER_ID, c.TRACK_ID), how="left", maintain_order="left"
        )
    return (
        named.with_columns(
            explain_discoveries(named, catalogue=catalogue, heard=played, follows=followed).alias(c.REASON),
            pl.lit(MIX_NAME).alias(c.MIX),
            pl.lit(MIX_TITLE).alias("mix_title"),
            pl.lit(week).alias(c.WEEK),
        )
        .pipe(DISCOVER_WEEKLY.arrange)
        .collect()
    )


def followed_pairs(follows: pl.DataFrame | None, *, listeners: IdMap, catalogue: Catalogue) -> PairSet:
    """Return (listener, artist) rows of ``user_id``, ``artist_id``; None gives none."""
    width = max(catalogue.artists.size, 1)
    if follows is None:
        return PairSet.empty(width)
    return PairSet.of(listeners.rows(follows[c.USER_ID]), catalogue.artists.rows(follows[c.ARTIST_ID]), width=width)


def _settle_hubs(
    base: _Offers, starts: NDArray[np.int64], known: NDArray[np.int64], rules: _Rules, *, seed: int
) -> _Offers:
    """Make lists, let full tracks refuse, make the refused listeners' lists again, until no track is over its limit."""
    n_tracks = sorted_unique(np.concatenate([base.tracks, rules.popular.tracks])).size
    limit = hub_limit(rules.params, n_listeners=known.size, n_tracks=n_tracks, mix_length=rules.params.length)
    refused = _no_pairs(rules.catalogue)
    offers = _make_lists(base, starts, known, rules, refused)
    while True:
        luck = pair_luck(offers.users, offers.tracks, seed=derived_seed(seed, "hubs"))
        over = find_refused(offers.tracks, offers.preference, luck, limit=limit)
        if not over.size:
            return offers
        refused |= PairSet.of(offers.users[over], offers.tracks[over], width=refused.width)
        again = sorted_unique(offers.users[over])
        settled = offers.take(~np.isin(offers.users, again))
        offers = _Offers.join(settled, _make_lists(base, starts, again, rules, refused))


def _make_lists(
    base: _Offers, starts: NDArray[np.int64], users: NDArray[np.int64], rules: _Rules, refused: PairSet
) -> _Offers:
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
        parts.append(_fill(_choose(mine, rules), some, rules, refused))
    return _Offers.join(*parts)


def _choose(rows: _Offers, rules: _Rules) -> _Offers:
    claims = _claims(
        rows.users, rows.tracks, rules.catalogue, length=rules.params.length, artist_places=rules.params.artist_places
    )
    return rows.take(keep_within_caps(rows.users, claims))


def _fill(chosen: _Offers, users: NDArray[np.int64], rules: _Rules, refused: PairSet) -> _Offers:
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
            done.append(_choose(_Offers.join(mine, _popular_offers(some, depth, rules, refused)), rules))
        chosen = _Offers.join(*done)
        have = np.bincount(chosen.users, minlength=have.size)
        short = short[have[short] < length]
        if not short.size or depth == len(rules.popular):
            break
    return chosen


def _popular_offers(users: NDArray[np.int64], depth: int, rules: _Rules, refused: PairSet) -> _Offers:
    owner = np.repeat(users, depth)
    place = np.tile(np.arange(depth), users.size)
    tracks = rules.popular.tracks[place].astype(np.int64)
    allowed = may_be_offered(owner, tracks, catalogue=rules.catalogue, exclusions=rules.exclusions)
    allowed &= ~refused.contains(owner, tracks)
    return _Offers(
        owner[allowed],
        tracks[allowed],
        rules.popular.share[place[allowed]],
        np.full(int(allowed.sum()), _POPULAR, dtype=np.int8),
        place[allowed] + _BEHIND_ALL,
    )


def _score_fills(offers: _Offers) -> _Offers:
    """Lower the scores of fills below those of the listener's own candidates, by 1 minus the share of listeners.

    A list of nothing but fills carries the shares themselves, 0 to 1.
    """
    if not offers.users.size:
        return offers
    is_fill = offers.preference >= _BEHIND_ALL
    lowest = np.full(int(offers.users.max()) + 1, np.inf, dtype=np.float32)
    np.minimum.at(lowest, offers.users[~is_fill], offers.scores[~is_fill])
    lowest[np.isinf(lowest)] = 1
    scores = np.where(is_fill, lowest[offers.users] - (1 - offers.scores), offers.scores).astype(np.float32)
    return _Offers(offers.users, offers.tracks, scores, offers.sources, offers.preference)


def _ranked(offers: _Offers, known: NDArray[np.int64]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            c.USER_ROW: pl.Series(offers.users, dtype=pl.Int32),
            c.TRACK_ROW: pl.Series(offers.tracks, dtype=pl.Int32),
            c.SCORE: pl.Series(offers.scores, dtype=pl.Float32),
            c.SOURCE: pl.Series(offers.sources, dtype=pl.UInt8).cat.to(SOURCE_TYPE),
            "is_known": np.isin(offers.users, known),
        }
    )
    return frame.with_columns((pl.int_range(pl.len(), dtype=pl.Int32).over(c.USER_ROW) + 1).alias(c.RANK))


def _claims(
    owners: NDArray[np.int64], tracks: NDArray[np.integer], catalogue: Catalogue, *, length: int, artist_places: int
) -> tuple[Claims, ...]:
    return (
        Claims(np.arange(owners.size), owners, length),
        catalogue.recording_claims(owners, tracks),
        catalogue.artist_claims(owners, tracks, places=artist_places),
    )


def _evidence_rows(evidence: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    rows = [
        pl.Series(short, catalogue.tracks.rows(evidence[name]))
        for short, name in (("because_1", "because_track_1"), ("because_2", "because_track_2"))
        if name in evidence.columns
    ]
    shared = [name for name in ("shared_playlists",) if name in evidence.columns]
    return (
        evidence.select(c.USER_ID, c.TRACK_ID, *shared)
        .with_columns(rows)
        .unique((c.USER_ID, c.TRACK_ID), keep="first", maintain_order=True)
    )


def _no_pairs(catalogue: Catalogue) -> PairSet:
    return PairSet.empty(max(catalogue.tracks.size, 1))
