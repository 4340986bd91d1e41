"""Assets of ``raw``: what landed, typed; what was refused, with its reason; which files were read.

Events (plays, feedback) are daily. Snapshots (catalogue, playlists, totals) have no Dagster partitions: each state
is kept under the day it arrived on, and whoever needs it reads the newest that arrived by its own day.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime

import dagster as dg

from recsys_assets.core.forgotten import Forgotten
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import lake_multi_asset
from recsys_assets.defs.locks import held_until_stored
from recsys_assets.defs.partitions import DAILY, partition_days
from recsys_assets.defs.resources import HomeResource
from recsys_assets.raw.contract import SOURCES, Source
from recsys_assets.raw.discover import strays
from recsys_assets.raw.gates import (
    freshness,
    rejection_rate,
    rows_by_day,
    stray_files,
    unreadable_files,
    volume,
)
from recsys_assets.raw.ingest import Catalogue, Ingested, ingest_range, working_folder
from recsys_assets.raw.snapshots import changed_days, flat_arrivals
from recsys_assets.raw.tables import LANDED, RAW, REJECTED


def _outputs(ingested: Ingested, source: Source, home: HomeResource) -> Iterator[dg.Output]:
    days = list(ingested.days)
    forgotten = Forgotten.load(home.home.forgotten)
    rows, rejected = ingested.rows, ingested.rejected.lazy()
    if source.personal:
        rows, rejected = forgotten.drop_from(rows, source.personal), forgotten.drop_from(rejected, source.personal)
    found = ingested.landed.height
    note = {"files": found} if found else {"note": f"nothing of {source.name} has landed; the graph does without"}
    yield dg.Output(Slices(rows, days), output_name=RAW[source.name].name, metadata=note)
    yield dg.Output(Slices(rejected, days), output_name=REJECTED[source.name].name)
    yield dg.Output(Slices(ingested.landed, days), output_name=LANDED[source.name].name)


def _reading_alone(home: HomeResource, source: Source, days: Sequence[date] = ()) -> ExitStack:
    """Let nobody else read the same days of a source from here until its rows are in the lake.

    Of two runs of one day, the one that looked at the landing zone first could be the last to write, and would take
    back a file that the other had read. One day shares the source with other days; a range or a snapshot does not.
    """
    folder = home.home.state / "locks"
    if len(days) != 1:
        return held_until_stored((folder / source.name, True))
    return held_until_stored((folder / source.name, False), (folder / f"{source.name}-{days[0]}", True))


def _tables(source: Source) -> list:
    return [RAW[source.name], REJECTED[source.name], LANDED[source.name]]


def _event_assets(source: Source) -> dg.AssetsDefinition:
    @lake_multi_asset(
        _tables(source),
        name=f"{source.name}_of_the_day",
        partitions=DAILY,
        kinds={"polars", "duckdb"},
        # A crawl puts articles there. It has no partitions, so each day stands on all of it; no job makes both, and a home
        # where nothing is ever crawled is read all the same.
        deps=["crawl_log"] if source.name == "articles" else None,
        about=f"From landing/{source.name}/date=D/.",
    )
    def ingest(
        context: dg.AssetExecutionContext, home: HomeResource, raw_tracks: TableVersion, raw_artists: TableVersion
    ) -> Iterator[dg.Output]:
        days = partition_days(context)
        catalogue: Catalogue = {"tracks": raw_tracks, "artists": raw_artists}
        with _reading_alone(home, source, days), working_folder(home.home.state / "work") as folder:
            ingested = ingest_range(
                home.home.landing, source.name, days, workdir=folder, catalogue=catalogue, now=datetime.now(tz=UTC)
            )
            yield from _outputs(ingested, source, home)

    return ingest


class SnapshotConfig(dg.Config):
    """How much of the landing zone is read again."""

    reread_all: bool = False


def _snapshot_assets(source: Source) -> dg.AssetsDefinition:
    references = {
        f"raw_{name}": dg.AssetIn()
        for name, column in (("tracks", "track_id"), ("artists", "artist_id"), ("playlists", "playlist_id"))
        if column in source.references
    }

    @lake_multi_asset(
        _tables(source),
        name=f"{source.name}_snapshots",
        partitions=None,
        kinds={"polars", "duckdb"},
        ins=references,
        about=f"From landing/{source.name}.* and landing/{source.name}/date=D/; one state per day of arrival.",
    )
    def ingest(config: SnapshotConfig, home: HomeResource, **known: TableVersion) -> Iterator[dg.Output]:
        landing, now = home.home.landing, datetime.now(tz=UTC)
        catalogue: Catalogue = {name.removeprefix("raw_"): table for name, table in known.items()}
        with _reading_alone(home, source), working_folder(home.home.state / "work") as folder:
            landed = home.lake.open(LANDED[source.name])
            arrivals = flat_arrivals(landing, source.name, landed, now.date())
            days = changed_days(landing, source.name, landed, arrivals=arrivals, reread_all=config.reread_all)
            ingested = ingest_range(
                landing, source.name, days, workdir=folder, catalogue=catalogue, now=now, arrivals=arrivals
            )
            yield from _outputs(ingested, source, home)

    return ingest


raw_assets = [_event_assets(source) if source.is_dated else _snapshot_assets(source) for source in SOURCES.values()]


def _judge_rejections(source: Source) -> Callable[[TableVersion, date, HomeResource], GateResult]:
    def judge(landed: TableVersion, day: date, home: HomeResource) -> GateResult:
        rejected = home.lake.open(REJECTED[source.name]).only([day]).read()
        return rejection_rate(source.name, landed.only([day]).read(), rejected, home.settings.landing_gates)

    return judge


def _judge_files(source: Source) -> Callable[[TableVersion, date, HomeResource], GateResult]:
    def judge(landed: TableVersion, day: date, _home: HomeResource) -> GateResult:
        return unreadable_files(source.name, landed.only([day]).read())

    return judge


def _judge_strays(_landed: TableVersion, _day: date, home: HomeResource) -> GateResult:
    return stray_files(strays(home.home.landing))


def _judge_volume(plays: TableVersion, day: date, home: HomeResource) -> GateResult:
    return volume("plays", rows_by_day(plays), day, home.settings.landing_gates)


def _judge_freshness(plays: TableVersion, day: date, home: HomeResource) -> GateResult:
    return freshness("plays", plays.partitions, day, home.settings.landing_gates)


def _source_checks(source: Source) -> list[dg.AssetChecksDefinition]:
    landed, partitions = LANDED[source.name], DAILY if source.is_dated else None
    return [
        gate_check(
            landed,
            name="rejection_rate",
            judge=_judge_rejections(source),
            partitions=partitions,
            about="Few rows were refused; too many stop what is downstream.",
            guards=RAW[source.name],
        ),
        gate_check(
            landed,
            name="unreadable_files",
            judge=_judge_files(source),
            partitions=partitions,
            about="Every file could be read; one that could not is named, and the others were taken.",
        ),
    ]


raw_checks = [
    *(check for source in SOURCES.values() for check in _source_checks(source)),
    gate_check(
        LANDED["tracks"],
        name="stray_files",
        judge=_judge_strays,
        partitions=None,
        about="The landing zone holds no file that nobody reads.",
    ),
    gate_check(
        RAW["plays"],
        name="volume",
        judge=_judge_volume,
        partitions=DAILY,
        about="As many plays as on the days before, within reason.",
    ),
    gate_check(
        RAW["plays"],
        name="freshness",
        judge=_judge_freshness,
        partitions=DAILY,
        about="The day's plays have landed.",
    ),
]
