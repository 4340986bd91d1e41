"""What starts by itself: the clock, new files, and the line that a failed run leaves."""

import contextlib
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from factories import rows_of

from recsys_assets.core import columns as c
from recsys_assets.definitions import defs
from recsys_assets.defs.partitions import PARTITION, RANGE_END, RANGE_START
from recsys_assets.defs.resources import HomeResource
from recsys_assets.defs.schedules import READY_BY_FRIDAY, crawl_refresh, daily_refresh, friday_delivery, monday_delivery
from recsys_assets.defs.sensors import landing_files, run_failures
from recsys_assets.raw.tables import LANDED
from recsys_assets.signals.tables import TRACK_SIGNALS

DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def drop(home: HomeResource, name: str, text: str = "x\n") -> Path:
    path = home.home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def tick(
    home: HomeResource, cursor: str | None = None, instance: dg.DagsterInstance | None = None
) -> tuple[list[tuple[str, str | None]], str, str | None]:
    """One tick of the landing sensor: (job, partition or range) of each request, the cursor, and what it said."""
    with dg.partition_loading_context(NOW), contextlib.ExitStack() as opened:
        instance = instance or opened.enter_context(dg.DagsterInstance.ephemeral())
        result = landing_files(dg.build_sensor_context(instance, cursor, definitions=defs), home=home)
    if isinstance(result, dg.SkipReason):
        return [], cursor or "", result.skip_message
    said = result.skip_reason.skip_message if result.skip_reason else None
    return [(r.job_name, asked_for(r)) for r in result.run_requests or ()], result.cursor, said


def asked_for(request: dg.RunRequest) -> str | None:
    if RANGE_START in request.tags:
        return f"{request.tags[RANGE_START]}...{request.tags[RANGE_END]}"
    return request.partition_key


def test_nothing_landed_says_so(home: HomeResource):
    requests, _, said = tick(home)

    assert requests == []
    assert said == "nothing new has landed"


def test_each_new_day_and_the_snapshot_are_read_once(home: HomeResource):
    drop(home, "plays/date=2026-03-02/a.jsonl")
    drop(home, "feedback/date=2026-03-03/a.jsonl")
    drop(home, "tracks.csv")
    first, cursor, _ = tick(home)
    second, cursor, _ = tick(home, cursor)
    third, _, said = tick(home, cursor)

    assert first == [("catalogue", None)]
    assert second == [("ingest", "2026-03-02...2026-03-03")]
    assert third == []
    assert said == "nothing new has landed"


@pytest.mark.parametrize(
    ("job", "tags", "status", "waits"),
    [
        ("catalogue", {}, dg.DagsterRunStatus.STARTED, True),
        ("catalogue", {}, dg.DagsterRunStatus.NOT_STARTED, True),
        ("catalogue", {}, dg.DagsterRunStatus.FAILURE, False),
        ("ingest", {RANGE_START: "2026-03-01", RANGE_END: "2026-03-02"}, dg.DagsterRunStatus.STARTED, True),
        ("ingest", {"dagster/partition": "2026-03-02"}, dg.DagsterRunStatus.STARTED, False),
    ],
)
def test_days_wait_for_the_catalogue_that_may_name_their_tracks(  # noqa: PLR0917
    home: HomeResource, instance: dg.DagsterInstance, job: str, tags: dict[str, str], status: object, waits: bool
):
    drop(home, "plays/date=2026-03-02/a.jsonl")
    instance.add_run(dg.DagsterRun(job_name=job, run_id=str(uuid.uuid4()), status=status, tags=tags))
    requests, cursor, said = tick(home, instance=instance)

    assert requests == ([] if waits else [("ingest", "2026-03-02")])
    assert (said == "waiting for the run that is reading: 1 days") is waits
    assert tick(home, cursor)[0] == ([("ingest", "2026-03-02")] if waits else [])


def test_many_days_are_few_runs(home: HomeResource):
    for n in range(40):
        drop(home, f"plays/date={date(2026, 1, 1) + timedelta(days=n)}/a.jsonl")
    drop(home, "plays/date=2026-03-07/a.jsonl")

    assert tick(home)[0] == [("ingest", "2026-01-01...2026-02-09"), ("ingest", "2026-03-07")]


def test_a_day_whose_files_are_taken_away_is_read_again_and_so_is_one_that_comes_back(home: HomeResource):
    path = drop(home, "plays/date=2026-03-02/a.jsonl")
    drop(home, "plays/date=2026-03-03/a.jsonl")
    _, cursor, _ = tick(home)
    path.rename(home.home.landing / "aside")
    gone, cursor, _ = tick(home, cursor)
    nothing, cursor, _ = tick(home, cursor)
    (home.home.landing / "aside").rename(path)
    back, _, _ = tick(home, cursor)

    assert gone == back == [("ingest", "2026-03-02")]
    assert nothing == []


def test_a_landing_zone_that_is_gone_takes_nothing_with_it(home: HomeResource):
    path = drop(home, "plays/date=2026-03-02/a.jsonl")
    _, cursor, _ = tick(home)
    path.unlink()
    requests, cursor, said = tick(home, cursor)

    assert requests == []
    assert said == "the landing zone is empty: what was read stays"
    assert "2026-03-02" in cursor


def test_many_days_that_lose_their_files_at_once_are_kept_and_said(home: HomeResource):
    paths = [drop(home, f"plays/date=2026-03-0{day}/a.jsonl") for day in range(1, 7)]
    _, cursor, _ = tick(home)
    for path in paths[:5]:
        path.unlink()
    first, cursor, said = tick(home, cursor)
    drop(home, "plays/date=2026-03-06/b.jsonl")
    second, _, again = tick(home, cursor)

    assert first == []
    assert said == "5 days have lost all their files, what was read stays: if it was meant, run `ingest` for them"
    assert second == [("ingest", "2026-03-06")]
    assert again is None


def test_a_changed_day_is_read_again_and_no_other(home: HomeResource):
    drop(home, "plays/date=2026-03-02/a.jsonl")
    drop(home, "plays/date=2026-03-03/a.jsonl")
    _, cursor, _ = tick(home)
    drop(home, "plays/date=2026-03-03/b.jsonl")
    requests, _, _ = tick(home, cursor)

    assert requests == [("ingest", "2026-03-03")]


def test_a_changed_snapshot_starts_the_catalogue_alone(home: HomeResource):
    drop(home, "plays/date=2026-03-02/a.jsonl")
    drop(home, "tracks.csv")
    _, cursor, _ = tick(home, tick(home)[1])
    drop(home, "playlists/date=2026-03-04/a.csv")
    requests, _, _ = tick(home, cursor)

    assert requests == [("catalogue", None)]


@pytest.mark.parametrize("day", ["2026-03-10", "2025-12-31"])
def test_a_day_without_partition_waits_and_is_said(home: HomeResource, day: str):
    drop(home, f"plays/date={day}/a.jsonl")
    requests, cursor, said = tick(home)

    assert requests == []
    assert day in (said or "")
    assert day not in cursor


def test_what_was_read_by_hand_is_not_read_again(home: HomeResource):
    for day, source, name in (
        (DAY, "plays", "plays/date=2026-03-02/a.jsonl"),
        (DAY, "tracks", "tracks/date=2026-03-02/a.csv"),
    ):
        path = drop(home, name)
        row = {"file": name, "size_bytes": path.stat().st_size, "unknown_columns": []}
        table = LANDED[source]
        home.lake.replace(table, rows_of(table, [row], **{table.partition: day}), partitions=[day])
    drop(home, "plays/date=2026-03-03/a.jsonl")
    requests, cursor, _ = tick(home)

    assert requests == [("ingest", "2026-03-03")]
    drop(home, "plays/date=2026-03-02/a.jsonl", "another\n")
    assert tick(home, cursor)[0] == [("ingest", "2026-03-02")]


def test_half_written_files_are_not_seen(home: HomeResource):
    drop(home, "plays/date=2026-03-02/.a.parquet.7.tmp")

    assert tick(home)[0] == []


def test_every_day_at_four_the_day_that_ended():
    asked = daily_refresh(dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 3, 4, tzinfo=UTC)))

    assert isinstance(asked, dg.RunRequest)
    assert asked.partition_key == "2026-03-02"
    assert daily_refresh.cron_schedule == "0 4 * * *"
    assert daily_refresh.execution_timezone in {None, "UTC"}


def monday(home: HomeResource, hour: int, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    at = datetime(2026, 3, 9, hour, tzinfo=UTC)
    return monday_delivery(dg.build_schedule_context(instance, scheduled_execution_time=at), home=home)


def test_monday_does_not_wait_for_plays_of_a_home_that_has_none(home: HomeResource, kept_instance: dg.DagsterInstance):
    before = monday(home, 5, kept_instance)
    for day in ("2026-03-07", "2026-03-08"):
        kept_instance.report_runless_asset_event(dg.AssetMaterialization("track_signals", partition=day))
        after = monday(home, 6, kept_instance)
        assert isinstance(after, dg.SkipReason if day == "2026-03-07" else dg.RunRequest)

    assert isinstance(before, dg.SkipReason)


@pytest.mark.parametrize(("day", "waits"), [("2026-03-08", True), ("2026-03-07", False)])
def test_monday_waits_while_sunday_is_being_made(
    home: HomeResource, kept_instance: dg.DagsterInstance, day: str, waits: bool
):
    kept_instance.report_runless_asset_event(dg.AssetMaterialization("track_signals", partition="2026-03-08"))
    run = kept_instance.create_run_for_job(
        defs.resolve_job_def("daily"), tags={PARTITION: day}, status=dg.DagsterRunStatus.STARTED
    )
    during, at_noon = monday(home, 5, kept_instance), monday(home, 12, kept_instance)
    kept_instance.report_run_failed(run)
    after = monday(home, 6, kept_instance)

    assert isinstance(during, dg.SkipReason) is waits
    # One that hangs costs nobody the week's mix.
    assert isinstance(at_noon, dg.RunRequest)
    # Its reasons do without what a Sunday that failed would have placed.
    assert isinstance(after, dg.RunRequest)


def test_friday_waits_for_the_space_of_thursday(home: HomeResource, kept_instance: dg.DagsterInstance):
    def friday(hour: int) -> dg.RunRequest | dg.SkipReason:
        at = datetime(2026, 3, 6, hour, 30, tzinfo=UTC)
        return friday_delivery(dg.build_schedule_context(kept_instance, scheduled_execution_time=at), home=home)

    early = friday(4)
    made = dg.AssetMaterialization(READY_BY_FRIDAY.name, partition="2026-03-05")
    kept_instance.report_runless_asset_event(made)
    late = friday(5)

    assert isinstance(early, dg.SkipReason)
    assert "2026-03-05" in (early.skip_message or "")
    assert isinstance(late, dg.RunRequest)
    assert (late.partition_key, late.run_key) == ("2026-03-06", "friday-2026-03-06")


def test_monday_waits_for_sunday_and_then_asks_once(home: HomeResource, kept_instance: dg.DagsterInstance):
    saturday, sunday = date(2026, 3, 7), date(2026, 3, 8)
    signals = rows_of(TRACK_SIGNALS, [{c.DATE: saturday}], user_id="u", track_id="t")
    home.lake.replace(TRACK_SIGNALS, signals, partitions=[saturday])
    early = monday(home, 5, kept_instance)
    signals = rows_of(TRACK_SIGNALS, [{c.DATE: sunday}], user_id="u", track_id="t")
    home.lake.replace(TRACK_SIGNALS, signals, partitions=[sunday])
    at_six, at_seven = monday(home, 6, kept_instance), monday(home, 7, kept_instance)

    assert isinstance(early, dg.SkipReason)
    assert "2026-03-08" in (early.skip_message or "")
    assert isinstance(at_six, dg.RunRequest)
    assert isinstance(at_seven, dg.RunRequest)
    assert at_six.partition_key == "2026-03-09"
    assert at_six.run_key == at_seven.run_key == "monday-2026-03-09"


def test_a_crawl_is_asked_for_where_there_are_sources(home: HomeResource, kept_instance: dg.DagsterInstance):
    def six_hourly(hour: int) -> dg.RunRequest | dg.SkipReason:
        at = datetime(2026, 3, 6, hour, tzinfo=UTC)
        return crawl_refresh(dg.build_schedule_context(kept_instance, scheduled_execution_time=at), home=home)

    nothing = six_hourly(6)
    home.home.press.mkdir(parents=True)
    (home.home.press / "sources.yaml").touch()
    of_the_demo = six_hourly(6)
    home.home.own_sources.touch()
    own = six_hourly(12)

    assert isinstance(nothing, dg.SkipReason)
    assert "sources.yaml" in (nothing.skip_message or "")
    assert isinstance(of_the_demo, dg.RunRequest)
    assert isinstance(own, dg.RunRequest)
    assert (of_the_demo.run_key, own.run_key) == ("crawl-2026-03-06T06", "crawl-2026-03-06T12")
    assert home.home.sources == home.home.own_sources
    assert crawl_refresh.cron_schedule == "0 */6 * * *"

    run = kept_instance.create_run_for_job(defs.resolve_job_def("crawl"), status=dg.DagsterRunStatus.STARTED)
    waits = six_hourly(18)
    kept_instance.report_run_canceled(run)
    assert isinstance(waits, dg.SkipReason)
    assert run.run_id in (waits.skip_message or "")
    assert isinstance(six_hourly(18), dg.RunRequest)


def test_a_failed_run_leaves_a_line(home: HomeResource, instance: dg.DagsterInstance):
    @dg.op
    def breaks():
        raise dg.Failure("the roof is leaking")

    @dg.job(tags={"dagster/partition": "2026-03-02"})
    def roof():
        breaks()

    for _ in range(2):
        result = roof.execute_in_process(instance=instance, raise_on_error=False)
        event = result.get_run_failure_event()
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failures",
            dagster_event=event,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        run_failures(context, home=home)

    lines = [json.loads(line) for line in (home.home.state / "failures.jsonl").read_text().splitlines()]
    assert len(lines) == 2
    assert lines[1]["job"] == "roof"
    assert lines[1]["partition"] == "2026-03-02"
    assert lines[1]["run_id"] == result.run_id
    assert lines[1]["why"]
