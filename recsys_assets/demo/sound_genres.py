"""How the genres of the made-up world sound: tempo, mode, patterns and the middle of each timbre.

A table and no code, beside ``genres`` (same names). What a track makes of it, by its own place in the planted space, is
``sound_traits``; what the names of patterns play is ``sound_patterns``.

Timbre and level are in 0 … 1: ``brightness`` (how far up the harmonics reach), ``hollowness`` (odd against even
harmonics), ``attack`` (0 swells, 1 plucked), ``sustain`` (0 short, 1 held), ``noise`` (breath and hiss), ``drive``
(saturation), ``reverb``, ``tremolo``, ``register`` (0 low, 1 high), ``drum``, ``bass`` and ``lead`` levels,
``density`` (notes in a bar), ``energy`` (loudness and push).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class GenreSound:
    """The middle of one genre; ``traits`` in the order of ``TRAITS``."""

    bpm: tuple[float, float]
    minor_share: float
    swing: float
    waltz_share: float
    voicing: str
    drums: str
    bass: str
    chords: str
    traits: tuple[float, ...]


TRAITS = (
    "brightness", "hollowness", "attack", "sustain", "noise", "drive", "reverb", "tremolo", "register", "drum", "bass",
    "lead", "density", "energy",
)  # fmt: skip

# fmt: off
GENRE_SOUNDS: dict[str, GenreSound] = {
    # bpm, minor, swing, waltz, voicing, drums, bass, chords; then bri hol att sus noi dri rev tre reg dru bas lea den ene
    "pop": GenreSound(
        (100, 124), 0.3, 0.0, 0.0, "triad", "four", "eighths", "stab",
        (.60, .30, .65, .50, .15, .30, .30, .20, .60, .60, .55, .65, .55, .65),
    ),
    "indie rock": GenreSound(
        (112, 142), 0.4, 0.0, 0.05, "triad", "backbeat", "eighths", "strum",
        (.62, .40, .70, .55, .25, .55, .30, .15, .50, .60, .55, .50, .55, .70),
    ),
    "post-punk": GenreSound(
        (128, 158), 0.85, 0.0, 0.0, "triad", "motorik", "driving", "strum",
        (.50, .65, .75, .35, .30, .50, .50, .35, .40, .60, .75, .35, .60, .65),
    ),
    "electronic": GenreSound(
        (118, 134), 0.7, 0.0, 0.0, "triad", "four", "offbeat", "arpeggio",
        (.70, .65, .75, .40, .20, .45, .40, .45, .50, .75, .65, .35, .75, .75),
    ),
    "hip hop": GenreSound(
        (80, 100), 0.75, 0.2, 0.0, "seventh", "boom_bap", "sync", "stab",
        (.35, .35, .70, .35, .35, .40, .15, .15, .40, .80, .85, .30, .50, .65),
    ),
    "soul": GenreSound(
        (84, 108), 0.4, 0.2, 0.06, "seventh", "soul", "sync", "comp",
        (.42, .35, .55, .55, .20, .30, .35, .45, .50, .50, .65, .60, .45, .50),
    ),
    "jazz": GenreSound(
        (104, 164), 0.5, 0.6, 0.12, "seventh", "swing", "walking", "comp",
        (.36, .45, .60, .40, .22, .12, .35, .20, .48, .32, .60, .65, .60, .38),
    ),
    "classical": GenreSound(
        (66, 120), 0.5, 0.0, 0.25, "triad", "none", "held", "arpeggio",
        (.40, .25, .40, .70, .08, .02, .60, .30, .55, .00, .45, .60, .50, .25),
    ),
    "folk": GenreSound(
        (88, 122), 0.35, 0.0, 0.2, "triad", "light", "root_fifth", "strum",
        (.48, .20, .80, .40, .18, .08, .25, .08, .52, .20, .40, .60, .50, .32),
    ),
    "metal": GenreSound(
        (132, 178), 0.95, 0.0, 0.0, "power", "double", "driving", "chug",
        (.68, .55, .80, .35, .40, .95, .25, .05, .28, .80, .65, .35, .80, .95),
    ),
    "ambient": GenreSound(
        (62, 84), 0.5, 0.0, 0.0, "seventh", "none", "held", "pad",
        (.25, .30, .08, .95, .40, .05, .95, .50, .50, .00, .40, .25, .15, .12),
    ),
    "latin": GenreSound(
        (92, 122), 0.6, 0.0, 0.0, "triad", "latin", "tumbao", "comp",
        (.56, .25, .75, .40, .15, .20, .25, .10, .60, .65, .60, .60, .65, .65),
    ),
    "city pop": GenreSound(
        (100, 120), 0.35, 0.05, 0.0, "seventh", "disco", "octaves", "stab",
        (.66, .30, .60, .50, .10, .22, .45, .40, .62, .58, .65, .60, .60, .58),
    ),
}
# fmt: on

PROGRESSIONS: dict[str, dict[bool, tuple[tuple[int, ...], ...]]] = {
    "triad": {
        True: ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (0, 3, 4, 3), (0, 2, 3, 4)),
        False: ((0, 5, 2, 6), (0, 6, 5, 6), (0, 3, 5, 4), (0, 3, 0, 4), (0, 2, 6, 3)),
    },
    "seventh": {
        True: ((0, 5, 1, 4), (0, 3, 1, 4), (0, 2, 3, 4), (0, 3, 0, 4)),
        False: ((0, 3, 6, 2), (0, 5, 3, 4), (0, 3, 0, 4), (0, 5, 1, 4)),
    },
    "power": {
        True: ((0, 3, 4, 3), (0, 4, 5, 3)),
        False: ((0, 5, 6, 0), (0, 2, 5, 6), (0, 0, 5, 4), (0, 6, 5, 6)),
    },
}
"""Degrees of the scale, a chord each, by voicing and whether major; all begin at home."""
