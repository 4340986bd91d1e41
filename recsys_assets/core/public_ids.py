"""Ids that the world of music shares: what is one, in the one form in which two sources meet."""

import re

ISRC_PATTERN = "^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"
_ISRC = re.compile(ISRC_PATTERN)
_UUID = re.compile("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def valid_mbid(value: object) -> str | None:
    """Return a MusicBrainz id in lower case, None for anything that is not one."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if _UUID.fullmatch(text) else None


def valid_isrc(value: object) -> str | None:
    """Return a recording code without hyphens in upper case, None for anything that is not one; of a list the first."""
    if isinstance(value, list):
        value = value[0] if value else None
    text = value.replace("-", "").strip().upper() if isinstance(value, str) else ""
    return text if _ISRC.fullmatch(text) else None
