"""The genre that each recording sounds like, for a week: rows of ``genre_guesses``. The model itself is ``genre``."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from recsys_assets.audio.analyse import ANALYSIS_VERSION
from recsys_assets.audio.genre import GenreModel, GenreParams, fit_genre_model, guess_apart
from recsys_assets.audio.tables import GENRE_GUESSES, recordings_known
from recsys_assets.core import columns as c
from recsys_assets.core.gates import GateResult
from recsys_assets.core.lake import TableVersion

N_KEPT = 5


def guess_genres(
    week: date,
    recordings: TableVersion,
    tracks: TableVersion,
    artists: TableVersion,
    params: GenreParams,
    *,
    seed: int = 7,
) -> pl.DataFrame:
    """Learn from the tracks whose genre the catalogue names, and guess that of every recording.

    A track without a genre of its own has its artists'. Every track that has a label, learned from or not, is guessed by the
    model without all tracks that share an artist with it: they bear the same label and sound alike.

    Args:
        week: the Monday; what arrived on it or later counts for the next.
        recordings: all of ``track_analysis``.
        tracks: all of ``raw_tracks``.
        artists: all of ``raw_artists``.
        params: how genre is learned.
        seed: of the choice of tracks where there are very many.

    Returns:
        Rows of ``genre_guesses`` without the week; none where the catalogue names fewer than two genres often enough.
    """
    last = week - timedelta(days=1)
    known = recordings_known(recordings, last).filter(pl.col("analysis_version") == ANALYSIS_VERSION)
    heard = known.select(c.TRACK_ID, "descriptors").sort(c.TRACK_ID).collect()
    catalogue = _catalogue(tracks.latest(last), artists.latest(last))
    described = heard.select(c.TRACK_ID).join(catalogue, on=c.TRACK_ID, how="left", maintain_order="left")
    named = [list(names) if names is not None else [] for names in described[c.GENRES]]
    if not _can_be_told(named, params):
        return GENRE_GUESSES.empty().drop(c.WEEK)
    vectors = np.array(heard["descriptors"].to_list(), dtype=np.float32)
    model = fit_genre_model(vectors, named, params, seed=seed)
    # A track without artists shares them with nobody but itself.
    credited = [
        list(ids) if ids is not None and len(ids) else [f"\0{row}"] for row, ids in enumerate(described[c.ARTIST_IDS])
    ]
    probabilities = model.predict(vectors)
    labelled = np.array([bool(names) for names in named])
    probabilities[labelled] = guess_apart(vectors, named, credited, params, seed=seed)[1][labelled]
    return _rows(heard[c.TRACK_ID].to_list(), probabilities, model, named)


def _can_be_told(labels: list[list[str]], params: GenreParams) -> bool:
    counts = pl.Series([name for names in labels for name in set(names)], dtype=pl.String).value_counts()
    return counts.filter(pl.col("count") >= params.min_tracks).height >= 2


def _catalogue(tracks: TableVersion, artists: TableVersion) -> pl.DataFrame:
    """Read artist_ids and genres of each track; its artists' genres where it has none of its own."""
    own = tracks.scan().select(c.TRACK_ID, c.ARTIST_IDS, c.GENRES).collect()
    by_artist = artists.scan().select(c.ARTIST_ID, pl.col(c.GENRES).alias("of_artist")).collect()
    credited = (
        own.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).alias(c.ARTIST_ID))
        .explode(c.ARTIST_ID)
        .join(by_artist, on=c.ARTIST_ID)
        .explode("of_artist")
        .drop_nulls("of_artist")
        .group_by(c.TRACK_ID)
        .agg(pl.col("of_artist").unique().sort())
    )
    has_own = pl.col(c.GENRES).list.len() > 0
    joined = own.join(credited, on=c.TRACK_ID, how="left")
    return joined.select(
        c.TRACK_ID, c.ARTIST_IDS, pl.when(has_own).then(c.GENRES).otherwise("of_artist").alias(c.GENRES)
    )


def _rows(track_ids: list[str], probabilities: np.ndarray, model: GenreModel, labels: list[list[str]]) -> pl.DataFrame:
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :N_KEPT]
    rows = [
        {
            c.TRACK_ID: track_id,
            "genre": model.genres[best[0]],
            "probability": float(row[best[0]]),
            "genres": [{"genre": model.genres[n], "probability": float(row[n])} for n in best],
            "labels": sorted(set(names)),
        }
        for track_id, row, best, names in zip(track_ids, probabilities, order, labels, strict=True)
    ]
    schema = {column.name: column.dtype for column in GENRE_GUESSES.columns}
    return pl.DataFrame(rows, schema=schema, orient="row", strict=False)


def genres_beat_the_commonest(guesses: pl.DataFrame) -> GateResult:
    """Judge whether the guesses hit the catalogue's labels more often than naming the commonest genre always would.

    Labelled tracks are guessed without their artists (``guess_genres``), so knowing an artist's sound again earns nothing.

    Args:
        guesses: rows of ``genre_guesses`` of a week.
    """
    labelled = guesses.filter(pl.col("labels").list.len() > 0)
    if labelled.is_empty():
        notes = "no genre was guessed: the catalogue names too few, or there are no recordings"
        return GateResult("genres_beat_the_commonest", True, 0, None, blocking=False, notes=notes)
    hits = labelled.select(pl.col("labels").list.contains(pl.col("genre")).mean()).item()
    counts = labelled.explode("labels")["labels"].value_counts()["count"].to_list()
    commonest = max(counts) / labelled.height
    return GateResult(
        name="genres_beat_the_commonest",
        passed=hits > commonest,
        observed=round(hits, 3),
        threshold=round(commonest, 3),
        blocking=False,
        notes=f"{hits:.0%} of {labelled.height:,} labelled tracks are guessed right where nothing was learned from their artists; "
        f"the commonest genre alone has {commonest:.0%}",
    )
