"""One mix as JSPF: the JSON form of XSPF, with the MusicBrainz extension that ListenBrainz reads.

Written by hand with ``orjson``: the format is one dictionary, and the libraries there are write XSPF's XML or talk to a
server. The fields are those of https://musicbrainz.org/doc/jspf and https://xspf.org/jspf. The catalogue's album ids
name release groups where they name anything, so ``release_identifier``, which wants one issued edition, is left out.
"""

from collections.abc import Iterable
from datetime import date

import orjson

from recsys_assets.exports.entries import TrackEntry
from recsys_assets.exports.names import track_urn

PLAYLIST_EXTENSION = "https://musicbrainz.org/doc/jspf#playlist"
TRACK_EXTENSION = "https://musicbrainz.org/doc/jspf#track"
RECORDING = "https://musicbrainz.org/recording/"
ARTIST = "https://musicbrainz.org/artist/"
CREATOR = "recsys"


def jspf_playlist(
    *, title: str, user_id: str, mix: str, day: date, tracks: Iterable[tuple[TrackEntry, str, str, float]]
) -> bytes:
    """Write a mix.

    Args:
        title: the mix's name as shown to the listener.
        user_id: the listener it was made for.
        mix: which mix it is.
        day: of the delivery; the only date in the file, so the same content gives the same bytes.
        tracks: per position the entry, the reason, the source and the score.

    Returns:
        One JSON document. A track with a MusicBrainz id is identified by its recording, which is what ListenBrainz
        imports by; any other by ``urn:track:<id>``.
    """
    playlist = {
        "title": title,
        "creator": CREATOR,
        "date": f"{day.isoformat()}T00:00:00+00:00",
        "extension": {
            PLAYLIST_EXTENSION: {
                "created_for": user_id,
                "creator": CREATOR,
                "public": False,
                "additional_metadata": {"mix": mix},
            }
        },
        "track": [_track(*entry) for entry in tracks],
    }
    return orjson.dumps({"playlist": playlist})


def _track(entry: TrackEntry, reason: str, source: str, score: float) -> dict[str, object]:
    known: dict[str, object] = {"track_id": entry.track_id, "source": source, "score": score}
    if entry.isrc:
        known["isrc"] = entry.isrc
    about: dict[str, object] = {"additional_metadata": known}
    if entry.artist_mbids:
        about["artist_identifiers"] = [ARTIST + mbid for mbid in entry.artist_mbids]
    track: dict[str, object] = {
        "identifier": [RECORDING + entry.mbid if entry.mbid else track_urn(entry.track_id)],
        "title": entry.title,
        "annotation": reason,
        "extension": {TRACK_EXTENSION: about},
    }
    # A field that nobody knows is left out: XSPF has no empty values.
    if entry.creator:
        track["creator"] = entry.creator
    if entry.album:
        track["album"] = entry.album
    if entry.duration_ms:
        track["duration"] = entry.duration_ms
    if entry.location:
        track["location"] = [entry.location]
    return track
