"""Words of the made-up world that belong to no genre: places to play, moods, and names that break careless programs.

A table and no code; the words of genres are ``genres``.
"""

VENUES: tuple[str, ...] = (
    "the Granary",
    "the Old Mint",
    "Harbour Hall",
    "the Rialto",
    "Kino Šiška",
    "Café Müller",
    "the Boathouse",
    "St. Brigid's",
    "the Foundry",
    "Teatro Olvido",
    "Folkets Hus",
    "the Lantern Room",
    "La Cigogne",
    "the Corn Exchange",
    "Pier 19",
    "Radio Session 7",
)

MOODS: tuple[str, ...] = (
    "Late Night",
    "Morning",
    "Workout",
    "Rainy Day",
    "Road Trip",
    "Deep Focus",
    "Summer",
    "Dinner",
    "Melancholy",
    "Party",
)
"""Words of playlist titles; each has a direction of its own in the planted space."""

HOSTILE_ARTISTS: tuple[str, ...] = (
    "CON",
    "../../x",
    "Robert'); DROP TABLE tracks;--",
    "فرقة النور",
    "🦊 The Foxes 🦊",
    'Less < Than > & "Quotes"',
)
HOSTILE_TITLES: tuple[str, ...] = (
    "</script><b>Loud</b>",
    "../../etc/passwd",
    "O'Malley's \"Last\" Call; --",
    "שיר של לילה",
    "NUL",
    "💔 (feat. 👻)",
    "=1+1",
    "C:\\Temp\\Track?*|",
    "e\u0301tude / \u202eesrever",
)
HOSTILE_PLAYLISTS: tuple[str, ...] = (
    "'; SELECT * FROM plays; --",
    "<script>alert('party')</script>",
    "../mixes/../x",
    "AUX",
    "ليالي الصيف 🌙",
    "🔥🔥🔥",
)
