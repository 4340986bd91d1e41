from datetime import date

import pytest

from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.world import World, generate_world

START = date(2026, 3, 2)


@pytest.fixture(scope="session")
def world() -> World:
    return generate_world(DemoParams.for_size("small"), seed=11, start=START, days=28)
