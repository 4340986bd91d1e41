"""``recsys moved``: whom articles moved, from where to where, and the sentence that did it."""

from typing import Annotated

import typer

from recsys_assets.cli.edge import require_home
from recsys_assets.cli.listen import MAKE_IT, AsJson
from recsys_assets.core.errors import InvalidArgumentError, MissingInputError


def moved(
    *,
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="As it was on this day; the newest otherwise.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many artists.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Tell which artists articles moved furthest, from where to where, and because of what.

    Example: recsys moved -n 5
    """
    from recsys_assets.cli.show import note, print_json, say
    from recsys_assets.cold_start.move_tables import ARTIST_MOVES, DISTANCE
    from recsys_assets.cold_start.moves import read_names
    from recsys_assets.cold_start.moves_picture import move_line
    from recsys_assets.core import columns as c
    from recsys_assets.core.lake import Lake
    from recsys_assets.core.text import display
    from recsys_assets.core.windows import parse_day

    asked = parse_day(day) if day else None
    lake = Lake(require_home().lake)
    table = lake.open(ARTIST_MOVES)
    if not table.partitions:
        raise MissingInputError(
            f"articles moved nobody yet: they land in landing/articles/, and the daily job compares places. {MAKE_IT}"
        )
    made, wanted = table.partitions, asked or table.partitions[-1]
    told = f"the days that were made: {made[0]} to {made[-1]}" if len(made) > 1 else f"only {made[0]} was made"
    earlier = [each for each in made if each <= wanted]
    if not earlier:
        raise InvalidArgumentError(f"there is nothing on or before {wanted}; {told}")
    if earlier[-1] != wanted:
        note(f"{wanted} was not made, this is {earlier[-1]}; {told}")
    shown_day = earlier[-1]
    rows = table.only([shown_day]).read().sort(c.RANK).head(limit)
    if rows.is_empty():
        raise MissingInputError(f"articles moved nobody on {shown_day}; {told}")
    names = read_names(lake, shown_day)
    if as_json:
        told = rows.drop("vector_before", "vector_after").to_dicts()
        print_json([{**row, "name": names.get(row[c.ARTIST_ID])} for row in told])
        return
    say(f"moved by articles on {shown_day}:")
    for row in rows.iter_rows(named=True):
        name = display(names.get(row[c.ARTIST_ID]) or row[c.ARTIST_ID])
        say(f"{row[c.RANK]}. {name} by {row[DISTANCE]:.3f}, {move_line(row, names)}")
        if row["excerpt"]:
            say(f'   "{display(row["excerpt"], max_length=300)}" {display(row["url"], max_length=200)}')
