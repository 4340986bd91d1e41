"""The log of one crawl: a line for each address, and the counters that stand at its end."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from scrapers.items import LogLine, Outcome, instant_text


class Journal:
    """Writes lines as they come. The clock begins at ``now`` and never leaves its day: a log belongs to one day."""

    def __init__(self, path: Path, source: str, site: str, now: datetime) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = path.open("a", encoding="utf-8")
        self._source, self._site, self._now = source, site, now
        self._began = monotonic()
        self.outcomes: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.n_bytes = 0

    def say(
        self,
        url: str,
        outcome: Outcome,
        reason: str | None = None,
        *,
        status: int | None = None,
        n_bytes: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """Write what became of an address."""
        rounded = round(seconds, 3) if seconds is not None else None
        line = LogLine(
            url, self._site, self._source, instant_text(self.at()), outcome.value, status, reason, n_bytes, rounded
        )
        self._stream.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
        self._stream.flush()
        self.outcomes[outcome.value] += 1
        if reason is not None:
            self.reasons[f"{outcome.value}:{reason}"] += 1
        self.n_bytes += n_bytes or 0

    def at(self) -> datetime:
        """Return the instant that it is for this crawl."""
        last = self._now.replace(hour=23, minute=59, second=59, microsecond=999_000)
        return min(self._now + timedelta(seconds=round(monotonic() - self._began, 3)), last)

    def counters(self, **more: Any) -> dict[str, Any]:
        """Return the sums: addresses by outcome and by reason, bytes and seconds."""
        return {
            "source": self._source,
            "outcomes": {outcome.value: self.outcomes[outcome.value] for outcome in Outcome},
            "reasons": dict(sorted(self.reasons.items())),
            "bytes": self.n_bytes,
            "seconds": round(monotonic() - self._began, 3),
            **more,
        }

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
