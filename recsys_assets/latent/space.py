"""One space of listeners, tracks and artists: how an anchor and a day are made.

Belongs here: putting fit, rotation and artists together. The fit is ``factorise``, the turn ``align``, the
parameters ``tune``; a space as tables is ``space_tables``.

An anchor is fitted from scratch and turned onto the previous anchor. A day starts from its week's anchor, takes a few
epochs, and is turned onto that anchor and nothing else, so that days can be made in any order with the same result.

Listeners of few choices are placed from these and from the average listener (``posterior``). An artist is placed like a
track: solved against the listeners' vectors, from how much each listener plays of the artist, in logarithm. On
playlists with all tracks of one artist hidden that finds the artist in the first ten for 27 % (mean of the artist's
track vectors weighted by plays 14 %; the same scaled to a sum's length 22 %), and artists near the others on the
playlist for 23 % (against 21 %).
"""

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import require
from recsys_assets.latent.align import Rotation, fit_rotation
from recsys_assets.latent.factorise import FactoriseParams, Factors, factorise, solve_rows, weigh_pairs
from recsys_assets.latent.posterior import place_newcomers
from recsys_assets.play_matrix.matrix import InteractionMatrix

# From its anchor a day settles in few epochs: after 3 the nDCG of a whole fit is reached within .001 (HetRec).
DAY_EPOCHS = 3


@dataclass(frozen=True)
class LatentSpace:
    """Places of listeners, tracks and artists that compare with each other, and with nothing of another version.

    Attributes:
        user_vectors: float32, shape (users.size, d); likewise tracks and artists. Zero: no place.
        users: ids of ``user_vectors``; likewise tracks and artists.
        params: of the fit.
        space_version: names this making, see ``name_version``.
    """

    user_vectors: NDArray[np.float32]
    track_vectors: NDArray[np.float32]
    artist_vectors: NDArray[np.float32]
    users: IdMap
    tracks: IdMap
    artists: IdMap
    params: FactoriseParams
    space_version: str

    def __post_init__(self) -> None:
        for what, vectors, ids in (
            ("users", self.user_vectors, self.users),
            ("tracks", self.track_vectors, self.tracks),
            ("artists", self.artist_vectors, self.artists),
        ):
            if vectors.shape != (ids.size, self.dimensions):
                raise InvalidArgumentError(
                    f"{what}: vectors of shape {vectors.shape} for {ids.size} ids, {self.dimensions} dimensions"
                )

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self.track_vectors.shape[1]


@dataclass(frozen=True)
class FittedSpace:
    """A space and how it was turned; ``rotation`` is None where there was nothing to turn it onto."""

    space: LatentSpace
    rotation: Rotation | None


def fit_anchor(
    interactions: InteractionMatrix,
    credited: pl.DataFrame,
    params: FactoriseParams,
    *,
    space_version: str,
    seed: int,
    previous: LatentSpace | None = None,
    num_threads: int | None = None,
) -> FittedSpace:
    """Fit a space from scratch, and turn it onto the previous anchor where there is one.

    Args:
        interactions: confidences of listeners in tracks.
        credited: track_id, artist_ids (list); tracks without a row have no artist.
        params: as tuned.
        space_version: the name of the result.
        seed: of the random start.
        previous: the anchor before. Its dimensions may differ: the result has the larger of both.
        num_threads: of the solver; the result does not depend on it.
    """
    factors = factorise(interactions.matrix, params, seed=seed, num_threads=num_threads)
    return _finish(
        interactions,
        credited,
        params,
        factors,
        space_version=space_version,
        reference=previous,
        num_threads=num_threads,
    )


def fit_day(
    interactions: InteractionMatrix,
    credited: pl.DataFrame,
    *,
    anchor: LatentSpace,
    space_version: str,
    epochs: int = DAY_EPOCHS,
    num_threads: int | None = None,
) -> FittedSpace:
    """Continue from the week's anchor on the day's confidences, and turn the result onto the anchor.

    Args:
        interactions: confidences as known at the end of the day.
        credited: as ``fit_anchor``.
        anchor: of the week; listeners and tracks it does not know start at zero, which the first epoch mends.
        space_version: the name of the result.
        epochs: how far to go on.
        num_threads: of the solver.
    """
    if not anchor.track_vectors.any():
        raise InvalidArgumentError(f"the anchor {anchor.space_version} has no track vectors to start from")
    params = anchor.params.model_copy(update={"embedding_size": anchor.dimensions, "epochs": epochs})
    start = Factors(
        user_factors=_carry(anchor.user_vectors, anchor.users, interactions.users),
        item_factors=_carry(anchor.track_vectors, anchor.tracks, interactions.tracks),
    )
    factors = factorise(interactions.matrix, params, seed=0, initial=start, num_threads=num_threads)
    return _finish(
        interactions, credited, params, factors, space_version=space_version, reference=anchor, num_threads=num_threads
    )


def _carry(vectors: NDArray[np.float32], ids: IdMap, wanted: IdMap) -> NDArray[np.float32]:
    rows = ids.rows(wanted.ids)
    carried = np.zeros((wanted.size, vectors.shape[1]), dtype=np.float32)
    carried[rows >= 0] = vectors[rows[rows >= 0]]
    return carried


def _finish(
    interactions: InteractionMatrix,
    credited: pl.DataFrame,
    params: FactoriseParams,
    factors: Factors,
    *,
    space_version: str,
    reference: LatentSpace | None,
    num_threads: int | None,
) -> FittedSpace:
    factors = Factors(place_newcomers(interactions.matrix, factors, params), factors.item_factors)
    weights = weigh_pairs(interactions.matrix, params)
    artists, artist_vectors = place_artists(
        weights, interactions.tracks, credited, factors.user_factors, params, num_threads=num_threads
    )
    rotation = None
    vectors = factors.user_factors, factors.item_factors, artist_vectors
    if reference is not None:
        rotation = fit_rotation(factors.item_factors, interactions.tracks, reference.track_vectors, reference.tracks)
        users, tracks, turned_artists = (rotation.turn(each) for each in vectors)
        vectors = users, tracks, turned_artists
    space = LatentSpace(*vectors, interactions.users, interactions.tracks, artists, params, space_version)
    return FittedSpace(space, rotation)


def place_artists(
    weights: sparse.csr_matrix,
    tracks: IdMap,
    credited: pl.DataFrame,
    user_factors: NDArray[np.float32],
    params: FactoriseParams,
    *,
    num_threads: int | None = None,
) -> tuple[IdMap, NDArray[np.float32]]:
    """Solve each credited artist of the matrix's tracks against the listeners' factors.

    An artist's weight for a listener is log2(1 + w), w being the sum of the weights of the artist's tracks; every
    credited artist of a track counts whole.
    """
    by_artist, artists = credit_matrix(credited, tracks)
    heard = (weights @ by_artist).T.tocsr()
    heard.data = np.log2(1 + heard.data)
    return artists, solve_rows(heard, user_factors, params, num_threads=num_threads)


def credit_matrix(credited: pl.DataFrame, tracks: IdMap) -> tuple[sparse.csr_matrix, IdMap]:
    """Who is credited on what: float32 ones, shape (tracks.size, artists.size), and the artists' ids.

    Args:
        credited: track_id, artist_ids (list of str, null or empty where unknown); other tracks than ``tracks`` are
            left out.
        tracks: ids of the rows.
    """
    require(credited, {c.TRACK_ID: pl.String, c.ARTIST_IDS: pl.List(pl.String)}, what="credits")
    pairs = (
        credited.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID))
        .explode(c.ARTIST_ID, empty_as_null=True)
        .drop_nulls()
        .unique()
        .filter(pl.col(c.TRACK_ID).is_in(tracks.ids.implode()))
    )
    artists = IdMap.of(pairs[c.ARTIST_ID])
    cells = tracks.rows(pairs[c.TRACK_ID]), artists.rows(pairs[c.ARTIST_ID])
    matrix = sparse.csr_matrix((np.ones(len(pairs), dtype=np.float32), cells), shape=(tracks.size, artists.size))
    return matrix, artists


def name_version(day: date, *contents: str | bytes) -> str:
    """Name a space by its day and by what it is made of, such as ``2026-01-05-1f6c09a2b3d4``.

    The same inputs and parameters give the same name on every machine; parts are told apart by their type and length.

    Args:
        day: of the partition.
        contents: digests of the inputs (``digest_matrix``), parameters as JSON, the name of the reference space.
    """
    digest = hashlib.sha256()
    for part in contents:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(f"{type(part).__name__}:{len(raw)}:".encode() + raw)
    return f"{day.isoformat()}-{digest.hexdigest()[:12]}"


def digest_matrix(interactions: InteractionMatrix) -> bytes:
    """SHA-256 of the confidences with their ids, in any order of storage that ``build_matrix`` gives: rows sorted."""
    digest = hashlib.sha256()
    for ids in (interactions.users.ids, interactions.tracks.ids):
        for each in ids:
            digest.update(f"{len(each)}:{each}".encode())
    matrix = interactions.matrix
    for array, dtype in ((matrix.indptr, "<i8"), (matrix.indices, "<i8"), (matrix.data, "<f4")):
        digest.update(np.ascontiguousarray(array, dtype=dtype).tobytes())
    return digest.digest()
