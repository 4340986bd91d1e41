"""Which tracks of a delivery cite articles, for the mix's page: how words reach listeners.

Belongs here: counting. What may be said of a track is ``text_words``. No listener is named, and nothing that one plays:
pages are kept where `recsys forget` does not reach.
"""

from datetime import date, timedelta

import polars as pl

from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS, verdicts_known
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.core.text import display
from recsys_assets.core.windows import midnight
from recsys_assets.mixes.fridays import claimed_names, submitted_tracks
from recsys_assets.mixes.release_radar_days import with_submitted
from recsys_assets.mixes.text_words import SAY
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS

MOST_LISTED = 20


def list_cited(mix: pl.DataFrame, tracks: pl.DataFrame, artists: pl.DataFrame) -> pl.DataFrame:
    """List the tracks whose reason cites articles, by how many listeners get them.

    Args:
        mix: ``user_id``, ``track_id``, ``reason`` of one delivery.
        tracks: ``track_id``, ``title``, ``artist_ids``.
        artists: ``artist_id``, ``name``; who has none is shown by the id.

    Returns:
        At most 20 rows: track, artist (the first credited), reason (the part about articles) and listeners, most first.
    """
    first = pl.col(c.ARTIST_IDS).list.first().alias(c.ARTIST_ID)
    counted = (
        mix.filter(pl.col(c.REASON).str.contains(SAY, literal=True))
        .with_columns(pl.col(c.REASON).str.extract(rf"([\d,]+{SAY}\"[^\"]*\")"))
        # A title may say so too.
        .drop_nulls(c.REASON)
        .group_by(c.TRACK_ID, c.REASON)
        .agg(pl.col(c.USER_ID).n_unique().alias("listeners"))
        .sort("listeners", c.TRACK_ID, c.REASON, descending=[True, False, False])
        .head(MOST_LISTED)
        .join(
            tracks.select(c.TRACK_ID, c.TITLE, first).unique(c.TRACK_ID, keep="first", maintain_order=True),
            on=c.TRACK_ID,
            how="left",
            maintain_order="left",
        )
        .join(
            artists.select(c.ARTIST_ID, c.NAME).unique(c.ARTIST_ID, keep="first", maintain_order=True),
            on=c.ARTIST_ID,
            how="left",
            maintain_order="left",
        )
    )
    named = [
        (display(title or track), display(name or artist))
        for track, title, artist, name in counted.select(c.TRACK_ID, c.TITLE, c.ARTIST_ID, c.NAME).iter_rows()
    ]
    shown = pl.DataFrame(named, schema={"track": pl.String, "artist": pl.String}, orient="row")
    return shown.hstack(counted.select(c.REASON, "listeners"))


def read_cited(mix: pl.DataFrame, lake: Lake, delivered_on: date) -> pl.DataFrame:
    """List what a delivery cites, with the names that were known before it; as ``list_cited``."""
    day = delivered_on - timedelta(days=1)
    submitted = submitted_tracks(verdicts_known(lake.open(SUBMISSION_VERDICTS), midnight(delivered_on)))
    tracks = with_submitted(lake.open(RAW_TRACKS).latest(day).read(), submitted)
    artists = pl.concat([lake.open(RAW_ARTISTS).latest(day).read(), claimed_names(submitted)], how="diagonal")
    return list_cited(mix, tracks, artists)
