"""Speed and memory on the large demo world, as ratios against the bare ``implicit`` calls of the same run.

``python -m benchmarks.large_world`` makes worlds of 1, 3 and 10 million plays (cached in ``--workdir``) and runs, for each:
our play matrix, latent space and lists; ``implicit``'s fit and recommend on the same matrix at the same dimensions,
iterations and threads; and, on the largest, the whole path of Discover Weekly. Seconds of a busy machine say little,
ratios of one run say more, and processor seconds stand beside them. What the stages do is ``stages``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

GIGABYTE = 2**30
# Aims, printed beside what was found; nothing fails on a slow machine.
MOST_OVER_BARE, MOST_BYTES = 2.0, 4 * GIGABYTE
MOST_GROWTH = 11.0
MOST_WEEKLY_OVER_RECOMMEND, MOST_WEEKLY_BYTES = 10.0, 6 * GIGABYTE

Measured = dict[str, Any]
KINDS = ("seconds", "cpu_seconds")


def run_stage(stage: str, world: Path, *arguments: str) -> Measured:
    """Run one stage in a process of its own and return what it measured.

    Raises:
        subprocess.CalledProcessError: it failed; its own message went to the terminal.
    """
    command = [sys.executable, "-m", "benchmarks.stages", stage, "--world", str(world), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(sizes: Sequence[float], workdir: Path, *, seed: int, weekly_on: Sequence[float]) -> list[Measured]:
    """Measure worlds of so many million plays, smallest first."""
    results = []
    for millions in sorted(sizes):
        world = workdir / f"{millions:g}-million-seed-{seed}"
        common = ("--seed", str(seed))
        found: Measured = {"millions": millions, "load": os.getloadavg()[0]}
        found["world"] = run_stage("prepare", world, "--millions", str(millions), *common)
        found["ours"] = run_stage("ours", world, *common)
        found["bare"] = run_stage("bare", world, *common)
        if millions in weekly_on:
            found["weekly"] = run_stage("weekly", world, *common)
        results.append(found)
    return results


def total(measured: Measured, kind: str = "seconds") -> float:
    """Sum the steps of a stage."""
    return sum(measured[kind].values())


def summarise(results: Sequence[Measured]) -> Measured:
    """Return ratios: ours over bare, growth from the smallest world to the largest, Discover Weekly over recommend."""
    smallest, largest = results[0], results[-1]
    return {
        "over_bare": {
            f"{r['millions']:g}": {kind: total(r["ours"], kind) / total(r["bare"], kind) for kind in KINDS}
            for r in results
        },
        "growth": {kind: total(largest["ours"], kind) / total(smallest["ours"], kind) for kind in KINDS},
        "growth_of_plays": largest["world"]["plays"] / smallest["world"]["plays"],
        "weekly_over_recommend": {
            f"{r['millions']:g}": {kind: total(r["weekly"], kind) / r["bare"][kind]["recommend"] for kind in KINDS}
            for r in results
            if "weekly" in r
        },
    }


def show(results: Sequence[Measured], summary: Measured, console: Console) -> None:
    """Print steps, ratios and aims."""
    steps = Table(title="Steps", title_justify="left")
    for name in ("million plays", "step", "seconds", "processor s", "peak memory"):
        steps.add_column(name, justify="left" if name == "step" else "right")
    for result in results:
        for stage in ("ours", "bare", "weekly"):
            if stage in result:
                _add_stage(steps, f"{result['millions']:g}", stage, result[stage])
        steps.add_section()
    console.print(steps)
    console.print(_ratios(results, summary))
    loads = ", ".join(f"{result['load']:.1f}" for result in results)
    console.print(f"machine load before each size: {loads}, on {os.cpu_count()} cores")


def _add_stage(table: Table, size: str, stage: str, measured: Measured) -> None:
    for name, seconds in measured["seconds"].items():
        table.add_row(size, f"{stage}: {name}", f"{seconds:.1f}", f"{measured['cpu_seconds'][name]:.1f}", "")
    peak = f"{measured['peak_bytes'] / GIGABYTE:.2f} GB"
    table.add_row(
        size, f"[bold]{stage}[/bold]", f"{total(measured):.1f}", f"{total(measured, 'cpu_seconds'):.1f}", peak
    )


def _ratios(results: Sequence[Measured], summary: Measured) -> Table:
    table = Table(title="Ratios", title_justify="left")
    for name in ("measure", "by the clock", "by the processor", "aim"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    for size, ratio in summary["over_bare"].items():
        table.add_row(f"{size} million: ours / bare", *_both(ratio), f"≤ {MOST_OVER_BARE:.1f} x")
    peak = max(result["ours"]["peak_bytes"] for result in results)
    table.add_row("peak memory of ours", f"{peak / GIGABYTE:.2f} GB", "", f"≤ {MOST_BYTES / GIGABYTE:.0f} GB")
    plays = f"growth of ours, plays x {summary['growth_of_plays']:.1f}"
    table.add_row(plays, *_both(summary["growth"]), f"≤ {MOST_GROWTH:.0f} x")
    for result in results:
        if "weekly" in result:
            size, found = f"{result['millions']:g}", result["weekly"]
            ratio = _both(summary["weekly_over_recommend"][size])
            what = f"Discover Weekly, {found['listeners']:,} listeners / bare recommend"
            table.add_row(what, *ratio, f"≤ {MOST_WEEKLY_OVER_RECOMMEND:.0f} x")
            peak = f"{found['peak_bytes'] / GIGABYTE:.2f} GB"
            table.add_row("peak memory of Discover Weekly", peak, "", f"≤ {MOST_WEEKLY_BYTES / GIGABYTE:.0f} GB")
    return table


def _both(ratio: Measured) -> tuple[str, str]:
    return f"{ratio['seconds']:.2f} x", f"{ratio['cpu_seconds']:.2f} x"


def main() -> None:
    """Measure and print; exit code 0 however slow the machine is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 3, 10], help="sizes, at most 10")
    parser.add_argument(
        "--weekly", type=float, nargs="*", help="sizes on which Discover Weekly is measured; by default the largest"
    )
    parser.add_argument(
        "--workdir",
        type=Path,
        default=Path(tempfile.gettempdir()) / "recsys-large-world",
        help="where worlds are kept between runs (2 GB for all three)",
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write everything measured to this file as well")
    asked = parser.parse_args()
    weekly_on = [max(asked.millions)] if asked.weekly is None else asked.weekly
    results = measure(asked.millions, asked.workdir, seed=asked.seed, weekly_on=weekly_on)
    summary = summarise(results)
    show(results, summary, Console())
    if asked.json:
        asked.json.write_text(json.dumps({"results": results, "summary": summary}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
