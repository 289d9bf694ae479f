"""Plots of comparisons that are easy to get wrong."""

from __future__ import annotations

import re
from pathlib import Path

from devstack.evaluation.comparison import compare
from devstack.evaluation.figures import MEASURES
from devstack.evaluation.plot import plot_comparison
from devstack.evaluation.run_file import Run

MEASURE = "mrr@10"
BEFORE, AFTER = "#33658a", "#2a7f62"
"""Colours of the means."""


def run(name: str, value: float) -> Run:
    return Run(name, "fruit", {"q": dict.fromkeys(MEASURES, value)}, ())


def drawn(before: Run, after: Run, path: Path) -> str:
    plot_comparison(compare(before, after, MEASURE), before, after, path)
    return path.read_text()


def test_an_interval_that_ends_at_the_mean_is_drawn(tmp_path: Path) -> None:
    """Of one query the interval is the difference itself, and its ends miss the mean by the last bit."""
    assert drawn(run("one", 0.441183), run("two", 0.029385), tmp_path / "plot.svg")


def test_two_runs_of_one_name_have_a_bar_each(tmp_path: Path) -> None:
    """As `graphwell compare before/run.json after/run.json` names them."""
    svg = drawn(run("run", 0.5), run("run", 0.25), tmp_path / "plot.svg")
    left_of_colour = {colour: float(left) for left, colour in re.findall(r'd="M ([\d.]+)[^>]*fill: (#\w+)', svg)}
    assert left_of_colour[BEFORE] < left_of_colour[AFTER]
