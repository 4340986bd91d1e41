"""A picture and a few words of how a week's sound model was trained: for looking."""

import io
from collections.abc import Sequence
from datetime import date

import numpy as np

from recsys_assets.audio.sound_choice import CANDIDATES
from recsys_assets.audio.sound_model import SoundTraining
from recsys_assets.audio.sound_weeks import SoundWeek

# Okabe and Ito's colours, told apart by the colour-blind.
_FOLDS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
_LABELS = {"mean": "mean place", "ridge": "descriptors\n(ridge)", "network": "spectrogram\n(network)", "both": "both"}


def draw_training(training: SoundTraining, *, title: str) -> bytes:
    """Draw the losses of each fold's network and what each candidate reaches on held-out tracks, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.8), dpi=110, layout="constrained")
    curves, bars = figure.subplots(1, 2)
    for n, fit in enumerate(training.fits):
        colour, epochs = _FOLDS[n % len(_FOLDS)], [check.epoch for check in fit.checks]
        curves.plot(epochs, [check.validation_loss for check in fit.checks], color=colour, label=f"fold {n + 1}")
        curves.plot(epochs, [check.training_loss for check in fit.checks], ":", color=colour)
        kept = fit.checks[fit.best]
        curves.plot(kept.epoch, kept.validation_loss, "o", color=colour, markersize=6)
    curves.axhline(1, color="#999999", lw=0.8)
    curves.set_xlabel("epoch")
    curves.set_title(
        "Squared error, 1 = mean place (line: validation, dots: training,\ncircle: kept)", fontsize=9, loc="left"
    )
    curves.legend(frameon=False, fontsize=8)
    shown = [name for name in CANDIDATES if name in training.qualities]
    for n, (what, colour) in enumerate((("recall", "#0072B2"), ("cosine", "#E69F00"))):
        values = [float(np.nanmean(getattr(training.qualities[name], what))) for name in shown]
        places = [place + 0.4 * n - 0.2 for place in range(len(shown))]
        label = (
            f"recall@{training.model.params.k} of true neighbours" if what == "recall" else "cosine to the true place"
        )
        drawn = bars.bar(places, values, width=0.38, color=colour, label=label)
        bars.bar_label(drawn, fmt="%.3f", fontsize=7)
    names = [f"{_LABELS[name]}{' ✓' if name == training.model.winner else ''}" for name in shown]
    bars.set_xticks(range(len(shown)), names, fontsize=8)
    bars.set_title(
        f"{training.n_tracks:,} tracks, each held out with its artist (✓ places tracks)", fontsize=9, loc="left"
    )
    bars.legend(frameon=False, fontsize=8)
    for axes in (curves, bars):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color="#dddddd", lw=0.6)
    figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


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
    lines += ["", *(f"- network of fold {n}: {fit.stopped}" for n, fit in enumerate(training.fits, start=1))]
    return "\n".join(lines)


def training_page(weeks: Sequence[tuple[date, SoundWeek]]) -> tuple[bytes | None, str]:
    """Picture and words for the newest of some weeks; no picture where nothing was learned."""
    week, newest = weeks[-1]
    if newest.training is None:
        return None, newest.note
    return draw_training(newest.training, title=f"Sound model of the week of {week}"), describe_training(
        newest.training
    )
