"""Submissions in the graph: the sensor that finds them, the run that takes many in, the check that says why not."""

import functools
import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from factories import rows_of, stored

from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.audio.tables import ANALYSIS_COLUMNS
from recsys_assets.cold_start.intake import take_in
from recsys_assets.cold_start.place_tables import SUBMISSION_PREVIEW
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_STATES, SUBMISSION_VERDICTS
from recsys_assets.cold_start.watch import BACK_OFF, MOST_PER_TICK, TRIES, Memory, look_around
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import TableSchema
from recsys_assets.definitions import build_defs, defs
from recsys_assets.defs import cold_start, mixes
from recsys_assets.defs.metadata import picture
from recsys_assets.defs.partitions import RANGE_END, RANGE_START, SUBMISSIONS
from recsys_assets.defs.resources import HomeResource
from recsys_assets.defs.submission_sensor import new_submissions
from recsys_assets.mixes.tables import RELEASE_RADAR_PREVIEW
from recsys_assets.raw.receipts import PUT_ASIDE, read_receipt, write_receipt
from recsys_assets.raw.submission_files import LINK, QUIET, Folder, file_sha256

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def nothing(dtype: object) -> object:
    """The emptiest value that is not null."""
    if isinstance(dtype, pl.List):
        return []
    return b"" if dtype == pl.Binary else "" if dtype == pl.String else 0


def hear(paths: Sequence[Path]) -> list[dict[str, object] | UnusableRecordingError]:
    empty = {column.name: None if column.is_nullable else nothing(column.dtype) for column in ANALYSIS_COLUMNS}
    return [empty | {"content_sha256": file_sha256(path)} for path in paths]


@pytest.fixture(autouse=True)
def ears(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody starts a process to listen."""
    monkeypatch.setattr(cold_start, "take_in", functools.partial(take_in, listener=hear))


def drop(home: HomeResource, submission_id: str, *, at: datetime | None = None, **other: object) -> Path:
    folder = home.home.landing / "submissions" / submission_id
    folder.mkdir(parents=True, exist_ok=True)
    said = {"title": submission_id, "artists": ["Ann"], "release_date": "2027-04-03"} | other
    (folder / "submission.json").write_text(json.dumps(said))
    (folder / "song.wav").write_bytes(submission_id.encode())
    if at:
        write_receipt(home.home.state, folder, at)
    return folder


def later(seconds: float = QUIET.total_seconds() + 1) -> datetime:
    return datetime.now(tz=UTC) + timedelta(seconds=seconds)


class Desk:
    """The sensor at its desk: ticks that remember, runs that are done at once."""

    def __init__(self, home: HomeResource, instance: dg.DagsterInstance, resources: dict[str, object]) -> None:
        self.home, self.instance, self.resources = home, instance, resources
        self.cursor: str | None = None

    def tick(self) -> tuple[list[str], str]:
        """What is asked for, and what is said where nothing is."""
        context = dg.build_sensor_context(self.instance, self.cursor, definitions=defs)
        result = new_submissions(context, home=self.home)
        if isinstance(result, dg.SkipReason):
            return [], str(result.skip_message)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests or ():
            self.instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
        asked = [r.partition_key or f"{r.tags[RANGE_START]}...{r.tags[RANGE_END]}" for r in result.run_requests or ()]
        return asked, str(result.skip_reason.skip_message if result.skip_reason else "")

    def run(self, asked: str) -> dg.ExecuteInProcessResult:
        first, _, last = asked.partition("...")
        job = defs.resolve_job_def("submission")
        return job.execute_in_process(
            instance=self.instance,
            resources=self.resources,
            partition_key=None if last else first,
            tags={RANGE_START: first, RANGE_END: last} if last else {},
        )

    def verdicts(self) -> dict[str, str]:
        rows = self.home.lake.open(SUBMISSION_VERDICTS).read().sort("received_at")
        return dict(rows.select(c.SUBMISSION_ID, "verdict").iter_rows())


@pytest.fixture
def desk(
    home: HomeResource, instance: dg.DagsterInstance, resources: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    # Folders of this very second count as quiet.
    monkeypatch.setattr(Folder, "is_quiet", lambda self, _now: not self.unfinished)
    return Desk(home, instance, resources)


def test_folders_are_taken_together_judged_and_not_asked_for_again(desk: Desk, home: HomeResource):
    drop(home, "sub_b")
    drop(home, "sub_a", release_date="soon")
    asked, _ = desk.tick()
    result = desk.run(asked[0])
    again = desk.tick()

    assert asked == ["sub_b...sub_a"]
    assert result.success
    assert desk.verdicts() == {"sub_a": "rejected", "sub_b": "accepted"}
    assert again == ([], "nothing new was submitted")
    assert home.lake.open(SUBMISSION_ANALYSIS).keys == ["sub_b"]
    assert desk.instance.get_dynamic_partitions("submissions") == ["sub_b", "sub_a"]
    assert read_receipt(home.home.state, home.home.landing / "submissions" / "sub_a") is not None


def test_a_rejection_is_a_warning_that_says_why_and_stops_nobody(desk: Desk, home: HomeResource):
    drop(home, "sub_a", release_date="soon")
    drop(home, "sub_b")
    result = desk.run(desk.tick()[0][0])

    (told,) = [e for e in result.get_asset_check_evaluations() if e.check_name == "is_not_rejected" and not e.partition]
    assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert told.description == "sub_a is rejected: release_date is 'soon', expected a day as YYYY-MM-DD"
    contract = [e for e in result.get_asset_check_evaluations() if e.check_name == "holds_contract"]
    assert len(contract) >= 2
    assert all(e.passed for e in contract)


def test_each_submission_of_a_shared_run_is_told_its_own_verdict(desk: Desk):
    drop(desk.home, "sub_a", release_date="soon")
    drop(desk.home, "sub_b")
    desk.run(desk.tick()[0][0])

    records = desk.instance.fetch_materializations(dg.AssetKey("submission_verdicts"), limit=10).records
    pages = {each.partition_key: each.asset_materialization.metadata for each in records}  # type: ignore[union-attr]
    assert (pages["sub_a"]["verdict"].value, pages["sub_b"]["verdict"].value) == ("rejected", "accepted")
    assert pages["sub_a"]["reason"].value == "release_date is 'soon', expected a day as YYYY-MM-DD"
    assert "reason" not in pages["sub_b"]
    assert [pages[key]["dagster/row_count"].value for key in ("sub_a", "sub_b")] == [1, 1]


def test_each_submission_of_a_shared_run_has_its_own_check(desk: Desk):
    for submission_id, day in (("sub_a", "soon"), ("sub_b", "2027-04-03"), ("sub_c", "later")):
        drop(desk.home, submission_id, release_date=day)
    desk.tick()
    result = desk.run("sub_a...sub_c")

    told = [each for each in result.get_asset_check_evaluations() if each.check_name == "is_not_rejected"]
    assert {each.partition: each.passed for each in told} == {
        "sub_a": False,
        "sub_b": True,
        "sub_c": False,
        None: False,
    }
    by_partition = {each.partition: each for each in told}
    assert (by_partition["sub_b"].description or "").startswith("sub_b is accepted")
    assert (by_partition["sub_c"].description or "").startswith("sub_c is rejected: release_date is 'later'")
    states = desk.instance.event_log_storage.get_asset_check_partition_info([told[0].asset_check_key])
    of_partitions = {each.partition_key: each for each in states if each.partition_key}
    assert {key: each.latest_execution_status.value for key, each in of_partitions.items()} == {
        "sub_a": "FAILED",
        "sub_b": "SUCCEEDED",
        "sub_c": "FAILED",
    }
    # Without the materialisation that it judged the web UI takes a verdict for an outdated one.
    assert all(
        e.latest_target_materialization_storage_id == e.latest_materialization_storage_id
        for e in of_partitions.values()
    )


def test_each_submission_of_a_shared_run_has_its_own_picture(
    desk: Desk, resources: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    reached = {"sub_a": 8, "sub_c": 1}
    rows = [{c.SUBMISSION_ID: key, "as_of": NOW.date(), "n_within_reach": n} for key, n in reached.items()]
    rest = {each.name: nothing(each.dtype) for each in SUBMISSION_PREVIEW.columns if not each.is_nullable}
    placed = rows_of(SUBMISSION_PREVIEW, rows, **rest | {"threshold": 1.0, "n_listeners_scored": 271})
    monkeypatch.setattr(cold_start, "preview_submissions", lambda *_, **__: placed)
    monkeypatch.setattr(cold_start, "draw_audience", lambda _row, _map, *, title: title.encode())
    desk.instance.add_dynamic_partitions("submissions", ["sub_a", "sub_b", "sub_c"])
    tags = {RANGE_START: "sub_a", RANGE_END: "sub_c"}
    mine = build_defs(resources).resolve_job_def("submission")
    mine.execute_in_process(instance=desk.instance, tags=tags, asset_selection=[dg.AssetKey("submission_preview")])

    records = desk.instance.fetch_materializations(dg.AssetKey("submission_preview"), limit=10).records
    pages = {each.partition_key: each.asset_materialization.metadata for each in records}  # type: ignore[union-attr]
    for key, n in reached.items():
        assert pages[key]["audience"] == picture(key.encode(), "audience")
        assert str(pages[key]["reach"].value).startswith(f"{n} of 271 listeners within reach")
    assert not {"audience", "reach"} & pages["sub_b"].keys()


def test_a_range_leaves_previews_of_what_is_out_and_empties_what_was_withdrawn_once(
    desk: Desk, resources: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    ids = ["sub_a", "sub_out", "sub_gone", "sub_b"]
    rest = {each.name: nothing(each.dtype) for each in SUBMISSION_PREVIEW.columns if not each.is_nullable}
    shown = [
        {c.SUBMISSION_ID: key, "as_of": NOW.date(), "n_listeners_scored": n} | {"received_at": NOW, "made_at": NOW}
        for n in (1, 2)
        for key in ids
        if n == 1 or key in ("sub_a", "sub_b")
    ]
    before, after = (
        rows_of(SUBMISSION_PREVIEW, [row for row in shown if row["n_listeners_scored"] == n], **rest) for n in (1, 2)
    )
    out_on = {"sub_out": NOW.date()}
    verdicts = [
        {
            c.SUBMISSION_ID: key,
            "verdict": "withdrawn" if key == "sub_gone" else "accepted",
            "received_at": NOW,
            c.RELEASED_ON: out_on.get(key, datetime.now(tz=UTC).date() + timedelta(days=9)),
        }
        for key in ids
    ]
    lake = desk.home.lake
    stored(lake, SUBMISSION_PREVIEW, before)
    stored(lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, verdicts))
    monkeypatch.setattr(
        cold_start, "preview_submissions", lambda asked, *_, **__: after.filter(pl.col(c.SUBMISSION_ID).is_in(asked))
    )
    monkeypatch.setattr(cold_start, "draw_audience", lambda *_, **__: b"")
    desk.instance.add_dynamic_partitions("submissions", ids)
    tags, mine = {RANGE_START: ids[0], RANGE_END: ids[-1]}, build_defs(resources).resolve_job_def("submission")

    for _ in range(2):
        done = mine.execute_in_process(
            instance=desk.instance, tags=tags, asset_selection=[dg.AssetKey("submission_preview")]
        )
        assert done.success
        rows = lake.open(SUBMISSION_PREVIEW).read().sort(c.SUBMISSION_ID)
        assert rows.select(c.SUBMISSION_ID, "n_listeners_scored").rows() == [("sub_a", 2), ("sub_b", 2), ("sub_out", 1)]
    records = desk.instance.fetch_materializations(dg.AssetKey("submission_preview"), limit=4).records
    pages = {each.partition_key: each.asset_materialization.metadata for each in records}  # type: ignore[union-attr]
    assert {key: page["dagster/row_count"].value for key, page in pages.items()} == {
        "sub_a": 1, "sub_out": 1, "sub_gone": 0, "sub_b": 1,
    }  # fmt: skip
    assert str(pages["sub_out"]["note"].value).startswith("out by now")
    assert "note" not in pages["sub_gone"]


def test_where_one_lands_that_is_out_already_is_shown_by_the_run_that_placed_it(
    desk: Desk, resources: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    row = {c.SUBMISSION_ID: "late", "verdict": "late", "received_at": NOW, c.RELEASED_ON: NOW.date()}
    stored(desk.home.lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, [row]))
    stored(desk.home.lake, SUBMISSION_PREVIEW, rows_of(SUBMISSION_PREVIEW, [row]))
    who = {c.SUBMISSION_ID: "late", c.USER_ID: "u1"}
    rest = {each.name: nothing(each.dtype) for each in RELEASE_RADAR_PREVIEW.columns if each.name not in who}
    landed = rows_of(RELEASE_RADAR_PREVIEW, [who], **rest | {"rank": 1, "track_id": "t"})
    monkeypatch.setattr(mixes, "look_ahead", lambda *_: None)
    monkeypatch.setattr(
        mixes, "preview_fridays", lambda ids, *_, **__: landed.filter(pl.col(c.SUBMISSION_ID).is_in(ids))
    )
    desk.instance.add_dynamic_partitions("submissions", ["late"])
    asked = [dg.AssetKey("release_radar_preview")]
    mine = build_defs(resources).resolve_job_def("submission")
    assert mine.execute_in_process(instance=desk.instance, partition_key="late", asset_selection=asked).success

    assert desk.home.lake.open(RELEASE_RADAR_PREVIEW).read()[c.USER_ID].to_list() == ["u1"]


def test_a_changed_folder_is_received_anew_by_a_run_of_its_own(desk: Desk, home: HomeResource):
    folder = drop(home, "sub_a", release_date="soon")
    desk.run(desk.tick()[0][0])
    drop(home, "sub_a")
    drop(home, "sub_b")
    asked, _ = desk.tick()
    for each in asked:
        desk.run(each)

    assert sorted(asked) == ["sub_a", "sub_b"]
    assert desk.verdicts() == {"sub_a": "accepted", "sub_b": "accepted"}
    assert len(home.lake.open(SUBMISSION_VERDICTS).only(["sub_a"]).read()) == 2
    assert folder.exists()


def test_a_folder_that_is_gone_is_withdrawn_once(desk: Desk, home: HomeResource):
    folder = drop(home, "sub_a")
    drop(home, "sub_b")
    desk.run(desk.tick()[0][0])
    shutil.rmtree(folder)
    asked, _ = desk.tick()
    desk.run(asked[0])

    assert asked == ["sub_a"]
    assert desk.verdicts()["sub_a"] == "withdrawn"
    assert desk.tick()[0] == []


def test_a_folder_that_comes_back_is_received_anew(desk: Desk, home: HomeResource, tmp_path: Path):
    folder = drop(home, "sub_a", at=NOW)
    drop(home, "sub_b")
    for asked in desk.tick()[0]:
        desk.run(asked)
    folder.rename(tmp_path / "backup")
    desk.run(desk.tick()[0][0])
    away = desk.verdicts()["sub_a"]
    (tmp_path / "backup").rename(folder)
    asked, _ = desk.tick()
    desk.run(asked[0])

    assert (away, asked, desk.verdicts()["sub_a"]) == ("withdrawn", ["sub_a"], "accepted")
    assert desk.tick()[0] == []


def test_a_disk_that_is_not_mounted_withdraws_nobody(desk: Desk, home: HomeResource):
    for n in range(5):
        drop(home, f"sub_{n}")
    desk.run(desk.tick()[0][0])
    for n in range(4):
        shutil.rmtree(home.home.landing / "submissions" / f"sub_{n}")
    asked, said = desk.tick()
    shutil.rmtree(home.home.landing)

    assert asked == []
    assert said.startswith("gone at once with 3 others, so kept")
    assert desk.tick() == ([], "landing/submissions/ is empty: what was received stays")


def test_folders_of_what_is_released_or_refused_go_without_a_word_and_withdraw_nobody_else_later(
    desk: Desk, home: HomeResource, monkeypatch: pytest.MonkeyPatch
):
    for n in range(4):
        drop(home, f"out_{n}", at=NOW, release_date="2026-04-03")
        drop(home, f"bad_{n}", at=NOW, release_date="soon")
    for name in ("next", "last"):
        drop(home, name)
    for asked in desk.tick()[0]:
        desk.run(asked)
    for n in range(4):
        shutil.rmtree(home.home.landing / "submissions" / f"out_{n}")
        shutil.rmtree(home.home.landing / "submissions" / f"bad_{n}")
    assert desk.tick() == ([], "nothing new was submitted")
    shutil.rmtree(home.home.landing / "submissions" / "next")

    asked, _ = desk.tick()
    desk.run(asked[0])

    assert asked == ["next"]
    assert {name for name, verdict in desk.verdicts().items() if verdict == "withdrawn"} == {"next"}


def test_what_a_script_has_taken_in_is_not_asked_for(desk: Desk, home: HomeResource):
    drop(home, "sub_a", at=NOW)
    desk.instance.add_dynamic_partitions("submissions", ["sub_a"])
    desk.run("sub_a")

    assert desk.tick() == ([], "nothing new was submitted")


def test_names_that_are_no_ids_and_copies_under_way_are_told(desk: Desk, home: HomeResource):
    drop(home, "two words")
    (drop(home, "sub_a") / "b.wav.part").write_bytes(b"")

    asked, said = desk.tick()

    assert asked == []
    assert said == (
        "still being copied: sub_a; two words is left: its folder's name is no id: use letters, digits and . _ -, at "
        "most 100"
    )


def test_one_hostile_folder_ends_no_tick(desk: Desk, home: HomeResource, monkeypatch: pytest.MonkeyPatch):
    folder = drop(home, "good")
    for name, target in (("evil", "good"), ("nowhere", "x"), ("self", "self")):
        (folder.parent / name).symlink_to(target)
    (drop(home, "secret") / "closed").mkdir()
    (drop(home, "odd") / os.fsdecode(b"\xff.wav")).symlink_to("song.wav")
    (drop(home, "forged") / f"{PUT_ASIDE}").mkdir()
    (folder.parent / "forged" / "receipt.json").write_text("forged")
    listed = os.scandir

    def refuse(path: object = ".") -> object:
        if str(path).endswith("/closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    asked, _ = desk.tick()

    assert desk.run(asked[0]).success
    assert desk.verdicts() == {"forged": "accepted", "good": "accepted", "odd": "rejected", "secret": "rejected"}
    assert desk.tick() == ([], "; ".join(f"{name} is left: {LINK}" for name in ("evil", "nowhere", "self")))


def test_a_disk_that_is_full_between_the_tables_leaves_no_verdict_without_its_analysis(
    desk: Desk, home: HomeResource, monkeypatch: pytest.MonkeyPatch
):
    drop(home, "sub_a")
    asked, _ = desk.tick()
    replace = Lake.replace

    def fail(self: Lake, table: TableSchema, rows: pl.DataFrame, **where: object) -> object:
        if table is failing[0]:
            raise dg.Failure("no space left on device", allow_retries=False)
        return replace(self, table, rows, **where)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "replace", fail)
    failing, remembered = [SUBMISSION_ANALYSIS], []
    for table in (SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS):
        failing[0] = table
        # Who remembers the error keeps the step that raised it, and with it what the step holds.
        with pytest.raises(dg.Failure) as caught:
            desk.run(asked[0])
        remembered.append(caught)
        assert desk.verdicts() == {}
    monkeypatch.setattr(Lake, "replace", replace)
    desk.run(asked[0])

    assert desk.verdicts() == {"sub_a": "accepted"}
    assert home.lake.open(SUBMISSION_ANALYSIS).keys == ["sub_a"]


def test_a_run_that_left_no_verdict_is_tried_again_a_few_times(desk: Desk, home: HomeResource):
    folder = drop(home, "sub_a")
    desk.tick()
    seen = {"sub_a": Folder("sub_a", folder)}
    memory = Memory().asking("sub_a", seen["sub_a"].signature, NOW)

    def at(memory: Memory, now: datetime, *, is_running: bool = False) -> tuple[list[str], list[str]]:
        tick = look_around(seen, [], memory, now=now, is_running=is_running)
        return list(tick.taken), list(tick.notes)

    assert at(memory, NOW) == ([], ["its run failed, another try follows: sub_a"])
    assert at(memory, NOW + BACK_OFF, is_running=True) == ([], ["a run is under way: sub_a"])
    assert at(memory, NOW + BACK_OFF) == (["sub_a"], [])
    again = memory.asking("sub_a", seen["sub_a"].signature, NOW)
    assert at(again, NOW + BACK_OFF)[0] == []
    assert at(again, NOW + 2 * BACK_OFF)[0] == ["sub_a"]
    for _ in range(TRIES):
        memory = memory.asking("sub_a", seen["sub_a"].signature, NOW)
    assert at(memory, NOW + 100 * BACK_OFF)[0] == []
    assert "given up after 3 runs" in at(memory, NOW + 100 * BACK_OFF)[1][0]
    assert at(memory.judged("sub_a", seen["sub_a"].signature), NOW) == ([], [])
    assert Memory.parse(memory.dump()) == memory


@pytest.mark.parametrize("cursor", [None, "", "{", "[]", '{"asked": 1}', '{"asked": {"a": [1]}}'])
def test_a_broken_cursor_remembers_nothing(cursor: str | None):
    assert Memory.parse(cursor) == Memory()


def test_hundreds_at_once_are_taken_in_bounded_numbers():
    folders = {f"sub_{n:03}": Folder(f"sub_{n:03}", Path(f"sub_{n:03}")) for n in range(300)}
    memory, ticks = Memory(), 0
    while (tick := look_around(folders, [], memory, now=NOW, is_running=True)).taken:
        assert len(tick.taken) <= MOST_PER_TICK
        for name in tick.taken:
            memory = memory.asking(name, folders[name].signature, NOW)
        ticks += 1

    assert ticks == 12


def test_what_was_judged_is_not_said_to_wait_for_a_run():
    folders = {
        f"{kind}_{n:02}": Folder(f"{kind}_{n:02}", Path(), (), (), (), NOW - timedelta(hours=1))
        for kind in ("new", "old")
        for n in range(MOST_PER_TICK + 1)
    }
    known = {name for name in folders if name.startswith("old")}
    of_known = look_around({name: folders[name] for name in known}, known, Memory(), now=NOW, is_running=False)
    of_both = look_around(folders, known, Memory(), now=NOW, is_running=False)

    assert [*of_known.notes] == ["judged already, the next ticks look whether their folders have changed since: old_25"]
    assert of_both.notes[0] == "new, 25 are taken at a tick and these in the next ones: new_25"
    assert of_both.notes[1].startswith("judged already, ")


def test_what_nobody_has_judged_comes_before_what_is_looked_at_again():
    folders = {f"sub_{n:03}": Folder(f"sub_{n:03}", Path(f"sub_{n:03}")) for n in range(100)}
    tick = look_around(folders, [name for name in folders if name != "sub_099"], Memory(), now=NOW, is_running=False)

    assert tick.taken[0] == "sub_099"
    assert len(tick.taken) == MOST_PER_TICK


def test_a_new_folder_waits_until_it_is_quiet(home: HomeResource, instance: dg.DagsterInstance):
    drop(home, "sub_a")
    result = new_submissions(dg.build_sensor_context(instance, None, definitions=defs), home=home)

    assert isinstance(result, dg.SensorResult)
    assert result.run_requests == []
    assert result.skip_reason.skip_message == "changed a moment ago: sub_a"  # type: ignore[union-attr]
    assert SUBMISSIONS.name == "submissions"


def test_states_are_made_by_day(desk: Desk, home: HomeResource, resources: dict[str, object]):
    drop(home, "sub_a", at=NOW)
    desk.instance.add_dynamic_partitions("submissions", ["sub_a"])
    desk.run("sub_a")
    tags = {RANGE_START: "2026-03-19", RANGE_END: "2026-03-20"}
    mine = build_defs(resources).resolve_job_def("daily")
    mine.execute_in_process(instance=desk.instance, tags=tags, asset_selection=[dg.AssetKey("submission_states")])

    rows = home.lake.open(SUBMISSION_STATES).read()
    assert rows.select(c.DATE, "state", "is_current").rows() == [
        (NOW.date(), "accepted", False), (NOW.date(), "analysed", True), (NOW.date(), "received", False),
    ]  # fmt: skip
