"""Assets of ``cold_start``: verdicts on submissions, what was heard in them, where they stand, how far they have come.

A submission is a dynamic partition. Its verdict and its analysis are made in one step, because a recording that can not be
decoded is a rejection; what they are is decided in the group.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import polars as pl

from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.cold_start.audience_picture import draw_audience, reach_line
from recsys_assets.cold_start.days import count_to_place, make_placements
from recsys_assets.cold_start.gates import is_not_rejected, notes_on
from recsys_assets.cold_start.intake import Sources, take_in
from recsys_assets.cold_start.known_states import StateSources, states_before
from recsys_assets.cold_start.move_tables import ARTIST_MOVES
from recsys_assets.cold_start.moves import list_moves, make_moves, nobody_well_evidenced_moves, quote_moves, read_names
from recsys_assets.cold_start.moves_picture import draw_moves
from recsys_assets.cold_start.place_gates import every_submission_has_a_place
from recsys_assets.cold_start.place_tables import AUDIENCES, FIRST_LISTENERS, PLACEMENTS, SUBMISSION_PREVIEW
from recsys_assets.cold_start.preview import preview_submissions, read_newest, settled_previews
from recsys_assets.cold_start.scoring import score_days
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_STATES, SUBMISSION_VERDICTS
from recsys_assets.core import columns as c
from recsys_assets.core.lake import TableVersion
from recsys_assets.core.windows import midnight
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import (
    lake_asset,
    lake_multi_asset,
    outputs,
    per_day,
    split_settled,
    tell_partitions,
)
from recsys_assets.defs.locks import held_until_stored
from recsys_assets.defs.metadata import markdown_quotes, markdown_table, picture
from recsys_assets.defs.partitions import DAILY, SUBMISSIONS, partition_days, partition_keys
from recsys_assets.defs.resources import HomeResource
from recsys_assets.latent.tables import SPACE_MAP

# In the order of writing: a step that dies in between leaves analyses without a verdict, which the next one judges.
_TABLES = (SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS)
_SPACE = ("user_vectors", "track_vectors", "artist_vectors")
# What is written of a week's artists and tracks.
_WRITTEN = ("entity_text", "co_mentions")
_MIXES_THAT_CITE = ("release_radar", "discover_weekly")


@lake_multi_asset(
    _TABLES,
    name="submission_intake",
    partitions=SUBMISSIONS,
    kinds={"polars", "librosa"},
    deps=[TRACK_ANALYSIS.name],
    about="From landing/submissions/<submission_id>/.",
)
def submission_intake(
    context: dg.AssetExecutionContext, home: HomeResource, raw_artists: TableVersion, raw_tracks: TableVersion
) -> Iterator[dg.Output]:
    """Take in what lies there: of two that want the same ISRC the first one has it, so runs wait for each other."""
    with held_until_stored((home.home.state / "locks" / "submissions", True)):
        analyses, verdicts, heard = (home.lake.open(table) for table in (*_TABLES, TRACK_ANALYSIS))
        taken = take_in(
            home.home.landing,
            home.home.state,
            [str(key) for key in partition_keys(context, SUBMISSION_VERDICTS)],
            Sources(raw_artists, raw_tracks, verdicts, analyses, heard),
            now=datetime.now(tz=UTC),
            params=home.settings.submissions,
        )
        tell_partitions(context, SUBMISSION_VERDICTS.name, notes_on(taken.verdicts))
        slices = [Slices(rows, taken.submission_ids) for rows in (taken.analyses, taken.verdicts)]
        yield from outputs(_TABLES, slices)


def _every_submission(*names: str) -> Sequence[dg.AssetDep]:
    return [dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in names]


@lake_asset(
    PLACEMENTS,
    partitions=DAILY,
    kinds={"numpy"},
    deps=[
        *(
            *_SPACE,
            "play_confidence",
            "content_prior",
            "sound_model",
            "audio_vectors",
            "raw_tracks",
            *_WRITTEN,
            TRACK_ANALYSIS.name,
        ),
        *_every_submission(*(table.name for table in _TABLES)),
    ],
    about="In the space of the day, from what was known at its end.",
)
def placements(context: dg.AssetExecutionContext, home: HomeResource) -> pl.DataFrame:
    """Place by content and by the few listeners there are."""
    return make_placements(partition_days(context), home.lake, home.settings.placing)


@lake_asset(
    ARTIST_MOVES,
    partitions=DAILY,
    kinds={"numpy"},
    deps=[
        *_SPACE,
        "play_confidence",
        "content_prior",
        "audio_vectors",
        "raw_tracks",
        "raw_artists",
        *_WRITTEN,
        "entity_terms",
        PLACEMENTS.name,
    ],
    about="The day's report: from where to where, and because of what.",
)
def artist_moves(context: dg.AssetExecutionContext, home: HomeResource) -> pl.DataFrame:
    """Place with and without articles, and compare."""
    days = partition_days(context)
    rows = make_moves(days, home.lake, home.settings.placing)
    newest = rows.filter(pl.col(c.DATE) == days[-1])
    names = read_names(home.lake, days[-1])
    drawn = draw_moves(newest, names, title=f"Moved by articles on {days[-1]}")
    context.add_output_metadata(
        {
            "moves": picture(drawn, "moves"),
            "furthest": dg.MetadataValue.md(markdown_table(list_moves(newest, names))),
            "sentences": dg.MetadataValue.md(markdown_quotes(quote_moves(newest, names))),
            # Mixes are made of places, so a day's report can not read them: their own pages list what they cite.
            **{f"cited in {mix}": dg.MetadataValue.asset(dg.AssetKey(mix)) for mix in _MIXES_THAT_CITE},
        }
    )
    return rows


@lake_multi_asset(
    (FIRST_LISTENERS, AUDIENCES),
    name="listener_scoring",
    partitions=DAILY,
    kinds={"numpy"},
    deps=[
        PLACEMENTS.name,
        *_SPACE,
        "play_confidence",
        "entity_text",
        "raw_tracks",
        "raw_playlists",
        "raw_playlist_tracks",
    ],
    about="In the space of the day.",
)
def listener_scoring(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[dg.Output]:
    """Score listeners for the submissions placed on each day."""
    scored = score_days(partition_days(context), home.lake, home.settings.first_listeners, home.settings.placing)
    yield from outputs((FIRST_LISTENERS, AUDIENCES), scored)


@lake_asset(
    SUBMISSION_PREVIEW,
    partitions=SUBMISSIONS,
    kinds={"numpy"},
    deps=[
        *(table.name for table in _TABLES),
        *(dg.AssetDep(name, partition_mapping=dg.LastPartitionMapping()) for name in (*_SPACE, "content_prior")),
    ],
    about="Without a row where it was refused, or no space is there yet. What is out keeps the last one from before.",
)
def submission_preview(context: dg.AssetExecutionContext, home: HomeResource) -> Slices:
    """Place it in the newest space and draw its audience."""
    now, said = datetime.now(tz=UTC), home.settings
    ids = split_settled(context, SUBMISSION_PREVIEW, lambda ids: settled_previews(ids, home.lake, now))
    newest = read_newest(home.lake, now)
    rows = preview_submissions(ids, newest, home.lake, said.placing, first_listeners=said.first_listeners, now=now)
    space_map = home.lake.open(SPACE_MAP).only(rows["as_of"].unique()).read()
    pages = {row[c.SUBMISSION_ID]: _audience_page(row, space_map) for row in rows.iter_rows(named=True)}
    tell_partitions(context, SUBMISSION_PREVIEW.name, pages)
    return Slices(rows, ids)


def _audience_page(row: Mapping[str, Any], space_map: pl.DataFrame) -> dict[str, dg.MetadataValue]:
    drawn = draw_audience(row, space_map, title=row[c.SUBMISSION_ID])
    return {"audience": picture(drawn, "audience"), "reach": dg.MetadataValue.text(reach_line(row))}


@lake_asset(
    SUBMISSION_STATES,
    partitions=DAILY,
    kinds={"polars"},
    ins={"raw_tracks": dg.AssetIn()},
    deps=[
        *_every_submission(*(table.name for table in (*_TABLES, SUBMISSION_PREVIEW))),
        PLACEMENTS.name,
        FIRST_LISTENERS.name,
    ],
    about="As known at the end of the day.",
)
def submission_states(context: dg.AssetExecutionContext, home: HomeResource, raw_tracks: TableVersion) -> pl.DataFrame:
    """Gather what the tables tell, day by day."""
    tables = (*_TABLES, PLACEMENTS, FIRST_LISTENERS, SUBMISSION_PREVIEW)
    analyses, verdicts, *others = (home.lake.open(table) for table in tables)
    sources = StateSources(verdicts, analyses, raw_tracks, *others)
    return per_day(context, SUBMISSION_STATES, lambda day: states_before(sources, _end_of(day)))


def _end_of(day: date) -> datetime:
    return midnight(day + timedelta(days=1))


cold_start_checks = [
    gate_check(
        ARTIST_MOVES,
        name="nobody_well_evidenced_moves",
        judge=lambda moves, day, _home: nobody_well_evidenced_moves(moves.only([day]).read()),
        partitions=DAILY,
        about="Whom many listeners place, articles leave there.",
    ),
    gate_check(
        SUBMISSION_VERDICTS,
        name="is_not_rejected",
        judge=lambda verdicts, submission_id, _home: is_not_rejected(verdicts, submission_id),
        partitions=SUBMISSIONS,
        about="The submission can be used; of one that can not, why.",
        each_partition=True,
    ),
    gate_check(
        PLACEMENTS,
        name="every_submission_has_a_place",
        judge=lambda placed, day, home: every_submission_has_a_place(
            placed.only([day]).read(), count_to_place(home.lake, day)
        ),
        partitions=DAILY,
        about="Every accepted or late submission that is not long released has a place in the day's space.",
    ),
]
