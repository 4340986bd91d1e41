"""Examples of the help texts name what the demo world of the defaults holds."""

import re

import pytest

from recsys_assets.cli.audience import audience
from recsys_assets.cli.pitches import submissions
from recsys_assets.demo.catalogue import build_catalogue
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.submissions import ON_TIME, draw_credentials, plan_submissions

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
