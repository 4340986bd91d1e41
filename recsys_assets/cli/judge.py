"""``recsys evaluate``: protocols on public data, ours beside its peers in the same run."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys_assets.cli.edge import ManyValues, require_target, seeds_from
from recsys_assets.core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from recsys_assets.evaluation.cold_start_data import ColdStartData
    from recsys_assets.evaluation.report import Report

evaluate = typer.Typer(help="Judge the models on public data, beside baselines.", no_args_is_help=True)

Seeds = Annotated[str, typer.Option(metavar="N…", help="One run per seed: --seeds 0 1 2")]
JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write JSON; - for the terminal.")]


@evaluate.command("holdout", cls=ManyValues)
def holdout(
    *,
    path: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the data set.", show_default=False)],
    dataset: Annotated[str, typer.Option(help="Which data set it is.")] = "lastfm-2k",
    seeds: Seeds = "0,1,2",
    json_file: JsonFile = None,
) -> None:
    """Hide a fifth of each listener's artists and look for them among all.

    Example: recsys evaluate holdout --dataset lastfm-2k --path data/lastfm-2k --seeds 0 1 2
    """
    from recsys_assets.evaluation.holdout import evaluate_holdout
    from recsys_assets.evaluation.peers import PLAY_COUNT_PEERS

    _require_folder(path, json_file)
    chosen = seeds_from(seeds)
    steps = len(chosen) * (len(PLAY_COUNT_PEERS) + 1)
    report = _followed("holdout", steps, lambda say: evaluate_holdout(dataset, path, chosen, progress=say))
    _show(report, json_file)


@evaluate.command("missing-track", cls=ManyValues)
def missing_track(
    *,
    playlists: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the playlists.", show_default=False)],
    seeds: Seeds = "0,1,2,3,4",
    json_file: JsonFile = None,
) -> None:
    """Hide one track of each playlist and look where it is ranked.

    Example: recsys evaluate missing-track --playlists data/mpd --seeds 0 1 2 3 4
    """
    from recsys_assets.evaluation.missing_track import evaluate_missing_track
    from recsys_assets.evaluation.peers import PLAYLIST_PEERS

    _require_folder(playlists, json_file)
    chosen = seeds_from(seeds)
    steps = len(chosen) * (len(PLAYLIST_PEERS) + 1)
    report = _followed("missing track", steps, lambda say: evaluate_missing_track(playlists, chosen, progress=say))
    _show(report, json_file)


@evaluate.command("tail", cls=ManyValues)
def tail(
    *,
    playlists: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the playlists.", show_default=False)],
    bios: Annotated[
        Path, typer.Option(metavar="FILE", help="A parquet file of artist_name and text.", show_default=False)
    ],
    seeds: Seeds = "0,1,2,3,4",
    json_file: JsonFile = None,
) -> None:
    """Hide one track of each playlist and look where those of artists in few playlists are, with and without text.

    Example: recsys evaluate tail --playlists data/mpd --bios data/bios.parquet --seeds 0 1 2 3 4
    """
    from recsys_assets.evaluation.tail import STEPS_PER_SEED, evaluate_tail

    for path in (playlists, bios):
        _require_folder(path, json_file)
    chosen = seeds_from(seeds)
    steps = len(chosen) * STEPS_PER_SEED
    _show(_followed("tail", steps, lambda say: evaluate_tail(playlists, bios, chosen, progress=say)), json_file)


@evaluate.command("cold-start", cls=ManyValues)
def cold_start(
    *,
    playlists: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of public playlists.")] = None,
    descriptors: Annotated[
        Path | None, typer.Option(metavar="DIR", help="CSV files with the sound descriptors of their tracks.")
    ] = None,
    bios: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A parquet file of artist_name and text, to place by text too.")
    ] = None,
    seeds: Seeds = "0,1,2,3,4",
    json_file: JsonFile = None,
) -> None:
    """Take all listening away from some tracks and rank them by artist and sound.

    Without folders it is done in RECSYS_HOME, with its listeners and the analysis of its recordings.

    Example: recsys evaluate cold-start --playlists data/mpd --descriptors data/spotify-features --seeds 0 1 2 3 4
    """
    from recsys_assets.evaluation.cold_start import STEPS_PER_SEED, evaluate_cold_start

    chosen = seeds_from(seeds)
    data = _cold_start_data(playlists, descriptors, bios, json_file)
    steps = len(chosen) * STEPS_PER_SEED
    report = _followed("cold start", steps, lambda say: evaluate_cold_start(data, chosen, progress=say))
    _show(report, json_file)


def _cold_start_data(
    playlists: Path | None, descriptors: Path | None, bios: Path | None, json_file: Path | None
) -> "ColdStartData":
    """Read public data where both folders are given, the lake where none is.

    Raises:
        InvalidArgumentError: one folder without the other, biographies without them, or what a folder lacks.
    """
    from recsys_assets.evaluation.cold_start_data import read_lake, read_public

    if (playlists is None) != (descriptors is None):
        raise InvalidArgumentError(
            "public data need --playlists and --descriptors, both; without either, RECSYS_HOME is read"
        )
    if bios is not None and playlists is None:
        raise InvalidArgumentError("--bios are joined with public data: give --playlists and --descriptors too")
    for path in (playlists, descriptors, bios):
        _require_folder(path or Path(), json_file)
    if playlists is not None and descriptors is not None:
        return read_public(playlists, descriptors, bios)
    from recsys_assets.cli.edge import require_home
    from recsys_assets.core.lake import Lake

    return read_lake(Lake(require_home().lake))


@evaluate.command("analogies")
def analogies(*, json_file: JsonFile = None) -> None:
    """Ask a demo world's newest space "studio B + live A - studio A" and look for "live B" in the first ten.

    Example: recsys evaluate analogies
    """
    from recsys_assets.cli.edge import require_home
    from recsys_assets.core.lake import Lake
    from recsys_assets.evaluation.analogies import evaluate_analogies

    _require_json_target(json_file)
    home = require_home()
    _show(evaluate_analogies(Lake(home.lake), home.demo_truth), json_file)


@evaluate.command("audio")
def audio(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Recordings with a manifest.csv.", show_default=False)],
    json_file: JsonFile = None,
) -> None:
    """Hear tempo, key, beats and chords in annotated recordings, beside plain librosa.

    DIR/manifest.csv has the columns file,tempo_bpm,key,beats_file,chords_file; any but the first may be empty. Keys are
    written Db:maj, beats one time on each line, chords `start end label`.

    Example: recsys evaluate audio data/annotated --json audio.json
    """
    from recsys_assets.evaluation.audio import evaluate_audio
    from recsys_assets.evaluation.audio_manifest import read_manifest

    _require_folder(folder, json_file)
    steps = 2 * len(read_manifest(folder))
    _show(_followed("audio", steps, lambda say: evaluate_audio(folder, progress=say)), json_file)


@evaluate.command("extraction")
def extraction(
    *,
    benchmark: Annotated[
        Path, typer.Option(metavar="DIR", help="ground-truth.json and html/*.html.gz.", show_default=False)
    ],
    json_file: JsonFile = None,
) -> None:
    """Find the article of saved web pages in which a person marked it, beside all text of the page.

    Shingles of four words, as the public article-extraction benchmark counts them.

    Example: recsys evaluate extraction --benchmark data/html-articles --json -
    """
    from recsys_assets.evaluation.extraction import MODELS, evaluate_extraction

    _require_folder(benchmark, json_file)
    steps = len(MODELS)
    _show(_followed("extraction", steps, lambda say: evaluate_extraction(benchmark, progress=say)), json_file)


@evaluate.command("first-listeners")
def first_listeners(*, json_file: JsonFile = None) -> None:
    """Ask a demo world's planted truth whether the first listeners of its submissions are those who would love them.

    Example: recsys evaluate first-listeners
    """
    from recsys_assets.cli.edge import require_home
    from recsys_assets.cold_start.placing import PlacingParams
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.sections import read_section
    from recsys_assets.evaluation.first_listeners import evaluate_first_listeners

    _require_json_target(json_file)
    home = require_home()
    placing = read_section(PlacingParams, home.settings, "placing")
    _show(evaluate_first_listeners(Lake(home.lake), home.demo_truth, placing=placing), json_file)


@evaluate.command("genre")
def genre(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="One folder per genre.", show_default=False)],
    json_file: JsonFile = None,
) -> None:
    """Guess the genre of clips from their sound, beside 87 plain statistics with a support vector machine.

    The name of a folder is the genre of the recordings in it. Ten times ten-fold cross-validation.

    Example: recsys evaluate genre data/clips --json genre.json
    """
    from recsys_assets.evaluation.genre import evaluate_genre

    _require_folder(folder, json_file)
    _show(_followed("genre", 3, lambda say: evaluate_genre(folder, progress=say)), json_file)


@evaluate.command("mentions", cls=ManyValues)
def mentions(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Marked requests: test.bio.", show_default=False)],
    gazetteer: Annotated[
        str, typer.Option(metavar="DIR…", help="Folders of names: playlist_tracks.parquet or artists.dat.")
    ] = "",
    json_file: JsonFile = None,
) -> None:
    """Find artists and titles in requests for music, beside plain longest match with the same names.

    DIR holds test.bio, or folders that do: one word, a tab and its tag on each line. Without --gazetteer the names are
    those of the folders mpd-dev and lastfm-2k beside DIR or above it.

    Example: recsys evaluate mentions data/music-ner --gazetteer data/mpd-dev data/lastfm-2k
    """
    from recsys_assets.evaluation.mentions import evaluate_mentions, names_near

    _require_folder(folder, json_file)
    names = [Path(each) for each in gazetteer.split(",")] if gazetteer else names_near(folder)
    _show(_followed("mentions", 3, lambda say: evaluate_mentions(folder, names, progress=say)), json_file)


@evaluate.command("text-similarity")
def text_similarity(
    *,
    bios: Annotated[Path, typer.Option(metavar="DIR", help="Texts, <artist id>.txt each.", show_default=False)],
    gold: Annotated[
        Path, typer.Option(metavar="FILE", help="An artist, a tab, its similar artists.", show_default=False)
    ],
    json_file: JsonFile = None,
) -> None:
    """Find who is alike from biographies alone, beside TF-IDF cosine.

    The rows "other_half" are of the artists that settings were not optimised on.

    Example: recsys evaluate text-similarity --bios data/bios --gold data/similar.txt --json text.json
    """
    from recsys_assets.evaluation.text_similarity import STEPS, evaluate_text_similarity

    _require_folder(bios, json_file)
    report = _followed("text similarity", STEPS, lambda say: evaluate_text_similarity(bios, gold, progress=say))
    _show(report, json_file)


def _require_folder(path: Path, json_file: Path | None) -> None:
    """Refuse what can be refused before minutes of work: no data, or nowhere to write to.

    Raises:
        InvalidArgumentError: says which.
    """
    if not path.exists():
        raise InvalidArgumentError(f"{path} is not there: give the folder of the data")
    _require_json_target(json_file)


def _require_json_target(json_file: Path | None) -> None:
    if json_file is not None and str(json_file) != "-":
        require_target(json_file, "--json")


def _followed(what: str, steps: int, work: Callable[[Callable[[str], None]], "Report"]) -> "Report":
    """Run some work and show each step that it says it begins."""
    from recsys_assets.cli.show import progress

    begun = 0
    with progress(what) as told:

        def say(step: str) -> None:
            nonlocal begun
            told(begun, steps, step)
            begun += 1

        report = work(say)
        told(steps, steps)
    return report


def _show(report: "Report", json_file: Path | None) -> None:
    from recsys_assets.cli.show import console
    from recsys_assets.evaluation.report import build_table

    if str(json_file) == "-":
        typer.echo(report.to_json())
        return
    console(markup=True).print(build_table(report))
    if json_file is not None:
        json_file.write_text(report.to_json() + "\n", encoding="utf-8")
