"""The report's JSON and table."""

import json

import pytest
from rich.console import Console

from recsys_assets.evaluation.report import ModelRun, Report, build_table

RUNS = (
    ModelRun("popularity", 0, {"hit@10": 0.1, "mrr": 0.05}, 1.0),
    ModelRun("ours", 0, {"hit@10": 0.3, "mrr": 0.2}, 4.0),
    ModelRun("popularity", 1, {"hit@10": 0.2, "mrr": 0.05}, 3.0),
    ModelRun("ours", 1, {"hit@10": 0.5, "mrr": 0.3}, 6.0),
)
REPORT = Report(protocol="missing-track", dataset="world", n_train=900, n_test=80, runs=RUNS)


def test_json_has_the_agreed_shape_with_means_as_values():
    read = json.loads(REPORT.to_json())
    assert {"protocol", "dataset", "n_train", "n_test", "models"} <= set(read)
    assert read["models"]["ours"] == pytest.approx({"hit@10": 0.4, "mrr": 0.25, "fit_seconds": 5.0})
    assert read["sd"]["ours"]["hit@10"] == pytest.approx(0.02**0.5)
    assert read["seeds"] == [0, 1]


def test_table_shows_mean_and_sd_of_every_model():
    console = Console(record=True, width=160)
    console.print(build_table(REPORT))
    text = console.export_text()
    assert "0.4000 ± 0.1414" in text
    assert "0.0500 ± 0.0000" in text
    assert text.index("popularity") < text.index("ours")


def test_a_table_says_its_task_and_no_seconds_where_nothing_was_hidden_or_fitted():
    runs = (ModelRun("ours", 0, {"precision@10": 0.35}, 0.0), ModelRun("random", 0, {"precision@10": 0.1}, 0.0))
    console = Console(record=True, width=160)
    console.print(build_table(Report("first-listeners", "world", 900, 80, runs, task="right are 26 of 260")))

    text = console.export_text()
    assert "right are 26 of 260" in text
    assert "hidden" not in text
    assert "fit s" not in text
    assert "0.3500" in text
