"""One job per cadence: a job can not mix daily and weekly partitions.

What a user starts by hand, what schedules and sensors start, and what `dagster job backfill` fills. The cadence is among
``tags`` and not ``run_tags``: `dagster job backfill` gives its runs the former only, and the queue's limit reads the run's.
"""

import dagster as dg

from recsys_assets.corpus.tables import ARTICLE_MENTIONS, ARTICLE_TERMS
from recsys_assets.defs.partitions import CADENCE, CRAWL

catalogue = dg.define_asset_job(
    "catalogue",
    selection=dg.AssetSelection.tag(CADENCE, "snapshot"),
    description="Read the snapshots that are new in the landing zone (catalogue, playlists, undated totals) and analyse its "
    "new recordings.",
    tags={CADENCE: "snapshot"},
)

ingest = dg.define_asset_job(
    "ingest",
    # Mentions and terms too: a Monday reads those of half a year, of which no day needs to have been modelled.
    selection=(dg.AssetSelection.groups("raw", "signals") & dg.AssetSelection.tag(CADENCE, "daily"))
    | dg.AssetSelection.assets(ARTICLE_MENTIONS.name, ARTICLE_TERMS.name),
    description="Read a day's plays, acts and articles from the landing zone, count listening and find who is named; no model "
    "is made.",
    tags={CADENCE: "daily"},
)

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.tag(CADENCE, "daily"),
    description="A whole day: ingestion, play matrix, latent space, map, metrics, Daily Mix, exports.",
    tags={CADENCE: "daily"},
)

submission = dg.define_asset_job(
    "submission",
    selection=dg.AssetSelection.tag(CADENCE, "submission"),
    description="Take a submission in: verdict, analysis, and where it stands in the newest space.",
    # dagster.yaml lets one of these run at a time, oldest first: who came first has the ISRC.
    tags={CADENCE: "submission"},
)

monday = dg.define_asset_job(
    "monday",
    selection=dg.AssetSelection.tag(CADENCE, "weekly"),
    description="A week's anchor of the latent space, its ranker, the Discover Weekly delivered on the Monday, and how "
    "good the one before it was.",
    # Anchors are turned onto the week before: dagster.yaml lets one of these run at a time, oldest first.
    tags={CADENCE: "weekly"},
)

friday = dg.define_asset_job(
    "friday",
    selection=dg.AssetSelection.tag(CADENCE, "friday"),
    description="A week's Release Radar, from what was known at the end of Thursday, and its files.",
    tags={CADENCE: "friday"},
)

crawl = dg.define_asset_job(
    "crawl",
    selection=dg.AssetSelection.tag(CADENCE, CRAWL),
    description="Ask every source of the list for what it has published since the last crawl; articles go to the landing zone.",
    # Crawls share what they remember: dagster.yaml lets one run at a time.
    tags={CADENCE: CRAWL},
)
