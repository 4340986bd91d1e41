"""What a week's articles say of tracks and artists, in the form that places are made of.

Belongs here: from rows of ``corpus`` to text vectors by track. What they say of a place is ``text_part``.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.corpus.tables import (
    ARTIST,
    CO_MENTIONS,
    ENTITY_ID,
    ENTITY_TEXT,
    KIND,
    N_CONTEXTS,
    TRACK,
)

_ENCODER, _TEXT_COLUMNS = "encoder", (KIND, ENTITY_ID, c.VECTOR, N_CONTEXTS)


@dataclass(frozen=True)
class Written:
    """Rows of ``corpus.entity_text`` by one encoder, rows of ``corpus.co_mentions``, and the encoder's name."""

    entity_text: pl.DataFrame
    co_mentions: pl.DataFrame
    encoder: str | None = None

    @classmethod
    def nothing(cls) -> "Written":
        """Return a week without articles."""
        return cls(ENTITY_TEXT.empty(), CO_MENTIONS.empty())

    @classmethod
    def of(cls, entity_text: pl.DataFrame, co_mentions: pl.DataFrame, *, encoder: str | None = None) -> "Written":
        """Keep what can be compared: the vectors of the encoder asked for, of the commonest one where None.

        Vectors of two encoders do not compare; of two that are as common the first by name counts.
        """
        if encoder is None and len(entity_text):
            encoder = entity_text.group_by(_ENCODER).len().sort("len", _ENCODER, descending=[True, False])[_ENCODER][0]
        mine = entity_text.filter(pl.col(_ENCODER) == encoder) if encoder is not None else entity_text
        return cls(mine, co_mentions, encoder)

    def text_rows(
        self, track_ids: pl.Series, artist_ids: pl.Series
    ) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """Return what is written of each track and of its artists together, by how much it is.

        Args:
            track_ids: strings, n of them.
            artist_ids: lists of strings, n of them; who is left out of the credits lends no text.

        Returns:
            float32, shape (n, t), NaN where nothing is written; and how much is, shape (n,). Both None where nothing is
            written of anybody.
        """
        told = self.entity_text.select(_TEXT_COLUMNS)
        if told.is_empty():
            return None, None
        rows = pl.DataFrame({"row": np.arange(len(track_ids)), ENTITY_ID: track_ids, c.ARTIST_IDS: artist_ids})
        credited = rows.select("row", entity_id=c.ARTIST_IDS).explode(ENTITY_ID, empty_as_null=True).drop_nulls()
        found = pl.concat(
            [
                credited.unique(maintain_order=True).join(told.filter(pl.col(KIND) == ARTIST), on=ENTITY_ID),
                rows.select("row", ENTITY_ID).join(told.filter(pl.col(KIND) == TRACK), on=ENTITY_ID),
            ]
        ).sort("row", KIND, ENTITY_ID)
        width = len(told[c.VECTOR][0])
        text = np.zeros((len(track_ids), width), dtype=np.float32)
        amount = np.zeros(len(track_ids), dtype=np.float32)
        if len(found):
            at, share = found["row"].to_numpy(), found[N_CONTEXTS].to_numpy()
            np.add.at(text, at, share[:, None] * found[c.VECTOR].list.to_array(width).to_numpy())
            np.add.at(amount, at, share)
        has = amount > 0
        text[has] /= amount[has, None]
        text[~has] = np.nan
        return text, amount


def read_written(lake: Lake, week: date, *, encoder: str | None = None) -> Written:
    """Read what the articles fetched before a Monday say; nothing where they were not read."""
    text, near = (lake.open(table).only([week]).read() for table in (ENTITY_TEXT, CO_MENTIONS))
    return Written.of(text, near, encoder=encoder)
