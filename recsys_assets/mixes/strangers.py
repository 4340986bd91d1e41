"""What somebody gets of whom no table knows anything: the popular list, as a newcomer's Discover Weekly would be.

Belongs here: one such list, made when it is asked for. Listeners who did anything have theirs in ``discover_weekly``.
"""

from datetime import date, timedelta

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.core.seeds import derived_seed
from recsys_assets.core.warehouse import SqlSettings, run_sql
from recsys_assets.core.windows import trailing_window
from recsys_assets.mixes.catalogue import EligibilityParams, build_catalogue
from recsys_assets.mixes.discover_rows import discover_weekly_rows
from recsys_assets.mixes.discover_weekly import assemble, no_shortlist
from recsys_assets.mixes.eligibility import build_exclusions
from recsys_assets.mixes.popular import POPULAR_DAYS, rank_popular
from recsys_assets.mixes.refusals import DiscoverParams
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_ARTISTS, RAW_TRACKS
from recsys_assets.signals.tables import TRACK_SIGNALS

MIX_NAME = "popular"
MIX_TITLE = "Popular"
# Whether this home offers explicit tracks is in the configuration of its runs, which nobody has at hand here.
_SAFE = EligibilityParams(allow_explicit=False)


def popular_mix(
    lake: Lake,
    user_id: str,
    delivered_on: date,
    params: DiscoverParams | None = None,
    settings: SqlSettings | None = None,
) -> pl.DataFrame:
    """Make the popular list for an id that has no mix.

    Args:
        lake: from whose tables it is made; nothing is written.
        user_id: who asks.
        delivered_on: the day of the list; it is made of what was known before.
        params: its shape.
        settings: what the query may use.

    Returns:
        Columns of ``mixes.discover_weekly`` with ``mix`` = ``popular``; no rows where nobody has heard anything.
    """
    last_day = delivered_on - timedelta(days=1)
    window = trailing_window(last_day, days=POPULAR_DAYS)
    signals = lake.open(TRACK_SIGNALS).between(window.first_day, last_day)
    recent = run_sql("mixes/popular_tracks", inputs={"track_signals": signals}, settings=settings)
    ever = lake.open(PLAY_CONFIDENCE)
    # Millions of rows that are only needed where nobody has played anything lately, as where there are totals only.
    days = [day for day in ever.partitions if day <= delivered_on][-1:] if recent.is_empty() else []
    pairs = ever.only(days).scan().select(c.USER_ID, c.TRACK_ID).collect()
    catalogue = build_catalogue(
        lake.open(RAW_TRACKS).latest(last_day).read(),
        delivered_on=delivered_on,
        params=_SAFE,
        artists=lake.open(RAW_ARTISTS).latest(last_day).read(),
        other_track_ids=pl.concat([recent[c.TRACK_ID], pairs[c.TRACK_ID]]),
    )
    listeners = IdMap.of([user_id])
    popular = rank_popular(recent, pairs, catalogue)
    offers = assemble(
        no_shortlist(),
        listeners=listeners,
        catalogue=catalogue,
        exclusions=build_exclusions(catalogue, listeners),
        popular=popular,
        params=params or DiscoverParams(),
        seed=derived_seed(0, "stranger"),
    )
    rows = discover_weekly_rows(
        offers,
        listeners=listeners,
        catalogue=catalogue,
        week=delivered_on,
        heard=pairs.clear(),
        is_recent=popular.is_recent,
    )
    return rows.with_columns(pl.lit(MIX_NAME).alias(c.MIX), pl.lit(MIX_TITLE).alias("mix_title"))
