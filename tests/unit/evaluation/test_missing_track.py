"""The missing-track protocol: its filters, its forms of input, and that nothing hidden is ever seen."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.evaluation.missing_track import (
    Playlists,
    build_task,
    evaluate_missing_track,
    judge_ranks,
    read_playlists,
)
from recsys_assets.evaluation.peers import PLAYLIST_PEERS
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes.candidates import BlendParams, propose
from recsys_assets.mixes.features import build_features
from recsys_assets.mixes.network import NetworkParams
from recsys_assets.mixes.ranker import RankerParams, rank_candidates
from recsys_assets.mixes.source_scores import score_sources
from recsys_assets.mixes.sources import SourceParams, fit_sources
from recsys_assets.mixes.training import fit_ranker

SOURCES = SourceParams(space=FactoriseParams(embedding_size=8, epochs=3, regularization=0.01, unobserved_weight=0.05))
PARAMS = RankerParams(sources=SOURCES, network=NetworkParams(passes=4), n_reranked=30, rounds_of_hiding=1)


def entry_frame(n_playlists: int = 80, n_tracks: int = 60, seed: int = 4) -> pl.DataFrame:
    """Playlists are windows of a circle of tracks, ten or more long; artists own five tracks in a row."""
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(n_playlists):
        start, length = int(rng.integers(n_tracks)), int(rng.integers(11, 16))
        rows += [(str(p), i, f"t{(start + i) % n_tracks:02d}") for i in range(length)]
    made = pl.DataFrame(rows, schema=["playlist_id", "position", "track_id"], orient="row")
    number = pl.col("track_id").str.slice(1).cast(pl.Int64)
    return made.with_columns(title=pl.format("song {}", "track_id"), artist_id=pl.format("artist {}", number // 5))


def playlists_of(entries: pl.DataFrame) -> Playlists:
    ids = entries["playlist_id"].unique(maintain_order=True)
    return Playlists(
        "world", entries, pl.DataFrame({"playlist_id": ids, "name": [f"list {i}" for i in range(len(ids))]})
    )


def write_two_parquet(folder: Path, entries: pl.DataFrame) -> None:
    ids = entries["playlist_id"].unique(maintain_order=True).cast(pl.Int64)
    entries.select(
        pl.col("playlist_id").cast(pl.Int64).alias("pid"),
        pl.col("position").alias("pos"),
        pl.col("track_id").alias("track_uri"),
        pl.col("title").alias("track_name"),
        pl.col("artist_id").alias("artist_name"),
    ).write_parquet(folder / "playlist_tracks.parquet")
    pl.DataFrame({"pid": ids, "name": [f"list {i}" for i in ids]}).write_parquet(folder / "playlists.parquet")


def write_slice(folder: Path, entries: pl.DataFrame) -> None:
    lists = [
        {
            "pid": int(pid),
            "name": f"list {pid}",
            "num_artists": 1,
            "tracks": [
                {"pos": pos, "track_uri": track, "track_name": title, "artist_uri": artist, "artist_name": "?"}
                for _, pos, track, title, artist in group.iter_rows()
            ],
        }
        for (pid,), group in entries.group_by("playlist_id", maintain_order=True)
    ]
    (folder / "mpd.slice.0-999.json").write_text(json.dumps({"info": {}, "playlists": lists}))


def test_repeats_rare_tracks_and_short_playlists_go_in_this_order():
    common = [(str(p), i, f"c{i}") for p in range(4) for i in range(10)]
    # Playlist 4 has ten tracks, but one of them is rare: nine are left, so that it goes.
    short = [("4", i, f"c{i}") for i in range(9)] + [("4", 9, "rare")]
    repeated = [("0", 10, "c0"), ("0", 11, "rare")]
    entries = pl.DataFrame(common + short + repeated, schema=["playlist_id", "position", "track_id"], orient="row")
    entries = entries.with_columns(title=pl.lit("x"), artist_id=pl.lit("a"))
    task = build_task(playlists_of(entries), seed=0)
    assert task.visible.ids.to_list() == ["0", "1", "2", "3"]
    assert task.visible.n_tracks == 10
    assert task.visible.lengths.tolist() == [9] * 4


def test_each_playlist_hides_one_of_its_own_and_the_seed_says_which():
    playlists = playlists_of(entry_frame())
    first, again, other = (build_task(playlists, seed=seed) for seed in (0, 0, 1))
    assert first.hidden.tolist() == again.hidden.tolist() != other.hidden.tolist()
    for row in range(len(first.visible)):
        own = first.visible.tracks[first.visible.indptr[row] : first.visible.indptr[row + 1]]
        assert first.hidden[row] not in own


def swap_hidden(playlists: Playlists, seed: int) -> Playlists:
    """The same playlists, in which the entries that the seed hides name other tracks (as often in all as before)."""
    task = build_task(playlists, seed=seed)
    names = playlists.entries["track_id"].unique().sort()
    hidden = pl.DataFrame({"playlist_id": task.visible.ids, "track_id": names.gather(task.hidden)})
    rolled = np.roll(task.hidden, 7)
    own = task.visible.matrix()
    # A playlist that already holds the other track keeps its own: a repeat would be dropped and shift the rest.
    taken = np.array([bool(own[row, t]) for row, t in enumerate(rolled)])
    other = hidden.with_columns(other=pl.when(pl.Series(taken)).then("track_id").otherwise(names.gather(rolled)))
    changed = playlists.entries.join(other, on=["playlist_id", "track_id"], how="left", maintain_order="left")
    facts = playlists.entries.select("track_id", "title", "artist_id").unique()
    entries = (
        changed.with_columns(pl.coalesce("other", "track_id").alias("track_id"))
        .select("playlist_id", "position", "track_id")
        .join(facts, on="track_id", how="left", maintain_order="left")
    )
    return Playlists(playlists.name, entries, playlists.titles)


def test_altering_the_hidden_entries_changes_no_candidate_and_no_feature():
    playlists = playlists_of(entry_frame())
    task, altered = build_task(playlists, seed=3), build_task(swap_hidden(playlists, seed=3), seed=3)
    assert (task.hidden != altered.hidden).mean() > 0.5, "the test altered something"
    made = []
    for it in (task, altered):
        index = fit_sources(it.visible, it.facts, SOURCES, seed=0, num_threads=1)
        scores = score_sources(index, it.visible, num_threads=1)
        found = propose(index, it.visible, scores, BlendParams())
        features, _ = build_features(index, it.visible, scores, found)
        ranker = fit_ranker(it.visible, it.facts, PARAMS, seed=0, num_threads=1)
        ((_, final),) = rank_candidates(ranker, index, it.visible, blend=PARAMS.blend, num_threads=1)
        made.append((found.tracks, found.scores, features, final.tracks, ranker.to_text()))
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, other)


def test_both_forms_of_the_data_are_the_same_task(tmp_path: Path):
    entries = entry_frame()
    (tmp_path / "parquet").mkdir()
    (tmp_path / "json").mkdir()
    write_two_parquet(tmp_path / "parquet", entries)
    write_slice(tmp_path / "json", entries)
    a, b = (build_task(read_playlists(tmp_path / form), seed=2) for form in ("parquet", "json"))
    assert a.hidden.tolist() == b.hidden.tolist()
    assert a.visible.tracks.tolist() == b.visible.tracks.tolist()
    assert a.visible.titles == b.visible.titles
    assert a.facts.artist.tolist() == b.facts.artist.tolist()


def test_counts_made_before_hiding_are_not_even_read(tmp_path: Path):
    write_two_parquet(tmp_path, entry_frame())
    read = read_playlists(tmp_path)
    assert set(read.titles.columns) == {"playlist_id", "name", "description"}
    assert set(read.entries.columns) == {"playlist_id", "position", "track_id", "artist_id"}


def test_a_folder_without_playlists_says_what_was_expected(tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match=r"mpd\.slice"):
        read_playlists(tmp_path)
    (tmp_path / "mpd.slice.0-999.json").write_text('{"playlists": [{"pid": 1')
    with pytest.raises(DataFaultError, match=r"mpd\.slice\.0-999"):
        read_playlists(tmp_path)


def test_playlists_that_share_nothing_can_not_be_judged():
    entries = pl.DataFrame(
        {"playlist_id": ["a"], "position": [0], "track_id": ["t"], "title": ["x"], "artist_id": ["y"]}
    )
    with pytest.raises(InvalidArgumentError, match="no playlist"):
        build_task(playlists_of(entries), seed=0)


def test_figures_of_ranks_by_hand():
    figures = judge_ranks(np.array([1, 10, 11, 0, 501]))
    assert figures["hit@1"] == pytest.approx(0.2)
    assert figures["hit@10"] == pytest.approx(0.4)
    assert figures["hit@100"] == pytest.approx(0.6)
    assert figures["mrr"] == pytest.approx((1 + 1 / 10 + 1 / 11) / 5)


def test_the_report_has_ours_beside_every_peer_and_ours_finds_the_gap(tmp_path: Path):
    write_two_parquet(tmp_path, entry_frame())
    report = evaluate_missing_track(tmp_path, [0, 1], params=PARAMS)
    assert set(report.models) == {"ours", *(peer.name for peer in PLAYLIST_PEERS)}
    assert report.n_test == 80
    assert report.summary("ours", "hit@1").mean > 3 * report.summary("popularity", "hit@1").mean
