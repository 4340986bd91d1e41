"""The landing-zone contract: what each source promises, column by column. Declarations only.

How files are found is ``discover``, how text becomes typed is ``validate``, what is stored is ``tables``. Somebody who
wants to know what to drop where, or why a row was refused, reads this file (or ``describe``, which prints it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError

# No event of listening is older: it keeps a parser's 1900 or 1904 out, while the history of a tape collector gets in.
EARLIEST_EVENT = date(1950, 1, 1)
# The oldest recordings that are traded are of the 1860s; a release may be announced ahead.
EARLIEST_RELEASE = date(1850, 1, 1)
RELEASE_AHEAD_DAYS = 5 * 366

DAY_MS = 24 * 60 * 60 * 1000

MAX_ID_CHARS = 500
MAX_WORD_CHARS = 100
MAX_NAME_CHARS = 1_000
MAX_TEXT_CHARS = 10_000
# A novella; the crawler cuts longer pages.
MAX_BODY_CHARS = 200_000
MAX_LIST_ITEMS = 1_000


class Kind(StrEnum):
    """What a column holds, and so how it is read."""

    ID = "id"  # any text without control characters, byte-exact; never a path
    WORD = "word"  # a short label of an open vocabulary
    NAME = "name"
    TEXT = "text"
    BODY = "body"  # the text of an article
    INSTANT = "instant"  # ISO-8601 (no offset: UTC) or seconds since 1970 (above 1e11: milliseconds)
    DAY = "day"  # YYYY-MM-DD; a year or a month alone is its first day
    COUNT = "count"
    FLAG = "flag"  # true, false, 1, 0
    IDS = "ids"  # a list; in text a JSON array or split at ;
    NAMES = "names"


class Reason(StrEnum):
    """Why a row was refused, in a form to count by; the row's ``detail`` says it for people."""

    MISSING = "missing_value"
    WRONG_TYPE = "wrong_type"
    NOT_ALLOWED = "value_not_allowed"
    OUT_OF_BOUNDS = "out_of_bounds"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    IN_FUTURE = "time_in_future"
    BEFORE_1950 = "time_before_1950"
    OUTSIDE_DAY = "outside_folder_day"
    UNKNOWN_ID = "unknown_id"
    DUPLICATE_KEY = "duplicate_key"
    BROKEN_UTF8 = "broken_utf8"
    BROKEN_JSON = "broken_json"
    BROKEN_CSV = "broken_csv"
    HUGE_LINE = "huge_line"


@dataclass(frozen=True)
class Field:
    """One column of a source.

    Attributes:
        name: the column.
        kind: what it holds.
        meaning: one sentence for people.
        is_required: a row without it is refused.
        low: smallest number allowed.
        high: largest number allowed.
        allowed: the closed vocabulary, empty for an open one.
        refers_to: the catalogue that has to know the id, where there is such a catalogue at all.
        is_event_time: an instant that can not lie in the future of the day or before 1950.
        zero_is_unknown: 0 is read as "not known", which players write for lack of a value.
    """

    name: str
    kind: Kind
    meaning: str
    is_required: bool = False
    low: int | None = None
    high: int | None = None
    allowed: tuple[str, ...] = ()
    refers_to: str | None = None
    is_event_time: bool = False
    zero_is_unknown: bool = False


@dataclass(frozen=True)
class Source:
    """One table of the landing zone.

    Attributes:
        name: its folder, or the stem of its file.
        grain: "One row per …".
        fields: the columns, required ones first.
        key: the columns that no two rows share: the first row wins, later ones are refused; empty for events.
        instant: for a dated source, the column that has to lie in its folder's day; None for snapshots.
        one_of: at least one of these has to be given.
        personal: the column that names a listener.
    """

    name: str
    grain: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    instant: str | None = None
    one_of: tuple[str, ...] = ()
    personal: str | None = None

    @property
    def is_dated(self) -> bool:
        """Whether it comes by day of happening; otherwise it is a snapshot, by day of arrival."""
        return self.instant is not None

    @property
    def partition(self) -> str:
        """The partition column of its tables."""
        return c.DATE if self.is_dated else c.ARRIVED_ON

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every file has to have."""
        return tuple(field.name for field in self.fields if field.is_required)

    @property
    def references(self) -> Mapping[str, str]:
        """Column to the catalogue it refers to."""
        return {field.name: field.refers_to for field in self.fields if field.refers_to}


_USER = Field(c.USER_ID, Kind.ID, "The listener.", is_required=True)
_TRACK = Field(c.TRACK_ID, Kind.ID, "The track.", is_required=True, refers_to="tracks")
_MBID = Field(c.MBID, Kind.WORD, "MusicBrainz id.")
_GENRES = Field(c.GENRES, Kind.NAMES, "Genres, the most telling first.")
_CREDIT = Field(c.ARTIST_IDS, Kind.IDS, "Credited artists, in the order of the credit.", is_required=True)

FEEDBACK_ACTIONS = ("like", "unlike", "save", "playlist_add", "playlist_remove", "hide", "presave", "follow")

PLAYS = Source(
    name="plays",
    grain="One row per play event.",
    fields=(
        _USER,
        _TRACK,
        Field(c.PLAYED_AT, Kind.INSTANT, "When the play began.", is_required=True, is_event_time=True),
        Field(c.MS_PLAYED, Kind.COUNT, "Milliseconds heard.", low=0, high=DAY_MS),
        Field(c.REASON_END, Kind.WORD, "Why it ended: done, skip, or another word."),
        Field(c.SOURCE, Kind.WORD, "Where it was started: library, search, playlist, discover_weekly, radio, …"),
        Field(c.IS_SHUFFLE, Kind.FLAG, "Whether shuffle chose it."),
    ),
    instant=c.PLAYED_AT,
    personal=c.USER_ID,
)

FEEDBACK = Source(
    name="feedback",
    grain="One row per deliberate act of a listener.",
    fields=(
        _USER,
        Field(c.TRACK_ID, Kind.ID, "The track acted on.", refers_to="tracks"),
        Field(c.ARTIST_ID, Kind.ID, "The artist acted on.", refers_to="artists"),
        Field(c.AT, Kind.INSTANT, "When.", is_required=True, is_event_time=True),
        Field(c.ACTION, Kind.WORD, "What was done.", is_required=True, allowed=FEEDBACK_ACTIONS),
    ),
    instant=c.AT,
    one_of=(c.TRACK_ID, c.ARTIST_ID),
    personal=c.USER_ID,
)

ARTISTS = Source(
    name="artists",
    grain="One row per artist.",
    fields=(
        Field(c.ARTIST_ID, Kind.ID, "The artist.", is_required=True),
        Field(c.NAME, Kind.NAME, "Name as shown.", is_required=True),
        _MBID,
        _GENRES,
        Field("labels", Kind.NAMES, "Labels that may submit recordings in the artist's name."),
        Field("submitter_keys", Kind.NAMES, "SHA-256 (hexadecimal) of the keys of those who may."),
    ),
    key=(c.ARTIST_ID,),
)

TRACKS = Source(
    name="tracks",
    grain="One row per track.",
    fields=(
        Field(c.TRACK_ID, Kind.ID, "The track.", is_required=True),
        Field(c.TITLE, Kind.NAME, "Title as shown.", is_required=True),
        _CREDIT,
        Field(c.ALBUM_ID, Kind.ID, "The album."),
        Field(c.RELEASED_ON, Kind.DAY, "First day anybody may hear it."),
        Field(c.DURATION_MS, Kind.COUNT, "Length in milliseconds.", low=1, high=DAY_MS, zero_is_unknown=True),
        Field(c.ISRC, Kind.WORD, "International Standard Recording Code."),
        _MBID,
        Field(c.IS_EXPLICIT, Kind.FLAG, "Whether it is marked explicit."),
        Field(c.IS_WITHDRAWN, Kind.FLAG, "Whether it may no longer be offered."),
        _GENRES,
    ),
    key=(c.TRACK_ID,),
)

ALBUMS = Source(
    name="albums",
    grain="One row per album.",
    fields=(
        Field(c.ALBUM_ID, Kind.ID, "The album.", is_required=True),
        Field(c.TITLE, Kind.NAME, "Title as shown.", is_required=True),
        _CREDIT,
        Field(c.RELEASED_ON, Kind.DAY, "First day anybody may hear it."),
        _MBID,
    ),
    key=(c.ALBUM_ID,),
)

PLAYLISTS = Source(
    name="playlists",
    grain="One row per playlist.",
    fields=(
        Field(c.PLAYLIST_ID, Kind.ID, "The playlist.", is_required=True),
        Field(c.NAME, Kind.NAME, "Title as shown.", is_required=True),
        Field(c.OWNER_ID, Kind.ID, "The listener who made it."),
        Field(c.DESCRIPTION, Kind.TEXT, "What its maker says of it."),
        Field(c.FOLLOWERS, Kind.COUNT, "How many follow it.", low=0, high=10_000_000_000),
        Field(c.MODIFIED_AT, Kind.INSTANT, "Last change.", is_event_time=True),
    ),
    key=(c.PLAYLIST_ID,),
    personal=c.OWNER_ID,
)

PLAYLIST_TRACKS = Source(
    name="playlist_tracks",
    grain="One row per entry of a playlist.",
    fields=(
        Field(c.PLAYLIST_ID, Kind.ID, "The playlist.", is_required=True, refers_to="playlists"),
        Field(c.POSITION, Kind.COUNT, "Place in the playlist.", is_required=True, low=0, high=1_000_000),
        _TRACK,
        Field(c.ADDED_AT, Kind.INSTANT, "When it was added.", is_event_time=True),
    ),
    key=(c.PLAYLIST_ID, c.POSITION),
)

PLAY_COUNTS = Source(
    name="play_counts",
    grain="One row per listener and track, with an undated total.",
    fields=(
        _USER,
        _TRACK,
        # Ten million plays of half a minute fill ten years without a pause.
        Field(c.PLAY_COUNT, Kind.COUNT, "Plays up to the day.", is_required=True, low=1, high=10_000_000),
        Field(c.AS_OF, Kind.DAY, "The day up to which was counted.", is_required=True, is_event_time=True),
    ),
    key=(c.USER_ID, c.TRACK_ID),
    personal=c.USER_ID,
)

ARTICLES = Source(
    name="articles",
    grain="One row per article and day on which it was fetched.",
    fields=(
        Field("url", Kind.NAME, "Its canonical address.", is_required=True),
        Field("site", Kind.NAME, "The source it was read from, as the list of sources calls it.", is_required=True),
        Field(c.TITLE, Kind.NAME, "Headline.", is_required=True),
        Field(
            "body_text",
            Kind.BODY,
            "The article without what surrounds it; paragraphs end in a line feed.",
            is_required=True,
        ),
        Field("fetched_at", Kind.INSTANT, "When it was read.", is_required=True, is_event_time=True),
        Field("author", Kind.NAME, "Who wrote it."),
        Field("published_at", Kind.INSTANT, "When it says it was published."),
        Field("language", Kind.WORD, "ISO 639-1 code."),
        Field("content_sha256", Kind.WORD, "SHA-256 of the text, hexadecimal."),
        Field("link_texts", Kind.NAMES, "What the links inside the article are called."),
    ),
    key=("url",),
    instant="fetched_at",
)

# In the order in which they have to be taken in: what is referred to comes first.
SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (ARTISTS, TRACKS, ALBUMS, PLAYLISTS, PLAYLIST_TRACKS, PLAY_COUNTS, PLAYS, FEEDBACK, ARTICLES)
    }
)


def source_named(name: str) -> Source:
    """Return the source of that name.

    Raises:
        InvalidArgumentError: there is none; the message lists them.
    """
    if name not in SOURCES:
        raise InvalidArgumentError(f"no source is called {name!r}: expected one of {', '.join(SOURCES)}")
    return SOURCES[name]


def describe() -> str:
    """Say in a few lines what may be dropped where, for the message about an empty landing zone."""
    lines = []
    for source in SOURCES.values():
        path = f"{source.name}/date=YYYY-MM-DD/*" if source.is_dated else f"{source.name}.*"
        optional = [field.name for field in source.fields if not field.is_required]
        lines.append(f"  {path}: {', '.join(source.required)}; optional {', '.join(optional)}")
    return "\n".join(lines)
