"""What README and help name is in the world that `recsys demo` makes, whatever the day."""

import re
from datetime import date
from pathlib import Path

import recsys_assets.cli.space
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.world import generate_world

README = Path(__file__).parents[3] / "README.md"


def test_examples_name_what_the_default_demo_has():
    world = generate_world(DemoParams.for_size("small"), seed=7, start=date(2027, 3, 1), days=3)
    titles = {title.casefold() for title in world.tracks["title"]}
    artists = {name.casefold() for name in world.artists["name"]}
    text = README.read_text(encoding="utf-8") + Path(str(recsys_assets.cli.space.__file__)).read_text(encoding="utf-8")

    quoted = re.findall(r'recsys (?:similar|vector) "([^"]+)"', text)
    named = {name.casefold() for example in quoted for name in re.split(r" [+-] ", example)}

    assert named == {"a submerged rain", "station weather", "station weather (live at harbour hall)", "oslo harbor"}
    assert named <= titles | artists
    assert "u3abwby29" in set(world.plays["user_id"])
