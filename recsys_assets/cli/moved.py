"""``recsys moved``: whom articles moved, from where to where, and the sentence that did it."""

from typing import Annotated

import typer

from recsys_assets.cli.edge import home_from_environment
from recsys_assets.cli.listen import AsJson
from recsys_assets.core.errors import MissingInputError


def moved(
    *,
    on: Annotated[str | None, typer.Option(metavar="DAY", help="The newest day otherwise.")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many artists.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Tell which artists articles moved furthest, from where to where, and because of what.

    Example: recsys moved -n 5
    """
    from recsys_assets.cli.names import newest
    from recsys_assets.cli.show import print_json, say
    from recsys_assets.cold_start.move_tables import ARTIST_MOVES, DISTANCE
    from recsys_assets.cold_start.moves import read_names
    from recsys_assets.cold_start.moves_picture import move_line
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.text import display
    from recsys_assets.core.windows import parse_day

    lake = Lake(home_from_environment().lake)
    rows = newest(lake, ARTIST_MOVES, not_after=parse_day(on) if on else None).read().sort(c.RANK).head(limit)
    if rows.is_empty():
        raise MissingInputError("articles moved nobody: run the daily job for a day whose week has articles")
    day = rows[c.DATE][0]
    names = read_names(lake, day)
    if as_json:
        told = rows.drop("vector_before", "vector_after").to_dicts()
        print_json([{**row, "name": names.get(row[c.ARTIST_ID])} for row in told])
        return
    say(f"moved by articles on {day}:")
    for row in rows.iter_rows(named=True):
        name = display(names.get(row[c.ARTIST_ID]) or row[c.ARTIST_ID])
        say(f"{row[c.RANK]}. {name} by {row[DISTANCE]:.3f}, {move_line(row, names)}")
        if row["excerpt"]:
            say(f'   "{display(row["excerpt"], max_length=300)}" {display(row["url"], max_length=200)}')
