"""Which submissions a tick of the sensor takes, and what it remembers. Pure: what lies there and what is known come in.

A folder is taken when it is quiet, once per content, in bounded numbers, the unknown first and of them the longest unchanged;
again, a few times, when its run ended without a verdict. A folder that is gone is taken too: that is how a submission is withdrawn.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from recsys_assets.raw.submission_files import Folder

# Stamping reads every byte: 25 songs of 10 MB take a quarter of a second, 25 of 500 MB ten.
MOST_PER_TICK = 25
# More folders than these that are gone at once lie on a disk that is not mounted; nobody withdraws so many.
MOST_GONE = 3
TRIES = 3
# After the first, second, … try that ended without a verdict.
BACK_OFF = timedelta(minutes=2)
GONE = "gone"
_NEXT = f"new, {MOST_PER_TICK} are taken at a tick and these in the next ones"
# After `make run` the sensor remembers nothing, and these are all that there are.
_COMPARED = "judged already, the next ticks look whether their folders have changed since"
_NAMED = 5


@dataclass(frozen=True)
class Asked:
    """A run that was asked for: about which content, how often, and when last."""

    signature: str
    tries: int
    at: datetime


@dataclass(frozen=True)
class Memory:
    """What the last tick left: contents that are judged, and those that were asked for and are not; by submission."""

    done: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)

    @classmethod
    def parse(cls, cursor: str | None) -> "Memory":
        """Read a cursor; none, or one that is broken, remembers nothing, and everything is looked at again."""
        try:
            told = json.loads(cursor or "{}")
            asked = {
                key: Asked(signature, tries, datetime.fromtimestamp(at, tz=UTC))
                for key, (signature, tries, at) in told.get("asked", {}).items()
            }
            return cls(dict(told.get("done", {})), asked)
        except (ValueError, TypeError, AttributeError):
            return cls()

    def dump(self) -> str:
        """Write a cursor."""
        asked = {key: [asked.signature, asked.tries, asked.at.timestamp()] for key, asked in self.asked.items()}
        return json.dumps({"done": dict(self.done), "asked": asked})

    def judged(self, submission_id: str, signature: str) -> "Memory":
        """Remember that this content has its verdict."""
        return Memory(
            {**self.done, submission_id: signature},
            {key: asked for key, asked in self.asked.items() if key != submission_id},
        )

    def asking(self, submission_id: str, signature: str, now: datetime) -> "Memory":
        """Remember that a run was asked for."""
        before = self.asked.get(submission_id)
        tries = before.tries + 1 if before and before.signature == signature else 1
        return replace(self, asked={**self.asked, submission_id: Asked(signature, tries, now)})


@dataclass(frozen=True)
class Tick:
    """What is looked at more closely now.

    Attributes:
        taken: submissions to stamp and ask a run for, in the order of asking.
        notes: what waits and why, for people.
    """

    taken: Sequence[str]
    notes: Sequence[str]


def look_around(
    folders: Mapping[str, Folder], known: Collection[str], memory: Memory, *, now: datetime, is_running: bool
) -> Tick:
    """Choose the submissions of this tick.

    Args:
        folders: what lies there, by submission.
        known: submissions that have a verdict.
        memory: of the last tick.
        now: the instant of the tick.
        is_running: whether a run of submissions is under way: what was asked for is then waited for.
    """
    waiting: dict[str, list[str]] = {}
    ready: list[str] = []
    gone = sorted(submission_id for submission_id in known if submission_id not in folders)
    # Those without any verdict first: where nothing is remembered, everything that was judged is looked at again.
    by_age = sorted(folders, key=lambda key: (key in known, _age(folders[key])))
    for submission_id in (*by_age, *gone):
        folder = folders.get(submission_id)
        signature = folder.signature if folder else GONE
        if memory.done.get(submission_id) == signature:
            continue
        why = _why_wait(folder, memory.asked.get(submission_id), signature, now=now, is_running=is_running)
        ready.append(submission_id) if why is None else waiting.setdefault(why, []).append(submission_id)
    missed = [submission_id for submission_id in ready if submission_id not in folders]
    if len(missed) > MOST_GONE:
        waiting[f"gone at once with {len(missed) - 1} others, so kept (delete them in smaller numbers)"] = missed
        ready = [submission_id for submission_id in ready if submission_id in folders]
    later = ready[MOST_PER_TICK:]
    queued = {
        _NEXT: [submission_id for submission_id in later if submission_id not in known],
        _COMPARED: [submission_id for submission_id in later if submission_id in known],
    }
    waiting |= {why: ids for why, ids in queued.items() if ids}
    return Tick(ready[:MOST_PER_TICK], [f"{why}: {_named(ids)}" for why, ids in waiting.items()])


def _age(folder: Folder) -> tuple[datetime, str]:
    return folder.changed_at or datetime.min.replace(tzinfo=UTC), folder.submission_id


def _why_wait(
    folder: Folder | None, asked: Asked | None, signature: str, *, now: datetime, is_running: bool
) -> str | None:
    if folder is not None and not folder.is_quiet(now):
        return "still being copied" if folder.unfinished else "changed a moment ago"
    if asked is None or asked.signature != signature:
        return None
    if is_running:
        return "a run is under way"
    if asked.tries >= TRIES:
        return f"given up after {TRIES} runs without a verdict, see the failed ones; change the folder to try again"
    return None if now - asked.at >= BACK_OFF * 2 ** (asked.tries - 1) else "its run failed, another try follows"


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
