"""Discover Weekly: from ranked candidates of every listener to thirty tracks each.

Belongs here: choosing. The rounds in which full tracks refuse listeners are ``refusals``, ranking is ``ranker``, who may
be offered what is ``eligibility``, names and words are ``discover_rows``.

Two steps, so that memory is bounded: ``shortlist`` is called for one batch of listeners after another while candidates
are ranked and keeps a hundred rows of integers each; ``assemble`` then sees all listeners at once, as the share of
listeners that a track goes to can only be counted over all of them.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars._typing import PolarsDataType

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import require
from recsys_assets.mixes.artist_cap import keep_within_caps
from recsys_assets.mixes.catalogue import Catalogue
from recsys_assets.mixes.eligibility import Exclusions, may_be_offered
from recsys_assets.mixes.pairs import sorted_unique
from recsys_assets.mixes.popular import Popular
from recsys_assets.mixes.refusals import (
    BEHIND_ALL,
    POPULAR_SOURCE,
    DiscoverParams,
    Offers,
    Rules,
    fill,
    list_claims,
    no_pairs,
    settle_hubs,
)
from recsys_assets.mixes.tables import SOURCE_TYPE

_SHORTLIST: dict[str, PolarsDataType] = {
    c.USER_ROW: pl.Int32,
    c.TRACK_ROW: pl.Int32,
    c.SCORE: pl.Float32,
    c.SOURCE: SOURCE_TYPE,
    "preference": pl.Int32,
}


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
    claims = list_claims(owners, rows, catalogue, length=params.reserve, artist_places=2 * params.artist_places)
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
        ``user_row``, ``rank`` (from 1), ``track_row``, ``score`` (never rising with rank), ``source`` and ``has_own``
        (False for listeners to whom only popularity proposed anything), ordered by listener and
        rank. A list is shorter only where no track is left that may be in it.
    """
    require(shortlists, _SHORTLIST, what="the shortlists")
    rules = Rules(catalogue, exclusions, popular, params)
    shortlists = shortlists.sort(c.USER_ROW, "preference")
    base = Offers(
        shortlists[c.USER_ROW].to_numpy().astype(np.int64),
        shortlists[c.TRACK_ROW].to_numpy().astype(np.int64),
        shortlists[c.SCORE].to_numpy(),
        shortlists[c.SOURCE].to_physical().to_numpy().astype(np.int8),
        shortlists["preference"].to_numpy().astype(np.int64),
    )
    starts = np.searchsorted(base.users, np.arange(listeners.size + 1))
    known = sorted_unique(base.users[base.sources != POPULAR_SOURCE])
    offers = settle_hubs(base, starts, known, rules, seed=seed)
    nobody = np.zeros(0, dtype=np.int64)
    unknown = np.flatnonzero(~np.isin(np.arange(listeners.size), known))
    newcomers = fill(base.take(nobody), unknown, rules, no_pairs(catalogue))
    return _ranked(Offers.join(_score_fills(offers), _score_fills(newcomers)), known)


def no_shortlist() -> pl.DataFrame:
    """Return the shortlist of nobody."""
    return pl.DataFrame(schema=_SHORTLIST)


def _score_fills(offers: Offers) -> Offers:
    """Lower the scores of fills below those of the listener's own candidates, by 1 minus the share of listeners.

    A list of nothing but fills carries the shares themselves, 0 to 1.
    """
    if not offers.users.size:
        return offers
    is_fill = offers.preference >= BEHIND_ALL
    lowest = np.full(int(offers.users.max()) + 1, np.inf, dtype=np.float32)
    np.minimum.at(lowest, offers.users[~is_fill], offers.scores[~is_fill])
    lowest[np.isinf(lowest)] = 1
    scores = np.where(is_fill, lowest[offers.users] - (1 - offers.scores), offers.scores).astype(np.float32)
    return Offers(offers.users, offers.tracks, scores, offers.sources, offers.preference)


def _ranked(offers: Offers, known: NDArray[np.int64]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            c.USER_ROW: pl.Series(offers.users, dtype=pl.Int32),
            c.TRACK_ROW: pl.Series(offers.tracks, dtype=pl.Int32),
            c.SCORE: pl.Series(offers.scores, dtype=pl.Float32),
            c.SOURCE: pl.Series(offers.sources, dtype=pl.UInt8).cat.to(SOURCE_TYPE),
            "has_own": np.isin(offers.users, known),
        }
    )
    return frame.with_columns((pl.int_range(pl.len(), dtype=pl.Int32).over(c.USER_ROW) + 1).alias(c.RANK))
