"""Names that are safe to write: folders from ids, lines from titles, and resource names from ids.

An id or a title is whatever the outside sent: ``../../x``, ``CON``, a newline, nothing visible at all. None of it ever
becomes a path; inside the files it stays as it is, except that a line of a playlist has to stay one line.
"""

import hashlib
import re
import unicodedata
from urllib.parse import quote

# Half of a SHA-256: two of a billion listeners share one with a chance of 1e-21.
FOLDER_DIGITS = 32
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
# Windows opens these as devices whatever their ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def listener_folder(user_id: str) -> str:
    """Return the folder of a listener below ``playlists/``: two digits of its hash, a slash, the hash.

    The two digits keep a folder of a hundred thousand listeners at about four hundred entries.
    """
    digest = hashlib.sha256(user_id.encode()).hexdigest()[:FOLDER_DIGITS]
    return f"{digest[:2]}/{digest}"


def mix_stem(mix: str) -> str:
    """Return the file name, without ending, of a mix: its own name where that is plain, else a hash of it."""
    if _PLAIN_NAME.fullmatch(mix) and mix not in _DEVICES:
        return mix
    return f"mix-{hashlib.sha256(mix.encode()).hexdigest()[:FOLDER_DIGITS]}"


def one_line(text: str) -> str:
    """Return ``text`` on one line: control characters and every Unicode line break become spaces, runs become one.

    Everything else stays, emoji and marks of writing direction among it.
    """
    spaced = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    return re.sub(" {2,}", " ", spaced).strip()


def track_urn(track_id: str) -> str:
    """Return a resource name for a track that nothing else names: ``urn:track:`` and the id, percent-encoded."""
    return f"urn:track:{quote(track_id, safe='')}"
