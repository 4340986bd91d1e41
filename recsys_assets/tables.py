"""All tables of the lake, collected from the groups that declare them.

Only the collection: what a table means is said in ``<group>/tables.py``. A group that publishes a table is named here,
and with that the table is in the warehouse, under ``recsys forget``, ``vacuum`` and ``migrate``.
"""

from recsys_assets.audio import tables as audio
from recsys_assets.audio.sound_tables import SOUND_TABLES
from recsys_assets.cold_start import place_tables
from recsys_assets.cold_start import tables as cold_start
from recsys_assets.cold_start.move_tables import ARTIST_MOVES
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.schemas import TableSchema
from recsys_assets.corpus import tables as corpus
from recsys_assets.evaluation import tables as evaluation
from recsys_assets.latent import tables as latent
from recsys_assets.mixes import tables as mixes
from recsys_assets.play_matrix import tables as play_matrix
from recsys_assets.raw import tables as raw
from recsys_assets.signals import tables as signals

ALL_TABLES: tuple[TableSchema, ...] = (
    *raw.TABLES,
    *signals.TABLES,
    *play_matrix.TABLES,
    *audio.TABLES,
    *SOUND_TABLES,
    *corpus.TABLES,
    *latent.TABLES,
    *cold_start.TABLES,
    *place_tables.TABLES,
    ARTIST_MOVES,
    *mixes.TABLES,
    *evaluation.TABLES,
)

_BY_NAME = {table.name: table for table in ALL_TABLES}
# An asset and its table share one name, so no two groups may use the same.
assert len(_BY_NAME) == len(ALL_TABLES), "two tables have the same name"


def table_named(name: str) -> TableSchema:
    """Return the table called ``name`` or ``group.name``.

    Raises:
        InvalidArgumentError: there is no such table; the message lists the ones there are.
    """
    group, _, short = name.rpartition(".")
    table = _BY_NAME.get(short)
    if table is None or (group and group != table.group):
        names = ", ".join(sorted(table.full_name for table in ALL_TABLES))
        raise InvalidArgumentError(f"no table is called {name!r}; there are: {names}")
    return table
