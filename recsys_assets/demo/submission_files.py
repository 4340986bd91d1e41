"""Submissions as folders of the landing zone, each with its receipt, and what is true of them.

Layout: ``submissions/<submission_id>/`` with ``submission.json``, one recording and a receipt of ours that tells when it
came.
"""

import io
import json
import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.files import written_aside
from recsys_assets.demo.geometry import CONTENT_DIMENSIONS
from recsys_assets.demo.recordings import FOLDER as AUDIO
from recsys_assets.demo.recordings import file_name, recording
from recsys_assets.demo.sound_render import render
from recsys_assets.demo.sound_score import PITCH_NAMES
from recsys_assets.demo.sound_traits import TrackSound, plan_sound
from recsys_assets.demo.sound_voices import SAMPLE_RATE_HZ
from recsys_assets.demo.submissions import (
    DUPLICATE,
    PROOFS,
    WITHDRAWN,
    Credentials,
    Submission,
    draw_credentials,
    plan_submissions,
)
from recsys_assets.demo.words import MOODS
from recsys_assets.demo.world import World
from recsys_assets.raw.receipts import write_receipt
from recsys_assets.raw.submission_files import FOLDER, METADATA

TRUTH_FILE = "submissions.parquet"
STAGING = ".demo-submissions.tmp"
"""Beside the folder, in a folder of the same name: a receipt is about the name of its folder, and is signed before."""
TRUNCATED_BYTES = 2_000
"""What is left of a truncated recording: less than the head of a Vorbis stream, so that nothing can be played."""

DUPLICATE_GAIN = 0.5
ON_TIME_DAYS = 7
FALSE_LABEL = "Definitely The Real Label"
Progress = Callable[[int, int], None]


def write_submissions(
    world: World,
    landing: Path,
    truth: Path,
    *,
    state: Path,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Write the submissions that came before the end of the period, and what is true of them.

    A folder appears whole and stamped. Those that an earlier world left (its truth names them) are removed first.

    Args:
        world: of ``generate_world``.
        landing: folder of the landing zone; a recording that ``write_recordings`` left there is copied.
        truth: folder of the planted truth.
        state: folder of the key that signs receipts.
        progress: told how many of how many are done.

    Returns:
        How many were written.
    """
    remove_submissions(landing, truth)
    credentials = draw_credentials(world.artists.height, seed=world.seed)
    sounds = plan_sound(world.catalogue, seed=world.seed)
    end_ms = world.days * 86_400_000
    plan = plan_submissions(world.catalogue, credentials, seed=world.seed)
    come = [it for it in plan if it.received_ms < end_ms]
    staging = landing / STAGING / FOLDER
    landing.joinpath(FOLDER).mkdir(parents=True, exist_ok=True)
    progress(0, len(come))
    for done, it in enumerate(come, start=1):
        folder = staging / it.submission_id
        folder.mkdir(parents=True)
        _write_metadata(folder, it, submission_json(it, world, credentials, sounds[it.track]))
        _write_recording(folder, it, world, sounds[it.track], landing)
        at = it.received_at(world.start)
        for path in folder.iterdir():
            os.utime(path, (at.timestamp(), at.timestamp()))
        write_receipt(state, folder, at)
        folder.replace(_vacated(landing / FOLDER / it.submission_id))
        progress(done, len(come))
    shutil.rmtree(landing / STAGING, ignore_errors=True)
    truth.mkdir(parents=True, exist_ok=True)
    with written_aside(truth / TRUTH_FILE) as fresh:
        describe_submissions(come, world).write_parquet(fresh)
    return len(come)


def remove_submissions(landing: Path, truth: Path) -> None:
    """Remove the submissions that an earlier world wrote; no other folder is touched."""
    shutil.rmtree(landing / STAGING, ignore_errors=True)
    if (truth / TRUTH_FILE).exists():
        for submission_id in pl.read_parquet(truth / TRUTH_FILE, columns=["submission_id"])["submission_id"]:
            shutil.rmtree(landing / FOLDER / submission_id, ignore_errors=True)
        (truth / TRUTH_FILE).unlink()


def _vacated(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    return folder


def _write_metadata(folder: Path, it: Submission, said: dict[str, object]) -> None:
    text = json.dumps(said, ensure_ascii=False, indent=2)
    if it.problem == "broken_json":
        text = text[: 2 * len(text) // 3]
    (folder / METADATA).write_text(text, encoding="utf-8")


def _write_recording(folder: Path, it: Submission, world: World, sound: TrackSound, landing: Path) -> None:
    if it.problem == "no_recording":
        return
    if it.kind == DUPLICATE:
        (folder / "recording.mp3").write_bytes(_copied(render(sound, seed=world.seed)))
        return
    released = landing / AUDIO / file_name(world.tracks[c.TRACK_ID][it.track])
    data = released.read_bytes() if released.exists() else recording(sound, seed=world.seed)
    (folder / "recording.ogg").write_bytes(data[:TRUNCATED_BYTES] if it.problem == "truncated_audio" else data)


def _copied(samples: np.ndarray) -> bytes:
    """A recording as somebody else would send it: quieter, the first fifth of a second cut off, and as MP3."""
    import soundfile

    buffer = io.BytesIO()
    cut = (DUPLICATE_GAIN * samples[SAMPLE_RATE_HZ // 5 :]).astype(np.float32)
    soundfile.write(buffer, cut, SAMPLE_RATE_HZ, format="MP3", subtype="MPEG_LAYER_III")
    return buffer.getvalue()


def submission_json(it: Submission, world: World, credentials: Credentials, sound: TrackSound) -> dict[str, object]:
    """Return what the submitter says, with the mistakes that were planned."""
    track = world.tracks.row(it.track, named=True)
    names = dict(world.artists.select(c.ARTIST_ID, c.NAME).iter_rows())
    artist = int(world.catalogue.track_artist[it.track])
    moods = mood_words(world, it.track)
    said: dict[str, object] = {
        "title": track[c.TITLE] + (" (Reissue)" if it.kind == DUPLICATE else ""),
        "artists": [
            names[artist_id] if it.by_name_only else {"name": names[artist_id], "artist_id": artist_id}
            for artist_id in track[c.ARTIST_IDS]
        ],
        "release_date": _release_date(it, world.start),
        "genres": track[c.GENRES],
        "moods": moods,
        "is_explicit": track[c.IS_EXPLICIT],
        "text": _pitch(sound, moods),
    }
    # What the catalogue has already is given to those alone who prove to be its artists; others submit a track of their own.
    if it.kind != DUPLICATE and it.claim in PROOFS:
        said["isrc"] = track[c.ISRC]
        if it.names_track or track[c.ISRC] is None:
            said["track_id"] = track[c.TRACK_ID]
    if it.claim == "key":
        said["submitter_key"] = credentials.keys[artist]
    elif it.claim == "label":
        said["label"] = credentials.labels[artist][0]
    elif it.claim == "false":
        said |= {"submitter_key": f"guessed-{it.track}", "label": FALSE_LABEL}
    if it.kind == WITHDRAWN:
        said["is_withdrawn"] = True
    if it.replaces:
        said["replaces"] = it.replaces
    return {name: value for name, value in said.items() if value is not None}


def _release_date(it: Submission, start: date) -> str:
    day = (start + timedelta(days=it.released_day)).isoformat()
    return f"{day[:8]}32" if it.problem == "impossible_date" else day


def mood_words(world: World, track: int) -> list[str]:
    """Return the words of the one or two moods in whose direction a track lies."""
    content = world.catalogue.track_vectors[track, :CONTENT_DIMENSIONS].astype(np.float64)
    near = (world.catalogue.space.moods.astype(np.float64) * content).sum(axis=1)
    best = np.argsort(-near, kind="stable")[:2]
    return [MOODS[row] for row in best.tolist() if near[row] > 0.1]


def _pitch(sound: TrackSound, moods: list[str]) -> str:
    key = f"{PITCH_NAMES[sound.key_pitch_class]} {'major' if sound.is_major else 'minor'}"
    feel = f", for {' and '.join(mood.lower() for mood in moods)}" if moods else ""
    return f"{sound.genre.capitalize()} in {key} at {sound.tempo_bpm:.0f} beats per minute{feel}."


def describe_submissions(come: list[Submission], world: World) -> pl.DataFrame:
    """Return the truth of submissions: one row each with its kind, what is broken, and the verdict it ought to get."""
    replaced = {it.replaces: it.submission_id for it in come if it.replaces}
    received = [it.received_at(world.start) for it in come]
    return pl.DataFrame(
        {
            "submission_id": pl.Series([it.submission_id for it in come], dtype=pl.String),
            "kind": pl.Series([it.kind for it in come], dtype=pl.String),
            "problem": pl.Series([it.problem or None for it in come], dtype=pl.String),
            c.TRACK_ID: world.tracks[c.TRACK_ID].gather([it.track for it in come]),
            "received_at": pl.Series(received, dtype=pl.Datetime("us", "UTC")),
            c.RELEASED_ON: pl.Series([world.start + timedelta(days=it.released_day) for it in come], dtype=pl.Date),
            "is_on_time": pl.Series(
                [it.released_day * 86_400_000 - it.received_ms >= ON_TIME_DAYS * 86_400_000 for it in come],
                dtype=pl.Boolean,
            ),
            "is_claim_true": pl.Series([it.claim in PROOFS for it in come], dtype=pl.Boolean),
            "replaced_by": pl.Series([replaced.get(it.submission_id) for it in come], dtype=pl.String),
            "expected": pl.Series([it.expected for it in come], dtype=pl.String),
        }
    )
