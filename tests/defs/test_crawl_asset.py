"""The crawl as an asset: what it tells of its sources, and what it keeps."""

from pathlib import Path

import dagster as dg
import pytest
from fake_crawler import put_crawler

from recsys_assets.corpus import crawl as crawling
from recsys_assets.corpus.tables import CRAWL_LOG
from recsys_assets.definitions import build_defs
from recsys_assets.defs.resources import HomeResource


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
    program = put_crawler(tmp_path, f"crawl('a', 1, error='it fell over')\ncrawl('b', 0, {line}, {counters})")
    monkeypatch.setattr(crawling.sys, "executable", program)
    home.home.root.mkdir(parents=True)
    home.home.own_sources.write_text(
        "sources:\n- {name: a, site: 'http://a.example/'}\n- {name: b, site: 'http://b.example/'}\n"
    )


def crawl(resources: dict[str, object], instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    ops = {"crawl_log": {"config": {"now": "2026-01-05T12:00:00Z"}}}
    job = build_defs(resources).resolve_job_def("crawl")
    return job.execute_in_process(instance=instance, run_config={"ops": ops}, raise_on_error=False)


@pytest.mark.usefixtures("listed")
def test_a_source_that_fails_is_told_and_the_others_are_kept(
    home: HomeResource, resources: dict[str, object], instance: dg.DagsterInstance
):
    result = crawl(resources, instance)
    (made,) = result.asset_materializations_for_node("crawl_log")
    verdicts = {check.check_name: check for check in result.get_asset_check_evaluations()}
    logged = [entry.user_message for entry in instance.all_logs(result.run_id)]

    assert result.success
    assert home.lake.open(CRAWL_LOG).read().select("source", "outcome", "reason").rows() == [
        ("a", "error", "crawl_failed"),
        ("b", "article", None),
    ]
    assert (made.metadata["articles"].value, made.metadata["requests"].value) == (1, 2)
    assert "crawl_failed: it fell over" in made.metadata["sources"].value
    assert verdicts["holds_contract"].passed
    assert verdicts["sources_answer"].severity == dg.AssetCheckSeverity.WARN
    assert "a (1 of 1 addresses failed)" in (verdicts["sources_answer"].description or "")
    assert any("b: 1 addresses\narticle http://b.example/" in message for message in logged)
    assert any("the crawl of a failed, the others went on: it fell over" in message for message in logged)
