"""``recsys audience``: who a submission could be for, before anybody has heard it."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys_assets.cli.edge import require_home, require_target
from recsys_assets.cli.listen import AsJson
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.home import Home
    from recsys_assets.core.lake import Lake

_SHOWN = 5


def audience(
    submission: Annotated[
        str, typer.Argument(metavar="SUBMISSION", help="Its id; `recsys submissions` lists them.", show_default=False)
    ],
    *,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="Where the picture goes; `exports/audiences/SUBMISSION.png` of the home otherwise."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how many listeners a submission can grow among, what it sits near, and where it would land; draw it.

    Example: recsys audience sub_0022
    """
    from recsys_assets.cli.landing_in import say_lands
    from recsys_assets.cli.show import note, print_json, say
    from recsys_assets.cold_start.audience_picture import draw_audience, funnel_line
    from recsys_assets.cold_start.tables import RECEIVED_AT, VERDICT
    from recsys_assets.core import columns as c
    from recsys_assets.core.files import written_aside
    from recsys_assets.core.lake import Lake
    from recsys_assets.latent.tables import SPACE_MAP

    target = require_target(picture, "--picture", suffix=".png") if picture else None
    home = require_home()
    lake = Lake(home.lake)
    verdict = _verdict(home, lake, submission)
    row = _newest_audience(lake, submission, verdict)
    told = {
        "submission_id": submission,
        "title": verdict[c.TITLE],
        "artists": verdict["artist_names"] or [],
        "verdict": verdict[VERDICT],
        "released_on": verdict[c.RELEASED_ON],
        **row,
        **_lands(lake, submission, verdict),
    }
    target = target or home.exports / "audiences" / f"{submission}.png"
    title = f"{told['title'] or submission} by {', '.join(told['artists']) or 'nobody named'}"
    space_map = lake.open(SPACE_MAP).only([row[c.AS_OF]]).read()
    with written_aside(target) as fresh:
        fresh.write_bytes(draw_audience(row, space_map, title=title))
    told["picture"] = str(target)
    if as_json:
        print_json(told)
        return
    said = f"{told['verdict']} on {verdict[RECEIVED_AT]:%Y-%m-%d}, scored in the space of {row[c.AS_OF]}"
    say(f"{title} · {said} · out on {told['released_on']}")
    say(funnel_line(row))
    say_lands(told)
    _say_where(lake, row)
    note(f"picture: {target}")


def _verdict(home: "Home", lake: "Lake", submission: str) -> dict[str, Any]:
    """Return the verdict on a submission as it lies there.

    Raises:
        InvalidArgumentError: there is none of that name, or it was refused; the message says why.
        MissingInputError: no run has judged what lies there.
    """
    from recsys_assets.cli.waiting import waiting
    from recsys_assets.cold_start.tables import RECEIVED_AT, REJECTED, STATE, SUBMISSION_VERDICTS, VERDICT, WITHDRAWN
    from recsys_assets.core import columns as c

    rows = lake.open(SUBMISSION_VERDICTS).only([submission]).scan().sort(RECEIVED_AT).collect()
    since = dict(rows.select(c.SUBMISSION_ID, RECEIVED_AT).tail(1).iter_rows())
    for row in waiting(home, since, only=submission):
        if row["is_current"] and row[STATE] == REJECTED:
            raise InvalidArgumentError(f"{submission!r} was rejected: {row[c.REASON]}")
        if row["is_current"]:
            what = "its correction" if since else "it"
            raise MissingInputError(f"{submission} has no audience yet: {what} {row[c.REASON]}")
    if rows.is_empty():
        raise InvalidArgumentError(f"there is no submission {submission!r}: `recsys submissions` lists them")
    verdict = rows.row(-1, named=True)
    if verdict[VERDICT] in {REJECTED, WITHDRAWN}:
        why = f": {verdict[c.REASON]}" if verdict[c.REASON] else ""
        raise InvalidArgumentError(f"{submission} was {verdict[VERDICT]}{why}; it has no audience")
    return verdict


def _newest_audience(lake: "Lake", submission: str, verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the audience of the newest day that tells it, or of the preview where that is newer, with ``as_of``.

    Raises:
        MissingInputError: it was scored nowhere yet.
    """
    import polars as pl

    from recsys_assets.cold_start.place_tables import AUDIENCES
    from recsys_assets.cold_start.placing import DAYS_AFTER_RELEASE
    from recsys_assets.cold_start.tables import RECEIVED_AT
    from recsys_assets.core import columns as c

    days = lake.open(AUDIENCES).scan().filter(pl.col(c.SUBMISSION_ID) == submission).rename({c.DATE: c.AS_OF})
    # What days said of earlier content is of no use.
    rows = days.filter(pl.col(c.AS_OF) >= verdict[RECEIVED_AT].date()).drop(c.SUBMISSION_ID).collect()
    at_once = _preview(lake, submission, verdict).select(rows.columns)
    found = pl.concat([rows, at_once]).sort(c.AS_OF, maintain_order=True)
    newest, last = _newest_day(lake), verdict[c.RELEASED_ON] + timedelta(days=DAYS_AFTER_RELEASE)
    if found.is_empty() and newest is not None and newest > last:
        raise MissingInputError(
            f"{submission} has no audience: it is out since {verdict[c.RELEASED_ON]}, and what is out for more than "
            f"{DAYS_AFTER_RELEASE} days is scored no more"
        )
    if found.is_empty():
        raise MissingInputError(
            f"{submission} has no audience yet: it is scored when a space is there and the `submission` or `daily` job "
            "has run over it (`make run`)"
        )
    return found.row(-1, named=True)


def _preview(lake: "Lake", submission: str, verdict: dict[str, Any]) -> "pl.DataFrame":
    """Return the preview of what came with the receipt that is judged; no row where there is none, or one of earlier content."""
    import polars as pl

    from recsys_assets.cold_start.place_tables import SUBMISSION_PREVIEW
    from recsys_assets.cold_start.tables import RECEIVED_AT

    rows = lake.open(SUBMISSION_PREVIEW).only([submission]).scan()
    return rows.filter(pl.col(RECEIVED_AT) == verdict[RECEIVED_AT]).collect()


def _lands(lake: "Lake", submission: str, verdict: dict[str, Any]) -> dict[str, Any]:
    """Tell in whose Release Radar its track was delivered, else in whose it would land, else why in nobody's."""
    from recsys_assets.cli.landing_in import landed_with, lands_with, why_nobody
    from recsys_assets.core import columns as c

    landed = landed_with(lake, verdict)
    # Both previews are made by one run: where the one is of earlier content, so is the other.
    is_previewed = not _preview(lake, submission, verdict).is_empty()
    lands = lands_with(lake, submission) if is_previewed and landed is None else None
    newest = _newest_day(lake)
    is_out = newest is not None and newest >= verdict[c.RELEASED_ON]
    why_not = None if landed or lands else why_nobody(verdict, is_previewed=is_previewed, is_out=is_out)
    return {"landed_with": landed, "lands_with": lands, "lands_why_not": why_not}


def _newest_day(lake: "Lake") -> date | None:
    """The newest day that has a space."""
    from recsys_assets.latent.tables import TRACK_VECTORS

    days = lake.open(TRACK_VECTORS).partitions
    return days[-1] if days else None


def _say_where(lake: "Lake", row: dict[str, Any]) -> None:
    """Name what it sits among."""
    import polars as pl

    from recsys_assets.cli.names import Names, newest
    from recsys_assets.cli.show import say
    from recsys_assets.core import columns as c
    from recsys_assets.raw.tables import RAW_ARTISTS

    tracks = row["near_track_ids"][:_SHOWN]
    names = Names.of(lake, pl.Series(tracks, dtype=pl.String))
    known = dict(newest(lake, RAW_ARTISTS).scan().select(c.ARTIST_ID, c.NAME).collect().iter_rows())
    artists = [known.get(artist) or artist for artist in row["near_artist_ids"][:_SHOWN]]
    genres = [f"{name} {share:.0%}" for name, share in zip(row[c.GENRES], row["genre_shares"], strict=True)]
    for what, values in (
        ("nearest tracks", [f"{names.title(track)} ({names.artist(track)})" for track in tracks]),
        ("nearest artists", artists),
        ("genres", genres),
        ("words of playlists", row["terms"]),
    ):
        if values:
            say(f"{what}: {', '.join(values)}")
