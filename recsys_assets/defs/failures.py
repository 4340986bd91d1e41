"""Failures of the domain to failures of Dagster: permanent ones are never retried, transient ones are, with back-off.

Dagster would retry anything that a step raises; a missing input does not appear because somebody asks four times.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

import dagster as dg

from recsys_assets.core.errors import RecsysError, SourceUnavailableError

P = ParamSpec("P")
R = TypeVar("R")

TRANSIENT_RETRIES = dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def told_to_dagster(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap an asset's body so that its failures carry their message to the run's page and retry only if that helps."""

    @functools.wraps(function)
    def body(*args: P.args, **kwargs: P.kwargs) -> R:
        with _told():
            return function(*args, **kwargs)

    @functools.wraps(function)
    def generating_body(*args: P.args, **kwargs: P.kwargs) -> Iterator[Any]:
        with _told():
            yield from function(*args, **kwargs)  # type: ignore[misc]

    return generating_body if inspect.isgeneratorfunction(function) else body  # type: ignore[return-value]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SourceUnavailableError:
        raise
    except RecsysError as error:
        raise dg.Failure(str(error), metadata={"kind": type(error).__name__}, allow_retries=False) from error
