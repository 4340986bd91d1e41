"""What comes out: an article as the landing zone wants it, and the line that a crawl logs for each address.

Belongs here: the form. Field names and bounds repeat the platform's landing contract, which this package can not import;
a test holds the two together.
"""

import hashlib
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

MAX_NAME_CHARS = 1_000
MAX_BODY_CHARS = 200_000
MAX_LINK_TEXTS = 1_000

_SPACES = re.compile(r"[^\S\n]+")
_LINE_FEEDS = re.compile(r"\s*\n\s*")


class Outcome(StrEnum):
    """What became of an address."""

    ARTICLE = "article"
    NOT_MODIFIED = "not_modified"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    SKIPPED = "skipped"
    REFUSED = "refused"
    ERROR = "error"
    NOT_AN_ARTICLE = "not_an_article"


@dataclass(frozen=True)
class Article:
    """One article. Instants are UTC; ``body_text`` has one paragraph a line."""

    url: str
    site: str
    title: str
    body_text: str
    fetched_at: datetime
    author: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    content_sha256: str = ""
    link_texts: tuple[str, ...] = ()

    def to_row(self) -> dict[str, object]:
        """Return the row of the landing zone: instants in ISO 8601, what is not known left out."""
        row = asdict(self) | {"fetched_at": instant_text(self.fetched_at), "link_texts": list(self.link_texts)}
        if self.published_at is not None:
            row["published_at"] = instant_text(self.published_at)
        return {name: value for name, value in row.items() if value not in (None, "", [])}


@dataclass(frozen=True)
class LogLine:
    """What a crawl says of one address it asked for or refused to.

    ``reason`` is a word to count by; ``seconds`` is the time until the answer was there.
    """

    url: str
    site: str
    source: str
    at: str
    outcome: str
    status: int | None = None
    reason: str | None = None
    bytes: int | None = None
    seconds: float | None = None


def instant_text(instant: datetime) -> str:
    """Write an instant in ISO 8601 with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def clean_line(text: str | None, limit: int = MAX_NAME_CHARS) -> str | None:
    """Return ``text`` on one line without control characters, cut at ``limit``; None if nothing is left."""
    return clean_text(text or "", limit).replace("\n", " ") or None


def clean_text(text: str, limit: int = MAX_BODY_CHARS) -> str:
    """Return ``text`` with one line feed between paragraphs, without control, format and lone surrogate characters.

    Escape sequences of terminals and marks that turn the direction of writing are among what goes; joiners, which
    Persian and Indic scripts and emoji need, stay.
    """
    kept = "".join(
        char if char in "\n\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs") else
        " " if char in "\t\r\x0b\x0c\x85" else ""
        for char in text.replace("\r\n", "\n")
    )  # fmt: skip
    return _LINE_FEEDS.sub("\n", _SPACES.sub(" ", kept)).strip()[:limit].strip()


def content_sha256(text: str) -> str:
    """Return the hash of a text, whatever its spacing and case: a reprint has the same."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFKC", text).casefold().split()).encode()).hexdigest()
