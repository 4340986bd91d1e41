"""The missing-track protocol: hide one track of each playlist, guess exactly that one among all tracks.

Belongs here: reading playlists, the task, ranks and figures. Ours goes through the same entry points of ``mixes`` as the
daily graph; peers are ``peers``.

Repeats within a playlist are dropped; tracks in at least 3 playlists are kept; then playlists with at least 10 tracks; one track
of each is hidden, uniformly by the seed; all tracks are ranked except the playlist's remaining ones. Models may use titles,
descriptions, names of tracks and artists, and the visible rows in their order, positions renumbered. Whatever was counted before
hiding (the number of tracks, artists or edits, the duration) is never read.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys_assets.core import columns as c
from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.core.ids import IdMap
from recsys_assets.core.seeds import generator
from recsys_assets.evaluation.peers import PLAYLIST_PEERS, Peer, ScoreRows
from recsys_assets.evaluation.report import OURS, ModelRun, Report
from recsys_assets.metrics.ranking import hit_at_from_ranks, rank_targets, reciprocal_from_ranks
from recsys_assets.mixes.baskets import Baskets, build_baskets, hide_one
from recsys_assets.mixes.ranker import RankerParams, rank_candidates
from recsys_assets.mixes.sources import fit_sources
from recsys_assets.mixes.tracks import TrackFacts, build_track_facts
from recsys_assets.mixes.training import fit_ranker

PROTOCOL = "missing-track"
MIN_PLAYLISTS_PER_TRACK = 3
MIN_TRACKS_PER_PLAYLIST = 10
MRR_CUT = 500
_BATCH = 256


@dataclass(frozen=True)
class Playlists:
    """Playlists as read.

    ``entries``: playlist_id, position, track_id, artist_id (a name); ``titles``: playlist_id, name, description (null where
    there is none).
    """

    name: str
    entries: pl.DataFrame
    titles: pl.DataFrame


@dataclass(frozen=True)
class MissingTrackTask:
    """Visible baskets, the hidden track of each, and facts, ids and artists of all tracks that are ranked."""

    visible: Baskets
    hidden: NDArray[np.int32]
    facts: TrackFacts
    track_ids: IdMap
    artist_ids: pl.Series


def read_playlists(path: Path) -> Playlists:
    """Read playlists in the form of the Million Playlist Dataset.

    Args:
        path: a folder with ``playlists.parquet`` and ``playlist_tracks.parquet``, a folder with ``mpd.slice.*.json``,
            or one such file.

    Raises:
        InvalidArgumentError: neither form is there.
        DataFaultError: a file is not what its name says.
    """
    if (path / "playlist_tracks.parquet").is_file() and (path / "playlists.parquet").is_file():
        return _from_parquet(path)
    slices = [path] if path.is_file() else sorted(path.glob("mpd.slice.*.json"))
    if not slices:
        raise InvalidArgumentError(
            f"{path} has neither playlists.parquet with playlist_tracks.parquet nor mpd.slice.*.json files"
        )
    return _from_slices(path, slices)


def build_task(playlists: Playlists, *, seed: int) -> MissingTrackTask:
    """Apply the protocol's filters and hide one track of each playlist.

    Raises:
        InvalidArgumentError: no playlist is left after the filters.
    """
    entries = playlists.entries.sort(c.PLAYLIST_ID, c.POSITION).unique(
        [c.PLAYLIST_ID, c.TRACK_ID], keep="first", maintain_order=True
    )
    entries = entries.filter(pl.len().over(c.TRACK_ID) >= MIN_PLAYLISTS_PER_TRACK)
    entries = entries.filter(pl.len().over(c.PLAYLIST_ID) >= MIN_TRACKS_PER_PLAYLIST)
    if not entries.height:
        raise InvalidArgumentError(
            f"no playlist of {playlists.name} has {MIN_TRACKS_PER_PLAYLIST} tracks that {MIN_PLAYLISTS_PER_TRACK} playlists share"
        )
    track_ids = IdMap.of(entries[c.TRACK_ID])
    whole = build_baskets(entries, track_ids, titles=playlists.titles)
    visible, hidden = hide_one(whole, rng=generator(seed, PROTOCOL))
    catalogue = (
        entries.group_by(c.TRACK_ID)
        .agg(pl.col(c.ARTIST_ID).min())
        .select(c.TRACK_ID, pl.concat_list(c.ARTIST_ID).alias(c.ARTIST_IDS))
        .sort(c.TRACK_ID)
    )
    return MissingTrackTask(
        visible=visible,
        hidden=hidden,
        facts=build_track_facts(catalogue, track_ids),
        track_ids=track_ids,
        artist_ids=catalogue[c.ARTIST_IDS],
    )


def evaluate_missing_track(
    path: Path,
    seeds: Sequence[int],
    *,
    params: RankerParams | None = None,
    peers: Sequence[Peer] = PLAYLIST_PEERS,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Run the protocol for ours and its peers.

    Args:
        path: as ``read_playlists``.
        seeds: one run each.
        params: of ours; the defaults are what the daily graph uses.
        peers: beside ours.
        progress: told in words what is being done.
    """
    say = progress or (lambda _: None)
    playlists = read_playlists(path)
    runs: list[ModelRun] = []
    n_train = n_test = 0
    for number, seed in enumerate(seeds):
        task = build_task(playlists, seed=seed)
        if number == 0:
            n_train, n_test = task.visible.tracks.size, int((task.hidden >= 0).sum())
        for peer in peers:
            say(f"seed {seed}: {peer.name}")
            runs.append(_run_peer(peer, task, seed=seed))
        say(f"seed {seed}: {OURS}")
        runs.append(_run_ours(task, params or RankerParams(), seed=seed))
    return Report(protocol=PROTOCOL, dataset=playlists.name, n_train=n_train, n_test=n_test, runs=tuple(runs))


def judge_ranks(ranks: NDArray[np.integer]) -> dict[str, float]:
    """Return hit@1, hit@10, hit@100 and mrr (cut at 500) of the hidden tracks' ranks (from 1; 0 = not ranked)."""
    figures = {f"hit@{k}": float(hit_at_from_ranks(k, ranks).mean()) for k in (1, 10, 100)}
    return figures | {"mrr": float(reciprocal_from_ranks(ranks, cut=MRR_CUT).mean())}


def _run_peer(peer: Peer, task: MissingTrackTask, *, seed: int) -> ModelRun:
    matrix = task.visible.matrix()
    started = time.perf_counter()
    score_rows = peer.fit(matrix, seed)
    seconds = time.perf_counter() - started
    ranks = np.concatenate(list(_peer_ranks(score_rows, matrix, task.hidden)))
    return ModelRun(model=peer.name, seed=seed, metrics=judge_ranks(ranks), fit_seconds=seconds)


def _peer_ranks(
    score_rows: ScoreRows, matrix: sparse.csr_matrix, hidden: NDArray[np.integer]
) -> Iterator[NDArray[np.int64]]:
    for start in range(0, matrix.shape[0], _BATCH):
        stop = min(start + _BATCH, matrix.shape[0])
        scores = np.array(score_rows(start, stop), dtype=np.float32)
        owners = np.repeat(np.arange(stop - start), np.diff(matrix.indptr[start : stop + 1]))
        scores[owners, matrix.indices[matrix.indptr[start] : matrix.indptr[stop]]] = -np.inf
        yield rank_targets(scores, hidden[start:stop])


def _run_ours(task: MissingTrackTask, params: RankerParams, *, seed: int) -> ModelRun:
    started = time.perf_counter()
    ranker = fit_ranker(task.visible, task.facts, params, seed=seed)
    index = fit_sources(task.visible, task.facts, params.sources, seed=seed)
    seconds = time.perf_counter() - started
    ranks = np.zeros(len(task.visible), dtype=np.int64)
    for start, found in rank_candidates(ranker, index, task.visible, blend=params.blend):
        is_hidden = found.tracks == task.hidden[start : start + len(found.tracks), None]
        ranks[start : start + len(found.tracks)] = np.where(is_hidden.any(axis=1), is_hidden.argmax(axis=1) + 1, 0)
    return ModelRun(model=OURS, seed=seed, metrics=judge_ranks(ranks), fit_seconds=seconds)


def _from_parquet(path: Path) -> Playlists:
    # Only these columns are ever read: num_tracks, num_artists, num_edits and duration_ms were counted before hiding.
    entries = pl.read_parquet(path / "playlist_tracks.parquet", columns=["pid", "pos", "track_uri", "artist_name"])
    titles = pl.scan_parquet(path / "playlists.parquet").select("pid", "name", pl.col("^description$")).collect()
    return _named(path, entries, titles)


def _from_slices(path: Path, slices: Sequence[Path]) -> Playlists:
    import orjson

    entries: list[tuple[int, int, str, str]] = []
    titles: list[tuple[int, str, str | None]] = []
    for file in slices:
        try:
            for playlist in orjson.loads(file.read_bytes())["playlists"]:
                titles.append((playlist["pid"], playlist["name"], playlist.get("description")))
                entries.extend(
                    (playlist["pid"], track["pos"], track["track_uri"], track["artist_uri"])
                    for track in playlist["tracks"]
                )
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise DataFaultError(f"{file} is not a slice of the Million Playlist Dataset: {error!r}") from error
    columns = {
        "pid": pl.Int64,
        "pos": pl.Int64,
        "track_uri": pl.String,
        "artist_name": pl.String,
    }
    return _named(
        path,
        pl.DataFrame(entries, schema=columns, orient="row"),
        pl.DataFrame(titles, schema={"pid": pl.Int64, "name": pl.String, "description": pl.String}, orient="row"),
    )


def _named(path: Path, entries: pl.DataFrame, titles: pl.DataFrame) -> Playlists:
    return Playlists(
        name=path.name,
        entries=entries.select(
            pl.col("pid").cast(pl.String).alias(c.PLAYLIST_ID),
            pl.col("pos").alias(c.POSITION),
            pl.col("track_uri").alias(c.TRACK_ID),
            pl.col("artist_name").alias(c.ARTIST_ID),
        ),
        titles=titles.select(
            pl.col("pid").cast(pl.String).alias(c.PLAYLIST_ID),
            pl.col("name").alias(c.NAME),
            (pl.col("description") if "description" in titles.columns else pl.lit(None, pl.String)).alias(
                c.DESCRIPTION
            ),
        ),
    )
