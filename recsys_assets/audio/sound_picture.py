"""A picture and a few words of how a week's sound model was trained: for looking."""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from recsys_assets.audio.sound_choice import CANDIDATES
from recsys_assets.audio.sound_model import SoundTraining
from recsys_assets.audio.sound_weeks import SoundWeek

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart by the colour-blind.
_FOLDS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
_LABELS = {"mean": "mean place", "ridge": "descriptors\n(ridge)", "network": "spectrogram\n(network)", "both": "both"}

_HOW_TO_READ = (
    "Recall decides: the share of a track's nearest tracks that are also nearest to its predicted place. Variance "
    "explained is 1 where every place is met and 0 at the mean place; below 0 a place lies farther off than the mean place "
    "would. The winner's may: it goes boldly from the mean place, because near it all tracks have the same neighbours, and "
    "the direction is what finds listeners."
)


def draw_training(training: SoundTraining, *, title: str) -> bytes:
    """Draw how each fold's network learned and what each candidate reaches on held-out tracks, as PNG.

    Of the network that by which weights are kept: the agreement on its validation tracks, whose highest point is marked.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), dpi=110, layout="constrained")
    curves, bars = figure.subplots(1, 2)
    draw_agreement(curves, training)
    _draw_candidates(bars, training)
    for axes in (curves, bars):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color="#dddddd", lw=0.6)
        # Below the axes, where there is nothing to cover.
        axes.legend(frameon=False, fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


def draw_agreement(axes: "Axes", training: SoundTraining) -> None:
    """Draw each fold's curve and a circle at the weights that were kept."""
    for n, fit in enumerate(training.fits):
        colour = _FOLDS[n % len(_FOLDS)]
        epochs, found = [check.epoch for check in fit.checks], [check.agreement for check in fit.checks]
        axes.plot(epochs, found, color=colour, lw=1.2, label=f"fold {n + 1}")
        axes.plot(epochs[fit.best], found[fit.best], "o", color=colour, markersize=6)
    axes.axhline(0, color="#999999", lw=0.8)
    axes.set_xlabel("epoch")
    axes.set_title(
        "Network: cosine of said and true places beyond the mean place,\nvalidation tracks (circle: the weights kept)",
        fontsize=9,
        loc="left",
    )


def _draw_candidates(axes: "Axes", training: SoundTraining) -> None:
    shown = [name for name in CANDIDATES if name in training.qualities]
    recall = f"recall@{training.model.params.k} of true neighbours"
    for n, (what, label, colour) in enumerate(
        (("recall", recall, "#0072B2"), ("cosine", "cosine to the true place", "#E69F00"))
    ):
        values = [float(np.nanmean(getattr(training.qualities[name], what))) for name in shown]
        places = [place + 0.4 * n - 0.2 for place in range(len(shown))]
        drawn = axes.bar(places, values, width=0.38, color=colour, label=label)
        axes.bar_label(drawn, fmt="%.3f", fontsize=7)
    names = [f"{_LABELS[name]}{' ✓' if name == training.model.winner else ''}" for name in shown]
    axes.set_xticks(range(len(shown)), names, fontsize=8)
    axes.set_title(
        f"{training.n_tracks:,} tracks, each held out with its artist\n(✓ places tracks: most true neighbours)",
        fontsize=9,
        loc="left",
    )


def describe_training(training: SoundTraining) -> str:
    """Say in Markdown what was chosen, why, and how long each network learned."""
    lines = [
        f"**{training.model.winner}** places tracks, chosen on {training.n_tracks:,} tracks held out with their artists.",
        "",
    ]
    lines += [f"- {gate.notes}: {'taken' if gate.passed else 'not taken'}" for gate in training.gates]
    lines += ["", "| model | recall | cosine | variance explained |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | {np.nanmean(quality.recall):.4f} | {quality.cosine.mean():.4f} | {quality.explained:.4f} |"
        for name, quality in training.qualities.items()
    ]
    lines += [
        "",
        _HOW_TO_READ,
        "",
        *(f"- network of fold {n}: {fit.stopped}" for n, fit in enumerate(training.fits, start=1)),
    ]
    return "\n".join(lines)


def training_page(weeks: Sequence[tuple[date, SoundWeek]]) -> tuple[bytes | None, str]:
    """Picture and words for the newest of some weeks; no picture where nothing was learned."""
    week, newest = weeks[-1]
    if newest.training is None:
        return None, newest.note
    return draw_training(newest.training, title=f"Sound model of the week of {week}"), describe_training(
        newest.training
    )
