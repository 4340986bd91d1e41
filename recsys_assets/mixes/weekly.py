"""A week: the baskets it learns from, its ranker, the candidates of every listener, and Discover Weekly.

Belongs here: putting the parts together, from tables to tables. Each part has its own module (``baskets``, ``sources``,
``ranker``, ``discover_weekly``); Dagster calls only this one.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError
from recsys_assets.core.ids import IdMap
from recsys_assets.mixes.arrange import Week
from recsys_assets.mixes.candidates import Candidates
from recsys_assets.mixes.discover_rows import discover_weekly_rows
from recsys_assets.mixes.discover_weekly import assemble, no_shortlist, shortlist
from recsys_assets.mixes.eligibility import Exclusions, build_exclusions, excluded_tracks
from recsys_assets.mixes.evidence import evidence_for
from recsys_assets.mixes.popular import rank_popular
from recsys_assets.mixes.ranker import Ranker, RankerParams, rank_candidates
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.sources import SourceIndex, fit_sources
from recsys_assets.mixes.tables import CANDIDATES, SOURCE_TYPE
from recsys_assets.mixes.training import fit_ranker

logger = logging.getLogger(__name__)

# Dense scores over 50,000 tracks stay in the cache: half the time per listener of 512 at once.
LISTENERS_AT_ONCE = 128


def train_ranker(week: Week, params: RankerParams, *, seed: int, num_threads: int | None = None) -> Ranker | None:
    """Train on the missing-track task over good playlists and histories; None where there are too few of both."""
    try:
        return fit_ranker(week.baskets, week.facts, params, seed=seed, num_threads=num_threads)
    except MissingInputError as error:
        logger.warning("no ranker this week, candidates keep their first score: %s", error)
        return None


def ranker_row(week: Week, ranker: Ranker | None, space_version: str) -> pl.DataFrame:
    """Write the ranker as the row of ``mixes.ranker``."""
    trained_on = {"playlists": len(week.playlists), "histories": len(week.histories)} if ranker else {}
    return pl.DataFrame(
        {
            "model": [ranker.to_text() if ranker else ""],
            "trained_on": [json.dumps(trained_on)],
            c.SPACE_VERSION: [space_version],
        }
    )


def read_ranker(row: pl.DataFrame, week: date) -> Ranker | None:
    """Read the ranker of ``mixes.ranker``.

    Raises:
        MissingInputError: the week has no row.
    """
    if row.is_empty():
        raise MissingInputError(f"no ranker for the week of {week}: materialise `ranker` for {week} first")
    text = row["model"].item()
    return Ranker.from_text(text) if text else None


def fit_week_sources(week: Week, params: RankerParams, *, seed: int, num_threads: int | None = None) -> SourceIndex:
    """Fit the sources on everything that is known when serving."""
    return fit_sources(week.baskets, week.facts, params.sources, seed=seed, num_threads=num_threads)


@dataclass(frozen=True)
class Delivery:
    """What a week delivers: rows of ``discover_candidates``, read from the working folder, and of ``discover_weekly``."""

    candidates: pl.LazyFrame
    mix: pl.DataFrame


def deliver(
    week: Week,
    ranker: Ranker | None,
    *,
    ranker_params: RankerParams,
    params: DiscoverParams,
    seed: int,
    folder: Path,
    num_threads: int | None = None,
) -> Delivery:
    """Make every listener's candidates and Discover Weekly.

    Args:
        week: what is known.
        ranker: of the week; None keeps the order of the first score.
        ranker_params: of the sources and their blend.
        params: the shape of the mix.
        seed: of the fits and of ties, derived from the week by the caller.
        folder: an existing one of this week alone, where candidates wait as integers: a hundred million rows of names
            would be 9 GB. It has to outlive ``Delivery.candidates``.
        num_threads: all cores where None.
    """
    tables, catalogue = week.tables, week.catalogue
    history = tables.history
    exclusions = build_exclusions(
        catalogue,
        week.listeners,
        track_pairs=(history.heard, history.hidden, tables.earlier_offers),
        artist_pairs=history.hidden_artists,
    )
    # Where nobody has a history nothing is ranked, and everybody gets the popular list.
    index = fit_week_sources(week, ranker_params, seed=seed, num_threads=num_threads) if len(week.histories) else None
    files, shortlists = [], []
    batches = _ranked_batches(week, ranker, index, ranker_params, exclusions, num_threads=num_threads) if index else ()
    for ranked in batches:
        files.append(folder / f"{len(files):06d}.parquet")
        ranked.with_columns(pl.col(c.SOURCE).to_physical()).write_parquet(files[-1], compression="lz4")
        shortlists.append(shortlist(ranked, catalogue=catalogue, exclusions=exclusions, params=params))
    short = pl.concat(shortlists) if shortlists else no_shortlist()
    popular = rank_popular(history.popular, tables.confidence, catalogue)
    offers = assemble(
        short, listeners=week.listeners, catalogue=catalogue, exclusions=exclusions, popular=popular, params=params,
        seed=seed,
    )  # fmt: skip
    mix = discover_weekly_rows(
        offers,
        listeners=week.listeners,
        catalogue=catalogue,
        week=tables.week,
        heard=history.heard,
        evidence=_evidence(week, index, offers) if index else None,
        follows=history.followed_artists,
        is_recent=popular.is_recent,
        written=tables.written,
    )
    return Delivery(_candidate_rows(week, files), mix)


def _ranked_batches(
    week: Week,
    ranker: Ranker | None,
    index: SourceIndex,
    params: RankerParams,
    exclusions: Exclusions,
    *,
    num_threads: int | None,
) -> Iterator[pl.DataFrame]:
    """Yield user_row, track_row, score, source of a batch of listeners, for those who have a history."""
    rows = week.listeners.rows(week.histories.ids)
    batches = rank_candidates(
        ranker,
        index,
        week.queries,
        blend=params.blend,
        queries_at_once=LISTENERS_AT_ONCE,
        excluded=excluded_tracks(rows, catalogue=week.catalogue, exclusions=exclusions),
        barred=~week.catalogue.is_offerable,
        num_threads=num_threads,
    )
    for start, found in batches:
        yield _to_frame(found, rows[start : start + len(found.tracks)])


def _to_frame(found: Candidates, user_rows: np.ndarray) -> pl.DataFrame:
    width = found.tracks.shape[1]
    kept = found.tracks.ravel() >= 0
    return pl.DataFrame(
        {
            c.USER_ROW: np.repeat(user_rows.astype(np.int32), width)[kept],
            c.TRACK_ROW: found.tracks.ravel()[kept],
            c.SCORE: found.scores.ravel()[kept],
            c.SOURCE: pl.Series(found.sources.ravel()[kept].astype(np.uint8)).cat.to(SOURCE_TYPE),
        }
    )


def _candidate_rows(week: Week, files: list[Path]) -> pl.LazyFrame:
    """Give kept candidates their names, as they are read."""
    if not files:
        return CANDIDATES.empty().drop(c.WEEK).lazy()
    return pl.scan_parquet(files, glob=False).select(
        _named(c.USER_ROW, pl.Enum(week.listeners.ids)).alias(c.USER_ID),
        _named(c.TRACK_ROW, pl.Enum(week.catalogue.tracks.ids)).alias(c.TRACK_ID),
        c.SCORE,
        _named(c.SOURCE, SOURCE_TYPE),
    )


def _named(rows: str, names: pl.Enum) -> pl.Expr:
    # A categorical's physical type grows with the number of its names.
    physical = pl.Series(dtype=names).to_physical().dtype
    return pl.col(rows).cast(physical).cat.to(names).cast(pl.String)


def _evidence(week: Week, index: SourceIndex, offers: pl.DataFrame) -> pl.DataFrame:
    """user_id, track_id, because_track_1, because_track_2, shared_playlists of every offer."""
    basket_of = np.full(week.listeners.size, -1, dtype=np.int64)
    basket_of[week.listeners.rows(week.histories.ids)] = np.arange(len(week.histories))
    rows, tracks = basket_of[offers[c.USER_ROW].to_numpy()], offers[c.TRACK_ROW].to_numpy()
    facts = evidence_for(index, week.histories, week.playlists, rows, tracks)
    names = week.catalogue.tracks
    return pl.DataFrame(
        {
            c.USER_ID: week.listeners.external(offers[c.USER_ROW].to_numpy()),
            c.TRACK_ID: names.external(tracks),
            "because_track_1": _names_or_null(names, facts.because_1),
            "because_track_2": _names_or_null(names, facts.because_2),
            "shared_playlists": facts.shared_playlists,
        }
    )


def _names_or_null(ids: IdMap, rows: np.ndarray) -> pl.Series:
    return ids.ids.gather(pl.Series(rows.astype(np.int64)).replace(-1, None).cast(pl.UInt32))
