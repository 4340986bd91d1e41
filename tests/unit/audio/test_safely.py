"""A file that hangs, crashes or eats memory costs itself."""

import time

import pytest

from recsys_assets.audio.refusal import UnusableRecordingError
from recsys_assets.audio.safely import SafetyLimits, call_safely, each_safely
from recsys_assets.core.errors import SourceUnavailableError

QUICK = SafetyLimits(time_limit_s=1)


def test_what_hangs_is_ended_and_the_others_are_answered_in_order():
    calls = [(0.0,), (600.0,), (0.0,), (0.0,)]
    begun = time.monotonic()
    outcomes = list(each_safely("time:sleep", calls, workers=2, limits=QUICK))

    assert [outcome.key for outcome in outcomes] == [0, 1, 2, 3]
    assert [outcome.refusal and outcome.refusal[0] for outcome in outcomes] == [None, "too_slow", None, None]
    assert time.monotonic() - begun < 30


def test_what_crashes_is_told_and_the_next_gets_a_fresh_process():
    outcomes = list(each_safely("builtins:int", [("x",), ("7",)], workers=1, limits=QUICK))

    assert outcomes[0].refusal is not None
    assert outcomes[0].refusal[0] == "decoder_crashed"
    assert "invalid literal" in outcomes[0].refusal[1]
    assert outcomes[1].value == 7


def test_what_eats_memory_is_refused():
    outcomes = list(each_safely("builtins:bytearray", [(1 << 32,), (4,)], workers=1, limits=QUICK))

    assert outcomes[0].refusal is not None
    assert outcomes[0].refusal[0] == "too_much_memory"
    assert outcomes[1].value == bytearray(4)


def test_a_single_call_raises_what_it_was_refused_for():
    with pytest.raises(UnusableRecordingError, match="too_slow"):
        call_safely("time:sleep", (600.0,), SafetyLimits(time_limit_s=0.2))


def test_a_function_that_is_not_there_is_no_fault_of_the_file():
    with pytest.raises(SourceUnavailableError, match="no process could be started"):
        call_safely("recsys_assets.audio.decode:nothing", ())
