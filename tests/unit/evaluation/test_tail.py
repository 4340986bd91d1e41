"""The tail protocol on a planted world: who is of the tail, that text finds what few playlists hold, and wrong input."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.evaluation.biographies import find_co_mentions, read_biographies
from recsys_assets.evaluation.missing_track import read_playlists
from recsys_assets.evaluation.tail import TailParams, build_tail_task, evaluate_tail
from recsys_assets.latent.factorise import FactoriseParams

PARAMS = TailParams(space=FactoriseParams(embedding_size=8, unobserved_weight=0.05, regularization=0.01, epochs=4))
GENRES, ARTISTS, LISTS = 4, 24, 160
WORDS = (("punk", "loud"), ("folk", "fiddle"), ("techno", "club"), ("choir", "mass"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four genres of 24 artists of three tracks; the last twelve of each stand in few playlists. Biographies say the genre."""
    folder = tmp_path_factory.mktemp("tail")
    rng = np.random.default_rng(3)
    entries, titles = [], []
    for p in range(LISTS):
        genre = p % GENRES
        common = rng.choice(12 * 3, 14, replace=False)
        rare = 12 * 3 + rng.choice(12 * 3, 2, replace=False)
        titles.append((p, "list"))
        for at, track in enumerate(rng.permutation(np.concatenate([common, rare]))):
            entries.append((p, at, f"g{genre}t{track:02d}", f"T{track}", f"Artist {genre}-{track // 3:02d}"))
    schema = {
        "pid": pl.Int64,
        "pos": pl.Int64,
        "track_uri": pl.String,
        "track_name": pl.String,
        "artist_name": pl.String,
    }
    pl.DataFrame(entries, schema=schema, orient="row").write_parquet(folder / "playlist_tracks.parquet")
    pl.DataFrame(titles, schema={"pid": pl.Int64, "name": pl.String}, orient="row").write_parquet(
        folder / "playlists.parquet"
    )
    bios = [
        (f"Artist {genre}-{n:02d}", " ".join(rng.permutation([*WORDS[genre]] * 5 + ["born", "album"])) + ".")
        for genre in range(GENRES)
        for n in range(ARTISTS)
    ]
    pl.DataFrame(bios, schema=["artist_name", "text"], orient="row").write_parquet(folder / "bios.parquet")
    return folder


def test_the_tail_is_hidden_tracks_of_artists_with_a_biography_in_few_playlists(folder: Path):
    playlists, bios = read_playlists(folder), read_biographies(folder / "bios.parquet")
    tail = build_tail_task(playlists, bios, seed=0)
    visible = tail.task.visible.matrix()
    artists = tail.task.artist_ids.list.first().to_list()
    for row in range(0, len(tail.is_tail), 7):
        artist = artists[tail.task.hidden[row]]
        mine = [n for n, each in enumerate(artists) if each == artist]
        held_by = np.count_nonzero(np.asarray(visible[:, mine].sum(axis=1)).ravel())
        assert tail.is_tail[row] == (held_by <= 5)
    assert not build_tail_task(playlists, bios_without(bios), seed=0).is_tail.any()


def bios_without(bios):
    from dataclasses import replace

    return replace(bios, artists=pl.Series([f"nobody {n}" for n in range(len(bios.artists))]))


def test_both_models_are_judged_on_the_same_cases_with_an_interval(folder: Path):
    report = evaluate_tail(folder, folder / "bios.parquet", [0, 1], params=PARAMS)
    told = report.to_dict()
    strata = told["strata"]
    assert isinstance(strata, dict)
    assert set(strata) == {"tail", "rest"}
    assert set(strata["tail"]) == {"plain", "lifted", "ours"}
    gains = told["strata_gains"]
    assert isinstance(gains, dict)
    assert gains["tail"]["n_cases"] + gains["rest"]["n_cases"] == 2 * LISTS
    gain = gains["tail"]["hit@10"]
    assert gain["low"] <= gain["mean"] <= gain["high"]
    assert (
        evaluate_tail(folder, folder / "bios.parquet", [0, 1], params=PARAMS).strata["tail"].gains
        == report.strata["tail"].gains
    )


def test_no_tail_is_told(folder: Path, tmp_path: Path):
    other = pl.DataFrame(
        {"artist_name": [f"N{n}" for n in range(20)], "text": [" ".join(WORDS[n % 4]) for n in range(20)]}
    )
    other.write_parquet(tmp_path / "bios.parquet")
    with pytest.raises(InvalidArgumentError, match="no hidden track"):
        evaluate_tail(folder, tmp_path / "bios.parquet", [0], params=PARAMS)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pl.DataFrame({"artist": ["a"]}), "artist_name and text"),
        (pl.DataFrame({"artist_name": ["a"], "text": [1]}), "must be strings"),
        (pl.DataFrame({"artist_name": ["a", "b"], "text": ["one", "two"]}), "biographies"),
        (pl.DataFrame(schema={"artist_name": pl.String, "text": pl.String}), "biographies"),
    ],
)  # fmt: skip
def test_wrong_biographies(frame: pl.DataFrame, says: str, tmp_path: Path):
    frame.write_parquet(tmp_path / "bios.parquet")
    with pytest.raises(DataFaultError, match=says):
        read_biographies(tmp_path / "bios.parquet")


def test_absent_or_other_files(tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match="is not there"):
        read_biographies(tmp_path / "none.parquet")
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(DataFaultError, match="no parquet file"):
        read_biographies(tmp_path / "x.parquet")


def test_names_are_found_whole_and_first_names_are_not():
    artists = pl.Series(["Joe", "The Clash", "Joe Strummer", "Air", "Patti"])
    texts = [
        "",
        "Joe Strummer sang; the air was thick.",
        "He was in The Clash.",
        "They like Air.",
        "she liked Patti and joe.",
    ]
    pairs = {(a, b) for a, b, _ in find_co_mentions(artists, texts).iter_rows()}
    assert pairs == {("The Clash", "Joe Strummer"), ("Joe Strummer", "The Clash")}
