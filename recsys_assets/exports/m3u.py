"""One mix as extended M3U in UTF-8 (``.m3u8``), for players.

The format is lines and has no escape: whatever a title holds, each entry is one ``#EXTINF`` line and one location.
Written by hand: the packages of that name read and write streaming manifests (HLS), which is another format.
"""

from collections.abc import Iterable

from recsys_assets.exports.entries import TrackEntry
from recsys_assets.exports.names import one_line, track_urn

# What players take for "not known".
UNKNOWN_SECONDS = -1


def m3u_playlist(*, title: str, tracks: Iterable[TrackEntry]) -> bytes:
    """Write a mix.

    Args:
        title: the mix's name as shown to the listener.
        tracks: the entries in order.

    Returns:
        UTF-8 without a byte-order mark, lines ended by a line feed. A track without a recording is located by
        ``urn:track:<id>``, which a player skips and a program can look up.
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{one_line(title)}"]
    for entry in tracks:
        # Half a second rounds up: a length of 0 means "live stream" to some players.
        seconds = max(1, (entry.duration_ms + 500) // 1000) if entry.duration_ms else UNKNOWN_SECONDS
        lines += [f"#EXTINF:{seconds},{entry.label}", _location(entry)]
    return ("\n".join(lines) + "\n").encode()


def _location(entry: TrackEntry) -> str:
    # A location that starts with "#" or breaks the line would be read as a comment or as two entries.
    if entry.location and not entry.location.startswith("#") and one_line(entry.location) == entry.location:
        return entry.location
    return track_urn(entry.track_id)
