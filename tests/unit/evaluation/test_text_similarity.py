"""The protocol on a folder of biographies whose similar artists are planted."""

import json
from pathlib import Path

import pytest

from recsys_assets.core.errors import DataFaultError, InvalidArgumentError
from recsys_assets.evaluation.text_similarity import evaluate_text_similarity, guess_names, read_gold

WORDS = {"m": "riffs thunder growled distortion amplifier", "j": "swing saxophone quartet bebop ballroom"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = []
    for kind, words in WORDS.items():
        for n in range(6):
            (tmp_path / f"{kind}{n}.txt").write_text(f"Band {kind}{n} is known. {words}", encoding="utf-8")
            lines.append(f"{kind}{n}\t" + " ".join(f"{kind}{other}" for other in range(6) if other != n) + " elsewhere")
    (tmp_path / "gold.tsv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_planted_neighbours_are_found_and_reported_in_the_shape_of_all_protocols(folder: Path):
    report = json.loads(evaluate_text_similarity(folder, folder / "gold.tsv").to_json())

    assert report["protocol"] == "text-similarity"
    assert (report["n_train"], report["n_test"]) == (12, 60)
    for model in ("ours", "plain"):
        # Five are right, so that half of ten is all that can be.
        assert {k: v for k, v in report["models"][model].items() if "@" in k} == {"p@5": 1, "p@10": 0.5, "ndcg@10": 1}
    assert set(report["strata"]) == {"all", "chosen_on", "other_half"}


def test_bytes_that_are_no_text_are_read_over(folder: Path):
    (folder / "x.txt").write_bytes(b"\xff\xfe\x00\x80" * 100)

    assert evaluate_text_similarity(folder, folder / "gold.tsv").n_train == 13


def test_gold_of_other_artists_is_refused(folder: Path):
    (folder / "gold.tsv").write_text("someone\telse\n", encoding="utf-8")

    with pytest.raises(InvalidArgumentError, match="similar artists of 0 of the texts"):
        evaluate_text_similarity(folder, folder / "gold.tsv")


def test_a_line_without_a_tab_is_named(tmp_path: Path):
    (tmp_path / "gold.tsv").write_text("a\tb\na b\n", encoding="utf-8")

    with pytest.raises(DataFaultError, match="line 2: expected an artist id, a tab and ids"):
        read_gold(tmp_path / "gold.tsv", ["a", "b"])


def test_no_folder_and_no_texts_are_refused(tmp_path: Path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InvalidArgumentError, match="expected a folder of"):
            evaluate_text_similarity(folder, tmp_path / "gold.tsv")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("**Air** is a French duo", ("Air",)),
        ("Björk Guðmundsdóttir (born 1965) sings", ("Björk Guðmundsdóttir",)),
        ("[Low](http://example.org/Low), from Duluth", ("Low",)),
        ("in a village there was", ()),
        ("", ()),
    ],
)
def test_a_biography_opens_with_whom_it_is_about(text: str, names: tuple[str, ...]):
    assert guess_names(text) == names
