"""``recsys import``: real listening in public formats into the landing zone."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import home_from_environment, today
from recsys_assets.core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from recsys_assets.core.home import Home
    from recsys_assets.raw.importers.engine import ImportSummary

imports = typer.Typer(
    help="Import real listening into the landing zone. An import that was stopped goes on where it was.",
    no_args_is_help=True,
)

# A day knows the totals that were counted before it: four weeks ago, the anchors of the newest Mondays know them all.
TOTALS_AGE_DAYS = 28

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="The files, in any order.", show_default=False)]
User = Annotated[str, typer.Option(help="The listener's id: the format names none.", show_default=False)]


@imports.command("lastfm-2k")
def lastfm_2k(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Unpacked hetrec2011-lastfm-2k.", show_default=False)],
    *,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="The day up to which totals count; by default four weeks ago."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import the HetRec 2011 Last.fm set.

    Its play counts have no days and become totals; its items are artists, so each also gets one track that stands for
    it. The set is of 2011: beside live listening, totals fade from --as-of on, so with 2011-05-31 they all but vanish;
    with a late day its listeners are those of today. Alone, they count whole.

    Example: recsys import lastfm-2k ~/hetrec2011-lastfm-2k
    """
    from recsys_assets.core.windows import parse_day
    from recsys_assets.raw.importers.lastfm_2k import import_lastfm_2k

    _require((folder,))
    day = parse_day(as_of) if as_of else today() - timedelta(days=TOTALS_AGE_DAYS)
    _run("lastfm-2k", lambda **where: import_lastfm_2k(folder, as_of=day, **where), as_json=as_json)


@imports.command("mpd")
def mpd(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder, or one slice.", show_default=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Import the Million Playlist Dataset.

    Its slices (mpd.slice.*.json), or a folder with playlists.parquet and playlist_tracks.parquet.

    Example: recsys import mpd ~/spotify_million_playlist_dataset/data
    """
    from recsys_assets.raw.importers.mpd import import_mpd

    _require((path,))
    _run("mpd", lambda **where: import_mpd(path, **where), as_json=as_json)


@imports.command("listenbrainz")
def listenbrainz(
    files: Files,
    *,
    user: Annotated[str | None, typer.Option(help="The listener, for lines that name none.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import listens and feedback of ListenBrainz, JSON Lines, also packed (.zst).

    Example: recsys import listenbrainz listens.jsonl.zst feedback.jsonl
    """
    from recsys_assets.raw.importers.listenbrainz import import_listenbrainz

    _require(files)
    _run("listenbrainz", lambda **where: import_listenbrainz(files, user=user, **where), as_json=as_json)


@imports.command("spotify-history")
def spotify_history(files: Files, *, user: User, as_json: AsJson = False) -> None:
    """Import an extended streaming history; addresses and user names stay behind.

    Example: recsys import spotify-history Streaming_History_Audio_*.json --user me
    """
    from recsys_assets.raw.importers.spotify_history import import_spotify_history

    _require(files)
    _run("spotify-history", lambda **where: import_spotify_history(files, user=user, **where), as_json=as_json)


@imports.command("scrobbler-log")
def scrobbler_log(
    files: Files,
    *,
    user: User,
    utc_offset_minutes: Annotated[
        int, typer.Option(help="How far the player's clock is ahead of UTC, for logs that do not say.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Import Audioscrobbler logs (1.1) of a portable player.

    Example: recsys import scrobbler-log .scrobbler.log --user me
    """
    from recsys_assets.raw.importers.scrobbler_log import import_scrobbler_log

    _require(files)

    def work(**where: Any) -> "ImportSummary":
        return import_scrobbler_log(files, user=user, utc_offset_minutes=utc_offset_minutes, **where)

    _run("scrobbler-log", work, as_json=as_json)


@imports.command("articles")
def articles(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Markdown or HTML files.", show_default=False)],
    *,
    site: Annotated[str | None, typer.Option(help="What the site is called; by default the folder's name.")] = None,
    fetched: Annotated[
        str, typer.Option(metavar="now|published", help="From when on the articles are known: see below.")
    ] = "now",
    language: Annotated[str | None, typer.Option(help="ISO 639-1, for files that do not say.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import a folder of articles: Markdown with front matter, or saved web pages.

    With --fetched now they are known from today on. With --fetched published each is known from the day on which it was
    published, as if a crawl had read it then: for archives, and only where that is true of what they say.

    Example: recsys import articles ~/newsletter/articles --fetched published --language en
    """
    from recsys_assets.cli.show import print_json, print_table, say
    from recsys_assets.raw.importers.articles import import_articles

    _require((folder,))
    home = home_from_environment()
    _require_real_world(home)
    counters = import_articles(folder, landing=home.landing, site=site, fetched=fetched, language=language)
    if as_json:
        print_json(counters)
        return
    rows = [("taken", "articles", f"{counters['articles']:,}")]
    rows += [("left", reason, f"{count:,}") for reason, count in counters["left"].items()]
    print_table(rows, ("", "what", "files"), numbers=("files",))
    if counters["first_day"]:
        say(f"{counters['first_day']} to {counters['last_day']}; written to {home.landing}; next: make run")


@imports.command("musicbrainz")
def musicbrainz(files: Files, *, as_json: AsJson = False) -> None:
    """Import artists and recordings of MusicBrainz's JSON dumps, JSON Lines, also packed (.gz, .zst).

    Their genres, and tags that at least two people gave, become the catalogue's genres. The dumps come as .tar.xz:
    unpack them first; the lines are in mbdump/artist and mbdump/recording.

    Example: recsys import musicbrainz mbdump/artist mbdump/recording
    """
    from recsys_assets.raw.importers.musicbrainz import import_musicbrainz

    _require(files)
    _run("musicbrainz", lambda **where: import_musicbrainz(files, **where), as_json=as_json)


def _require(paths: "list[Path] | tuple[Path, ...]") -> None:
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise InvalidArgumentError(f"not there: {', '.join(missing)}")


def _require_real_world(home: "Home") -> None:
    if home.demo_truth.exists():
        raise InvalidArgumentError(
            f"{home.root} holds a made-up world, whose gates on quality only warn: import into another RECSYS_HOME, or "
            "empty this one first (`make clean-data`)"
        )


def _run(what: str, work: "Callable[..., ImportSummary]", *, as_json: bool) -> None:
    """Import into this installation, show how far it is, and say what was taken and what was left."""
    from recsys_assets.cli.show import note, print_json, print_table, progress, say

    home = home_from_environment()
    _require_real_world(home)
    with progress(f"import {what}") as told:
        summary = work(landing=home.landing, state=home.state, arrived_on=today(), progress=told)
    if as_json:
        print_json({
            "importer": summary.importer, "feed": summary.feed, "taken": dict(summary.taken),
            "left": dict(summary.left), "first_day": summary.first_day, "last_day": summary.last_day,
            "notes": summary.notes, "was_complete": summary.was_complete,
        })  # fmt: skip
        return
    rows = [("taken", name, f"{count:,}") for name, count in summary.taken.items()]
    rows += [("left", reason, f"{count:,}") for reason, count in summary.left.items()]
    print_table(rows, ("", "what", "entries"), numbers=("entries",))
    for sentence in summary.notes:
        note(sentence)
    if summary.first_day:
        say(f"{summary.first_day} to {summary.last_day}; the first day of the graph is RECSYS_FIRST_DAY")
    say(f"written to {home.landing}; next: make run")
