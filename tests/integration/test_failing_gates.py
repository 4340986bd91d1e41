"""A gate that fails stops the mixes that would come after it. That a made-up world is only warned is in ``test_checks``."""

import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from world import MONDAYS

from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import Lake
from recsys_assets.definitions import defs
from recsys_assets.mixes.tables import DISCOVER_WEEKLY

pytestmark = pytest.mark.integration

WEEK = MONDAYS[1]


def fail_gate(patch: pytest.MonkeyPatch, module: str, gate: str) -> None:
    def failing(*_: object, is_demo: bool, **__: object) -> GateResult:
        return GateResult(gate, False, 0, 1, not is_demo, f"{gate} failed")

    patch.setattr(f"{module}.{gate}", failing)


@pytest.mark.parametrize(
    ("module", "table", "gate"),
    [
        ("recsys_assets.defs.latent", "tuner_trials", "anchor_beats_popularity"),
        ("recsys_assets.defs.evaluation", "ranker", "last_mixes_beat_popularity"),
    ],
)
def test_a_failing_gate_leaves_discover_weekly_undelivered(
    copy_of_finished: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, module: str, table: str, gate: str
):
    home = copy_of_finished()
    shutil.rmtree(home / "demo_truth")
    delivered = Lake(str(home / "lake")).open(DISCOVER_WEEKLY).version
    monkeypatch.setenv("RECSYS_HOME", str(home))
    fail_gate(monkeypatch, module, gate)

    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("monday").execute_in_process(
            instance=instance, partition_key=WEEK.isoformat(), raise_on_error=False
        )

    assert [event.step_key for event in result.get_step_failure_events()] == [f"{table}_{gate}"]
    assert Lake(str(home / "lake")).open(DISCOVER_WEEKLY).version == delivered
