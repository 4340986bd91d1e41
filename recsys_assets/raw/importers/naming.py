"""Where ids come from when formats meet: one form per authority, so that two sources agree on a recording.

``musicbrainz:recording:MBID`` where there is an MBID, the service's own URI where it has one (``spotify:track:…``),
``listenbrainz:msid:MSID``, and where there are only names a hash of the normalised names (``text:recording:…``).
"""

import hashlib
import unicodedata

# 80 bits: among two million artists two share a hash with a chance of 2e-12.
_HASH_DIGITS = 20


def normalised(name: str) -> str:
    """Fold case, width, accents' encoding and spaces, so that spellings of one name meet; accents themselves stay."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def text_id(kind: str, *names: str) -> str:
    """Make the id of something known by its names only: ``text:<kind>:<hash>``; the names' order matters."""
    digest = hashlib.sha256("\x1f".join(normalised(name) for name in names).encode()).hexdigest()
    return f"text:{kind}:{digest[:_HASH_DIGITS]}"


def musicbrainz_id(kind: str, value: str) -> str:
    """Make an id from an MBID: ``musicbrainz:<kind>:<mbid>``."""
    return f"musicbrainz:{kind}:{value}"


def text(value: object, *, limit: int = 1_000) -> str | None:
    """Return a name as it is, None for what is empty, is no text, or can not be written as UTF-8; cut at ``limit``."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value[:limit]
