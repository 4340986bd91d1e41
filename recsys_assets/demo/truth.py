"""What was planted, as tables: only ``evaluation`` may read them.

Vectors, tastes and kinds are written apart from the landing zone, so that no model can learn from them by mistake.
``affinity.true_affinity`` computes from them what a listener truly likes.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.demo.catalogue import Catalogue
from recsys_assets.demo.catalogue_frames import CatalogueFrames
from recsys_assets.demo.fraud import Schemes
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.geometry import VERSION_KINDS
from recsys_assets.demo.listeners import DRIFT_DAYS, HABITS, HONEST, KINDS, MAX_POINTS, PASSIVE, Listeners
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.playlists import QUALITIES, Playlists
from recsys_assets.demo.words import MOODS


@dataclass(frozen=True)
class Truth:
    """The planted truth.

    Attributes:
        tracks: one row per track: vector, genre, version_of (track id or null), version_kind, log_popularity.
        artists: one row per artist: vector, genre, log_popularity.
        listeners: one row per listener: habit, is_honest, kind, group, activity, favourite artist, joined_on …
        tastes: one row per (listener, point of taste): vector, genre, weight_start, weight_end.
        schemes: one row per (group, boosted track).
        playlists: one row per playlist: quality, genre, mood.
        bought_slots: one row per (playlist, track) paid for.
        directions: one row per genre, mood and version: its vector.
        parameters: one row: seed-independent numbers that ``true_affinity`` and the drift of tastes need.
    """

    tracks: pl.DataFrame
    artists: pl.DataFrame
    listeners: pl.DataFrame
    tastes: pl.DataFrame
    schemes: pl.DataFrame
    playlists: pl.DataFrame
    bought_slots: pl.DataFrame
    directions: pl.DataFrame
    parameters: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def build_truth(
    params: DemoParams,
    catalogue: Catalogue,
    labels: CatalogueFrames,
    listeners: Listeners,
    *,
    schemes: Schemes,
    playlists: Playlists,
    playlist_ids: pl.Series,
    start: date,
) -> Truth:
    """Write down what was planted."""
    genres = [genre.label for genre in GENRES]
    track_ids = labels.tracks[c.TRACK_ID]
    user_ids = pl.Series(listeners.user_ids.tolist(), dtype=pl.String)
    return Truth(
        tracks=_tracks(catalogue, track_ids, genres),
        artists=pl.DataFrame(
            {
                c.ARTIST_ID: labels.artists[c.ARTIST_ID],
                "genre": _words(genres, catalogue.artist_genre),
                "log_popularity": catalogue.artist_log_popularity,
                c.VECTOR: _vectors(catalogue.artist_vectors),
            }
        ),
        listeners=_listeners(listeners, user_ids, labels.artists[c.ARTIST_ID], start),
        tastes=_tastes(listeners, user_ids, genres),
        schemes=pl.DataFrame(
            {
                "group": schemes.group,
                "kind": _words(list(KINDS), schemes.kind),
                c.TRACK_ID: track_ids.gather(schemes.track),
                "owner_user_id": user_ids.gather(_or_null(schemes.owner)),
            }
        ),
        playlists=pl.DataFrame(
            {
                c.PLAYLIST_ID: playlist_ids,
                "quality": _words(list(QUALITIES), playlists.quality),
                "genre": _words(genres, playlists.genre),
                "mood": pl.Series(MOODS).gather(_or_null(playlists.mood)),
            }
        ),
        bought_slots=pl.DataFrame(
            {
                c.PLAYLIST_ID: playlist_ids.gather(playlists.entry_playlist[playlists.entry_is_bought]),
                c.TRACK_ID: track_ids.gather(playlists.entry_track[playlists.entry_is_bought]),
            }
        ),
        directions=_directions(catalogue, genres),
        parameters=pl.DataFrame(
            {"sharpness": [params.sharpness], "drift_days": [DRIFT_DAYS], "start": [start]},
            schema_overrides={"sharpness": pl.Float64, "start": pl.Date},
        ),
    )


def _tracks(catalogue: Catalogue, track_ids: pl.Series, genres: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            c.TRACK_ID: track_ids,
            "genre": _words(genres, catalogue.track_genre),
            "version_of": track_ids.gather(_or_null(catalogue.version_of)),
            "version_kind": _words(list(VERSION_KINDS), catalogue.version_kind),
            "log_popularity": catalogue.track_log_popularity + catalogue.artist_log_popularity[catalogue.track_artist],
            c.VECTOR: _vectors(catalogue.track_vectors),
        }
    )


def _listeners(listeners: Listeners, user_ids: pl.Series, artist_ids: pl.Series, start: date) -> pl.DataFrame:
    joined = [start + timedelta(days=day) if day >= 0 else None for day in listeners.joined_day.tolist()]
    versions = {f"likes_{kind}": listeners.likes_version[:, i] for i, kind in enumerate(VERSION_KINDS[1:])}
    return pl.DataFrame(
        {
            c.USER_ID: user_ids,
            "habit": _words(list(HABITS), listeners.habit),
            "is_honest": listeners.kind == HONEST,
            "kind": _words(list(KINDS), listeners.kind),
            "group": pl.Series(listeners.group).set(pl.Series(listeners.group < 0), None),
            **versions,
            "is_passive": listeners.habit == PASSIVE,
            "activity": listeners.activity,
            "explore_share": listeners.explore,
            "favourite_artist_id": artist_ids.gather(_or_null(listeners.favourite_artist)),
            "joined_on": pl.Series(joined, dtype=pl.Date),
            "utc_offset_s": listeners.utc_offset_s,
        }
    )


def _tastes(listeners: Listeners, user_ids: pl.Series, genres: list[str]) -> pl.DataFrame:
    keep = listeners.weights_start.ravel() > 0
    user = np.repeat(np.arange(listeners.size), MAX_POINTS)[keep]
    points = listeners.points.reshape(-1, listeners.points.shape[2])[keep]
    return pl.DataFrame(
        {
            c.USER_ID: user_ids.gather(user),
            "point": np.tile(np.arange(MAX_POINTS), listeners.size)[keep],
            "genre": _words(genres, listeners.point_genre.ravel()[keep]),
            "weight_start": listeners.weights_start.ravel()[keep],
            "weight_end": listeners.weights_end.ravel()[keep],
            c.VECTOR: _vectors(points),
        }
    )


def _directions(catalogue: Catalogue, genres: list[str]) -> pl.DataFrame:
    space = catalogue.space
    moods = np.zeros((len(MOODS), space.genres.shape[1]), dtype=np.float32)
    moods[:, : space.moods.shape[1]] = space.moods
    kinds = ["genre"] * len(genres) + ["mood"] * len(MOODS) + ["version"] * len(VERSION_KINDS)
    return pl.DataFrame(
        {
            "kind": kinds,
            c.NAME: [*genres, *MOODS, *VERSION_KINDS],
            c.VECTOR: _vectors(np.vstack([space.genres, moods, space.versions])),
        }
    )


def _words(words: list[str], codes: np.ndarray) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(codes.astype(np.int64))


def _or_null(rows: np.ndarray) -> pl.Series:
    series = pl.Series(rows.astype(np.int64))
    return series.set(series < 0, None)


def _vectors(matrix: np.ndarray) -> pl.Series:
    """Rows as list[f32], which every reader of Parquet knows."""
    return pl.Series(matrix.astype(np.float32), dtype=pl.Array(pl.Float32, matrix.shape[1])).arr.to_list()
