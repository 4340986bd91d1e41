"""Published spaces are judged on what they can not have seen; a broken one shows and a lucky one does not."""

import numpy as np
import polars as pl
import pytest
from factories import day, rows_of, stored
from scipy import sparse

from recsys_assets.core.ids import IdMap
from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.figures import figures_frame, listener_figures
from recsys_assets.evaluation.gates import beats_popularity, holds_against_yesterday
from recsys_assets.evaluation.space_metrics import SpaceMetricsParams, measure_day, measure_space
from recsys_assets.evaluation.tables import SPACE_METRICS
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.making import AnchorParams, make_anchors, make_days
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.tables import ANCHOR_TABLES, SPACE_TABLES
from recsys_assets.play_matrix.confidence import Evidence, weigh_evidence
from recsys_assets.play_matrix.holdout import Holdout
from recsys_assets.play_matrix.matrix import InteractionMatrix
from recsys_assets.play_matrix.params import ConfidenceParams
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_PLAY_COUNTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

N_USERS, N_TRACKS = 40, 30
USERS = IdMap.of([f"u{n:02}" for n in range(N_USERS)])
TRACKS = IdMap.of([f"t{n:02}" for n in range(N_TRACKS)])


def taste(user: int) -> int:
    return user % 2


def planted_holdout() -> Holdout:
    """Two tastes, tracks by parity; each listener heard the first four of the own and then the next three."""
    heard, wanted = np.zeros((2, N_USERS, N_TRACKS), dtype=np.float32)
    for user in range(N_USERS):
        heard[user, [taste(user) + 2 * n for n in range(4)]] = 1
        wanted[user, [taste(user) + 2 * n for n in range(4, 7)]] = 1
    seen = sparse.csr_matrix(heard)
    return Holdout(InteractionMatrix(seen, USERS, TRACKS), seen, sparse.csr_matrix(wanted), np.arange(N_USERS))


def planted_space(*, users: IdMap = USERS, broken: float = 0.0) -> LatentSpace:
    """Tastes are axes, and the low tracks of each lie farthest out; ``broken`` of the listeners stand at the other's."""
    rng = generator(0, "broken")
    sides = np.array([int(name[1:]) % 2 for name in users.ids])
    sides = np.where(rng.random(users.size) < broken, 1 - sides, sides)
    items = (
        np.eye(2, dtype=np.float32)[np.arange(N_TRACKS) % 2] * np.linspace(2, 1, N_TRACKS, dtype=np.float32)[:, None]
    )
    nobody = IdMap.of([])
    return LatentSpace(
        np.eye(2, dtype=np.float32)[sides], items, np.empty((0, 2), np.float32), users, TRACKS, nobody,
        FactoriseParams(embedding_size=2), "v",
    )  # fmt: skip


def figures(**spaces: LatentSpace) -> pl.DataFrame:
    return measure_space(planted_holdout(), spaces, day(1), seed=0)


def value(found: pl.DataFrame, model: str, metric: str = "ndcg@100", column: str = "value") -> float:
    return found.filter(pl.col("model") == model, pl.col("metric") == metric)[column].item()


def test_the_right_space_is_perfect_and_popularity_is_not():
    found = figures(ours=planted_space(), yesterday=planted_space())

    assert value(found, "ours") == pytest.approx(1)
    assert value(found, "ours", "recall@20") == pytest.approx(1)
    assert value(found, "popular") < 0.9
    assert (
        value(found, "yesterday", column="difference_low") == value(found, "yesterday", column="difference_high") == 0
    )
    assert beats_popularity(found, is_demo=False).passed
    assert holds_against_yesterday(found, is_demo=False).passed


def test_a_table_whose_rows_were_mixed_up_is_seen():
    found = figures(ours=planted_space(broken=1.0), yesterday=planted_space())

    verdict = holds_against_yesterday(found, is_demo=False)

    assert not verdict.passed
    assert verdict.blocking


def test_a_loss_within_the_intervals_of_both_means_is_still_certain():
    found = figures(ours=planted_space(broken=0.2), yesterday=planted_space(broken=0.1))
    ours, yesterday = ((value(found, m, column="low"), value(found, m, column="high")) for m in ("ours", "yesterday"))

    assert ours[1] > yesterday[0], "the intervals of the means overlap"
    assert value(found, "yesterday", column="difference_high") < 0


def test_who_has_no_place_counts_as_not_served():
    known = IdMap.of(USERS.ids.head(N_USERS // 2))

    assert value(figures(ours=planted_space(users=known)), "ours") == pytest.approx(0.5)


def test_nothing_published_and_nobody_to_judge_give_no_rows():
    nobody = planted_holdout()
    nobody = Holdout(nobody.train, nobody.heard, nobody.first_listens, np.zeros(0, dtype=np.intp))

    assert figures().is_empty()
    assert measure_space(nobody, {"ours": planted_space()}, day(1), seed=0).is_empty()
    assert SPACE_METRICS.arrange(figures().with_columns(date=pl.lit(day(1)))).collect().is_empty()


def test_listeners_who_can_not_be_judged_are_left_out_of_differences_too():
    ours, other = np.array([1.0, np.nan, 0.5]), np.array([0.5, 0.2, 0.5])
    found = figures_frame(listener_figures("m", {"ours": ours, "b": other}, day=day(0), seed=0))

    assert value(found, "ours", "m") == 0.75
    assert value(found, "ours", "m", "difference_low") is None
    assert 0 <= value(found, "b", "m", "difference_low") <= 0.25 <= value(found, "b", "m", "difference_high") <= 0.5


@pytest.fixture
def evidence(lake) -> Evidence:
    """Two weeks of forty listeners of two tastes, a track a day each."""
    rng = generator(0, "days")
    rows = [
        {"user_id": USERS.ids[user], "track_id": TRACKS.ids[int(2 * rng.integers(N_TRACKS // 2)) + taste(user)],
         "plays": 1, "date": day(n)}
        for n in range(16) for user in range(N_USERS)
    ]  # fmt: skip
    stored(lake, TRACK_SIGNALS, rows_of(TRACK_SIGNALS, rows))
    tracks = [{"track_id": name, "artist_ids": ["a"]} for name in TRACKS.ids]
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=day(0)))
    return Evidence(lake.open(TRACK_SIGNALS), lake.open(RAW_PLAY_COUNTS), lake.open(RAW_TRACKS))


def make_anchor(lake, evidence: Evidence, known: Evidence | None = None) -> tuple[pl.DataFrame, ...]:
    known = known or evidence
    quick = AnchorParams(max_trials=1, epochs=4, max_embedding_size=8)
    return make_anchors(
        [day(14)], Anchors.open(lake), track_signals=known.track_signals, play_counts=lake.open(RAW_PLAY_COUNTS),
        tracks=known.tracks, confidence=ConfidenceParams(artist_cap=1000), params=quick, num_threads=1,
    )  # fmt: skip


def test_an_anchor_sees_nothing_from_its_monday_on(lake, evidence):
    known = Evidence(evidence.track_signals.between(day(0), day(13)), evidence.play_counts, evidence.tracks)
    with_later, without = make_anchor(lake, evidence), make_anchor(lake, evidence, known)

    assert all(one.equals(other) for one, other in zip(with_later, without, strict=True))
    assert with_later[4]["trial"].to_list() == [0, 1]


def test_a_day_whose_space_was_not_published_yet_gets_the_figures_it_would_have(lake, evidence):
    for table, frame in zip(ANCHOR_TABLES, make_anchor(lake, evidence), strict=True):
        stored(lake, table, frame)

    def measured() -> pl.DataFrame:
        return measure_day(evidence, day(15), lake, confidence=ConfidenceParams(), params=SpaceMetricsParams())

    before = measured()
    confidence = weigh_evidence(evidence, day(14), ConfidenceParams()).with_columns(date=pl.lit(day(14)))
    table = stored(lake, PLAY_CONFIDENCE, PLAY_CONFIDENCE.arrange(confidence).collect())
    made = make_days([day(14)], table, lake.open(RAW_TRACKS), Anchors.open(lake), seed=7)
    for schema, frame in zip(SPACE_TABLES, made, strict=True):
        stored(lake, schema, frame)

    assert before["model"].unique().sort().to_list() == ["ours", "popular"]
    assert measured().equals(before)
    empty = made[0].with_columns(pl.col("vector").list.eval(-pl.element()))
    stored(lake, SPACE_TABLES[0], empty)
    assert value(measured(), "ours") < value(before, "ours"), "what is judged is what is stored"
