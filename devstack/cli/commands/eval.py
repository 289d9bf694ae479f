"""`graphwell eval`: quality and speed on a test collection."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.options import (
    DataOption,
    JsonOption,
    TenantOption,
    TokenOption,
    TopKOption,
    UrlOption,
    open_client,
)
from devstack.cli.commands.output import check_output, print_json, printable
from devstack.cli.context import context_of

if TYPE_CHECKING:
    from devstack.evaluation.figures import EvaluationFigures

_MAX_ERRORS_SHOWN = 20


class Mode(StrEnum):
    """Modes of POST /v1/search."""

    HYBRID = "hybrid"
    VECTOR = "vector"
    FULLTEXT = "fulltext"
    GRAPH = "graph"


def evaluate(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with corpus.jsonl, queries.jsonl and qrels.tsv.")
    ],
    *,
    tenant: TenantOption = None,
    top_k: TopKOption = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Ask only so many of the queries.")] = None,
    skip_ingest: Annotated[
        bool, typer.Option("--skip-ingest", help="The documents are in the tenant already.")
    ] = False,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, help="Queries at a time; latencies are comparable at 1.")
    ] = 1,
    mode: Annotated[Mode, typer.Option("--mode", help="How to search.")] = Mode.HYBRID,
    output: Annotated[
        Path | None, typer.Option("--output", help="Keep the figures of each query here, for `graphwell compare`.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw them into this .svg, .png or .pdf file.")] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Ingest a test collection, ask its queries, and report nDCG@10, recall@k, MRR@10, latencies and chunks/s."""
    from devstack.cli.commands.progress import ProgressBars  # noqa: PLC0415  (start-up time)
    from devstack.client.ingestion import Ingestion  # noqa: PLC0415
    from devstack.evaluation.collection import load_collection  # noqa: PLC0415
    from devstack.evaluation.evaluation import (  # noqa: PLC0415
        DEFAULT_TOP_K,
        Evaluation,
        EvaluationOptions,
        default_tenant,
    )
    from devstack.evaluation.plot import check_plot_path, plot_run  # noqa: PLC0415
    from devstack.evaluation.run_file import Run, write_run  # noqa: PLC0415

    plot_path = None if plot is None else check_plot_path(plot)
    check_output(output)
    check_output(plot_path)
    world = context_of(ctx)
    collection = load_collection(folder)
    tenant = tenant or default_tenant(collection.name)
    options = EvaluationOptions(top_k or DEFAULT_TOP_K, limit, skip_ingest, concurrency, mode.value)
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data, patient=True) as client:
        ingestion = Ingestion(client, sleep=world.sleep, clock_s=world.clock_s)
        evaluation = Evaluation(client, ingestion, collection, tenant)
        with ProgressBars(documents=len(collection.records), queries=len(collection.queries[:limit])) as bars:
            figures = evaluation.run(options, ingest_progress=bars, on_query_done=bars.query_asked)
    if output is not None:
        write_run(output, figures.as_run())
    if plot_path is not None:
        plot_run(Run.of(collection.name, figures.as_run()), "ndcg@10", plot_path)
    if as_json:
        print_json(figures.as_json())
    else:
        _print_figures(figures)
    if figures.errors:
        raise typer.Exit(1)


def _print_figures(figures: EvaluationFigures) -> None:
    from devstack.evaluation.figures import MEASURES  # noqa: PLC0415  (start-up time)

    shown = figures.as_json()
    for label in ("collection", "tenant", "documents", "queries", *MEASURES):
        typer.echo(f"{label:<14}{shown[label]}")
    for label in ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "chunks_per_s"):
        typer.echo(f"{label:<14}{'-' if shown[label] is None else shown[label]}")
    if figures.errors:
        typer.echo(f"{len(figures.errors)} errors:", err=True)
    for error in figures.errors[:_MAX_ERRORS_SHOWN]:
        typer.echo(f"  {printable(error)}", err=True)
