"""What a playlist says about a track, gathered once per track: titles, names, lengths, public ids, a recording.

Belongs here: the catalogue turned into entries. How an entry is written is ``jspf`` and ``m3u``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.public_ids import valid_isrc, valid_mbid
from recsys_assets.core.schemas import require
from recsys_assets.exports.names import one_line

# The names of a credit are joined as MusicBrainz does where it knows no join phrase of its own.
CREDIT_JOIN = ", "


@dataclass(frozen=True, slots=True)
class TrackEntry:
    """One track as a playlist shows it; what the catalogue does not say is None or empty."""

    track_id: str
    title: str
    creator: str = ""
    album: str | None = None
    duration_ms: int | None = None
    mbid: str | None = None
    isrc: str | None = None
    artist_mbids: tuple[str, ...] = ()
    location: str | None = None
    # The label of an extended M3U line; made here, because a popular track is in thousands of playlists.
    label: str = field(init=False)

    def __post_init__(self) -> None:
        label = one_line(f"{self.creator} - {self.title}" if self.creator else self.title)
        object.__setattr__(self, "label", label or one_line(self.track_id) or "untitled")


@dataclass(frozen=True)
class Catalogue:
    """The snapshots that names are taken from; ``albums`` and ``recordings`` may be left out.

    Attributes:
        tracks: ``track_id``, ``title``, ``artist_ids``; ``album_id``, ``duration_ms``, ``mbid``, ``isrc`` where known.
        artists: ``artist_id``, ``name``; ``mbid`` where known.
        albums: ``album_id``, ``title``.
        recordings: ``track_id``, ``location``: a relative path in the form of a URL, or a URL.
    """

    tracks: pl.DataFrame
    artists: pl.DataFrame
    albums: pl.DataFrame | None = None
    recordings: pl.DataFrame | None = None


def build_entries(track_ids: pl.Series, catalogue: Catalogue) -> Mapping[str, TrackEntry]:
    """Return the entry of each track id; one that the catalogue does not have is shown by its id.

    Raises:
        SchemaMismatchError: a frame of the catalogue lacks its ids or names.
    """
    text = pl.String
    require(
        catalogue.tracks, {c.TRACK_ID: text, c.TITLE: text, c.ARTIST_IDS: pl.List(text)}, what="the tracks to export"
    )
    require(catalogue.artists, {c.ARTIST_ID: text, c.NAME: text}, what="the artists to export")
    wanted = pl.DataFrame({c.TRACK_ID: track_ids.unique()})
    tracks = wanted.join(_with_optional(catalogue.tracks).unique(c.TRACK_ID, keep="first"), on=c.TRACK_ID, how="left")
    tracks = (
        tracks.join(_credits(tracks, catalogue.artists), on=c.TRACK_ID, how="left")
        .join(_named(catalogue.albums, c.ALBUM_ID, c.TITLE, "album"), on=c.ALBUM_ID, how="left")
        .join(_named(catalogue.recordings, c.TRACK_ID, "location", "location"), on=c.TRACK_ID, how="left")
    )
    return {row[c.TRACK_ID]: _entry(row) for row in tracks.iter_rows(named=True)}


def _entry(row: dict[str, object]) -> TrackEntry:
    track_id = str(row[c.TRACK_ID])
    names = [name for name in row["names"] or [] if name]  # type: ignore[union-attr]
    mbids = [valid_mbid(mbid) for mbid in row["mbids"] or []]  # type: ignore[union-attr]
    duration = row[c.DURATION_MS]
    return TrackEntry(
        track_id=track_id,
        title=str(row[c.TITLE] or track_id),
        creator=CREDIT_JOIN.join(names),
        album=row["album"],  # type: ignore[arg-type]
        duration_ms=int(duration) if duration else None,  # type: ignore[call-overload]
        mbid=valid_mbid(row[c.MBID]),  # type: ignore[arg-type]
        isrc=valid_isrc(row[c.ISRC]),  # type: ignore[arg-type]
        # Half a credit would point at the wrong artist: all of the ids or none.
        artist_mbids=tuple(m for m in mbids if m) if mbids and all(mbids) else (),
        location=row["location"],  # type: ignore[arg-type]
    )


def _with_optional(tracks: pl.DataFrame) -> pl.DataFrame:
    optional = {c.ALBUM_ID: pl.String, c.DURATION_MS: pl.Int64, c.MBID: pl.String, c.ISRC: pl.String}
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in optional.items() if name not in tracks.columns]
    return tracks.with_columns(missing).select(c.TRACK_ID, c.TITLE, c.ARTIST_IDS, *optional)


def _credits(tracks: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
    """Return, per track, the names and MusicBrainz ids of its artists in credited order."""
    if c.MBID not in artists.columns:
        artists = artists.with_columns(pl.lit(None, pl.String).alias(c.MBID))
    known = artists.unique(c.ARTIST_ID, keep="first").select(
        pl.col(c.ARTIST_ID), pl.col(c.NAME).alias("names"), pl.col(c.MBID).alias("mbids")
    )
    credited = tracks.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID)).explode(c.ARTIST_ID)
    joined = credited.join(known, on=c.ARTIST_ID, how="left", maintain_order="left")
    # An artist that the catalogue does not have is named by its id.
    named = joined.with_columns(pl.coalesce("names", c.ARTIST_ID).alias("names"))
    return named.group_by(c.TRACK_ID, maintain_order=True).agg("names", "mbids")


def _named(frame: pl.DataFrame | None, key: str, column: str, name: str) -> pl.DataFrame:
    if frame is None:
        return pl.DataFrame(schema={key: pl.String, name: pl.String})
    return frame.unique(key, keep="first").select(key, pl.col(column).alias(name))
