"""Gates as asset checks: good data passes, bad data is seen to fail, and only a blocking verdict stops what is below."""

from datetime import date
from types import SimpleNamespace

import dagster as dg
import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.schemas import TableSchema
from recsys_assets.definitions import defs
from recsys_assets.defs.audio import recording_checks
from recsys_assets.defs.checks import report
from recsys_assets.defs.contract_checks import contract_checks
from recsys_assets.defs.evaluation import mixes_gate, popularity_gate, yesterday_gate
from recsys_assets.defs.latent import anchor_check
from recsys_assets.defs.mixes import promise_gate, rules_gate
from recsys_assets.defs.raw import raw_checks
from recsys_assets.defs.resources import HomeResource
from recsys_assets.evaluation.tables import MIX_METRICS, SPACE_METRICS
from recsys_assets.latent.tables import TUNER_TRIALS
from recsys_assets.mixes.tables import RELEASE_RADAR
from recsys_assets.raw.tables import LANDED, RAW, RAW_TRACKS
from recsys_assets.signals.tables import ARTIST_SIGNALS
from recsys_assets.tables import table_named

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
ALL_CHECKS = {
    (check.check_key.asset_key.to_user_string(), check.check_key.name): check
    for check in [
        *contract_checks,
        *raw_checks,
        *recording_checks,
        popularity_gate,
        yesterday_gate,
        mixes_gate,
        anchor_check,
        promise_gate,
        rules_gate,
    ]
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


def test_many_days_of_the_same_failure_are_one_sentence_and_a_count():
    days = [date(2026, 3, day) for day in range(1, 31)]
    verdicts = [verdict(passed=day.day == 1, blocking=day.day == 9, notes=f"late on {day}") for day in days]

    late = report([verdict(passed=day.day == 1, blocking=False, notes=f"late on {day}") for day in days], days)

    assert late.description == "late on 2026-03-30 (and so 28 more of the 30 days, 2026-03-02 to 2026-03-30)"
    assert (report(verdicts, days).description or "").startswith("late on 2026-03-09 (and so 28 more")


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


def metrics(
    schema: TableSchema, metric: str, loss: float, spread: float, n_listeners: int, **day: date
) -> pl.DataFrame:
    rows = [{"model": "ours", "metric": metric, "value": 0.2 - loss}]
    rows += [
        {
            "model": model,
            "metric": metric,
            "value": 0.2,
            "difference_low": -loss - spread,
            "difference_high": spread - loss,
        }
        for model in ("popular", "yesterday")
    ]
    return rows_of(schema, rows, n_listeners=n_listeners, **day)


# Loss, half the width of the interval of the difference, listeners; and what popularity's gate says of them.
GAIN, SURE_LOSS, UNSURE_LOSS, LOSS_OF_FEW = (-0.1, 0.05, 50), (0.02, 0.01, 50), (0.02, 0.03, 50), (0.02, 0.01, 5)
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
VERDICTS = [(GAIN, False, None), (SURE_LOSS, False, ERROR), (SURE_LOSS, True, WARN)]
IN_DOUBT = [(UNSURE_LOSS, False, WARN), (LOSS_OF_FEW, False, WARN)]


@pytest.mark.parametrize(
    ("gate", "found", "is_demo", "severity"),
    [
        *[("beats_popularity", *each) for each in VERDICTS + IN_DOUBT],
        *[("holds_against_yesterday", *each) for each in VERDICTS],
        ("holds_against_yesterday", UNSURE_LOSS, False, None),
        ("holds_against_yesterday", (0.004, 0.001, 50), False, None),
    ],
)
def test_a_worse_space_stops_mixes_but_not_in_a_demo_world(home, gate, found, is_demo, severity):
    stored(home.lake, SPACE_METRICS, metrics(SPACE_METRICS, "ndcg@100", *found, date=MONDAY))
    if is_demo:
        home.home.demo_truth.mkdir(parents=True)

    judged = judge("space_metrics", gate, home, day=MONDAY)

    assert judged.passed is (severity is None), judged.description
    assert judged.passed or judged.severity == severity


@pytest.mark.parametrize(("found", "is_demo", "severity"), VERDICTS + IN_DOUBT)
def test_worse_mixes_stop_the_next_delivery_but_not_in_a_demo_world(home, monkeypatch, found, is_demo, severity):
    figures = metrics(MIX_METRICS, "recall@30", *found, week=MONDAY, delivered_on=MONDAY)
    monkeypatch.setattr("recsys_assets.defs.evaluation.measure_week", lambda *_, **__: figures)
    if is_demo:
        home.home.demo_truth.mkdir(parents=True)

    judged = judge("ranker", "last_mixes_beat_popularity", home, day=MONDAY)

    assert judged.passed is (severity is None), judged.description
    assert judged.passed or judged.severity == severity


@pytest.mark.parametrize(("text", "threshold", "faults"), [("", 1, 0), ("[eligibility]\nallow_explicit = false", 0, 2)])
def test_friday_is_judged_by_what_the_installation_offers(home, monkeypatch, text, threshold, faults):
    friday = date(2026, 3, 6)
    track = {c.TRACK_ID: "t1", c.TITLE: "Rude", c.ARTIST_IDS: ["a1"], c.RELEASED_ON: friday, c.IS_EXPLICIT: True}
    tracks = rows_of(RAW_TRACKS, [track])
    accepted = rows_of(SUBMISSION_VERDICTS, [track | {"verdict": "accepted", "is_on_time": True}])
    known = SimpleNamespace(friday=friday, tracks=tracks, submitted=accepted, space="there is one")
    monkeypatch.setattr("recsys_assets.defs.mixes.read_friday", lambda *_, **__: known)
    offered = {c.WEEK: friday, c.TRACK_ID: "t1", c.USER_ID: "u1", c.SOURCE: "sound"}
    stored(home.lake, RELEASE_RADAR, rows_of(RELEASE_RADAR, [offered]))
    home.home.settings.write_text(text)

    promise = judge("release_radar", "every_accepted_track_lands", home, day=friday)
    rules = judge("release_radar", "nothing_unwanted_lands", home, day=friday)

    assert f"of {threshold} accepted" in str(promise.description)
    assert rules.passed is (faults == 0)


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
