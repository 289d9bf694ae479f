"""Draws docs/images/*.svg from the figures in bench/results, so that a plot never says what no run gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

RESULTS = Path(__file__).with_name("results")
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def main() -> None:
    """Draw every plot whose figures are there."""
    mpl.rcParams.update({"svg.hashsalt": "graphwell", "svg.fonttype": "none", "font.size": 9})
    IMAGES.mkdir(exist_ok=True)
    for name, draw in {"ranking": _ranking, "growth": _growth, "index_settings": _index_settings}.items():
        source = RESULTS / f"{name}.json"
        if source.is_file():
            figure = draw(json.loads(source.read_text()))
            figure.savefig(IMAGES / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})


def _ranking(report: dict[str, Any]) -> Figure:
    """Gain of each trial over what ships, with its interval."""
    rows = {name: row for name, row in report["trials"].items() if name != "shipped"}
    figure = Figure(figsize=(7, 0.17 * len(rows) + 0.8))
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows.values())):
        low, high = (100 * bound for bound in row["interval"])
        colour = "tab:green" if low > 0 else "tab:red" if high < 0 else "tab:gray"
        axes.plot([low, high], [place, place], color=colour, linewidth=1)
        axes.plot([100 * row["gain"]], [place], marker="o", markersize=3, color=colour)
    axes.axvline(0, color="black", linewidth=0.6)
    axes.set_yticks(range(len(rows)), list(reversed(rows)), fontsize=6)
    axes.set_xlim(left=max(-9.0, axes.get_xlim()[0]))
    axes.set_xlabel("nDCG@10 against what ships, % of the best peer's, with 95 % interval")
    return figure


def _growth(report: dict[str, Any]) -> Figure:
    """Latency of the fixed tenant and of the largest as the index grows."""
    steps = report["steps"]
    figure = Figure(figsize=(5.5, 3))
    axes = figure.subplots()
    others = [step["others"] for step in steps]
    for key, label in {
        "fixed_p50_ms": "a tenant of 1,000 chunks",
        "largest_p50_ms": "the largest tenant",
        "largest_raw_p50_ms": "the largest tenant, both legs asked raw",
    }.items():
        axes.plot(others, [step[key] for step in steps], marker="o", markersize=3, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xticks(others, [f"{count:,}" for count in others])
    axes.set_xlabel("chunks of other tenants")
    axes.set_ylabel("p50 ms")
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def _index_settings(report: dict[str, Any]) -> Figure:
    """Recall by limit, a line for each index and tenant's size."""
    figure = Figure(figsize=(5.5, 3))
    axes = figure.subplots()
    lines: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for row in report["rows"]:
        lines.setdefault((row["index"], row["tenant"]), []).append((row["limit"], row["recall@10"]))
    for (index, tenant), points in lines.items():
        style = "--" if index == "quantised" else "-"
        axes.plot(*zip(*points, strict=True), style, marker="o", markersize=3, label=f"{index}, {tenant:,} chunks")
    axes.set_xlabel("LIMIT")
    axes.set_ylabel("recall@10")
    axes.legend(frameon=False, fontsize=6)
    return figure


if __name__ == "__main__":
    main()
