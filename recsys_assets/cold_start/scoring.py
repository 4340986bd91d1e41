"""Listeners scored for submissions, day by day or at once: first listeners and audiences as rows.

Belongs here: putting scores, reach and surroundings together. Each has its own module.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.cold_start.audience import NO_REACH, HeldCold, Reach, calibrate_reach, count_scores
from recsys_assets.cold_start.beside_places import BesidePlaces
from recsys_assets.cold_start.days import Day, read_known_day
from recsys_assets.cold_start.first_listeners import FirstListenersParams, rank_first_listeners
from recsys_assets.cold_start.place_tables import AUDIENCES, FIRST_LISTENERS, PLACEMENTS, SOUND_VECTOR
from recsys_assets.cold_start.placing import Known, PlacingParams
from recsys_assets.cold_start.scores import ScoreScale, score_listeners
from recsys_assets.cold_start.surroundings import Surroundings, build_surroundings, describe_places
from recsys_assets.core import columns as c
from recsys_assets.core.errors import VersionMismatchError
from recsys_assets.core.lake import Lake
from recsys_assets.play_matrix.matrix import build_matrix
from recsys_assets.raw.tables import RAW_PLAYLIST_TRACKS, RAW_PLAYLISTS

# A track with fewer has no place of its own that a forecast could be held against.
LEAST_LISTENERS = 5
# Scores of a hundred submissions for 100,000 listeners are 80 MB.
_AT_ONCE = 100


def score_days(
    days: Sequence[date], lake: Lake, params: FirstListenersParams, placing: PlacingParams | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Score listeners for the submissions placed on some days; ``placing`` says how much text counts.

    Returns:
        Rows of ``first_listeners`` and of ``audiences``.

    Raises:
        VersionMismatchError: the places of a day are of another making of its space.
    """
    parts = [(FIRST_LISTENERS.empty(), AUDIENCES.empty())]
    for day in days:
        placed = lake.open(PLACEMENTS).only([day]).read().filter(pl.col(c.SUBMISSION_ID).is_not_null())
        known = read_known_day(lake, day) if len(placed) else None
        if known is None:
            continue
        versions = placed[c.SPACE_VERSION].unique().to_list()
        if versions != [known.known.space.space_version]:
            raise VersionMismatchError(
                f"the places of {day} are of {versions}, its space is {known.known.space.space_version}: "
                f"make `placements` of {day} again"
            )
        first, audiences = score_placed(placed, known, lake, params, placing)
        stamp = pl.lit(day).alias(c.DATE)
        parts.append(
            (
                FIRST_LISTENERS.arrange(first.with_columns(stamp)).collect(),
                AUDIENCES.arrange(audiences.with_columns(stamp)).collect(),
            )
        )
    return pl.concat([first for first, _ in parts]), pl.concat([audiences for _, audiences in parts])


def score_placed(
    placed: pl.DataFrame, day: Day, lake: Lake, params: FirstListenersParams, placing: PlacingParams | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Score listeners for some placed submissions.

    What is written of a submission and of a listener's tracks, and how much of the artist a listener has, count for who is first.
    Audiences are counted by places alone: reach is learnt from well-known tracks, for which text does not count, and who
    has much of an artist is near already.

    Args:
        placed: rows of ``placements`` that have a submission.
        day: what the day of their space knows.
        lake: where playlists are, whose titles name a place.
        params: how many listeners are named.
        placing: how much text counts.

    Returns:
        Rows of ``first_listeners`` and of ``audiences`` without the date.
    """
    known, space = day.known, day.known.space
    scale, by_artist, by_sound = ScoreScale.of(space.track_vectors), *calibrate(known)
    around = _surroundings(day, lake)
    beside = BesidePlaces.of(
        space,
        known.entries,
        day.tracks,
        verdicts=day.verdicts,
        written=known.written,
        params=placing or PlacingParams(),
    )
    firsts, audiences = [FIRST_LISTENERS.empty().drop(c.DATE)], [AUDIENCES.empty().drop(c.DATE)]
    for some in placed.iter_slices(_AT_ONCE):
        vectors = np.array(some[c.VECTOR].to_list(), dtype=np.float32).reshape(len(some), space.dimensions)
        scores = score_listeners(space.user_vectors, vectors, scale)
        ranked = score_listeners(space.user_vectors, vectors, scale, beside=beside.about(some))
        firsts.append(rank_first_listeners(ranked, some[c.SUBMISSION_ID], space.users, params))
        reach = [
            by_artist if inherits else by_sound if sound is not None else NO_REACH
            for inherits, sound in zip(some["inherits_artist"], some[SOUND_VECTOR], strict=True)
        ]
        audiences.append(_audience_rows(some, vectors, scores, reach, around))
    return pl.concat(firsts), pl.concat(audiences)


def calibrate(known: Known) -> tuple[Reach, Reach]:
    """Learn from the tracks that people have heard how near is near, and how far forecasts are off.

    Twice, because sound alone places a track less surely: for those who stand on their artists' tracks and for the others.
    Both by tracks of artists that the prior was not fitted on. On public playlists (812 tracks made cold) intervals learnt
    from these hold .946 of the tracks placed by sound alone and are 91 of 2,949 listeners wide (median); learnt from
    tracks that the regression has seen they hold .930 and are 196 wide. That the listeners' vectors know these tracks
    does not matter: fitted again without them, .941 and 86.
    """
    space = known.space
    prior, is_unseen = known.prior.unseen(known.tracks.content)
    cold = prior.means(known.tracks.content, known.tracks)
    plays = build_matrix(known.entries, users=space.users, tracks=space.tracks).matrix.T.tocsr()
    is_heard, scale = is_unseen & (np.diff(plays.indptr) >= LEAST_LISTENERS), ScoreScale.of(space.track_vectors)

    def learnt(vectors: NDArray[np.float32], rows: NDArray[np.int64]) -> Reach:
        held = HeldCold(space.track_vectors[rows], vectors[rows], plays[rows])
        return calibrate_reach(held, space.user_vectors, scale)

    return (
        learnt(cold.mean, np.flatnonzero(is_heard & cold.has_artist)),
        learnt(cold.from_sound, np.flatnonzero(is_heard & cold.has_sound)),
    )


def _surroundings(day: Day, lake: Lake) -> Surroundings:
    playlists, entries = (lake.open(table).latest(day.day).read() for table in (RAW_PLAYLISTS, RAW_PLAYLIST_TRACKS))
    return build_surroundings(day.known.space, day.tracks, playlists, entries)


def _audience_rows(
    placed: pl.DataFrame,
    vectors: NDArray[np.float32],
    scores: NDArray[np.float32],
    reaches: Sequence[Reach],
    around: Surroundings,
) -> pl.DataFrame:
    described = describe_places(vectors, placed[c.TRACK_ID], around)
    rows = []
    for submission_id, row, reach, names in zip(placed[c.SUBMISSION_ID], scores, reaches, described, strict=True):
        forecast = reach.forecast(row)
        rows.append(
            {
                c.SUBMISSION_ID: submission_id,
                "n_listeners_scored": int(np.isfinite(row).sum()),
                "n_within_reach": forecast.n,
                "n_reach_low": forecast.low,
                "n_reach_high": forecast.high,
                "n_calibrated_on": reach.log_ratios.size,
                "threshold": None if np.isnan(reach.threshold) else reach.threshold,
                "histogram": count_scores(row),
                **names,
            }
        )
    columns = {name: dtype for name, dtype in AUDIENCES.dtypes.items() if name != c.DATE}
    return pl.DataFrame(rows, schema=columns, orient="row")
