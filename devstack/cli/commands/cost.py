"""`graphwell cost`: what a corpus would cost, before it is ingested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devstack.cli.commands.options import JsonOption
from devstack.cli.commands.output import print_json, printable
from devstack.errors import DevstackError

if TYPE_CHECKING:
    from devstack.costing.corpus_meter import CorpusMeter, MeasuredCorpus
    from devstack.costing.cost_line import CostLine
    from devstack.costing.price_list import PriceList

_LOCAL_DIMENSIONS = 384


class Provider(StrEnum):
    """Who embeds; the template's EmbeddingProvider."""

    OPENAI = "openai"
    ONNX = "onnx"


def cost(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files or folders, as for `graphwell ingest`.")],
    *,
    provider: Annotated[Provider, typer.Option("--provider", help="EmbeddingProvider of the stack.")] = Provider.OPENAI,
    model: Annotated[str, typer.Option("--model", help="EmbeddingModel.")] = "text-embedding-3-small",
    dimensions: Annotated[int, typer.Option("--dimensions", min=2, help="EmbeddingDimensions.")] = 1536,
    chunk_tokens: Annotated[int, typer.Option("--chunk-tokens", min=32, max=8000, help="ChunkTokens.")] = 256,
    chunk_overlap_tokens: Annotated[
        int, typer.Option("--chunk-overlap-tokens", min=0, max=4000, help="ChunkOverlapTokens.")
    ] = 0,
    llm: Annotated[bool, typer.Option("--llm/--no-llm", help="Whether a language model words the answers.")] = False,
    graph_model: Annotated[
        bool, typer.Option("--graph-model/--no-graph-model", help="Whether it reads relations too; GraphTokensADay.")
    ] = False,
    nat: Annotated[bool, typer.Option("--nat/--no-nat", help="Whether functions go out by a NAT gateway.")] = False,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", metavar="FILE", help="Prices in the form of devstack/costing/prices.json."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate what files would cost to ingest, to keep and to ask; measured by the real chunker, sent nowhere."""
    from devstack.client.source_files import find_source_files  # noqa: PLC0415  (start-up time)
    from devstack.costing.ingestion_cost import EmbeddingChoice, ingestion, keeping  # noqa: PLC0415
    from devstack.costing.price_list import DEFAULT_PRICES, read_prices  # noqa: PLC0415
    from devstack.costing.question_cost import questions  # noqa: PLC0415

    price_list = read_prices(prices or DEFAULT_PRICES)
    meter = _meter(provider, model, chunk_tokens, chunk_overlap_tokens)
    sources = list(find_source_files(paths))
    if not sources:
        raise DevstackError(f"There is no file to estimate in {', '.join(map(str, paths))}.")
    measured = meter.measure(sources)
    embedding = EmbeddingChoice(provider.value, _LOCAL_DIMENSIONS if provider is Provider.ONNX else dimensions)
    estimate = {
        "ingest": ingestion(measured.size, price_list, embedding, nat=nat, graph_model=graph_model),
        "month": keeping(measured.size, price_list, embedding),
        "1000_questions": questions(price_list, provider=provider.value, generative=llm),
    }
    print_json(_as_json(measured, estimate, price_list)) if as_json else _print(measured, estimate, price_list)
    if measured.failures or not measured.size.documents:
        raise typer.Exit(1)


def _meter(provider: Provider, model: str, tokens: int, overlap_tokens: int) -> CorpusMeter:
    from devstack.costing.corpus_meter import CorpusMeter  # noqa: PLC0415  (start-up time)
    from devstack.costing.token_counts import local_counter, openai_counter  # noqa: PLC0415
    from devstack.downloads.model import ensure_model  # noqa: PLC0415
    from devstack.errors import UsageError  # noqa: PLC0415
    from graphwell.adapters.files.isolated_reader import IsolatedReader, ReadLimits  # noqa: PLC0415
    from graphwell.adapters.markup_text_extractor import MarkupTextExtractor  # noqa: PLC0415
    from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker  # noqa: PLC0415
    from graphwell.domain.errors import IncompatibleIndex  # noqa: PLC0415

    try:
        size = ChunkSize(tokens, overlap_tokens)
    except IncompatibleIndex as error:
        raise UsageError("Chunks overlap by less than they hold; lower --chunk-overlap-tokens.") from error
    if provider is Provider.ONNX:
        tokenizer = ensure_model() / "tokenizer.json"
        chunker, count = SemanticChunker.for_local_model(tokenizer, size), local_counter(tokenizer)
    else:
        chunker, count = SemanticChunker.for_openai_model(model, size), openai_counter(model)
    return CorpusMeter(chunker, MarkupTextExtractor(), IsolatedReader(ReadLimits()), count)


def _as_json(
    measured: MeasuredCorpus, estimate: Mapping[str, Sequence[CostLine]], price_list: PriceList
) -> dict[str, Any]:
    from devstack.costing.cost_line import total_usd  # noqa: PLC0415  (start-up time)

    return {
        "corpus": measured.size.as_json(),
        "left_out": [
            {"file": each.file, "status": each.status.value, "reason": each.reason} for each in measured.left_out
        ],
        "usd": {
            part: {"total": round(total_usd(lines), 6), "components": [line.as_json() for line in lines]}
            for part, lines in estimate.items()
        },
        "prices": {
            "region": price_list.region,
            "as_of": price_list.as_of.isoformat(),
            "note": price_list.note,
            "figures": {
                name: {"value": figure.value, "unit": figure.unit, "source": figure.source}
                for name, figure in {**price_list.prices, **price_list.assumptions}.items()
            },
        },
    }


def _print(measured: MeasuredCorpus, estimate: Mapping[str, Sequence[CostLine]], price_list: PriceList) -> None:
    from devstack.costing.cost_line import total_usd  # noqa: PLC0415  (start-up time)

    size = measured.size
    typer.echo(f"{size.files:>14,}  files, {size.uploads:,} of them read by the stack")
    typer.echo(f"{size.documents:>14,}  documents of {size.characters:,} characters")
    typer.echo(f"{size.chunks:>14,}  chunks of {size.tokens:,} tokens, titles and headings included")
    headings = {"ingest": "To ingest, once", "month": "To keep, a month", "1000_questions": "To ask 1,000 questions"}
    for part, lines in estimate.items():
        typer.echo(f"\n{headings[part]}: ${total_usd(lines):,.4f}")
        for line in lines:
            typer.echo(f"  {line.usd:>12,.4f}  {line.component}")
    typer.echo(f"\nPrices of {price_list.as_of} in {price_list.region}; formulas: --json, docs/cost.md.")
    if measured.failures:
        typer.echo(f"{len(measured.failures)} cannot be ingested:", err=True)
    for failure in measured.failures:
        typer.echo(printable(f"  {failure.file}: {failure.reason}"), err=True)
