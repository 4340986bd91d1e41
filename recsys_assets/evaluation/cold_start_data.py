"""Listening joined with sound, in the form that the cold-start protocol reads.

Belongs here: two adapters, one over public playlists with published descriptors, one over a lake with our own analysis.
What is made cold, and who is judged, is ``cold_start``.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.audio.tables import TRACK_ANALYSIS, recordings_known
from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError, MissingInputError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.lake import Lake
from recsys_assets.evaluation.biographies import read_biographies
from recsys_assets.evaluation.missing_track import read_playlists
from recsys_assets.latent.content import TrackContent
from recsys_assets.metrics.splits import keep_core
from recsys_assets.play_matrix.matrix import build_matrix
from recsys_assets.play_matrix.tables import PLAY_CONFIDENCE
from recsys_assets.raw.tables import RAW_TRACKS

MIN_LISTENERS_PER_TRACK = 3
MIN_TRACKS_PER_LISTENER = 10
# What describes sound in the published tables, and nothing else of them: popularity, genre, playlists, hit labels and
# release years are never read. All twelve are in both forms of file; a descriptor of one form alone would tell which.
DESCRIPTORS = (
    "danceability",
    "energy",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "valence",
    "tempo",
    "duration_ms",
)
_KEY = DESCRIPTORS.index("key")


@dataclass(frozen=True)
class ColdStartData:
    """Listeners (or playlists) x tracks, and the content of the tracks.

    Attributes:
        name: of the data set.
        matrix: confidences above zero, float32, shape (n_listeners, n_tracks).
        content: of the columns, in their order; tracks with ``sound`` can be made cold.
        co_mentions: who is named near whom, as ``PlacedTracks`` has it; None where nothing was read.
    """

    name: str
    matrix: sparse.csr_matrix
    content: TrackContent
    co_mentions: pl.DataFrame | None = None

    def without_text(self) -> "ColdStartData":
        """Return the same as if nothing were written."""
        return replace(self, content=replace(self.content, text=None, text_amount=None), co_mentions=None)


def read_public(playlists: Path, descriptors: Path, biographies: Path | None = None) -> ColdStartData:
    """Read playlists (as the missing-track protocol does) and join published descriptors by track.

    Args:
        playlists: as ``read_playlists``.
        descriptors: as ``read_descriptors``.
        biographies: as ``read_biographies``, joined by artist; no text where None.

    Raises:
        InvalidArgumentError: a folder holds nothing of the kind, or no track has descriptors.
        DataFaultError: a file is not what its name says.
    """
    read = read_playlists(playlists)
    entries = read.entries.unique([c.PLAYLIST_ID, c.TRACK_ID])
    pairs = entries.select(pl.col(c.PLAYLIST_ID).alias(c.USER_ID), c.TRACK_ID, pl.lit(1.0).alias(c.CONFIDENCE))
    credits_ = entries.group_by(c.TRACK_ID).agg(pl.col(c.ARTIST_ID).min().alias("artist"))
    credits_ = credits_.select(c.TRACK_ID, pl.concat_list("artist").alias(c.ARTIST_IDS))
    sound = read_descriptors(descriptors).with_columns(
        pl.concat_str(pl.lit("spotify:track:"), c.TRACK_ID).alias(c.TRACK_ID)
    )
    data = join_content(read.name, pairs, credits_, sound)
    if biographies is None:
        return data
    bios = read_biographies(biographies)
    return replace(data, content=bios.describe(data.content), co_mentions=bios.co_mentions)


def read_lake(lake: Lake) -> ColdStartData:
    """Read the newest day of a lake: listeners' confidences, credits, and our own analysis of the recordings.

    Raises:
        MissingInputError: nobody has been listening yet, or no recording has been analysed.
    """
    confidence = lake.open(PLAY_CONFIDENCE)
    days = sorted(confidence.partitions)
    if not days:
        raise MissingInputError("no day of play_confidence was made: run the daily job for a day first")
    pairs = confidence.only(days[-1:]).read()
    recordings = recordings_known(lake.open(TRACK_ANALYSIS), days[-1])
    sound = recordings.select(c.TRACK_ID, "descriptors", "analysis_version").collect()
    # Descriptors of two versions of the analysis do not compare.
    sound = sound.filter(pl.col("analysis_version") == pl.col("analysis_version").max())
    if sound.is_empty():
        raise MissingInputError(
            f"no recording that had arrived by {days[-1]} has been analysed: put some into landing/audio and run the catalogue job"
        )
    tracks = lake.open(RAW_TRACKS).latest(days[-1]).read()
    return join_content(f"RECSYS_HOME on {days[-1]}", pairs, tracks.select(c.TRACK_ID, c.ARTIST_IDS), sound)


def join_content(name: str, pairs: pl.DataFrame, credited: pl.DataFrame, sound: pl.DataFrame) -> ColdStartData:
    """Keep tracks of at least 3 listeners, then listeners of at least 10 of these, and put their content beside them.

    Args:
        name: of the data set.
        pairs: user_id, track_id, confidence.
        credited: track_id, artist_ids.
        sound: track_id, descriptors (list of float, all of one length).

    Raises:
        InvalidArgumentError: nothing is left, or no track of it has descriptors.
    """
    whole = build_matrix(pairs)
    rows, columns = keep_core(
        whole.matrix, min_rows_per_column=MIN_LISTENERS_PER_TRACK, min_columns_per_row=MIN_TRACKS_PER_LISTENER
    )
    if not rows.size:
        raise InvalidArgumentError(
            f"no listener of {name} has {MIN_TRACKS_PER_LISTENER} tracks that {MIN_LISTENERS_PER_TRACK} listeners share"
        )
    tracks = IdMap(whole.tracks.external(columns))
    described = (
        tracks.ids.alias(c.TRACK_ID)
        .to_frame()
        .join(credited.unique(c.TRACK_ID), on=c.TRACK_ID, how="left", maintain_order="left")
        .join(sound.unique(c.TRACK_ID), on=c.TRACK_ID, how="left", maintain_order="left")
    )
    has = described["descriptors"].is_not_null().to_numpy()
    if not has.any():
        raise InvalidArgumentError(f"none of the {tracks.size} tracks of {name} has descriptors")
    width = int(described["descriptors"].list.len().max() or 0)  # pyright: ignore[reportArgumentType]
    values = np.full((tracks.size, width), np.nan, dtype=np.float32)
    values[has] = described["descriptors"].filter(pl.Series(has)).list.to_array(width).to_numpy()
    matrix = whole.matrix[rows][:, columns].tocsr()
    matrix.sort_indices()
    return ColdStartData(name, matrix, TrackContent(described[c.TRACK_ID], described[c.ARTIST_IDS], values))


def read_descriptors(folder: Path) -> pl.DataFrame:
    """Read published descriptors: ``*.csv`` with a ``track_id`` or ``uri`` and the twelve of ``DESCRIPTORS``.

    The key goes round in a circle and becomes two numbers. A track that comes more than once has its median.

    Returns:
        track_id (without ``spotify:track:``), descriptors (list of float32, 13 long); rows with a gap are left out.

    Raises:
        InvalidArgumentError: there is no such file.
        DataFaultError: a file lacks a column, or a value is no number.
    """
    files = [folder] if folder.is_file() else sorted(folder.glob("*.csv"))
    if not files:
        raise InvalidArgumentError(f"{folder} has no *.csv file with descriptors")
    frames = [_read_file(file) for file in files]
    rows = pl.concat(frames).drop_nulls().group_by(c.TRACK_ID).agg(pl.col(DESCRIPTORS).median()).sort(c.TRACK_ID)
    values = circle_key(rows.select(DESCRIPTORS).to_numpy(), _KEY)
    column = pl.Series("descriptors", values, dtype=pl.Array(pl.Float32, values.shape[1]))
    return rows.select(c.TRACK_ID).with_columns(column.arr.to_list())


def _read_file(file: Path) -> pl.DataFrame:
    try:
        found = pl.read_csv(file, n_rows=0, infer_schema=False).columns
        id_column = next((name for name in ("uri", c.TRACK_ID) if name in found), None)
        missing = [name for name in DESCRIPTORS if name not in found]
        if id_column is None or missing:
            lacking = ", ".join(missing or ["track_id or uri"])
            raise DataFaultError(f"{file} has no column {lacking}: expected published descriptors with {DESCRIPTORS}")
        rows = pl.read_csv(file, columns=[id_column, *DESCRIPTORS], infer_schema=False)
        return rows.select(
            pl.col(id_column).str.split(":").list.last().alias(c.TRACK_ID),
            *(pl.col(name).cast(pl.Float64) for name in DESCRIPTORS),
        )
    except pl.exceptions.PolarsError as error:
        raise DataFaultError(f"{file} is no table of descriptors: {error}") from error


def circle_key(values: NDArray[np.floating], column: int) -> NDArray[np.float32]:
    """Replace a pitch class 0 … 11 by its place on a circle: twelve fifths or semitones on is the same key."""
    angle = values[:, column] * (2 * np.pi / 12)
    return np.column_stack([np.delete(values, column, axis=1), np.cos(angle), np.sin(angle)]).astype(np.float32)
