"""How each track of a world sounds, as numbers: from its genre, its place in the planted space and a little chance.

Belongs here: ``plan_sound``. The numbers become notes in ``sound_score`` and samples in ``sound_render``.

One linear map of the world takes the 16 content coordinates to what can be heard, and takes the direction of each genre
to that genre's row of ``sound_genres``. So tracks that lie near each other sound alike, also across genres, and within a
genre the sound still tells the place. What no genre fixes, the three directions in which none lies, drives tempo, mode
and the body of the instruments. A song and its versions share key, chords and melody.
"""

from dataclasses import dataclass

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo.catalogue import ACOUSTIC, LIVE, Catalogue
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.geometry import CONTENT_DIMENSIONS
from recsys_assets.demo.sound_genres import GENRE_SOUNDS, PROGRESSIONS, TRAITS

TEMPO_PULL = 0.1
BODY_PULL = 0.5
CONTOUR_BANDS = 6
CONTOUR_DB = 3.5
"""Of each band of the tone, for a coordinate one standard deviation away from the middle of the space."""

ARTIST_NOISE, TRACK_NOISE = 0.04, 0.03
SLOWEST_BPM, FASTEST_BPM = 60.0, 184.0
MIDDLE = np.mean([sound.traits for sound in GENRE_SOUNDS.values()], axis=0)
EXCERPT_S = 9.6
"""Aimed at; the excerpt ends with a bar."""


@dataclass(frozen=True)
class TrackSound:
    """What one recording is to sound like.

    Attributes:
        row: of the track in the catalogue.
        song: row of the song it is a version of, or its own.
        genre: name of ``GENRE_SOUNDS``.
        kind: ``STUDIO``, ``LIVE`` or ``ACOUSTIC``.
        tempo_bpm: beats per minute.
        beats_per_bar: 3 or 4.
        n_bars: of the excerpt.
        key_pitch_class: 0 (C) … 11.
        is_major: the mode.
        degrees: the chord progression as degrees of the scale, from 0.
        beats_per_chord: how long each is held.
        swing: 0 straight … .67 triplets.
        traits: name of ``TRAITS`` to 0 … 1.
        body_octaves: how far the resonance of the instruments lies over the usual one.
        contour_db: gain of ``CONTOUR_BANDS`` bands from low to high, as a mixing desk sets it.
    """

    row: int
    song: int
    genre: str
    kind: int
    tempo_bpm: float
    beats_per_bar: int
    n_bars: int
    key_pitch_class: int
    is_major: bool
    degrees: tuple[int, ...]
    beats_per_chord: int
    swing: float
    traits: dict[str, float]
    body_octaves: float
    contour_db: tuple[float, ...]

    @property
    def beat_s(self) -> float:
        """Length of a beat in seconds."""
        return 60.0 / self.tempo_bpm

    @property
    def length_s(self) -> float:
        """Length of the music in seconds, without its last echo."""
        return self.n_bars * self.beats_per_bar * self.beat_s


def plan_sound(catalogue: Catalogue, *, seed: int) -> list[TrackSound]:
    """Plan the recording of every track, in the order of the catalogue.

    Chance is drawn by song and artist from streams of its own, so nothing else of the world depends on it.
    """
    n = catalogue.track_artist.size
    song = np.where(catalogue.version_of >= 0, catalogue.version_of, np.arange(n))
    content = catalogue.track_vectors[:, :CONTENT_DIMENSIONS].astype(np.float64)
    axes = _axes(catalogue.space.genres[:, :CONTENT_DIMENSIONS].astype(np.float64), seed)
    rng = generator(seed, "demo", "sound", "plan")
    chance = rng.random((n, 6))[song]
    by_artist = rng.standard_normal((catalogue.artist_genre.size, len(TRAITS)))[catalogue.track_artist]
    by_song = rng.standard_normal((n, len(TRAITS)))[song]
    traits = MIDDLE + _apply(content, axes.traits) + ARTIST_NOISE * by_artist + TRACK_NOISE * by_song
    traits = np.clip(_of_version(traits, catalogue.version_kind), 0.02, 0.98)
    # Who has no drums gets none from the place: what a genre leaves out is part of its sound.
    silent = np.array([GENRE_SOUNDS[genre.name].drums == "none" for genre in GENRES])[catalogue.track_genre]
    traits[silent | (catalogue.version_kind == ACOUSTIC), TRAITS.index("drum")] = 0.0
    free, contour = _apply(content, axes.free), CONTOUR_DB * _apply(content, axes.contour)
    return [
        _track(
            row, int(song[row]), catalogue, traits=traits[row], free=free[row], contour=contour[row], chance=chance[row]
        )
        for row in range(n)
    ]


@dataclass(frozen=True)
class _Axes:
    """Linear maps from content coordinates: rows are what they drive; ``free`` and ``contour`` have deviation 1."""

    traits: np.ndarray
    free: np.ndarray
    contour: np.ndarray


def _axes(genres: np.ndarray, seed: int) -> _Axes:
    """Derive the maps of a world from the directions of its genres, (n_genres, 16) of length one."""
    rng = generator(seed, "demo", "sound", "axes")
    table = np.array([GENRE_SOUNDS[genre.name].traits for genre in GENRES])
    left, size, right = np.linalg.svd(genres)
    # The smallest map that takes each genre to its row; weak directions are damped, which would carry small
    # differences between genres far beyond the range of a trait.
    damped = size / (size**2 + 0.15)
    inverse = np.einsum("kd,k,gk->dg", right[: size.size], damped, left[:, : size.size])
    turn, _ = np.linalg.qr(rng.standard_normal((CONTENT_DIMENSIONS, CONTENT_DIMENSIONS)))
    unit = np.sqrt(CONTENT_DIMENSIONS)
    return _Axes(
        traits=np.einsum("dg,gt->td", inverse, table - MIDDLE),
        free=right[size.size :][:3] * unit,
        contour=turn[:CONTOUR_BANDS] * unit,
    )


def _apply(content: np.ndarray, rows: np.ndarray) -> np.ndarray:
    # Written out, not a matrix product: its last bit then does not hang on the kernel that a BLAS chooses.
    return np.einsum("nd,kd->nk", content, rows, optimize=False)


def _of_version(traits: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Move the traits of live versions (room, noise, push) and acoustic ones (soft, clean, close)."""
    shift = np.zeros((3, len(TRAITS)))
    for name, live, acoustic in (
        ("reverb", 0.3, -0.1), ("noise", 0.25, 0.02), ("drive", 0.1, -0.4), ("energy", 0.1, -0.3),
        ("brightness", -0.05, -0.15), ("attack", 0.0, 0.1), ("bass", 0.0, -0.15),
    ):  # fmt: skip
        shift[LIVE, TRAITS.index(name)], shift[ACOUSTIC, TRAITS.index(name)] = live, acoustic
    return traits + shift[kind]


def _track(
    row: int,
    song: int,
    catalogue: Catalogue,
    *,
    traits: np.ndarray,
    free: np.ndarray,
    contour: np.ndarray,
    chance: np.ndarray,
) -> TrackSound:
    genre = GENRES[int(catalogue.track_genre[row])].name
    sound = GENRE_SOUNDS[genre]
    low, high = sound.bpm
    kind = int(catalogue.version_kind[row])
    bpm = np.sqrt(low * high) * (high / low) ** (0.4 * (chance[0] - 0.5)) * np.exp(TEMPO_PULL * free[0])
    bpm *= {LIVE: 1.03, ACOUSTIC: 0.94}.get(kind, 1.0)
    bpm = float(np.clip(bpm, SLOWEST_BPM, FASTEST_BPM))
    beats = 3 if chance[1] < sound.waltz_share else 4
    # Log-odds: the genre's own share of minor, moved by the place.
    odds = np.log(sound.minor_share / (1 - sound.minor_share)) + 1.2 * free[1]
    is_major = bool(chance[2] > 1 / (1 + np.exp(-odds)))
    choices = PROGRESSIONS[sound.voicing][is_major]
    bar_s = beats * 60.0 / bpm
    # The circle of fifths laid around the plane of two coordinates, a fifth either way by chance.
    fifths = round(float(np.arctan2(contour[1], contour[0])) / (2 * np.pi) * 12 + 2 * (chance[3] - 0.5))
    return TrackSound(
        row=row,
        song=song,
        genre=genre,
        kind=kind,
        tempo_bpm=round(bpm, 2),
        beats_per_bar=beats,
        n_bars=max(2, round(EXCERPT_S / bar_s)),
        key_pitch_class=7 * fifths % 12,
        is_major=is_major,
        degrees=choices[int(chance[4] * len(choices))],
        beats_per_chord=2 if beats == 4 and bar_s > 2.5 else beats,
        swing=sound.swing,
        traits=dict(zip(TRAITS, np.round(traits, 6).tolist(), strict=True)),
        body_octaves=round(BODY_PULL * float(free[2]), 6),
        contour_db=tuple(np.round(contour, 6).tolist()),
    )
