"""Who submits what before its release: labels and keys of artists, and one submission per upcoming track.

Belongs here: the plan. The folders are ``submission_files``. A plan covers the whole horizon and does not depend on how
many days the world lasts: a longer world has the submissions of the shorter one and those that came later.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import STUDIO, Catalogue
from recsys_assets.demo.genres import COMMON_POOLS

ON_TIME, LATE, BROKEN, CORRECTED, DUPLICATE, WITHDRAWN, FALSE_CLAIM = (
    "on_time", "late", "broken", "corrected", "duplicate", "withdrawn", "false_claim"
)  # fmt: skip
SHARES = {LATE: 0.08, BROKEN: 0.07, CORRECTED: 0.04, WITHDRAWN: 0.04, FALSE_CLAIM: 0.06}
"""Of the upcoming tracks; the rest is on time and in order."""

PROOFS = frozenset({"key", "label"})
"""Claims that the artist's record bears out."""

DUPLICATE_SHARE = 0.04
PROBLEMS = ("no_recording", "broken_json", "truncated_audio", "impossible_date")
EARLIEST_DAYS, LATEST_DAYS = 28.0, 10.0
"""Ahead of the release, when all is in order."""

ARTISTS_PER_LABEL = 5
NO_RECORD_SHARE, NO_KEY_SHARE, SECOND_LABEL_SHARE = 0.06, 0.25, 0.1


@dataclass(frozen=True)
class Credentials:
    """What proves a submitter, per artist: names of labels and the key in plain text (None: has none)."""

    labels: list[list[str]]
    keys: list[str | None]

    @property
    def key_hashes(self) -> list[list[str]]:
        """SHA-256 of the keys in hexadecimal, as the catalogue holds them."""
        return [[hashlib.sha256(key.encode()).hexdigest()] if key else [] for key in self.keys]


@dataclass(frozen=True)
class Submission:
    """One planned submission.

    Attributes:
        submission_id: name of its folder.
        kind: ``ON_TIME`` …
        problem: one of ``PROBLEMS`` where it is broken, else empty.
        track: row of the track that is submitted; of a duplicate, the one that was copied.
        received_ms: when it came, in ms after the start of the world.
        released_day: days after the start.
        claim: ``key``, ``label``, ``none`` or ``false``: how the submitter proves to be the artist's.
        by_name_only: whether artists are given without ids.
        names_track: whether the id that the track will have is given, by who can prove to be its artist.
        replaces: submission that it corrects, else empty.
    """

    submission_id: str
    kind: str
    problem: str
    track: int
    received_ms: int
    released_day: int
    claim: str
    by_name_only: bool
    names_track: bool
    replaces: str = ""

    def received_at(self, start: date) -> datetime:
        """Return the instant of its receipt."""
        return datetime.combine(start, time(), UTC) + timedelta(milliseconds=self.received_ms)

    @property
    def expected(self) -> str:
        """The verdict that it ought to get: accepted, late, rejected or withdrawn."""
        verdicts = {LATE: "late", BROKEN: "rejected", WITHDRAWN: "withdrawn"}
        return verdicts.get(self.kind, "accepted")


def draw_credentials(n_artists: int, *, seed: int) -> Credentials:
    """Draw the labels and keys of artists; a few have none, so nobody can speak for them."""
    rng = generator(seed, "demo", "credentials")
    labels = _label_names(max(4, n_artists // ARTISTS_PER_LABEL), rng)
    draws = rng.random((n_artists, 4))
    rows, keys = [], []
    for artist, (none, no_key, label, second) in enumerate(draws.tolist()):
        own = [labels[int(label * len(labels))]]
        if second < SECOND_LABEL_SHARE:
            own.append(labels[(int(label * len(labels)) + 1) % len(labels)])
        has_record = none >= NO_RECORD_SHARE
        secret = hashlib.sha256(f"{seed}/submitter/{artist}".encode()).hexdigest()[:24]
        rows.append(own if has_record else [])
        keys.append(f"demo-{secret}" if has_record and no_key >= NO_KEY_SHARE else None)
    return Credentials(rows, keys)


def _label_names(n: int, rng: np.random.Generator) -> list[str]:
    adjectives, nouns = (COMMON_POOLS[letter].split("|") for letter in "AN")
    kinds = ("Records", "Recordings", "Tapes", "Music", "Discs")
    # Each adjective and noun once in their own order: no name comes twice before both lists are through.
    a, b = rng.permutation(len(adjectives)), rng.permutation(len(nouns))
    return [f"{adjectives[a[i % a.size]]} {nouns[b[(i + i // a.size) % b.size]]} {kinds[i % 5]}" for i in range(n)]


def plan_submissions(catalogue: Catalogue, credentials: Credentials, *, seed: int) -> list[Submission]:
    """Plan the submissions of all upcoming tracks of the horizon, in the order in which they come.

    Args:
        catalogue: of the world.
        credentials: of its artists.
        seed: of the world.
    """
    rng = generator(seed, "demo", "submissions")
    upcoming = np.flatnonzero((catalogue.released_day >= 0) & ~catalogue.track_withdrawn)
    kinds = _kinds(upcoming.size, rng)
    draws = rng.random((upcoming.size, 5))
    planned: list[Submission] = []
    n_broken = 0
    for track, kind, chance in zip(upcoming.tolist(), kinds, draws.tolist(), strict=True):
        problem = PROBLEMS[n_broken % len(PROBLEMS)] if kind in {BROKEN, CORRECTED} else ""
        n_broken += bool(problem)
        sound = _in_order(track, catalogue, credentials, chance)
        if kind == LATE:
            ahead = 0.5 + 6.0 * chance[0]
            planned.append(replace(sound, kind=LATE, received_ms=_ms(sound.released_day - ahead)))
        elif kind == CORRECTED:
            planned += _corrected(sound, problem, chance[0])
        elif kind == FALSE_CLAIM:
            planned.append(replace(sound, kind=FALSE_CLAIM, claim="false"))
        else:
            planned.append(replace(sound, kind=kind, problem=problem))
    planned += _duplicates(catalogue, credentials, max(2, round(DUPLICATE_SHARE * upcoming.size)), rng)
    return sorted(planned, key=lambda it: (it.received_ms, it.submission_id))


def _kinds(n: int, rng: np.random.Generator) -> list[str]:
    """Kinds in random order, each that is not in order at least once, and every problem where there is room."""
    counts = {kind: max(len(PROBLEMS) if kind == BROKEN else 1, round(share * n)) for kind, share in SHARES.items()}
    kinds = [kind for kind, count in counts.items() for _ in range(count)][:n]
    kinds += [ON_TIME] * (n - len(kinds))
    return [kinds[row] for row in rng.permutation(n).tolist()]


def _in_order(track: int, catalogue: Catalogue, credentials: Credentials, chance: list[float]) -> Submission:
    artist = int(catalogue.track_artist[track])
    released = int(catalogue.released_day[track])
    claim = "label" if credentials.labels[artist] else "none"
    if credentials.keys[artist] and chance[1] < 0.6:
        claim = "key"
    return Submission(
        submission_id=f"sub_{track:04d}",
        kind=ON_TIME,
        problem="",
        track=track,
        received_ms=_ms(released - LATEST_DAYS - (EARLIEST_DAYS - LATEST_DAYS) * chance[0]),
        released_day=released,
        claim=claim,
        by_name_only=chance[2] < 0.25,
        names_track=chance[3] < 0.8,
    )


def _corrected(sound: Submission, problem: str, chance: float) -> list[Submission]:
    """A broken one, and a week later the same in order, which takes its place."""
    first = replace(sound, kind=BROKEN, problem=problem, received_ms=_ms(sound.released_day - 20.0 - 8.0 * chance))
    second = replace(
        sound,
        submission_id=f"{sound.submission_id}_b",
        kind=CORRECTED,
        received_ms=_ms(sound.released_day - 10.0 - 6.0 * chance),
        replaces=sound.submission_id,
    )
    return [first, second]


def _duplicates(catalogue: Catalogue, credentials: Credentials, n: int, rng: np.random.Generator) -> list[Submission]:
    """Recordings that have long been out, submitted anew under another title."""
    old = np.flatnonzero((catalogue.released_day < 0) & (catalogue.version_kind == STUDIO) & ~catalogue.track_withdrawn)
    last = int(catalogue.released_day.max())
    chosen = rng.choice(old, size=min(n, old.size), replace=False)
    # Spread over the horizon, and the first one comes once the catalogue is there: what arrives later is no evidence.
    days = np.linspace(20, max(last, 21), chosen.size).astype(int)
    n_tracks = catalogue.track_artist.size
    return [
        replace(
            _in_order(track, catalogue, credentials, [chance, 0.9, 0.9, 0.9]),
            submission_id=f"sub_{n_tracks + place:04d}",
            kind=DUPLICATE,
            names_track=False,
            released_day=day,
            received_ms=_ms(day - LATEST_DAYS - 8.0 * chance),
        )
        for place, (track, day, chance) in enumerate(
            zip(chosen.tolist(), days.tolist(), rng.random(chosen.size).tolist(), strict=True)
        )
    ]


def _ms(day: float) -> int:
    # Whole seconds: an instant that people can read.
    return round(day * 86_400) * 1000
