"""What an installation sets once, and who follows it."""

import inspect
import re
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from recsys_assets import defs
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.definitions import defs as defs_of_all
from recsys_assets.defs import sqlite_speed
from recsys_assets.defs.partitions import trailing_days
from recsys_assets.defs.resources import HomeResource, Settings
from recsys_assets.play_matrix.params import WINDOW_DAYS, ConfidenceParams

MODULES = sorted(Path(inspect.getfile(defs)).parent.glob("*.py"))


def write(home: HomeResource, text: str) -> None:
    home.home.settings.parent.mkdir(parents=True, exist_ok=True)
    home.home.settings.write_text(text, encoding="utf-8")


def test_without_a_file_nothing_is_set(home):
    assert home.settings == Settings()


def test_the_file_sets_what_it_names(home):
    write(home, "[confidence]\nhalf_life_days = 30\n[landing_gates]\nmax_lag_days = 2")

    assert home.settings.confidence == ConfidenceParams(half_life_days=30)
    assert home.settings.landing_gates.max_lag_days == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("half_life", "not TOML"),
        ("[confidence]\nhalf_life = 3\nskip_weight = 1", r"confidence\.skip_weight: .*confidence\.half_life: "),
        ("[confidance]", "confidance: "),
        ("[eligibility]\nallow_explict = false", r"eligibility\.allow_explict: "),
        ("[placing]\nprior = 2", r"placing\.prior: "),
        ("[first_listeners]\nn = 2", r"first_listeners\.n: "),
        # The graph maps a day to so many days of evidence: more would silently be cut.
        ("[confidence]\nwindow_days = 181", r"confidence\.window_days: .* 180"),
    ],
)
def test_what_can_not_be_set_is_told_in_one_line(home, text: str, told: str):
    write(home, text)

    with pytest.raises(InvalidArgumentError, match=f"settings.toml.*{told}"):
        _ = home.settings


def test_the_graph_maps_a_day_to_the_longest_window():
    mapping = trailing_days(WINDOW_DAYS)

    assert ConfidenceParams().window_days <= WINDOW_DAYS == 1 - mapping.start_offset


def test_a_run_writes_its_events_fast(home):
    @dg.op
    def step(home: HomeResource) -> None: ...

    if event.contains(Engine, "connect", sqlite_speed._relax):
        event.remove(Engine, "connect", sqlite_speed._relax)
    dg.GraphDefinition(name="run", node_defs=[step]).execute_in_process(resources={"home": home})

    assert event.contains(Engine, "connect", sqlite_speed._relax)


def test_a_database_of_events_has_one_engine(home, tmp_path, monkeypatch):
    made = []
    real = sqlite_speed.create_engine
    monkeypatch.setattr(
        sqlite_speed, "create_engine", lambda url, **settings: made.append(url) or real(url, **settings)
    )

    @dg.op
    def step(home: HomeResource) -> None: ...

    sqlite_speed.install()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        job = dg.GraphDefinition(name="run", node_defs=[step]).to_job(resource_defs={"home": home})
        run = job.execute_in_process(instance=instance)
        assert len(instance.all_logs(run.run_id)) > 5

    assert sorted(Path(url).name for url in made) == sorted([f"{run.run_id}.db", "index.db", "runs.db"])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_step_has_settings_of_its_own(path: Path):
    # Evidence weighed in two ways would let the metrics judge another space than listeners get.
    shared = sorted({type(value).__name__ for value in dict(Settings()).values()})
    made = re.findall(rf"\b(?:{'|'.join(shared)})(?:\(\)|, dg\.Config)", path.read_text(encoding="utf-8"))

    assert len(made) == (len(shared) if path.stem == "resources" else 0)


@pytest.mark.parametrize("name", sorted(defs_of_all.get_repository_def().assets_defs_by_key, key=str), ids=str)
def test_no_run_configuration_says_what_the_installation_says(name: dg.AssetKey):
    step = defs_of_all.get_repository_def().assets_defs_by_key[name].op
    said = set(getattr(step.config_schema.config_type, "fields", {}))

    assert not said & {field for section in dict(Settings()).values() for field in type(section).model_fields}
