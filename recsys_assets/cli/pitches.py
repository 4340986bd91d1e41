"""Commands about tracks before their release: ``submit`` and ``submissions``. Judging them is the graph's."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import home_from_environment, right_now
from recsys_assets.cli.listen import AsJson, Limit
from recsys_assets.cli.waiting import WAITS, waiting
from recsys_assets.core.errors import InvalidArgumentError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.home import Home
    from recsys_assets.raw.receipts import Receipt

# Ids, days, states and times take seventy columns; less than twenty for a title, an artist and a reason are one word a line.
LEAST_TABLE_WIDTH = 130


def submit(
    file: Annotated[
        Path | None, typer.Argument(help="The recording: wav, flac, ogg, mp3 or m4a.", show_default=False)
    ] = None,
    *,
    title: Annotated[str | None, typer.Option(help="Title as shown.")] = None,
    artist: Annotated[
        list[str] | None, typer.Option(help="A credited artist, by name; several times for several.")
    ] = None,
    artist_id: Annotated[
        list[str] | None, typer.Option(help="The catalogue's id of the artist in the same place, where names repeat.")
    ] = None,
    release_date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="First day anybody may hear it.")
    ] = None,
    genre: Annotated[list[str] | None, typer.Option(help="A genre; several times for several.")] = None,
    mood: Annotated[list[str] | None, typer.Option(help="A mood word; several times for several.")] = None,
    isrc: Annotated[str | None, typer.Option(help="International Standard Recording Code.")] = None,
    label: Annotated[
        str | None, typer.Option(help="The label: verifies the artist where their record names it.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="The submitter's key: verifies the artist.", envvar="RECSYS_SUBMITTER_KEY", show_envvar=True),
    ] = None,
    text: Annotated[str | None, typer.Option(help="What there is to say about it.")] = None,
    track_id: Annotated[str | None, typer.Option(help="The id it will have in the catalogue.")] = None,
    explicit: Annotated[bool | None, typer.Option("--explicit/--not-explicit", help="Whether it is explicit.")] = None,
    replaces: Annotated[str | None, typer.Option(metavar="ID", help="The submission that this one corrects.")] = None,
    withdraw: Annotated[
        str | None, typer.Option(metavar="ID", help="Take this submission back, and nothing else.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Submit a recording before its release, or take one back.

    Example: recsys submit song.flac --title Rain --artist Ann --release-date 2027-01-15 --label "Small Records"
    """
    from recsys_assets.cli.show import print_json, say
    from recsys_assets.cold_start import submitting

    home = home_from_environment()
    said = {
        "title": title, "artists": _credits(artist, artist_id), "release_date": release_date, "genres": genre,
        "moods": mood, "isrc": isrc, "label": label, "submitter_key": key, "text": text, "track_id": track_id,
        "is_explicit": explicit, "replaces": replaces,
    }  # fmt: skip
    said = {name: value for name, value in said.items() if value not in (None, [])}
    if withdraw is None:
        receipt, lines = _submit(home, file, said)
    elif file is None and said.keys() <= {"submitter_key"}:
        receipt = submitting.withdraw(home.landing, home.state, withdraw, right_now())
        lines = [f"{withdraw} is taken back, received {_time(receipt.received_at)}", f"It {WAITS}."]
    else:
        raise InvalidArgumentError("--withdraw takes an id and nothing else")
    if as_json:
        print_json({"submission_id": receipt.submission_id, "received_at": receipt.received_at, "said": lines})
        return
    for line in lines:
        say(line)


def _submit(home: "Home", file: Path | None, said: dict[str, Any]) -> "tuple[Receipt, list[str]]":
    """Write the folder; return its receipt and what there is to say of it."""
    from recsys_assets.cold_start import submitting

    if file is None:
        raise InvalidArgumentError("name a FILE, or --withdraw ID: see `recsys submit --help`")
    receipt = submitting.submit(home.landing, home.state, file, said, right_now())
    return receipt, [
        f"submitted as {receipt.submission_id}, received {_time(receipt.received_at)}",
        _when(home, date.fromisoformat(said["release_date"]), receipt.received_at),
        f"It {WAITS}; that run hears it and says whether it is accepted.",
        f"Then: recsys submissions {receipt.submission_id}, recsys audience {receipt.submission_id}",
    ]


def _credits(names: list[str] | None, ids: list[str] | None) -> list[object]:
    if not ids:
        return list(names or [])
    if names and len(names) != len(ids):
        raise InvalidArgumentError(
            f"{len(ids)} --artist-id for {len(names)} --artist: give one for each, in their order"
        )
    return [{"name": name, "artist_id": artist_id} for name, artist_id in zip(names or ids, ids, strict=True)]


def _when(home: "Home", released_on: date, received_at: datetime) -> str:
    from recsys_assets.cold_start.params import SubmissionParams
    from recsys_assets.core.windows import friday_of, midnight

    days = SubmissionParams.read(home.settings).days_ahead
    ahead = (midnight(released_on) - received_at) / timedelta(days=1)
    if ahead >= days:
        return f"On time: {ahead:.1f} days ahead, for the Release Radar of {friday_of(released_on)}."
    return f"Late: {max(ahead, 0):.1f} days ahead, on time is {days}. It is released, but not offered for its sound."


def submissions(
    submission: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only this one, with all its states.", show_default=False)
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show how far submissions have come, the newest first.

    States in order: received, accepted (or late, or rejected), analysed, placed, scored, released. A later one holds the earlier.

    Example: recsys submissions sub_0022
    """
    from recsys_assets.cli.show import note, print_json
    from recsys_assets.cold_start.states import State
    from recsys_assets.cold_start.tables import STATE
    from recsys_assets.core import columns as c

    home = home_from_environment()
    rows = _states_now(home)
    if submission is not None:
        _show_one(home, rows, submission, as_json=as_json)
        return
    received = dict(rows.filter(rows[STATE] == State.RECEIVED).select(c.SUBMISSION_ID, c.AT).iter_rows())
    newest = sorted(
        rows.filter(rows["is_current"]).iter_rows(named=True),
        key=lambda row: (received[row[c.SUBMISSION_ID]], row[c.SUBMISSION_ID]),
        reverse=True,
    )
    shown = [_plain(row, received[row[c.SUBMISSION_ID]]) for row in newest]
    if as_json:
        print_json({"submissions": len(shown), "rows": shown[:limit]})
        return
    if not shown:
        note(f"nothing was submitted to {home.landing / 'submissions'} yet: `recsys submit --help`")
        return
    _print_list(shown[:limit])
    if len(shown) > limit:
        note(f"{len(shown) - limit:,} older ones: --limit {len(shown)} shows them")


def _print_list(rows: list[dict[str, Any]]) -> None:
    """Write a table where there is room for one, else each submission on lines of its own."""
    from recsys_assets.cli.show import CELL_LENGTH, console, print_table, say
    from recsys_assets.core.text import display

    told = [row | {"submission": row["submission_id"], "since": _time(row["since"])} for row in rows]
    if console().width >= LEAST_TABLE_WIDTH:
        columns = ("submission", "title", "artist", "release", "state", "since", "why")
        whole = ("submission", "release", "state", "since")
        print_table([tuple(row[name] for name in columns) for row in told], columns, whole=whole)
        return
    for row in told:
        release = f", out on {row['release']}" if row["release"] else ""
        say(f"{row['submission']}: {row['state']} since {row['since']}{release}")
        name = f"{row['title'] or '(no title)'} by {row['artist'] or '(nobody)'}"
        for line in (name, row["why"]):
            if line:
                say(f"  {display(line, max_length=CELL_LENGTH)}")


def _plain(row: dict[str, Any], received_at: datetime) -> dict[str, Any]:
    return {
        "submission_id": row["submission_id"],
        "title": row["title"],
        "artist": ", ".join(row["artist_names"] or ()),
        "release": row["released_on"],
        "state": row["state"],
        "since": row["at"],
        "why": row["reason"],
        "received_at": received_at,
    }


def _show_one(home: "Home", rows: "pl.DataFrame", submission_id: str, *, as_json: bool) -> None:
    from recsys_assets.cli.show import print_json, print_table, say
    from recsys_assets.cold_start.tables import SUBMISSION_VERDICTS
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake

    mine = rows.filter(rows[c.SUBMISSION_ID] == submission_id)
    if mine.is_empty():
        raise InvalidArgumentError(f"there is no submission {submission_id!r}: `recsys submissions` lists them")
    states = [{"state": row["state"], "since": row["at"], "why": row["reason"]} for row in mine.iter_rows(named=True)]
    verdicts = (
        Lake(home.lake).open(SUBMISSION_VERDICTS).only([submission_id]).read().sort("received_at").tail(1).to_dicts()
    )
    if as_json:
        print_json({"submission_id": submission_id, "states": states, "verdict": verdicts[0] if verdicts else None})
        return
    print_table(
        [(state["state"], _time(state["since"]), state["why"]) for state in states],
        ("state", "since", "why"),
        title=submission_id,
        whole=("state", "since"),
    )
    for row in verdicts:
        say(
            f"{row['title'] or '(no title)'} by {', '.join(row['artist_names'] or ()) or '(nobody)'}: {row['track_id']}"
        )
        copy = row["duplicate_of"] and f"sounds the same as {row['duplicate_of']}"
        for told in (row["claim_note"], copy):
            # The table of states has said it where it is a reason.
            if told and not any(told in (state["why"] or "") for state in states):
                say(told)


def _states_now(home: "Home") -> "pl.DataFrame":
    """States as of now, folders that no run has looked at among them."""
    import polars as pl

    from recsys_assets.cold_start.known_states import StateSources, states_before
    from recsys_assets.cold_start.place_tables import FIRST_LISTENERS, PLACEMENTS, SUBMISSION_PREVIEW
    from recsys_assets.cold_start.tables import RECEIVED_AT, SUBMISSION_ANALYSIS, SUBMISSION_STATES, SUBMISSION_VERDICTS
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.raw.tables import RAW_TRACKS

    lake = Lake(home.lake)
    tables = (SUBMISSION_VERDICTS, SUBMISSION_ANALYSIS, RAW_TRACKS, PLACEMENTS, FIRST_LISTENERS, SUBMISSION_PREVIEW)
    # A row of this very moment is known too.
    known = states_before(StateSources(*(lake.open(table) for table in tables)), right_now() + timedelta(seconds=1))
    judged = lake.open(SUBMISSION_VERDICTS).scan().group_by(c.SUBMISSION_ID).agg(pl.col(RECEIVED_AT).max())
    since = dict(judged.collect().iter_rows())
    rows = pl.DataFrame(waiting(home, since), schema=SUBMISSION_STATES.dtypes, orient="row").drop(c.DATE)
    anew = known[c.SUBMISSION_ID].is_in(rows[c.SUBMISSION_ID].to_list())
    return pl.concat([known.filter(~anew), rows])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
