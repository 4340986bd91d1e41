"""The mention protocol on planted requests: what is read, what counts, what links."""

import csv
from pathlib import Path

import polars as pl
import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.corpus.gazetteer import build_gazetteer
from recsys_assets.corpus.tables import ARTIST, TRACK
from recsys_assets.evaluation.mentions import evaluate_mentions, find_longest, names_near, read_bio, read_names

REQUESTS = (
    (("songs", "O"), ("like", "O"), ("kid", "B-WoA"), ("a", "I-WoA"), ("by", "O"), ("radiohead", "B-Artist")),
    (("music", "O"), ("similar", "O"), ("to", "O"), ("aphex", "B-Artist"), ("twin", "I-Artist")),
    (("some", "O"), ("air", "O"), ("please", "O")),
)


def write(file: Path, requests: tuple = REQUESTS) -> Path:
    text = "\n\n".join("\n".join(f"{word}\t{tag}" for word, tag in request) for request in requests)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n\n", encoding="utf-8")
    return file


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, list[Path]]:
    write(tmp_path / "requests" / "test.bio")
    with (tmp_path / "requests" / "ground-truth_linked.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["mention", "type", "query", "wiki_name"])
        rows.writerow(["radiohead", "Artist", "songs like kid a by radiohead", "Radiohead_(band)"])
        rows.writerow(["aphex twin", "Artist", "music similar to aphex twin", "Somebody_Else"])
    (tmp_path / "mpd-dev").mkdir()
    titles = ["Kid A", "Creep", "Xtal", "Sexy Boy"]
    pl.DataFrame({"track_name": titles, "artist_name": ["Radiohead", "Radiohead", "Aphex Twin", "Air"]}).write_parquet(
        tmp_path / "mpd-dev" / "playlist_tracks.parquet"
    )
    (tmp_path / "lastfm-2k").mkdir()
    (tmp_path / "lastfm-2k" / "artists.dat").write_text("id\tname\n1\tRadiohead\n2\tLike\n", encoding="utf-8")
    return tmp_path / "requests", [tmp_path / "mpd-dev", tmp_path / "lastfm-2k"]


def test_marked_requests_are_spans_of_text(folders: tuple[Path, list[Path]]):
    first, second, third = read_bio(folders[0] / "test.bio")
    assert first.text == "songs like kid a by radiohead"
    assert {first.text[start:end]: kind for start, end, kind in first.spans} == {"kid a": TRACK, "radiohead": ARTIST}
    assert {second.text[start:end] for start, end, _ in second.spans} == {"aphex twin"}
    assert third.spans == frozenset()


def test_names_are_those_of_both_sets(folders: tuple[Path, list[Path]]):
    entries = read_names(folders[1])
    assert {each.name for each in entries if each.kind == ARTIST} == {"Air", "Aphex Twin", "Like", "Radiohead"}
    assert {each.name for each in entries if each.kind == TRACK} == {"Kid A", "Creep", "Xtal", "Sexy Boy"}
    assert next(each for each in entries if each.name == "Radiohead").fame == 2


def test_longest_match_links_whatever_is_a_name(folders: tuple[Path, list[Path]]):
    gazetteer = build_gazetteer(read_names(folders[1]))
    found = find_longest("songs like kid a by radiohead", gazetteer)
    assert [(each.name, each.kind) for each in found] == [("like", ARTIST), ("kid a", TRACK), ("radiohead", ARTIST)]


def test_ours_is_beside_plain_in_one_report(folders: tuple[Path, list[Path]]):
    report = evaluate_mentions(*folders).to_dict()
    strata = report["strata"]
    assert set(strata) == {"artist", "title"}
    # "like" and "air" are words in these requests: plain finds four artists, of which two are.
    assert strata["artist"]["plain"]["precision"] == 0.5
    assert strata["artist"]["plain"]["recall"] == 1
    assert strata["artist"]["plain"]["link_precision"] == 0.5
    assert strata["artist"]["ours"]["f1"] == 1
    assert strata["title"]["ours"]["precision"] >= strata["title"]["plain"]["precision"]


def test_a_folder_of_folders_is_judged_together(folders: tuple[Path, list[Path]], tmp_path: Path):
    for name in ("one", "two"):
        write(tmp_path / "all" / name / "test.bio")
    assert evaluate_mentions(tmp_path / "all", folders[1]).n_test == 6


def test_what_is_not_there_or_no_bio_is_said(folders: tuple[Path, list[Path]], tmp_path: Path):
    with pytest.raises(InvalidArgumentError, match=r"test\.bio"):
        evaluate_mentions(tmp_path / "mpd-dev", folders[1])
    (tmp_path / "bad.bio").write_text("word B-Artist\n", encoding="utf-8")
    with pytest.raises(DataFaultError, match="line 1"):
        read_bio(tmp_path / "bad.bio")
    (tmp_path / "empty.bio").write_text("\n\n", encoding="utf-8")
    with pytest.raises(DataFaultError, match="no text"):
        read_bio(tmp_path / "empty.bio")
    with pytest.raises(InvalidArgumentError, match="neither"):
        read_names([tmp_path])


def test_names_are_looked_for_beside_the_requests(folders: tuple[Path, list[Path]], tmp_path: Path):
    assert names_near(folders[0]) == folders[1]
    with pytest.raises(InvalidArgumentError, match="--gazetteer"):
        names_near(Path("/nowhere/at/all"))
