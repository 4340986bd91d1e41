"""Was Discover Weekly any good: the mixes that were delivered, against what listeners then heard for the first time.

The delivery of a Monday is judged on the week after it, when that is known: of the tracks that a listener completed in
that week and had never heard before, how many were among the thirty. Beside it stand what the mix was cut from (its
candidates), the space alone, and popularity with and without the rules of the mix. Who offers a track makes it heard:
a listener who plays the mix lifts its own figure, and no figure here can tell that from having guessed well. Verdicts
are ``gates``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.core.seeds import generator
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.evaluation.figures import OURS, POPULAR, catalogue_figures, figures_frame, listener_figures
from recsys_assets.evaluation.space_metrics import SpaceMetricsParams, place
from recsys_assets.evaluation.tables import MIX_METRICS
from recsys_assets.latent.anchors import WEEK, Anchors
from recsys_assets.latent.retrieve import top_n
from recsys_assets.latent.space import LatentSpace
from recsys_assets.metrics.exposure import catalog_coverage, count_exposures, gini, novelty
from recsys_assets.metrics.ranking import PADDING, recall_at
from recsys_assets.mixes.arrange import WeekTables
from recsys_assets.mixes.catalogue import Catalogue, EligibilityParams, build_catalogue
from recsys_assets.mixes.discover_weekly import assemble, no_shortlist
from recsys_assets.mixes.eligibility import build_exclusions
from recsys_assets.mixes.inputs import MixSources
from recsys_assets.mixes.popular import Popular, rank_popular
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.mixes.tables import CANDIDATES, DISCOVER_WEEKLY
from recsys_assets.play_matrix.params import ConfidenceParams

CANDIDATES_ALONE, SPACE, POPULAR_NO_RULES = "candidates", "space", "popular_no_rules"
CUT = 30


class MixMetricsParams(SpaceMetricsParams, frozen=True):
    """Who is judged."""

    # Each brings a thousand candidates: ten million rows are half a gigabyte.
    max_listeners: int = Field(default=10_000, ge=10, description="Listeners judged; a random sample of more.")


@dataclass(frozen=True)
class JudgedWeek:
    """A delivery and what came after it, by rows.

    Attributes:
        tables: what was known when it was delivered.
        catalogue: the tracks of that day; its rows are columns below.
        listeners: those who are judged.
        heard: listeners x tracks, what they had heard before the delivery.
        first_listens: same shape, what they completed in the week after it for the first time.
    """

    tables: WeekTables
    catalogue: Catalogue
    listeners: IdMap
    heard: sparse.csr_matrix
    first_listens: sparse.csr_matrix


def judge_week(
    tables: WeekTables,
    mix: pl.DataFrame,
    completed: pl.DataFrame,
    params: MixMetricsParams,
    *,
    eligibility: EligibilityParams | None = None,
) -> JudgedWeek:
    """Find the listeners of a delivery who then heard something new, and what.

    Args:
        tables: what was known when it was delivered.
        mix: rows of ``discover_weekly``.
        completed: user_id, track_id of the week after it.
        params: who is judged.
        eligibility: what nobody was offered.
    """
    catalogue = build_catalogue(
        tables.tracks,
        delivered_on=tables.week,
        params=eligibility,
        artists=tables.artists,
        other_track_ids=pl.concat([tables.history.heard[c.TRACK_ID], mix[c.TRACK_ID]]),
    )
    # What the catalogue did not know nobody could have offered.
    first = completed.join(tables.history.heard, on=[c.USER_ID, c.TRACK_ID], how="anti").filter(
        pl.col(c.TRACK_ID).is_in(catalogue.tracks.ids.implode())
    )
    listeners = IdMap.of(first.join(mix, on=c.USER_ID, how="semi")[c.USER_ID])
    if listeners.size > params.max_listeners:
        chosen = generator(params.seed, "mixes", tables.week).choice(listeners.size, params.max_listeners, False)
        listeners = IdMap.of(listeners.external(chosen))
    return JudgedWeek(
        tables,
        catalogue,
        listeners,
        _pattern(tables.history.heard, listeners, catalogue.tracks),
        _pattern(first, listeners, catalogue.tracks),
    )


def _pattern(pairs: pl.DataFrame, listeners: IdMap, tracks: IdMap) -> sparse.csr_matrix:
    users, items = listeners.rows(pairs[c.USER_ID]), tracks.rows(pairs[c.TRACK_ID])
    known = (users >= 0) & (items >= 0)
    ones = np.ones(int(known.sum()), dtype=np.float32)
    return sparse.csr_matrix((ones, (users[known], items[known])), shape=(listeners.size, tracks.size))


def measure_lists(week: JudgedWeek, ranked: Mapping[str, NDArray[np.integer]], day: date, *, seed: int) -> pl.DataFrame:
    """Judge lists of one length for the listeners of a week.

    Args:
        week: what they are asked for.
        ranked: by model, ``ours`` among them; int, shape (n_listeners, n), padded with -1.
        day: the partition.
        seed: of the resampling.

    Returns:
        model, metric and figures: recall@30 with denominator min(30, first listens), novelty, and coverage and gini
        over the tracks that could be offered.
    """
    if not week.listeners.size:
        return figures_frame([])
    history = week.tables.history.heard
    counts = history.group_by(c.TRACK_ID).agg(n=pl.col(c.USER_ID).n_unique())
    listeners_of = np.zeros(week.catalogue.tracks.size, dtype=np.int64)
    rows = week.catalogue.tracks.rows(counts[c.TRACK_ID])
    listeners_of[rows[rows >= 0]] = counts["n"].to_numpy()[rows >= 0]
    n_listeners = max(history[c.USER_ID].n_unique(), 1)

    def exposures(lists: NDArray[np.integer]) -> NDArray[np.int64]:
        return count_exposures(lists, n_items=week.catalogue.tracks.size)[week.catalogue.is_offerable]

    recall = {model: recall_at(CUT, lists, week.first_listens) for model, lists in ranked.items()}
    surprise = {
        model: novelty(lists, listeners_of=listeners_of, n_listeners=n_listeners) for model, lists in ranked.items()
    }
    figures = listener_figures("recall@30", recall, day=day, seed=seed)
    figures += listener_figures("novelty", surprise, day=day, seed=seed)
    figures += catalogue_figures("catalog_coverage", ranked, lambda lists: catalog_coverage(exposures(lists)))
    figures += catalogue_figures("gini", ranked, lambda lists: gini(exposures(lists)))
    return figures_frame(figures)


def rank_baselines(week: JudgedWeek, space: LatentSpace | None) -> dict[str, NDArray[np.integer]]:
    """Rank what everybody plays, with and without the rules of the mix, and what the space alone would offer."""
    catalogue = week.catalogue
    everything = replace(catalogue, is_offerable=np.ones(catalogue.tracks.size, dtype=bool))
    ordered = _popular(week, everything).tracks
    places = np.zeros((catalogue.tracks.size, 1), dtype=np.float32)
    places[ordered, 0] = np.arange(ordered.size, 0, -1)
    listeners = np.ones((week.listeners.size, 1), dtype=np.float32)
    ranked: dict[str, NDArray[np.integer]] = {
        POPULAR: _to_lists(_popular_mix(week), week),
        POPULAR_NO_RULES: top_n(listeners, places, n=CUT, seen=week.heard).item_rows,
    }
    if space is not None and space.users.size:
        ranked[SPACE] = top_n(
            place(space.user_vectors, space.users, week.listeners),
            place(space.track_vectors, space.tracks, catalogue.tracks),
            n=CUT,
            seen=week.heard,
            allowed=catalogue.is_offerable,
        ).item_rows
    return ranked


def _popular(week: JudgedWeek, catalogue: Catalogue) -> Popular:
    return rank_popular(week.tables.history.popular, week.tables.confidence, catalogue)


def _popular_mix(week: JudgedWeek) -> pl.DataFrame:
    """What the mix would be if nothing were known of anybody: the same exclusions, caps and length."""
    history, shape = week.tables.history, DiscoverParams(length=CUT)
    exclusions = build_exclusions(
        week.catalogue,
        week.listeners,
        track_pairs=(history.heard, history.hidden, week.tables.earlier_offers),
        artist_pairs=history.hidden_artists,
    )
    return assemble(
        no_shortlist(), listeners=week.listeners, catalogue=week.catalogue, exclusions=exclusions,
        popular=_popular(week, week.catalogue), params=shape, seed=0,
    )  # fmt: skip


def _to_lists(rows: pl.DataFrame, week: JudgedWeek) -> NDArray[np.int32]:
    """Turn user_row, rank (from 1) and track_row into lists."""
    lists = np.full((week.listeners.size, CUT), PADDING, dtype=np.int32)
    kept = rows.filter(pl.col(c.RANK) <= CUT, pl.col(c.USER_ROW) >= 0)
    lists[kept[c.USER_ROW].to_numpy(), kept[c.RANK].to_numpy() - 1] = kept[c.TRACK_ROW].to_numpy()
    return lists


def _by_rows(rows: pl.DataFrame, week: JudgedWeek) -> pl.DataFrame:
    users, tracks = week.listeners.rows(rows[c.USER_ID]), week.catalogue.tracks.rows(rows[c.TRACK_ID])
    return rows.select(c.RANK).with_columns(pl.Series(c.USER_ROW, users), pl.Series(c.TRACK_ROW, tracks))


def _first_candidates(lake: Lake, week: JudgedWeek) -> pl.DataFrame:
    """user_id, track_id, rank of the best candidates of the listeners who are judged."""
    return (
        lake.open(CANDIDATES)
        .only([week.tables.week])
        .scan()
        .filter(pl.col(c.USER_ID).is_in(week.listeners.ids.implode()))
        .select(c.USER_ID, c.TRACK_ID, c.SCORE)
        .collect(engine="streaming")
        .sort(c.USER_ID, -pl.col(c.SCORE), c.TRACK_ID)
        .with_columns((pl.int_range(pl.len(), dtype=pl.Int32).over(c.USER_ID) + 1).alias(c.RANK))
        .filter(pl.col(c.RANK) <= CUT)
    )


def measure_week(
    week: date,
    lake: Lake,
    *,
    confidence: ConfidenceParams,
    params: MixMetricsParams,
    eligibility: EligibilityParams | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Judge the delivery of the Monday before ``week`` on the days from that Monday on, ``week`` left out.

    Returns:
        Rows of ``mix_metrics`` without the partition; none where nothing was delivered or nobody heard anything new.
    """
    delivered_on = week - WEEK
    offered, sources = lake.open(DISCOVER_WEEKLY), MixSources.open(lake)
    mix = offered.only([delivered_on]).read()
    if mix.is_empty():
        return MIX_METRICS.empty().drop(c.WEEK)
    earlier = offered.between(date.min, delivered_on - timedelta(days=1)).read().select(c.USER_ID, c.TRACK_ID, c.WEEK)
    tables = sources.week(delivered_on, earlier, confidence, settings)
    after = sources.track_signals.between(delivered_on, week - timedelta(days=1))
    completed = run_sql("play_matrix/completed_tracks", inputs={"track_signals": after}, settings=settings)
    judged = judge_week(tables, mix, completed, params, eligibility=eligibility)
    ranked = {
        OURS: _to_lists(_by_rows(mix, judged), judged),
        CANDIDATES_ALONE: _to_lists(_by_rows(_first_candidates(lake, judged), judged), judged),
        **rank_baselines(judged, Anchors.open(lake).read(delivered_on)),
    }
    figures = measure_lists(judged, ranked, week, seed=params.seed)
    return figures.with_columns(delivered_on=pl.lit(delivered_on)).select(*MIX_METRICS.empty().drop(c.WEEK).columns)
