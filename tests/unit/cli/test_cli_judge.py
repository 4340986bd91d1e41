"""``recsys evaluate``: the options as they are documented, and what comes out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys_assets.evaluation import cold_start, cold_start_data, holdout, missing_track
from recsys_assets.evaluation.report import ModelRun, Report


def planted_report(protocol: str, seeds: Sequence[int]) -> Report:
    runs = [ModelRun("popular", seed, {"hit@10": 0.1}, 0.5) for seed in seeds]
    runs += [ModelRun("ours", seed, {"hit@10": 0.2 + seed / 10}, 1.0) for seed in seeds]
    return Report(protocol=protocol, dataset="planted", n_train=10, n_test=2, runs=tuple(runs))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Replace the protocols by planted reports; return what they were asked for."""
    calls: list[tuple[object, ...]] = []

    def fake_holdout(dataset: str, path: Path, seeds: Sequence[int], *, progress: Callable[[str], None]) -> Report:
        calls.append((dataset, path, seeds))
        progress("seed 0: ours")
        return planted_report("holdout", seeds)

    def fake_missing(path: Path, seeds: Sequence[int], *, progress: Callable[[str], None]) -> Report:
        calls.append((path, seeds))
        progress("seed 0: ours")
        return planted_report("missing-track", seeds)

    monkeypatch.setattr(holdout, "evaluate_holdout", fake_holdout)
    monkeypatch.setattr(missing_track, "evaluate_missing_track", fake_missing)
    return calls


def test_holdout_as_in_the_manual(empty: Any, asked: list[tuple[object, ...]], tmp_path: Path):
    args = ("--dataset", "lastfm-2k", "--path", str(tmp_path), "--seeds", "0", "1", "--json", str(tmp_path / "x.json"))

    result = empty.run("evaluate", "holdout", *args)

    assert result.exit_code == 0, result.output
    assert asked == [("lastfm-2k", tmp_path, [0, 1])]
    assert "0.2500" in result.stdout
    assert "seed 0: ours" in result.stderr
    written = json.loads((tmp_path / "x.json").read_text())
    assert written["protocol"] == "holdout"
    assert written["models"]["ours"]["hit@10"] == pytest.approx(0.25)
    assert written["models"]["ours"]["fit_seconds"] == 1.0
    assert (written["n_train"], written["n_test"]) == (10, 2)


def test_missing_track_as_in_the_manual(empty: Any, asked: list[tuple[object, ...]], tmp_path: Path):
    result = empty.run("evaluate", "missing-track", "--playlists", str(tmp_path), "--seeds", "3", "4", "--json", "-")

    assert asked == [(tmp_path, [3, 4])]
    assert json.loads(result.stdout)["seeds"] == [3, 4]


def test_a_manifest_that_leads_out_of_its_folder_gets_one_line(empty: Any, tmp_path: Path):
    (tmp_path / "manifest.csv").write_text("file,tempo_bpm,key,beats_file,chords_file\n../../etc/passwd,,,,\n")

    result = empty.run("evaluate", "audio", str(tmp_path))

    assert result.exit_code == 1
    assert (
        result.stderr
        == "recsys: manifest.csv, line 2: '../../etc/passwd' leads out of the folder; name files below it\n"
    )


def test_seeds_that_are_no_numbers_are_told_as_such(empty: Any, tmp_path: Path):
    result = empty.run("evaluate", "missing-track", "--playlists", str(tmp_path), "--seeds", "a", "b")

    assert result.exit_code == 2
    assert result.stderr == "recsys: --seeds takes whole numbers such as `--seeds 0 1 2`, found 'a,b'\n"


@pytest.mark.parametrize(
    "args",
    [
        ("holdout",),
        ("holdout", "--path", "/"),
        ("missing-track", "--playlists", "/dev"),
        ("holdout", "--path", "/nowhere"),
        ("holdout", "--path", ".", "--seeds", "one"),
        ("holdout", "--path", ".", "--seeds"),
        ("holdout", "--path", ".", "--json", "/nowhere/x.json"),
        ("holdout", "--path", ".", "--dataset", "other"),
        ("missing-track", "--playlists", "/nowhere"),
        ("missing-track", "--path", "."),
        ("everything",),
    ],
)
def test_wrong_arguments(empty: Any, args: tuple[str, ...]):
    result = empty.run("evaluate", *args)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


def test_cold_start_as_in_the_manual(empty: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    whole = planted_report("cold-start", [0, 1])
    monkeypatch.setattr(cold_start_data, "read_public", lambda *folders: folders)

    def fake(data: object, seeds: Sequence[int], *, progress: Callable[[str], None]) -> Report:
        assert (data, seeds) == ((tmp_path, tmp_path, None), [0, 1])
        progress("seed 0: the space")
        return replace(whole, strata={"all": whole, "new_artist": whole})

    monkeypatch.setattr(cold_start, "evaluate_cold_start", fake)
    folders = ("--playlists", str(tmp_path), "--descriptors", str(tmp_path))
    result = empty.run("evaluate", "cold-start", *folders, "--seeds", "0", "1", "--json", str(tmp_path / "x.json"))
    assert result.exit_code == 0, result.output
    assert "new_artist" in result.stdout
    written = json.loads((tmp_path / "x.json").read_text())
    assert written["strata"]["new_artist"]["ours"]["hit@10"] == pytest.approx(0.25)


def test_cold_start_takes_both_folders_or_a_home(empty: Any, tmp_path: Path):
    one = empty.run("evaluate", "cold-start", "--playlists", str(tmp_path))
    assert one.exit_code == 2
    assert "--playlists and --descriptors, both" in one.stderr
    empty.home.root.mkdir()
    none = empty.run("evaluate", "cold-start")
    assert none.exit_code == 1
    assert "no day of play_confidence was made" in none.stderr
