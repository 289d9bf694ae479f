"""Plots of runs and of their comparison, as SVG, PNG or PDF by the file's ending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from devstack.errors import UsageError
from devstack.evaluation.comparison import Comparison
from devstack.evaluation.run_file import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT_ENDINGS = (".svg", ".png", ".pdf")
_SIZE_INCHES = (9.0, 3.6)
_GOOD, _BAD, _PLAIN = "#2a7f62", "#b3423a", "#33658a"


def check_plot_path(path: Path) -> Path:
    """Return the path of a plot.

    Raises:
        UsageError: its ending names no format that can be drawn.
    """
    if path.suffix.lower() not in PLOT_ENDINGS:
        raise UsageError(f"{path} cannot be drawn; end the plot's name in {', '.join(PLOT_ENDINGS)}.")
    return path


def plot_run(run: Run, measure: str, path: Path) -> None:
    """Draw how a measure spreads over a run's queries, and the share of searches done within a time."""
    with _figure(path) as (quality, latency):
        values = sorted(query[measure] for query in run.measures.values())
        shares = [place / len(values) for place in range(1, len(values) + 1)]
        quality.plot(shares, values, color=_PLAIN)
        quality.set(xlabel="share of queries", ylabel=measure, ylim=(-0.02, 1.02), title=run.collection)
        times = sorted(run.latencies_ms)
        latency.plot(times, [place / len(times) for place in range(1, len(times) + 1)], color=_PLAIN)
        latency.set(xlabel="ms", ylabel="share of searches done", ylim=(0, 1.02), title="latency")


def plot_comparison(comparison: Comparison, before: Run, after: Run, path: Path) -> None:
    """Draw what each query gained or lost, and the mean of both runs with the interval of the difference."""
    with _figure(path) as (queries, means):
        differences = [query.difference for query in comparison.queries]
        colours = [_GOOD if difference > 0 else _BAD for difference in differences]
        queries.bar(range(len(differences)), differences, width=1.0, color=colours)
        queries.axhline(0, color="black", linewidth=0.6)
        queries.set(xlabel="queries", ylabel=f"{comparison.measure}, after - before", title=before.collection)
        # By places, not by names: two runs may have the same one.
        means.bar([0, 1], [comparison.before, comparison.after], color=[_PLAIN, _GOOD], width=0.5)
        means.set_xticks([0, 1], [before.name, after.name])
        low, high = (comparison.before + bound for bound in comparison.interval)
        # An end of the interval may miss the mean by its last bit, and lengths below zero are refused.
        lengths = [[max(0.0, comparison.after - low)], [max(0.0, high - comparison.after)]]
        means.errorbar([1], [comparison.after], lengths, color="black")
        means.set(ylabel=f"mean {comparison.measure}", title=f"p = {comparison.p_value:.4f}")


@contextmanager
def _figure(path: Path) -> Iterator[tuple[Axes, Axes]]:
    """Give two axes side by side, and save the figure at the end."""
    from matplotlib import rcParams  # noqa: PLC0415  (start-up time)
    from matplotlib.figure import Figure  # noqa: PLC0415

    rcParams["svg.hashsalt"] = "graphwell"  # equal figures give equal files
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    yield left, right
    figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
