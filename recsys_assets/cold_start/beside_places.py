"""What is known of submissions and of listeners beside their places, as known at the end of a day.

Belongs here: from whom a submission inherits, and which tracks are a listener's. Formulas are ``latent.text_match`` for what is
written and ``latent.share_of_artist`` for how much of the artist a listener has.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from scipy import sparse

from recsys_assets.cold_start.placing import PlacingParams, inherited_artists
from recsys_assets.cold_start.scores import Beside
from recsys_assets.core import columns as c
from recsys_assets.core.lake import Lake
from recsys_assets.core.windows import monday_of
from recsys_assets.latent.content import TrackContent
from recsys_assets.latent.share_of_artist import ArtistCounts
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.tables import CONTENT_PRIOR
from recsys_assets.latent.text_match import match_cold
from recsys_assets.latent.written import Written, read_written
from recsys_assets.play_matrix.matrix import build_matrix
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_TRACKS


@dataclass(frozen=True)
class BesidePlaces:
    """Of a day.

    Attributes:
        space: of the day.
        chosen: confidences, rows as ``space.users``, columns as ``space.tracks``.
        content: credits and text of ``space.tracks``.
        counts: how many tracks of each artist each listener has.
        written: of the week.
        inherited: ``submission_id``, ``artist_ids``: from whom a submission inherits; nobody where the claim is unverified.
        params: how much it counts.
    """

    space: LatentSpace
    chosen: sparse.csr_matrix
    content: TrackContent
    counts: ArtistCounts
    written: Written
    inherited: pl.DataFrame
    params: PlacingParams

    @classmethod
    def of(
        cls,
        space: LatentSpace,
        confidence: pl.DataFrame,
        tracks: pl.DataFrame,
        *,
        verdicts: pl.DataFrame,
        written: Written,
        params: PlacingParams,
    ) -> "BesidePlaces":
        """Put it together.

        Args:
            space: of the day.
            confidence: ``user_id``, ``track_id``, ``confidence`` of the day.
            tracks: ``track_id``, ``artist_ids`` of the catalogue.
            verdicts: on submissions, as known at the end of the day, one row each.
            written: of the week.
            params: how much it counts.
        """
        credited = tracks.select(c.TRACK_ID, c.ARTIST_IDS).unique(c.TRACK_ID)
        ids = space.tracks.ids.alias(c.TRACK_ID)
        artists = ids.to_frame().join(credited, on=c.TRACK_ID, how="left", maintain_order="left")[c.ARTIST_IDS]
        content = TrackContent(ids, artists, None, *written.text_rows(ids, artists))
        chosen = build_matrix(confidence, users=space.users, tracks=space.tracks).matrix
        return cls(
            space=space,
            chosen=chosen,
            content=content,
            counts=ArtistCounts.of(chosen, content),
            written=written,
            inherited=verdicts.select(c.SUBMISSION_ID, inherited_artists().alias(c.ARTIST_IDS)),
            params=params,
        )

    def about(self, placed: pl.DataFrame) -> Beside:
        """Return what is known of some submissions and the listeners of the space.

        Args:
            placed: ``submission_id``, ``track_id``, each once.
        """
        artists = placed.join(self.inherited, on=c.SUBMISSION_ID, how="left", maintain_order="left")[c.ARTIST_IDS]
        text, amount = self.written.text_rows(placed[c.TRACK_ID], artists)
        if amount is not None:
            # Who inherits from nobody has no text either, whatever is written of a track of that id.
            amount = np.where(artists.list.len().fill_null(0).to_numpy() > 0, amount, 0)
        cold = TrackContent(placed[c.TRACK_ID], artists, None, text, amount)
        match = match_cold(
            self.chosen,
            self.space.user_vectors,
            self.space.track_vectors,
            self.content,
            cold,
            few=self.params.few_listeners,
            params=self.params.text_match,
        )
        return Beside(match, self.counts.shares(cold, self.params.share_of_artist))


def read_beside_places(
    lake: Lake, day: date, space: LatentSpace, verdicts: pl.DataFrame, params: PlacingParams
) -> BesidePlaces:
    """Read it.

    Args:
        lake: the tables.
        day: of the space.
        space: as published.
        verdicts: as known, one row per submission.
        params: how much it counts.
    """
    week = monday_of(day)
    # The encoder by whose vectors the day's places were made.
    encoders = lake.open(CONTENT_PRIOR).only([week]).scan().select("encoder").collect()["encoder"].to_list()
    written = read_written(lake, week, encoder=encoders[0] if encoders else None)
    confidence = lake.open(PLAY_CONFIDENCE).only([day]).read()
    tracks = lake.open(RAW_TRACKS).latest(day).read()
    return BesidePlaces.of(space, confidence, tracks, verdicts=verdicts, written=written, params=params)
