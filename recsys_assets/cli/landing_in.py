"""In whose Release Radar a submission lands, or landed, and why in nobody's: what ``recsys audience`` says of it."""

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from recsys_assets.core.lake import Lake

_SHOWN = 5
# The source of what a listener gets for lying near, whatever placed it: see ``mixes.tables``.
_BY_PLACE = "sound"


def landed_with(lake: "Lake", verdict: dict[str, Any]) -> dict[str, Any] | None:
    """Count the listeners in whose Release Radar its track was delivered, by reason; None where it was in none."""
    import polars as pl

    from recsys_assets.core import columns as c
    from recsys_assets.mixes.tables import RELEASE_RADAR

    rows = lake.open(RELEASE_RADAR).scan().filter(pl.col(c.TRACK_ID) == verdict[c.TRACK_ID])
    return _counted(rows.select(c.WEEK, c.SOURCE, c.REASON).collect())


def lands_with(lake: "Lake", submission: str) -> dict[str, Any] | None:
    """Count the listeners in whose Release Radar it would land, by reason; None where the preview names nobody."""
    from recsys_assets.core import columns as c
    from recsys_assets.mixes.tables import RELEASE_RADAR_PREVIEW

    return _counted(
        lake.open(RELEASE_RADAR_PREVIEW).only([submission]).scan().select(c.WEEK, c.SOURCE, c.REASON).collect()
    )


def _counted(rows: "pl.DataFrame") -> dict[str, Any] | None:
    import polars as pl

    from recsys_assets.core import columns as c

    if rows.is_empty():
        return None
    friday: date = rows.select(pl.col(c.WEEK).max()).item()
    # Each listener once: of a track that two Fridays had, the later one counts.
    rows = rows.filter(pl.col(c.WEEK) == friday)
    counted = rows.group_by(c.REASON).len("n").sort("n", c.REASON, descending=[True, False])
    sources = dict(rows.group_by(c.SOURCE).len("n").sort(c.SOURCE).iter_rows())
    return {"on": friday, "listeners": rows.height, "sources": sources, "reasons": dict(counted.iter_rows())}


def why_nobody(verdict: dict[str, Any], *, is_previewed: bool, is_out: bool) -> str:
    """Say why neither ``landed_with`` nor ``lands_with`` names anybody.

    Args:
        verdict: the row of ``submission_verdicts``.
        is_previewed: whether there is a preview of what was judged.
        is_out: whether the newest space is of its day of release or later: it is previewed no more.
    """
    from recsys_assets.cold_start.tables import LATE, VERDICT
    from recsys_assets.core import columns as c
    from recsys_assets.core.windows import friday_of

    friday = friday_of(verdict[c.RELEASED_ON])
    if is_out:
        return f"no Release Radar has it: that of {friday} went to nobody with it, or was not made"
    if not is_previewed:
        return f"in whose Release Radar of {friday} it would land is not known yet: the `submission` job tells it"
    if verdict[VERDICT] == LATE:
        return (
            f"would land in no Release Radar of {friday}: late, it lands by its artist alone, and nobody near has them"
        )
    return f"would land in no Release Radar of {friday}: nobody's has room for it"


def _by_what(lands: dict[str, Any]) -> str:
    """Part the listeners into those whom the artists bring and those whom its place does: they need not be near enough."""
    by_place = lands["sources"].get(_BY_PLACE, 0)
    by_artist = lands["listeners"] - by_place
    parts = [
        *([f"{by_artist:,} by its artists (whom they play or follow, or who are near to those)"] if by_artist else []),
        *([f"{by_place:,} as the nearest to where it is placed (near enough or not)"] if by_place else []),
    ]
    return " and ".join(parts)


def say_lands(told: dict[str, Any]) -> None:
    """Write ``landed_with``, else ``lands_with``, else ``lands_why_not`` for people."""
    from recsys_assets.cli.show import note, print_table, say

    lands: dict[str, Any] | None = told["landed_with"] or told["lands_with"]
    if lands is None:
        say(told["lands_why_not"])
        return
    how = "it stood in" if told["landed_with"] else "it would stand in"
    late = " (late: by its artist alone)" if told["verdict"] == "late" else ""
    say(f"On {lands['on']} {how} the Release Radar of {lands['listeners']:,} listeners{late}: {_by_what(lands)}.")
    reasons = list(lands["reasons"].items())
    print_table(reasons[:_SHOWN], ("why", "listeners"), numbers=("listeners",))
    if len(reasons) > _SHOWN:
        rest = sum(n for _, n in reasons[_SHOWN:])
        note(f"and {len(reasons) - _SHOWN:,} more reasons of {rest:,} listeners: --json names all")
