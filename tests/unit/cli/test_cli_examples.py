"""Examples of the help texts name what the demo world of the defaults holds."""

import re
from pathlib import Path

import pytest

from recsys_assets.cli.audience import audience
from recsys_assets.cli.pitches import submissions
from recsys_assets.cli.search import search
from recsys_assets.demo.catalogue import build_catalogue
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.submissions import ON_TIME, draw_credentials, plan_submissions
from recsys_assets.demo.words import MOODS

SEED, DAYS = 7, 60


@pytest.mark.parametrize("weekday", range(7))
def test_a_submission_of_the_examples_came_in_order_and_is_scored_on_the_last_day(weekday: int):
    params = DemoParams.for_size("small", 1.0)
    catalogue = build_catalogue(params, seed=SEED, start_weekday=weekday)
    plan = plan_submissions(catalogue, draw_credentials(params.n_artists, seed=SEED), seed=SEED)
    by_id = {it.submission_id: it for it in plan}

    for command in (audience, submissions):
        (name,) = re.findall(r"Example: recsys \w+ (\S+)", str(command.__doc__))
        it = by_id[name]
        assert it.kind == ON_TIME
        assert it.received_ms / 86_400_000 < DAYS
        assert it.released_day + 7 >= DAYS - 1


def test_words_of_the_search_example_are_a_genre_and_what_the_demo_calls_playlists():
    (example,) = re.findall(r"Example: recsys search (.+)", str(search.__doc__))
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")

    assert f"recsys search {example} " in readme
    known = {word.lower() for genre in GENRES for word in genre.name.split()}
    known |= {word.lower() for mood in MOODS for word in mood.split()}
    assert set(example.split()) <= known
