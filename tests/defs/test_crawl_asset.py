"""The crawl as an asset: what it tells of its sources, and what it keeps."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef
from fake_crawler import put_crawler

from recsys_assets.corpus import crawl as crawling
from recsys_assets.corpus.crawl_logs import log_file
from recsys_assets.corpus.tables import CRAWL_LOG
from recsys_assets.definitions import build_defs
from recsys_assets.defs.resources import HomeResource
from scripts.graph import NO_CAPTURE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def set_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """One with our settings, as `make` gives it to the web UI: they say what of a run's log is kept."""
    folder = tmp_path / "set"
    folder.mkdir()
    shutil.copyfile(ROOT / "dagster.yaml", folder / "dagster.yaml")
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=NO_CAPTURE)) as opened:
        yield opened


@pytest.fixture
def listed(home: HomeResource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sources: the crawler dies of the first, and of the second takes an article."""
    line = {
        "url": "http://b.example/<b>|1",
        "source": "b",
        "at": "2026-01-05T12:00:01Z",
        "outcome": "article",
        "status": 200,
    }
    counters = {"outcomes": {"article": 1}, "requests": 2, "seconds": 0.1, "ended": "finished"}
    kept = "kept = {'ended': 'kept in ' + pathlib.Path(given[given.index('--warc') + 1]).name} if '--warc' in given else {}"
    crawls = f"crawl('a', 1, error='it fell over')\ncrawl('b', 0, {line}, {counters} | kept)"
    program = put_crawler(tmp_path, f"{kept}\n{crawls}")
    monkeypatch.setattr(crawling.sys, "executable", program)
    home.home.root.mkdir(parents=True)
    home.home.own_sources.write_text(
        "sources:\n- {name: a, site: 'http://a.example/'}\n- {name: b, site: 'http://b.example/'}\n"
    )


def crawl(resources: dict[str, object], instance: dg.DagsterInstance, **more: object) -> dg.ExecuteInProcessResult:
    ops = {"crawl_log": {"config": {"now": "2026-01-05T12:00:00Z"} | more}}
    job = build_defs(resources).resolve_job_def("crawl")
    return job.execute_in_process(instance=instance, run_config={"ops": ops}, raise_on_error=False)


@pytest.mark.usefixtures("listed")
def test_a_source_that_fails_is_told_and_the_others_are_kept(
    home: HomeResource, resources: dict[str, object], set_instance: dg.DagsterInstance
):
    result = crawl(resources, set_instance)
    (made,) = result.asset_materializations_for_node("crawl_log")
    verdicts = {check.check_name: check for check in result.get_asset_check_evaluations()}
    logged = [entry.message for entry in set_instance.all_logs(result.run_id)]

    assert result.success
    assert home.lake.open(CRAWL_LOG).read().select("source", "outcome", "reason").rows() == [
        ("a", "error", "crawl_failed"),
        ("b", "article", None),
    ]
    assert [made.metadata[name].value for name in ("addresses", "new", "failed")] == [2, 1, 1]
    assert "data:image/png" in made.metadata["outcomes"].value
    assert "crawl_failed: it fell over" in made.metadata["sources"].value
    assert verdicts["holds_contract"].passed
    assert verdicts["sources_answer"].severity == dg.AssetCheckSeverity.WARN
    assert "a (its crawl died)" in (verdicts["sources_answer"].description or "")
    assert any("b: 1 addresses\narticle http://b.example/" in message for message in logged)
    assert any("the crawl of a failed, the others went on: it fell over" in message for message in logged)


@pytest.mark.usefixtures("listed")
def test_what_a_run_that_failed_left_in_the_logs_is_published_with_the_next_and_answers_are_kept_if_asked_for(
    home: HomeResource,
    resources: dict[str, object],
    instance: dg.DagsterInstance,
):
    left = log_file(home.home.state, "a", datetime(2026, 1, 4, tzinfo=UTC))
    long_over = log_file(home.home.state, "a", datetime(2025, 9, 4, tzinfo=UTC))
    left.parent.mkdir(parents=True)
    line = {"url": "http://a.example/1", "source": "a", "at": "2026-01-04T00:00:00Z", "outcome": "article"}
    for path in (left, long_over):
        path.write_text(json.dumps(line) + "\n")

    result = crawl(resources, instance, warc=True)
    (made,) = result.asset_materializations_for_node("crawl_log")

    assert result.success
    assert home.lake.open(CRAWL_LOG).partitions == [date(2025, 9, 4), date(2026, 1, 4), date(2026, 1, 5)]
    assert left.exists()
    assert not long_over.exists()
    assert "| kept in warc |" in made.metadata["sources"].value


def test_a_crawl_of_which_nothing_is_left_is_red_and_its_rows_are_kept(
    home: HomeResource,
    resources: dict[str, object],
    instance: dg.DagsterInstance,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    program = put_crawler(tmp_path, "for source in sources:\n    crawl(source, 1, error='it fell over')")
    monkeypatch.setattr(crawling.sys, "executable", program)
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("sources: [{name: a, site: 'http://a.example/'}, {name: b, site: 'http://b.example/'}]")
    result = crawl(resources, instance, listed=str(elsewhere))
    (failure,) = (event.step_failure_data for event in result.all_events if event.is_step_failure)

    assert not result.success
    assert "all 2 sources died (a: it fell over; b: it fell over)" in failure.error.message
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert home.lake.open(CRAWL_LOG).read()["reason"].to_list() == ["crawl_failed", "crawl_failed"]
