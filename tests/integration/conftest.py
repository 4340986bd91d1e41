"""One home in which the whole graph was run, made once however many workers ask for it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from world import LAST, MODEL_DAYS, MONDAYS, START, land_world, run

from recsys_assets.core.locks import locked

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def scripts_are_importable() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        import scripts.graph  # noqa: F401


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The tiny world through the whole graph: to be read only."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent
    home = base / "finished"
    with locked(base / "finished.lock", alone=True):
        if not (home / "done").exists():
            land_world(home)
            run(home, "catalogue")
            run(home, "ingest", START, LAST)
            run(home, "monday", *MONDAYS)
            run(home, "daily", *MODEL_DAYS)
            (home / "done").touch()
    return home


@pytest.fixture
def copy_of_finished(finished: Path, tmp_path: Path) -> Callable[[], Path]:
    def copy() -> Path:
        return Path(shutil.copytree(finished, tmp_path / "home"))

    return copy
