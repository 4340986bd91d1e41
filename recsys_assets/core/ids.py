"""External ids are strings, rows and columns are integers; an ``IdMap`` is the only crossing.

It is saved with whatever it indexes. The order is that of the ids, so the same ids give the same rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from recsys_assets.core.errors import InvalidArgumentError


@dataclass(frozen=True)
class IdMap:
    """A sorted set of external ids; the position of an id is its row."""

    ids: pl.Series

    def __post_init__(self) -> None:
        if self.ids.dtype != pl.String or self.ids.null_count():
            raise InvalidArgumentError(f"an IdMap takes strings without nulls, found {self.ids.dtype}")
        if len(self.ids) > 1 and not (
            self.ids.head(-1)
            .to_frame("a")
            .with_columns(b=self.ids.tail(-1))
            .select((pl.col("a") < pl.col("b")).all())
            .item()
        ):
            raise InvalidArgumentError("an IdMap takes unique ids in ascending order: use IdMap.of")

    @classmethod
    def of(cls, ids: Iterable[str] | pl.Series) -> "IdMap":
        """Collect the distinct ids, in the order of their UTF-8 bytes."""
        series = ids if isinstance(ids, pl.Series) else pl.Series(list(ids), dtype=pl.String)
        series = series.cast(pl.String)
        # Repeats that stand together go first: hashing 10 million strings takes 1.7 s, comparing neighbours 0.1 s.
        return cls(series.filter(series.ne_missing(series.shift()) | series.is_null()).unique().sort().alias("id"))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> int:
        """How many ids there are."""
        return len(self.ids)

    def rows(self, ids: Iterable[str] | pl.Series) -> np.ndarray:
        """Return the row of each id, int32 in the order given; -1 for an id that is not here."""
        series = ids if isinstance(ids, pl.Series) else pl.Series(list(ids), dtype=pl.String)
        index = pl.DataFrame({"id": self.ids, "row": pl.arange(0, len(self.ids), dtype=pl.Int32, eager=True)})
        asked = series.cast(pl.String).alias("id").to_frame()
        joined = asked.join(index, on="id", how="left", maintain_order="left")
        return joined["row"].fill_null(-1).to_numpy()

    def external(self, rows: np.ndarray) -> pl.Series:
        """Return the id of each row.

        Raises:
            InvalidArgumentError: a row outside 0 … size - 1.
        """
        rows = np.asarray(rows)
        if rows.size and (rows.min() < 0 or rows.max() >= len(self.ids)):
            raise InvalidArgumentError(f"rows must lie in 0…{len(self.ids) - 1}, found {rows.min()}…{rows.max()}")
        return self.ids.gather(pl.Series(rows.astype(np.int64).ravel()))

    def row(self, external_id: str) -> int:
        """Return the row of one id, -1 when it is not here."""
        return int(self.rows([external_id])[0])
