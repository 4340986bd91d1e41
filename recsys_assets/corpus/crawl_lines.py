"""Log lines of a crawl gathered into messages for people: one every few seconds, however many addresses are asked meanwhile.

Belongs here: how much is told, and when. Where it is told is the caller's.
"""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from recsys_assets.corpus.crawl_logs import line_for_people

# A message is an event of the run, which takes Dagster up to .14 s to store.
SECONDS_GATHERED = 5.0
# Of each source in one message.
LINES_TOLD = 40


class GatheredLines:
    """What ``crawl_sources`` tells, held back and told together; what is held at the end of ``with`` is told too."""

    def __init__(self, say: Callable[[str], None], *, clock: Callable[[], float]) -> None:
        """Hold nothing yet.

        Args:
            say: gets each message.
            clock: seconds from anywhere on.
        """
        self._say, self._clock = say, clock
        self._held: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}
        self._since = clock()

    def __call__(self, source: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Take fresh lines of a source, and tell what is held if that is long ago."""
        held = self._held.setdefault(source, [])
        held += [line_for_people(line) for line in lines[: LINES_TOLD - len(held)]]
        self._counts[source] = self._counts.get(source, 0) + len(lines)
        if self._clock() - self._since >= SECONDS_GATHERED:
            self._tell()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell what is held, also of a crawl that is broken off."""
        self._tell()

    def _tell(self) -> None:
        if self._held:
            self._say("\n".join(part for source in self._held for part in self._of(source)))
        self._held, self._counts, self._since = {}, {}, self._clock()

    def _of(self, source: str) -> list[str]:
        told, n = self._held[source], self._counts[source]
        left = [f"… and {n - len(told):,} more, see corpus.crawl_log"] if n > len(told) else []
        return [f"{source}: {n:,} addresses", *told, *left]
