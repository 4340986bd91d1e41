"""The recordings of a world in the landing zone: which tracks have one, and writing them by several processes.

Layout: ``audio/<track_id>.ogg`` with what no file name can hold percent-encoded. A file is as old as its arrival: the
day of release, or the world's first day. Planning is ``sound_traits``, synthesis ``sound_render``.
"""

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.files import written_aside
from recsys_assets.demo.geometry import VERSION_KINDS
from recsys_assets.demo.sound_ogg import encode_ogg
from recsys_assets.demo.sound_render import render
from recsys_assets.demo.sound_score import PITCH_NAMES, chord_labels, lay_chords
from recsys_assets.demo.sound_traits import TrackSound, plan_sound
from recsys_assets.demo.sound_voices import SAMPLE_RATE_HZ
from recsys_assets.demo.world import World

logger = logging.getLogger(__name__)

FOLDER = "audio"
TRUTH_FILE = "recordings.parquet"
MOST_RECORDINGS = 2_000
"""By default: about 120 MB and three minutes of one core. ``small`` has fewer tracks than that."""

BATCH = 12
Progress = Callable[[int, int], None]
Job = tuple[TrackSound, Path, float]


def write_recordings(
    world: World,
    landing: Path,
    truth: Path,
    *,
    limit: int = MOST_RECORDINGS,
    n_workers: int = 2,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Write a recording for the tracks that are out by the end of the period, and what is played in them as truth.

    Recordings that an earlier world left (its truth names them) and this one has not are removed.

    Args:
        world: of ``generate_world``.
        landing: folder of the landing zone.
        truth: folder of the planted truth.
        limit: most recordings; new releases come first, then what is most popular.
        n_workers: processes that synthesise; 1 does it in this one.
        progress: told how many of how many are done.

    Returns:
        How many were written.

    Raises:
        InvalidArgumentError: a limit below 1.
    """
    if limit < 1:
        raise InvalidArgumentError(f"a world with sound has at least 1 recording, found a limit of {limit}")
    rows = recorded_rows(world, limit)
    plan = plan_sound(world.catalogue, seed=world.seed)
    track_ids = world.tracks[c.TRACK_ID]
    arrived = world.tracks[c.RELEASED_ON].gather(rows).to_list()
    jobs = [
        (plan[row], landing / FOLDER / file_name(track_ids[row]), _noon(max(day, world.start)))
        for row, day in zip(rows, arrived, strict=True)
    ]
    remove_recordings(landing, truth, keep={path.name for _, path, _ in jobs})
    write_sounds(jobs, seed=world.seed, n_workers=n_workers, progress=progress)
    truth.mkdir(parents=True, exist_ok=True)
    with written_aside(truth / TRUTH_FILE) as fresh:
        describe([plan[row] for row in rows], track_ids).write_parquet(fresh)
    logger.info("demo world: %d recordings in %s", len(jobs), landing / FOLDER)
    return len(jobs)


def remove_recordings(landing: Path, truth: Path, *, keep: set[str] | None = None) -> None:
    """Remove the recordings that an earlier world wrote, but for the names in ``keep``; no other file is touched."""
    if (truth / TRUTH_FILE).exists():
        for track_id in pl.read_parquet(truth / TRUTH_FILE, columns=[c.TRACK_ID])[c.TRACK_ID].to_list():
            if file_name(track_id) not in (keep or set()):
                (landing / FOLDER / file_name(track_id)).unlink(missing_ok=True)
        (truth / TRUTH_FILE).unlink()


def recorded_rows(world: World, limit: int) -> list[int]:
    """Return the rows of the tracks that have a recording, in the order of the catalogue."""
    day = world.catalogue.released_day
    fame = world.catalogue.track_log_popularity + world.catalogue.artist_log_popularity[world.catalogue.track_artist]
    out = np.flatnonzero(day < world.days)
    first = out[np.lexsort((out, -fame[out], day[out] < 0))]
    return np.sort(first[:limit]).tolist()


def file_name(track_id: str) -> str:
    """Return the name of a track's recording in the landing zone."""
    return f"{quote(track_id, safe='')}.ogg"


def _noon(day: date) -> float:
    return datetime.combine(day, time(12), UTC).timestamp()


def write_sounds(jobs: list[Job], *, seed: int, n_workers: int, progress: Progress) -> None:
    """Synthesise and write (sound, file, time of the file); whoever reads a folder meets whole files only."""
    batches = [(jobs[low : low + BATCH], seed) for low in range(0, len(jobs), BATCH)]
    done = 0
    progress(0, len(jobs))
    for n in _written(batches, n_workers):
        done += n
        progress(done, len(jobs))


def _written(batches: list[tuple[list[Job], int]], n_workers: int) -> Iterator[int]:
    if n_workers == 1 or len(batches) < 2:
        yield from map(_write_batch, batches)
        return
    # A fork would copy the locks of Polars' threads and wait for them for ever.
    with ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_write_batch, batches)


def _write_batch(batch: tuple[list[Job], int]) -> int:
    jobs, seed = batch
    for sound, path, modified in jobs:
        with written_aside(path) as fresh:
            fresh.write_bytes(recording(sound, seed=seed))
            os.utime(fresh, (modified, modified))
    return len(jobs)


def recording(sound: TrackSound, *, seed: int) -> bytes:
    """Return the file of a track; the same arguments give the same bytes."""
    return encode_ogg(render(sound, seed=seed), sample_rate_hz=SAMPLE_RATE_HZ, serial=sound.row)


def describe(sounds: list[TrackSound], track_ids: pl.Series) -> pl.DataFrame:
    """Return the truth of recordings: one row per track with tempo, key, mode, traits and chords by time."""
    chords = [
        [
            {"start_s": chord.start_beat * it.beat_s, "end_s": chord.end_beat * it.beat_s, "label": label}
            for chord, label in zip(laid, chord_labels(it, laid), strict=True)
        ]
        for it in sounds
        for laid in [lay_chords(it)]
    ]
    struct = pl.Struct({"start_s": pl.Float64, "end_s": pl.Float64, "label": pl.String})
    return pl.DataFrame(
        {
            c.TRACK_ID: track_ids.gather([it.row for it in sounds]),
            "version_kind": [VERSION_KINDS[it.kind] for it in sounds],
            "tempo_bpm": pl.Series([it.tempo_bpm for it in sounds], dtype=pl.Float64),
            "beats_per_bar": pl.Series([it.beats_per_bar for it in sounds], dtype=pl.Int64),
            "key": pl.Series([PITCH_NAMES[it.key_pitch_class] for it in sounds], dtype=pl.String),
            "mode": pl.Series(["major" if it.is_major else "minor" for it in sounds], dtype=pl.String),
            "chords": pl.Series(chords, dtype=pl.List(struct)),
            **{
                name: pl.Series([it.traits[name] for it in sounds], dtype=pl.Float64)
                for name in (sounds[0].traits if sounds else ())
            },
        }
    )
