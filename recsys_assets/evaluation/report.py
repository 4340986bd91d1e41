"""What a protocol found: figures by model and seed, as a table for people and JSON for programs.

Belongs here: the form of a report. How figures are made is in the protocols.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recsys_assets.metrics.uncertainty import Interval, MeanAndSd, mean_and_sd

if TYPE_CHECKING:
    from rich.table import Table

OURS = "ours"


@dataclass(frozen=True)
class ModelRun:
    """One model under one seed: metric name to value in 0…1, and the seconds that fitting took."""

    model: str
    seed: int
    metrics: dict[str, float]
    fit_seconds: float


@dataclass(frozen=True)
class Report:
    """The runs of one protocol on one data set.

    ``n_train``: visible pairs; ``n_test``: hidden pairs (of the first seed). ``strata``: the same protocol on parts of what
    is ranked, by name; empty where it has none. ``task``: who is right, in words, where nothing is hidden. ``gains``: by
    metric, how much better ours is than the peer that it is paired with, case by case, and between which bounds;
    ``n_test`` then counts the cases of all seeds.
    """

    protocol: str
    dataset: str
    n_train: int
    n_test: int
    runs: tuple[ModelRun, ...]
    strata: Mapping[str, "Report"] = field(default_factory=dict)
    task: str = ""
    gains: Mapping[str, Interval] = field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """Names in the order in which they first ran."""
        return tuple(dict.fromkeys(run.model for run in self.runs))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric names in their first order."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.metrics))

    def summary(self, model: str, metric: str) -> MeanAndSd:
        """Mean and standard deviation over seeds of a metric, or of ``fit_seconds``."""
        runs = [run for run in self.runs if run.model == model]
        return mean_and_sd([run.fit_seconds if metric == "fit_seconds" else run.metrics[metric] for run in runs])

    def to_dict(self) -> dict[str, object]:
        """Return means as values, with the standard deviations under a key of their own."""
        names = (*self.metrics, "fit_seconds")
        summaries = {model: {name: self.summary(model, name) for name in names} for model in self.models}
        whole: dict[str, object] = {
            "protocol": self.protocol,
            "dataset": self.dataset,
            "n_train": self.n_train,
            "n_test": self.n_test,
            "models": {model: {name: value.mean for name, value in of.items()} for model, of in summaries.items()},
            "sd": {model: {name: value.sd for name, value in of.items()} for model, of in summaries.items()},
            "seeds": list(dict.fromkeys(run.seed for run in self.runs)),
        }
        parts = {name: part.to_dict() for name, part in self.strata.items()}
        if parts:
            whole["strata"] = {name: part["models"] for name, part in parts.items()}
            whole["strata_sd"] = {name: part["sd"] for name, part in parts.items()}
        gains = {name: part._gains() for name, part in self.strata.items() if part.gains}
        if gains:
            whole["strata_gains"] = gains
        return whole

    def _gains(self) -> dict[str, object]:
        bounds: dict[str, object] = {
            name: {"mean": gain.estimate, "low": gain.low, "high": gain.high} for name, gain in self.gains.items()
        }
        return bounds | {"n_cases": self.n_test}

    def to_json(self) -> str:
        """Write ``to_dict`` as JSON; what could not be judged is null."""
        return json.dumps(_without_nan(self.to_dict()), indent=2, allow_nan=False)


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def build_table(report: Report) -> "Table":
    """Lay a report out for the terminal: one row per model, mean ± sd over the seeds if several, the best of each metric bold.

    Seconds are shown where something was fitted.
    """
    from rich.table import Table

    seeds = len({run.seed for run in report.runs})
    task = report.task or f"{report.n_train:,} visible, {report.n_test:,} hidden, {seeds} seed(s)"
    table = Table(title=f"{report.protocol} on {report.dataset}: {task}")
    table.add_column("model")
    for name in (*report.metrics, "fit s") if _is_fitted(report) else report.metrics:
        table.add_column(name, justify="right")
    for stratum, part in report.strata.items() or [("", report)]:
        if stratum:
            table.add_row(f"[italic]{stratum}[/italic]")
        _add_rows(table, part)
        for name, gain in part.gains.items():
            cells = ["" if each != name else f"{gain.estimate:+.4f}" for each in report.metrics]
            table.add_row(f"gain, {gain.low:+.4f} … {gain.high:+.4f} over {part.n_test:,} cases", *cells)
        table.add_section()
    return table


def _add_rows(table: "Table", report: Report) -> None:
    best = {name: max(report.summary(model, name).mean for model in report.models) for name in report.metrics}
    for model in report.models:
        cells: Sequence[str] = [
            _cell(report.summary(model, name), is_best=report.summary(model, name).mean == best[name])
            for name in report.metrics
        ]
        if _is_fitted(report):
            cells = [*cells, f"{report.summary(model, 'fit_seconds').mean:.1f}"]
        table.add_row(model, *cells)


def _is_fitted(report: Report) -> bool:
    return any(run.fit_seconds for run in report.runs)


def _cell(value: MeanAndSd, *, is_best: bool) -> str:
    if math.isnan(value.mean):
        return "-"
    text = str(value)
    return f"[bold]{text}[/bold]" if is_best else text
