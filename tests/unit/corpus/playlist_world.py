"""Playlists of planted themes, and some that are not good."""

import numpy as np
import polars as pl

from recsys_assets.core import columns as c

THEMES = ("90s Rock", "late night jazz", "techno", "Disney", "🎄 Xmas", "sad country")
N_TRACKS = 30


def theme_of(track: str) -> int:
    """The theme that a track was planted in, -1 for none."""
    return int(track[1:]) // N_TRACKS if track.startswith("t") else -1


def planted(n: int = 60) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return playlists, entries and tracks.

    Thirty tracks of each theme, five by an artist. Playlists `p00` to `p59` take turns with the themes, hold 15 tracks and
    are called after their theme. Beside them stand `mess` (tracks by chance), `short`, `one` (one artist's), and `unknown` (tracks
    that nobody else has). Track `paid` stands in the first playlist of every theme, which are
    the most followed.
    """
    rng = np.random.default_rng(5)
    rows: list[tuple[str, int, str]] = []
    playlists: list[dict[str, object]] = []

    def add(
        name: str, tracks: list[str], title: str, description: str | None = None, followers: int | None = 20
    ) -> None:
        playlists.append({c.PLAYLIST_ID: name, c.NAME: title, c.DESCRIPTION: description, c.FOLLOWERS: followers})
        rows.extend((name, place, track) for place, track in enumerate(tracks))

    all_tracks = [f"t{track:03d}" for track in range(len(THEMES) * N_TRACKS)]
    for k in range(n):
        theme = k % len(THEMES)
        drawn = [all_tracks[t] for t in theme * N_TRACKS + rng.choice(N_TRACKS, 15, replace=False)]
        paid = ["paid"] if k < len(THEMES) else []
        add(f"p{k:02d}", [*drawn, *paid], THEMES[theme], "smoky" if k == 1 else None, 9_000 if paid else 20)
    add("mess", [all_tracks[t] for t in rng.choice(len(all_tracks), 30, replace=False)], "stuff")
    add("short", ["t000", "t001"], "rock")
    add("one", [f"t{t:03d}" for t in range(5)] * 2 + [f"x{n}" for n in range(9)], "The Firsts")
    add("unknown", [f"u{n}" for n in range(12)], "mine", followers=None)
    tracks = pl.DataFrame(
        {
            c.TRACK_ID: [*all_tracks, "paid", *[f"x{n}" for n in range(9)]],
            c.ARTIST_IDS: [*([f"a{int(t[1:]) // 5:02d}"] for t in all_tracks), ["paid"], *([["a00"]] * 9)],
        }
    )
    entries = pl.DataFrame(
        rows, schema={c.PLAYLIST_ID: pl.String, c.POSITION: pl.Int64, c.TRACK_ID: pl.String}, orient="row"
    ).with_columns(pl.lit(None, pl.Datetime("us", "UTC")).alias(c.ADDED_AT))
    named = pl.DataFrame(
        playlists,
        schema={c.PLAYLIST_ID: pl.String, c.NAME: pl.String, c.DESCRIPTION: pl.String, c.FOLLOWERS: pl.Int64},
    )
    return named, entries, tracks
