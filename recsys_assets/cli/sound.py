"""``recsys sound``: what was heard in a track's recording, or in any file, in words and as a picture."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import home_from_environment, require_target, today
from recsys_assets.core.errors import InvalidArgumentError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.lake import Lake

_SHARES = (
    "energy", "brightness", "percussiveness", "aggressiveness", "danceability", "speech_share", "silence_share",
)  # fmt: skip
_BAR = 20
_SHOWN_CHORDS = 16


def sound(
    track_or_file: Annotated[
        str, typer.Argument(help="A track's or submission's id, or a recording's path.", show_default=False)
    ],
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Where the picture goes; by default below exports/sound/."),
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="As it was known on this day; today otherwise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show what a recording sounds like: key, tempo, chords, loudness, character; and draw it.

    A track is read from what the graph has analysed; a file is analysed now, in a process with limits.

    Example: recsys sound t_000001
    """
    from recsys_assets.audio.picture import draw_analysis
    from recsys_assets.cli.show import print_json, say
    from recsys_assets.core.files import written_aside
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.picture_text import writable
    from recsys_assets.core.windows import parse_day

    home = home_from_environment()
    target = require_target(picture, "--picture", suffix=".png") if picture else None
    row, title = _row(track_or_file, Lake(home.lake), parse_day(day) if day else today())
    target = target or home.exports / "sound" / f"{_file_name(track_or_file)}.png"
    with written_aside(target) as fresh:
        # What the font can not write would be boxes, and a warning for each.
        fresh.write_bytes(draw_analysis(row, writable(title) or ""))
    if as_json:
        kept = {name: value for name, value in row.items() if not isinstance(value, bytes)}
        print_json({"title": title, "picture": str(target), **kept})
        return
    _show(row, title)
    say(f"picture: {target}")


def _file_name(track_or_file: str) -> str:
    from urllib.parse import quote

    name = Path(track_or_file).stem if Path(track_or_file).is_file() else track_or_file
    return quote(name, safe=" ")[:150].replace(".", "%2E")


def _row(track_or_file: str, lake: "Lake", day: date) -> tuple[Mapping[str, Any], str]:
    """Return the analysis of a track or of a file, and what to call it.

    Raises:
        InvalidArgumentError: it is neither.
        UnusableRecordingError: the file can not be analysed.
    """
    import polars as pl

    from recsys_assets.audio.tables import TRACK_ANALYSIS, analysis_row, recordings_known
    from recsys_assets.cli.names import Names
    from recsys_assets.core import columns as c

    path = Path(track_or_file)
    if path.is_file():
        from recsys_assets.audio.safely import call_safely

        analysis = call_safely("recsys_assets.audio.analyse:analyse_file", (path.absolute(),))
        return analysis_row(analysis), path.name
    known = recordings_known(lake.open(TRACK_ANALYSIS), day).filter(pl.col(c.TRACK_ID) == track_or_file).collect()
    if known.is_empty():
        return _submitted(track_or_file, lake, day)
    names = Names.of(lake, known[c.TRACK_ID])
    title, artist = names.title(track_or_file), names.artist(track_or_file)
    return known.row(0, named=True), f"{title}, {artist}" if artist else title


def _submitted(submission: str, lake: "Lake", day: date) -> tuple[Mapping[str, Any], str]:
    """Return what was heard in a submission, by its id or that of its track, and what to call it.

    Raises:
        InvalidArgumentError: there is none, or nothing was heard in it; the message says what is known instead.
    """
    import polars as pl

    from recsys_assets.cold_start.tables import (
        CONTENT_SHA256,
        RECEIVED_AT,
        SUBMISSION_ANALYSIS,
        SUBMISSION_VERDICTS,
        verdicts_known,
    )
    from recsys_assets.core import columns as c
    from recsys_assets.core.windows import midnight

    verdicts = verdicts_known(lake.open(SUBMISSION_VERDICTS), midnight(day + timedelta(days=1)))
    mine = verdicts.filter((pl.col(c.SUBMISSION_ID) == submission) | (pl.col(c.TRACK_ID) == submission))
    for verdict in mine.sort(RECEIVED_AT, c.SUBMISSION_ID, descending=True).iter_rows(named=True):
        heard = lake.open(SUBMISSION_ANALYSIS).only([verdict[c.SUBMISSION_ID]]).scan()
        rows = heard.filter(pl.col(CONTENT_SHA256) == verdict[CONTENT_SHA256]).collect()
        if rows.height:
            artists = ", ".join(verdict["artist_names"] or ())
            title = verdict[c.TITLE] or submission
            return rows.row(0, named=True), f"{title}, {artists}" if artists else title
    raise InvalidArgumentError(
        f"{submission!r}: {_why_unheard(submission, mine, lake, day)}, and there is no such file"
    )


def _why_unheard(track_id: str, verdicts: "pl.DataFrame", lake: "Lake", day: date) -> str:
    import polars as pl

    from recsys_assets.audio.tables import REJECTED_RECORDINGS
    from recsys_assets.cold_start.tables import REJECTED, VERDICT
    from recsys_assets.core import columns as c

    refused = lake.open(REJECTED_RECORDINGS).scan().filter(pl.col(c.TRACK_ID) == track_id).collect()
    if refused.height:
        return f"its recording can not be used: {refused['detail'][0]}"
    for verdict in verdicts.filter(pl.col(VERDICT) == REJECTED).iter_rows(named=True):
        return f"nothing was heard in it, it was rejected: {verdict[c.REASON]}"
    return f"no recording of it was known on {day}"


def _show(row: Mapping[str, Any], title: str) -> None:
    from recsys_assets.audio.picture import describe_in_words
    from recsys_assets.cli.show import print_table, say

    say(f"{title}: {describe_in_words(row) or 'nothing to tell'}")
    print_table([(name, value, note) for name, value, note in _facts(row) if value], ("what", "value", "about it"))
    bars = [(name.replace("_", " "), f"{row[name]:.2f}", "█" * round(_BAR * row[name])) for name in _SHARES]
    print_table(bars, ("character", "0 to 1", ""), numbers=("0 to 1",))


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _facts(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    from recsys_assets.audio.picture import chord_name, key_name

    chords = [chord_name(span["label"]) for span in row["chords"]]
    named = [name for name in chords if name]
    shown = " ".join(named[:_SHOWN_CHORDS]) + (" …" if len(named) > _SHOWN_CHORDS else "")
    sections = " ".join(f"{span['label']} {span['start_s']:.0f}-{span['end_s']:.0f} s" for span in row["sections"])
    lufs, spread, peak = row["loudness_lufs"], row["loudness_range_lu"], row["true_peak_dbtp"]
    return [
        ("length", f"{row['duration_s']:.1f} s", f"{row['excerpt_s']:.0f} s of it analysed"),
        ("file", f"{row['source_rate_hz']:,} Hz", _many(row["n_channels"], "channel")),
        ("key", key_name(row), f"confidence {row['key_confidence']:.2f}"),
        (
            "tempo",
            f"{row['tempo_bpm']:.1f} bpm" if row["tempo_bpm"] else "",
            f"confidence {row['tempo_confidence']:.2f}",
        ),
        ("beats", f"{len(row['beat_times_s'])}", _many(len(row["downbeat_times_s"]), "bar")),
        ("chords", shown, _many(len(named), "chord")),
        ("progression", " ".join(row["reduced_chords"][:_SHOWN_CHORDS]), "in the key"),
        (
            "pitch",
            f"{row['pitch_median_hz']:.0f} Hz" if row["pitch_median_hz"] else "",
            f"over {row['pitch_range_semitones'] or 0:.0f} semitones",
        ),
        ("sections", sections, ""),
        (
            "loudness",
            f"{lufs:.1f} LUFS" if lufs is not None else "",
            f"range {spread:.1f} LU" if spread is not None else "",
        ),
        ("true peak", f"{peak:.1f} dBTP" if peak is not None else "", ""),
    ]
