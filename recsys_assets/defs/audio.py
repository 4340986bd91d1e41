"""Assets of ``audio``: what was heard in the recordings that landed, and the week's model of where sound places a track."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import polars as pl

from recsys_assets.audio.analyse import AnalysisParams
from recsys_assets.audio.batch import Batch, analyse_landing
from recsys_assets.audio.gates import unusable_recordings
from recsys_assets.audio.genre import GenreParams
from recsys_assets.audio.genre_guesses import genres_beat_the_commonest, guess_genres
from recsys_assets.audio.picture import draw_analysis
from recsys_assets.audio.sound_gates import sound_says_where
from recsys_assets.audio.sound_picture import training_page
from recsys_assets.audio.sound_tables import SOUND_MODEL, SOUND_MODEL_TRIALS, SOUND_TABLES
from recsys_assets.audio.sound_weeks import SoundSources, SoundWeekParams, make_sound_week, stack_weeks
from recsys_assets.audio.tables import GENRE_GUESSES, REJECTED_RECORDINGS, TRACK_ANALYSIS
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion
from recsys_assets.defs.checks import gate_check
from recsys_assets.defs.io_managers import Slices
from recsys_assets.defs.lake_assets import lake_asset, lake_multi_asset, outputs, per_day
from recsys_assets.defs.locks import held_until_stored
from recsys_assets.defs.metadata import picture
from recsys_assets.defs.partitions import WEEKLY_MONDAY, days_before_delivery, partition_days
from recsys_assets.defs.progress import progress_bar
from recsys_assets.defs.resources import HomeResource
from recsys_assets.play_matrix.params import WINDOW_DAYS
from recsys_assets.raw.ingest import working_folder

# A line for each twentieth of the work.
PROGRESS_LINES = 20


class AnalysisConfig(AnalysisParams, dg.Config):
    """What decides the analysis, as run configuration."""


@lake_multi_asset(
    (TRACK_ANALYSIS, REJECTED_RECORDINGS),
    name="recordings",
    partitions=None,
    kinds={"python"},
    about="From landing/audio/; new and changed files only, each on its own.",
)
def recordings(context: dg.AssetExecutionContext, config: AnalysisConfig, home: HomeResource) -> Iterator[dg.Output]:
    """Analyse, on all cores."""
    lock = home.home.state / "locks" / "audio"
    with held_until_stored((lock, True)), working_folder(home.home.state / "work") as folder:
        batch = analyse_landing(
            home.home.landing,
            home.lake.open(TRACK_ANALYSIS),
            home.lake.open(REJECTED_RECORDINGS),
            AnalysisParams(**config.model_dump()),
            workdir=folder,
            today=datetime.now(tz=UTC).date(),
            progress=_lines(context),
        )
        yield from _outputs(batch)


def _outputs(batch: Batch) -> Iterator[dg.Output]:
    note: dict[str, Any] = {"files": batch.n_files, "analysed_now": batch.n_analysed, "unusable": batch.n_rejected}
    if batch.sample:
        title = str(batch.sample[c.TRACK_ID])
        note["one of them"] = picture(draw_analysis(batch.sample, title), "Spectrogram, beats, chords and sections")
    yield dg.Output(Slices(batch.rows, batch.days), output_name=TRACK_ANALYSIS.name, metadata=note)
    yield dg.Output(Slices(batch.rejected, batch.rejected_days), output_name=REJECTED_RECORDINGS.name)


def _lines(context: dg.AssetExecutionContext) -> Callable[[int, int, int], None]:
    def say(done: int, total: int, refused: int) -> None:
        if done == total or done % max(total // PROGRESS_LINES, 1) == 0:
            context.log.info("recordings: %d of %d, %d can not be used", done, total, refused)

    return say


def _judge_recordings(rejected: TableVersion, _day: date, home: HomeResource) -> GateResult:
    return unusable_recordings(rejected.read(), home.lake.open(TRACK_ANALYSIS).rows)


recording_checks = [
    gate_check(
        REJECTED_RECORDINGS,
        name="unusable_recordings",
        judge=_judge_recordings,
        partitions=None,
        about="Every recording that landed could be analysed; one that could not is named, and the others were.",
        guards=TRACK_ANALYSIS,
    )
]


class GenreConfig(GenreParams, dg.Config):
    """How genre is learned, as run configuration."""


@lake_asset(
    GENRE_GUESSES,
    partitions=WEEKLY_MONDAY,
    kinds={"numpy"},
    about="Learned from the catalogue's own labels; a labelled track is guessed without its artists.",
)
def genre_guesses(
    context: dg.AssetExecutionContext,
    config: GenreConfig,
    track_analysis: TableVersion,
    raw_tracks: TableVersion,
    raw_artists: TableVersion,
) -> pl.DataFrame:
    """Learn and guess."""
    return per_day(
        context, GENRE_GUESSES, lambda week: guess_genres(week, track_analysis, raw_tracks, raw_artists, config)
    )


def _judge_genres(version: TableVersion, week: date, _home: HomeResource) -> GateResult:
    return genres_beat_the_commonest(version.only([week]).read())


genre_check = gate_check(
    GENRE_GUESSES,
    name="genres_beat_the_commonest",
    judge=_judge_genres,
    partitions=WEEKLY_MONDAY,
    about="Guesses hit the catalogue's labels more often than naming its commonest genre would.",
)


class SoundConfig(SoundWeekParams, dg.Config):
    """Which tracks a week's sound model learns from and how much is spent on it, as run configuration."""


@lake_multi_asset(
    SOUND_TABLES,
    name="sound",
    partitions=WEEKLY_MONDAY,
    kinds={"pytorch"},
    ins={"track_signals": dg.AssetIn(partition_mapping=days_before_delivery(-(-WINDOW_DAYS // 7)))},
    # tuner_trials: nothing is learned from a space that its gate refuses.
    deps=["tuner_trials"],
    about="Learned at the anchor, from recordings that had arrived before the Monday.",
)
def sound(
    context: dg.AssetExecutionContext,
    config: SoundConfig,
    track_analysis: TableVersion,
    anchor_track_vectors: TableVersion,
    raw_tracks: TableVersion,
    track_signals: TableVersion,
    raw_play_counts: TableVersion,
) -> Iterator[dg.Output]:
    """Train, choose and place."""
    sources = SoundSources(track_analysis, anchor_track_vectors, raw_tracks, track_signals, raw_play_counts)
    weeks = [
        (week, make_sound_week(week, sources, config, progress=progress_bar(context, f"sound model of {week}")))
        for week in partition_days(context)
    ]
    image, text = training_page(weeks)
    page = {"how it was chosen": dg.MetadataValue.md(text)}
    context.add_output_metadata(
        page | ({"training": picture(image, "Losses and held-out figures")} if image else {}),
        output_name=SOUND_MODEL.name,
    )
    yield from outputs(SOUND_TABLES, stack_weeks(weeks))


def _judge_sound(version: TableVersion, week: date, _home: HomeResource) -> GateResult:
    return sound_says_where(version.only([week]).read())


sound_check = gate_check(
    SOUND_MODEL_TRIALS,
    name="sound_says_where",
    judge=_judge_sound,
    partitions=WEEKLY_MONDAY,
    about="The week's sound model finds more true neighbours of held-out tracks than the mean place does.",
)
