"""Gates as asset checks: good data passes, bad data is seen to fail, and only a blocking verdict stops what is below."""

from datetime import date
from types import SimpleNamespace

import dagster as dg
import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.definitions import defs
from recsys_assets.defs.checks import report
from recsys_assets.defs.contract_checks import contract_checks
from recsys_assets.defs.evaluation import popularity_gate, yesterday_gate
from recsys_assets.defs.latent import anchor_check
from recsys_assets.defs.raw import raw_checks
from recsys_assets.defs.resources import HomeResource
from recsys_assets.evaluation.tables import SPACE_METRICS
from recsys_assets.latent.tables import TUNER_TRIALS
from recsys_assets.raw.tables import LANDED, RAW
from recsys_assets.signals.tables import ARTIST_SIGNALS
from recsys_assets.tables import table_named

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
ALL_CHECKS = {
    (check.check_key.asset_key.to_user_string(), check.check_key.name): check
    for check in [*contract_checks, *raw_checks, popularity_gate, yesterday_gate, anchor_check]
}


def judge(asset: str, name: str, home: HomeResource, *, day: date | None = None) -> dg.AssetCheckResult:
    """Call one check, for the partition of ``day``, on what the lake holds."""
    function = ALL_CHECKS[asset, name].node_def.compute_fn.decorated_fn
    return function(SimpleNamespace(partition_keys=[day.isoformat()] if day else []), home=home)


def verdict(*, passed: bool, blocking: bool = True, notes: str = "") -> GateResult:
    return GateResult("gate", passed, 1, 0, blocking and not passed, notes)


@pytest.mark.parametrize(
    ("verdicts", "passed", "severity"),
    [
        ([], True, dg.AssetCheckSeverity.WARN),
        ([verdict(passed=True)], True, dg.AssetCheckSeverity.WARN),
        ([verdict(passed=True), verdict(passed=False)], False, dg.AssetCheckSeverity.ERROR),
        ([verdict(passed=False, blocking=False)], False, dg.AssetCheckSeverity.WARN),
        ([verdict(passed=False, blocking=False), verdict(passed=False)], False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_a_check_passes_if_every_day_does_and_stops_if_one_verdict_says_so(verdicts, passed, severity):
    reported = report(verdicts)

    assert reported.passed is passed
    assert reported.severity == severity


def test_what_failed_is_said_and_what_passed_is_not():
    reported = report([verdict(passed=True, notes="fine"), verdict(passed=False, notes="3 rows lack user_id")])

    assert reported.description == "3 rows lack user_id"
    records = reported.metadata["verdicts"].records
    assert [record.data["notes"] for record in records] == ["3 rows lack user_id"]


def test_every_check_of_the_graph_is_blocking_when_its_verdict_is():
    assert len(ALL_CHECKS) > 40
    assert all(check.get_spec_for_check_key(check.check_key).blocking for check in ALL_CHECKS.values())


def follows(day: date, *users: str) -> pl.DataFrame:
    return rows_of(ARTIST_SIGNALS, [{c.USER_ID: user} for user in users], artist_id="a", date=day)


def test_the_contract_check_sees_keys_that_stand_twice(home):
    stored(home.lake, ARTIST_SIGNALS, pl.concat([follows(MONDAY, "u", "u", "v"), follows(TUESDAY, "u", "v")]))

    bad = judge("artist_signals", "holds_contract", home, day=MONDAY)
    good = judge("artist_signals", "holds_contract", home, day=TUESDAY)

    assert good.passed
    assert not bad.passed
    assert bad.severity == dg.AssetCheckSeverity.ERROR
    assert "1 keys (date, user_id, artist_id)" in (bad.description or "")


def test_the_contract_check_judges_the_newest_snapshot(home):
    def titles(day: date, *titles: str | None) -> pl.DataFrame:
        rows = [{c.TRACK_ID: f"t{n}", c.TITLE: title, c.ARTIST_IDS: ["a"]} for n, title in enumerate(titles)]
        return rows_of(RAW["tracks"], rows, arrived_on=day)

    stored(home.lake, RAW["tracks"], pl.concat([titles(MONDAY, None), titles(TUESDAY, "A", "B")]))
    repaired = judge("raw_tracks", "holds_contract", home)
    stored(home.lake, RAW["tracks"], titles(TUESDAY, "A", None))
    broken = judge("raw_tracks", "holds_contract", home)

    assert repaired.passed
    assert not broken.passed
    assert "1 rows lack title" in (broken.description or "")


@pytest.mark.parametrize(("error", "passed"), [(None, True), ("not a Parquet file", False)])
def test_a_file_that_nobody_can_read_is_named(home, error, passed):
    row = {"file": "plays/date=2026-03-02/broken.parquet", "error": error, "unknown_columns": []}
    stored(home.lake, LANDED["plays"], rows_of(LANDED["plays"], [row], date=MONDAY))

    found = judge("landed_plays", "unreadable_files", home, day=MONDAY)

    assert found.passed is passed
    assert passed or "broken.parquet" in (found.description or "")


@pytest.mark.parametrize(
    ("refused", "passed", "severity"),
    [(1, True, None), (20, False, dg.AssetCheckSeverity.WARN), (80, False, dg.AssetCheckSeverity.ERROR)],
)
def test_too_many_refused_rows_warn_and_most_of_them_stop(home, refused, passed, severity):
    row = {"file": "plays/date=2026-03-02/a.csv", "rows": 100, "rejected": refused, "unknown_columns": []}
    stored(home.lake, LANDED["plays"], rows_of(LANDED["plays"], [row], date=MONDAY))

    found = judge("raw_plays", "rejection_rate", home, day=MONDAY)

    assert found.passed is passed
    assert passed or found.severity == severity


def metrics(ours: float, theirs: float) -> pl.DataFrame:
    rows = [
        {"model": model, "metric": "ndcg@100", "value": value, "low": value - 0.01, "high": value + 0.01}
        for model, value in (("ours", ours), ("popular", theirs), ("yesterday", theirs))
    ]
    return rows_of(SPACE_METRICS, rows, n_listeners=50, date=MONDAY)


@pytest.mark.parametrize("gate", ["beats_popularity", "holds_against_yesterday"])
@pytest.mark.parametrize(
    ("ours", "is_demo", "passed", "severity"),
    [
        (0.30, False, True, None),
        (0.10, False, False, dg.AssetCheckSeverity.ERROR),
        (0.10, True, False, dg.AssetCheckSeverity.WARN),
        (0.194, False, False, dg.AssetCheckSeverity.WARN),
    ],
)
def test_a_worse_space_stops_mixes_but_not_in_a_demo_world(home, gate, ours, is_demo, passed, severity):  # noqa: PLR0917
    stored(home.lake, SPACE_METRICS, metrics(ours, 0.20))
    if is_demo:
        home.home.demo_truth.mkdir(parents=True)

    found = judge("space_metrics", gate, home, day=MONDAY)

    assert found.passed is passed, found.description
    assert passed or found.severity == severity


@pytest.mark.parametrize("gated", ["tuner_trials", "ranker"])
def test_what_a_gate_is_on_is_upstream_of_discover_weekly(gated):
    graph = defs.resolve_asset_graph()
    above = dg.AssetSelection.assets("discover_weekly").upstream().resolve(graph)

    assert dg.AssetKey(gated) in above


@pytest.mark.parametrize(
    ("chosen", "is_demo", "passed", "severity"),
    [
        (0.3, False, True, None),
        (0.1, False, False, dg.AssetCheckSeverity.ERROR),
        (0.1, True, False, dg.AssetCheckSeverity.WARN),
    ],
)
def test_an_anchor_has_to_beat_popularity(home, chosen, is_demo, passed, severity):
    rows = [
        {"trial": 0, "params": "{}", "ndcg": 0.2, "is_chosen": False},
        {"trial": 1, "params": "{}", "ndcg": chosen, "is_chosen": True},
    ]
    stored(home.lake, TUNER_TRIALS, rows_of(TUNER_TRIALS, rows, week=MONDAY))
    if is_demo:
        home.home.demo_truth.mkdir(parents=True)

    found = judge("tuner_trials", "anchor_beats_popularity", home, day=MONDAY)

    assert found.passed is passed
    assert passed or found.severity == severity


def test_a_check_on_data_that_is_not_there_does_not_break(home):
    for (asset, name), check in ALL_CHECKS.items():
        day = MONDAY if check.partitions_def is not None else None
        found = judge(asset, name, home, day=day)

        assert found.passed or name in {"freshness", "volume"}, (asset, name, found.description)
        assert table_named(asset)
