"""The recordings of the landing zone as assets: what the sensor asks for, what the run makes, what its check says."""

from pathlib import Path

import dagster as dg
import numpy as np
import pytest
import soundfile as sf

from recsys_assets.audio.tables import REJECTED_RECORDINGS, TRACK_ANALYSIS
from recsys_assets.definitions import build_defs, defs
from recsys_assets.defs.audio import AnalysisConfig
from recsys_assets.defs.resources import HomeResource
from recsys_assets.defs.sensors import landing_files


def drop(home: HomeResource, name: str, content: bytes | None = None) -> Path:
    path = home.home.landing / "audio" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        sf.write(path, np.sin(np.arange(40_000) / 20), 22_050)
    else:
        path.write_bytes(content)
    return path


def make(home: HomeResource, resources: dict[str, object], instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    selection = [dg.AssetKey(table.name) for table in (TRACK_ANALYSIS, REJECTED_RECORDINGS)]
    job = build_defs(resources).resolve_job_def("catalogue")
    return job.execute_in_process(instance=instance, asset_selection=selection)


def test_a_run_analyses_what_landed_and_its_check_names_what_it_could_not(
    home: HomeResource, resources: dict[str, object], instance: dg.DagsterInstance
):
    drop(home, "a.wav")
    drop(home, "b.mp3", b"no sound")
    result = make(home, resources, instance)
    verdicts = {check.check_name: check for check in result.get_asset_check_evaluations()}
    unusable = verdicts["unusable_recordings"]

    assert home.lake.open(TRACK_ANALYSIS).read()["track_id"].to_list() == ["a"]
    assert not unusable.passed
    assert unusable.severity == dg.AssetCheckSeverity.WARN
    assert "1 recordings can not be used: audio/b.mp3 (not_audio" in (unusable.description or "")
    assert verdicts["holds_contract"].passed


def test_a_home_without_recordings_has_empty_tables(
    home: HomeResource, resources: dict[str, object], instance: dg.DagsterInstance
):
    result = make(home, resources, instance)

    assert result.success
    assert home.lake.open(TRACK_ANALYSIS).rows == 0


def test_a_recording_that_landed_starts_the_catalogue_once(
    home: HomeResource, resources: dict[str, object], instance: dg.DagsterInstance
):
    def tick(cursor: str | None) -> tuple[list[str | None], str | None]:
        result = landing_files(dg.build_sensor_context(instance, cursor, definitions=defs), home=home)
        if isinstance(result, dg.SkipReason):
            return [], cursor
        return [request.job_name for request in result.run_requests or ()], result.cursor

    drop(home, "a.wav")
    alone, _ = tick(None)
    (home.home.landing / "artists.csv").write_text("artist_id,name\na,A\n")
    first, cursor = tick(None)
    second, cursor = tick(cursor)
    make(home, resources, instance)
    drop(home, "b.wav")
    third, _ = tick(cursor)

    assert (alone, first, second, third) == ([], ["catalogue"], [], ["catalogue"])


@pytest.mark.parametrize("value", [0, 5000])
def test_the_configuration_keeps_the_bounds_of_the_parameters(value: float):
    with pytest.raises(ValueError, match="excerpt_s"):
        AnalysisConfig(excerpt_s=value)
