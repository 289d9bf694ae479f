"""`graphwell compare`: two runs of `graphwell eval`, query by query."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.options import JsonOption
from devstack.cli.commands.output import check_output, print_json, printable

if TYPE_CHECKING:
    from devstack.evaluation.comparison import Comparison

_SIGNIFICANT = 0.05


class Measure(StrEnum):
    """What can be compared; `devstack.evaluation.figures.MEASURES`."""

    NDCG_10 = "ndcg@10"
    MRR_10 = "mrr@10"
    RECALL_1 = "recall@1"
    RECALL_5 = "recall@5"
    RECALL_10 = "recall@10"


def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="File that `graphwell eval --output` wrote.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="A later one.")],
    *,
    measure: Annotated[Measure, typer.Option("--measure", help="What to compare.")] = Measure.NDCG_10,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw it into this .svg, .png or .pdf file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs on the queries that both have: mean difference, its 95 % interval, p value, changed queries."""
    from devstack.evaluation.comparison import compare as compare_runs  # noqa: PLC0415  (start-up time)
    from devstack.evaluation.plot import check_plot_path, plot_comparison  # noqa: PLC0415
    from devstack.evaluation.run_file import read_run  # noqa: PLC0415

    path = None if plot is None else check_plot_path(plot)
    check_output(path)
    earlier, later = read_run(before), read_run(after)
    comparison = compare_runs(earlier, later, measure.value)
    if path is not None:
        plot_comparison(comparison, earlier, later, path)
    if as_json:
        print_json(comparison.as_json())
    else:
        _print(comparison)


def _print(comparison: Comparison) -> None:
    shown = comparison.as_json()
    low, high = shown["interval_95"]
    verdict = "significant" if comparison.p_value < _SIGNIFICANT else "may be chance"
    typer.echo(f"{comparison.measure}  {shown['before']} -> {shown['after']} over {shown['queries']} queries")
    typer.echo(f"difference  {shown['difference']:+}  (95 % interval {low:+} to {high:+})")
    typer.echo(f"p value     {shown['p_value']}, {verdict}")
    typer.echo(f"queries     {shown['better']} better, {shown['worse']} worse, {shown['equal']} equal")
    for heading, name in (("Lost most", "most_worse"), ("Gained most", "most_better")):
        if shown[name]:
            typer.echo(f"{heading}:")
        for query in shown[name]:
            typer.echo(f"  {printable(query['id'])}  {query['before']} -> {query['after']}")
