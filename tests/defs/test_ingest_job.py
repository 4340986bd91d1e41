"""The job `ingest` as Dagster runs it: what a bad delivery stops."""

import json
from datetime import date

import dagster as dg
import pytest

from recsys_assets.definitions import build_defs
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.tables import LANDED

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(("refused", "is_counted"), [(1, True), (99, False)])
def test_a_day_that_is_mostly_refused_is_not_counted(
    home: HomeResource, resources: dict[str, object], instance: dg.DagsterInstance, refused: int, is_counted: bool
):
    path = home.home.landing / f"plays/date={DAY}/a.jsonl"
    path.parent.mkdir(parents=True)
    for n in range(100):
        at = "1900-01-01" if n < refused else f"{DAY}"
        with path.open("a") as file:
            file.write(json.dumps({"user_id": f"u{n}", "track_id": "t", "played_at": at}) + "\n")

    job = build_defs(resources).resolve_job_def("ingest")
    result = job.execute_in_process(instance=instance, partition_key=DAY.isoformat(), raise_on_error=False)

    made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert home.lake.open(LANDED["plays"]).read()["rejected"].to_list() == [refused]
    assert ("track_signals" in made) is is_counted
    assert "artist_signals" in made
