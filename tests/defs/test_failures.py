"""Failures of the domain on a run's page: what helps is tried again, what does not is not, and both say why."""

from collections.abc import Iterator

import dagster as dg
import polars as pl
import pytest

from recsys_assets.core.errors import DataFaultError, MissingInputError, SourceUnavailableError
from recsys_assets.defs import failures
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset
from recsys_assets.defs.partitions import DAILY
from recsys_assets.signals.tables import ARTIST_SIGNALS, TRACK_SIGNALS

MONDAY = "2026-03-02"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch):
    """Tries follow each other at once; how long a real one waits is the policy's."""
    monkeypatch.setattr("recsys_assets.defs.lake_assets.TRANSIENT_RETRIES", dg.RetryPolicy(max_retries=3))


def run(raised: list[Exception], resources, instance, *, generates: bool) -> tuple[dg.ExecuteInProcessResult, int]:
    """Run an asset that raises these one after the other and then succeeds; how often it was tried."""
    tries = 0

    def fail_or_not() -> None:
        nonlocal tries
        tries += 1
        if tries <= len(raised):
            raise raised[tries - 1]

    if generates:

        @lake_multi_asset((TRACK_SIGNALS, ARTIST_SIGNALS), name="both", partitions=DAILY, kinds={"polars"})
        def asset() -> Iterator[dg.Output]:
            yield dg.Output(TRACK_SIGNALS.empty(), output_name="track_signals")
            fail_or_not()
            yield dg.Output(ARTIST_SIGNALS.empty(), output_name="artist_signals")
    else:

        @lake_asset(ARTIST_SIGNALS, partitions=DAILY, kinds={"polars"})
        def asset() -> pl.DataFrame:
            fail_or_not()
            return ARTIST_SIGNALS.empty()

    result = dg.materialize([asset], resources=resources, instance=instance, partition_key=MONDAY, raise_on_error=False)
    return result, tries


@pytest.mark.parametrize("generates", [False, True])
@pytest.mark.parametrize("error", [MissingInputError, DataFaultError])
def test_what_stays_broken_is_tried_once_and_says_what_to_do(error, generates, resources, instance):
    result, tries = run([error("no anchor: make it first")] * 4, resources, instance, generates=generates)

    failure = result.get_step_failure_events()[0].step_failure_data
    assert tries == 1
    assert failure.user_failure_data.description == "no anchor: make it first"
    assert failure.user_failure_data.metadata["kind"].value == error.__name__


def test_what_may_pass_is_tried_again(resources, instance):
    result, tries = run([SourceUnavailableError("busy")] * 2, resources, instance, generates=False)

    assert result.success
    assert tries == 3


def test_what_does_not_pass_ends(resources, instance):
    result, tries = run([SourceUnavailableError("busy")] * 9, resources, instance, generates=False)

    assert not result.success
    assert tries == 4
    assert "busy" in str(result.get_step_failure_events()[0].step_failure_data.error)


def test_tries_wait_longer_and_longer():
    policy = failures.TRANSIENT_RETRIES

    assert policy.max_retries == 3
    assert policy.delay
    assert policy.backoff == dg.Backoff.EXPONENTIAL
