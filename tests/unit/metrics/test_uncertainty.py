"""Means with their spread."""

import numpy as np
import pytest

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.seeds import generator
from recsys_assets.metrics.uncertainty import bootstrap_mean, mean_and_sd


def test_mean_and_sample_deviation():
    summary = mean_and_sd([0.1, 0.2, 0.3])
    assert (summary.mean, summary.sd, summary.n) == (pytest.approx(0.2), pytest.approx(0.1), 3)
    assert str(summary) == "0.2000 ± 0.1000"
    assert mean_and_sd([0.7]).sd == 0
    assert str(mean_and_sd([0.7])) == "0.7000"


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = generator(1, "samples")
    inside = 0
    for trial in range(200):
        interval = bootstrap_mean(rng.normal(3, 1, 40), rng=generator(trial, "t"), resamples=200, level=0.9)
        assert interval.low <= interval.estimate <= interval.high
        inside += interval.low <= 3 <= interval.high
    assert 160 <= inside <= 196


def test_lists_that_can_not_be_judged_are_left_out():
    interval = bootstrap_mean(np.array([1.0, 1.0, np.nan]), rng=generator(0, "t"))
    assert (interval.low, interval.estimate, interval.high) == (1, 1, 1)


def test_nothing_can_not_be_summarised():
    with pytest.raises(InvalidArgumentError, match="no values"):
        mean_and_sd([])
    with pytest.raises(InvalidArgumentError, match="no values"):
        bootstrap_mean(np.array([np.nan]), rng=generator(0, "t"))
    with pytest.raises(InvalidArgumentError, match="level"):
        bootstrap_mean(np.array([1.0]), rng=generator(0, "t"), level=1)
