"""What the names of drum, bass and chord patterns play within a bar.

A table and no code. Sixteen steps to a bar of four beats; a bar of three takes the first twelve. ``x`` is a full hit,
``o`` a soft one, ``.`` none.
"""

DRUMS: dict[str, dict[str, str]] = {
    "four": {"kick": "x...x...x...x...", "snare": "....x.......x...", "hat": "..x...x...x...x."},
    "disco": {"kick": "x...x...x...x...", "snare": "....x.......x...", "hat": "o.x.o.x.o.x.o.x."},
    "backbeat": {"kick": "x.....o.x.......", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.o."},
    "motorik": {"kick": "x...o.x.x...o.x.", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
    "boom_bap": {"kick": "x.....o.x.o.....", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.o."},
    "soul": {"kick": "x.....o.x.o.....", "snare": "....x.......x..o", "hat": "x.o.x.o.x.o.x.o."},
    "swing": {"kick": "o.......o.......", "snare": "......o.......o.", "hat": "x...x.o.x...x.o."},
    "double": {"kick": "x.ooo.oox.ooo.oo", "snare": "....x.......x...", "hat": "x...x...x...x..."},
    "latin": {
        "kick": "x..o...ox..o...o",
        "snare": "o..o..o...o.o...",
        "hat": "x.o.x.o.x.o.x.o.",
        "tom": "..o...xx..o...xx",
    },
    "light": {"kick": "o.......o.......", "snare": "................", "hat": "o.o.x.o.o.o.x.o."},
    "none": {},
}

BASS: dict[str, tuple[tuple[float, float, int], ...]] = {
    "eighths": tuple((n / 2, 0.45, 0) for n in range(8)),
    "driving": tuple((n / 2, 0.5, 0) for n in range(8)),
    "offbeat": tuple((n + 0.5, 0.45, 0) for n in range(4)),
    "sync": ((0.0, 0.7, 0), (1.75, 0.25, 0), (2.0, 0.7, 0), (2.75, 0.25, 7), (3.5, 0.4, 0)),
    "walking": ((0.0, 0.95, 0), (1.0, 0.95, 4), (2.0, 0.95, 7), (3.0, 0.95, 9)),
    "held": ((0.0, 3.9, 0),),
    "root_fifth": ((0.0, 0.9, 0), (2.0, 0.9, 7)),
    "tumbao": ((0.0, 0.9, 0), (1.5, 0.5, 7), (3.0, 0.9, 12)),
    "octaves": tuple((n / 2, 0.4, 12 * (n % 2)) for n in range(8)),
}
"""(beat, length in beats, semitones over the chord's root; 4 stands for the chord's own third)."""

CHORDS: dict[str, tuple[tuple[float, float], ...]] = {
    "stab": ((0.0, 0.9), (1.5, 0.5), (2.5, 0.5), (3.0, 0.8)),
    "strum": ((0.0, 0.95), (1.0, 0.45), (1.5, 0.5), (2.0, 0.95), (3.0, 0.45), (3.5, 0.5)),
    "comp": ((0.0, 1.2), (1.5, 0.4), (3.0, 0.8)),
    "arpeggio": tuple((n / 2, 0.75) for n in range(8)),
    "pad": ((0.0, 4.0),),
    "chug": ((0.0, 0.5), (0.5, 0.25), (0.75, 0.25), (1.0, 0.5), (1.5, 0.5), (2.0, 0.5), (2.5, 0.25), (2.75, 0.25),
             (3.0, 0.5), (3.5, 0.5)),
}  # fmt: skip
"""(beat, length in beats) of every stroke; an arpeggio plays one tone of the chord at a time."""
