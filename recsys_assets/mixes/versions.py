"""Which tracks are versions of one recording: the same ISRC, or the same credited artists and the same bare title.

Belongs here: titles without what editions add to them, and the classes that both rules make together. Keeping one
version of each in a list is ``artist_cap``.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.public_ids import ISRC_PATTERN

# Words that begin or end a note about an edition. A remix counts: a mix that holds a song twice bores in either form.
VERSION_WORDS = (
    "8d audio", "a cappella", "acapella", "acoustic", "acustica", "acustico", "akustik", "alternate", "anniversary",
    "ao vivo", "bonus", "dal vivo", "deluxe", "demo", "edit", "edition", "en concert", "en directo", "en vivo",
    "extended", "feat", "featuring", "ft", "instrumental", "karaoke", "mono", "nightcore", "orchestral", "outtake",
    "re-recorded", "rehearsal", "reissue", "remaster", "remastered", "remasterizada", "remasterizado", "remix",
    "remixed", "reprise", "rerecorded", "rework", "slowed", "sped up", "speed up", "stereo", "stripped", "unplugged",
    "version", "vip",
)  # fmt: skip
# Words that only end one: "Song - Take 2", but "Song - Take Me Home" is another song.
_LAST_WORDS = (
    "clean", "cover", "dub", "explicit", "live", "master", "mix", "recorded", "session", "sessions", "take", "track",
)  # fmt: skip
# Words that are one alone: "Song - Single", but "Song (Every Single Day)" is another song.
_WHOLE_NOTES = ("8d", "original", "single")
_NUMBERS = r"(?:\d+(?:st|nd|rd|th)?[\s'\u2019-]*)*"
# "Live" begins one where a place, a year or another note follows: "Love - Live to Tell" is a song.
_LIVE = r"live(?:(?:\s+(?:at|aus|bei|dal|desde|em|en|from|im|in|on)\b|\s*@|\s*[,;:/&+\u2013-]\s|\s+['\u2019]?\d\d)[^()\[\]]*)"
_NOTE = (
    rf"(?:{_NUMBERS}(?:(?:{'|'.join(VERSION_WORDS)})\b[^()\[\]]*|{_LIVE}"
    rf"|[^()\[\]]*\b(?:{'|'.join(VERSION_WORDS + _LAST_WORDS)})\.?\s*{_NUMBERS})|{'|'.join(_WHOLE_NOTES)})"
)
_SUFFIX = (
    rf"(?:\s*[\(\[]\s*{_NOTE}\s*[\)\]]|\s+[-\u2013\u2014]\s+{_NOTE}|\s+(?:feat|ft|featuring)\b\.?\s[^()\[\]]*)\s*$"
)
# "Hurt - Live (2011 Remaster) [feat. X]": three notes happen, more do not.
_MOST_SUFFIXES = 3


def bare_title(title: pl.Expr) -> pl.Expr:
    """Reduce titles to what all versions share.

    ``Hurt - Live``, ``Hurt (2002 Remaster)``, ``HURT [feat. X]`` give ``hurt``. Case, accents and punctuation go; a
    note stays unless a word of ``VERSION_WORDS`` begins or ends it or it is one of the notes above, so
    ``(I Can't Get No) Satisfaction`` keeps its brackets' words. A title that is nothing but notes or signs is kept as
    it is, in lower case; null stays null.
    """
    whole = title.str.normalize("NFKD").str.replace_all("[\u0300-\u036f]", "").str.to_lowercase().str.strip_chars()
    bare = whole
    for _ in range(_MOST_SUFFIXES):
        bare = bare.str.replace(_SUFFIX, "")
    words = bare.str.replace_all(r"['\u2019`]", "").str.replace_all(r"[^\p{L}\p{N}\p{M}]+", " ").str.strip_chars()
    return pl.when(words == "").then(whole).otherwise(words)


def recording_rows(tracks: pl.DataFrame) -> NDArray[np.int32]:
    """Give each track the number of its recording.

    Two tracks share a recording when a chain of equal ISRCs, or of equal credited artists with equal bare titles, joins
    them. An ISRC that is not one (placeholders such as ``0``) and a title without known artists join nothing.

    Args:
        tracks: one row per track; ``isrc``, ``title`` and ``artist_ids`` may be null or absent.

    Returns:
        int32 of shape (n_tracks,), dense from 0 in the order of first appearance.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(tracks)
    if not n:
        return np.zeros(0, dtype=np.int32)
    rows = tracks.with_row_index("row")
    edges = [edge for edge in (_same_isrc(rows), _same_song(rows)) if edge is not None]
    first = np.concatenate([edge[0] for edge in edges]) if edges else np.zeros(0, dtype=np.int64)
    second = np.concatenate([edge[1] for edge in edges]) if edges else np.zeros(0, dtype=np.int64)
    graph = coo_matrix((np.ones(first.size, dtype=np.int8), (first, second)), shape=(n, n))
    labels = connected_components(graph, directed=False)[1]
    _, first_seen, inverse = np.unique(labels, return_index=True, return_inverse=True)
    dense = np.empty(first_seen.size, dtype=np.int32)
    dense[np.argsort(first_seen)] = np.arange(first_seen.size, dtype=np.int32)
    return dense[inverse]


def _same_isrc(rows: pl.DataFrame) -> tuple[NDArray, NDArray] | None:
    if c.ISRC not in rows.columns:
        return None
    code = pl.col(c.ISRC).str.replace_all(r"[\s-]", "").str.to_uppercase()
    return _chain(rows.select("row", key=code).filter(pl.col("key").str.contains(ISRC_PATTERN)))


def _same_song(rows: pl.DataFrame) -> tuple[NDArray, NDArray] | None:
    if c.TITLE not in rows.columns or c.ARTIST_IDS not in rows.columns:
        return None
    credited = (
        rows.select("row", artist=c.ARTIST_IDS)
        .explode("artist")
        .drop_nulls()
        .with_columns(pl.col("artist").rank("dense"))
        .unique()
        .sort("row", "artist")
        .group_by("row", maintain_order=True)
        .agg(pl.col("artist").cast(pl.String).str.join(","))
    )
    titled = rows.select("row", title=bare_title(pl.col(c.TITLE))).filter(pl.col("title").str.len_chars() > 0)
    joined = credited.join(titled, on="row")
    return _chain(joined.select("row", key=pl.concat_str("artist", pl.lit("\n"), "title")))


def _chain(keyed: pl.DataFrame) -> tuple[NDArray, NDArray]:
    """Edges from each row to the first row with the same key."""
    edges = keyed.with_columns(first=pl.col("row").min().over("key")).filter(pl.col("row") != pl.col("first"))
    return edges["row"].to_numpy().astype(np.int64), edges["first"].to_numpy().astype(np.int64)
