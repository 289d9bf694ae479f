"""`graphwell search`: the passages that fit a query best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from devstack.cli.commands.options import (
    DataOption,
    FilterOption,
    JsonOption,
    TenantOption,
    TokenOption,
    TopKOption,
    UrlOption,
    open_client,
)
from devstack.cli.commands.output import one_line, print_json, printable
from devstack.client.filters import read_filters
from graphwell.domain.passages import SearchMode

if TYPE_CHECKING:
    from devstack.client.models import PassageReply, SearchExplanation

_HEADING_LENGTH = 100
_SNIPPET_LENGTH = 240


def search(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="What to look for, in quotes.")],
    *,
    tenant: TenantOption = None,
    top_k: TopKOption = None,
    mode: Annotated[
        SearchMode | None, typer.Option("--mode", help="Which legs to search with; default: hybrid.")
    ] = None,
    filters: FilterOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what each stage does with each passage; takes an administrator.")
    ] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Show the passages of a tenant's documents that fit a query, best first."""
    asked: dict[str, Any] = {
        "top_k": top_k,
        "mode": mode.value if mode else None,
        "filters": read_filters(filters or ()) or None,
    }
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        if explain:
            _explain(client.explain_search(query, **asked), as_json=as_json)
            return
        reply = client.search(query, **asked)
    if as_json:
        print_json(reply.raw())
        return
    if not reply.passages:
        typer.echo("No passage fits.")
    for rank, passage in enumerate(reply.passages, start=1):
        _print_passage(rank, passage)


def _explain(explanation: SearchExplanation, *, as_json: bool) -> None:
    if as_json:
        print_json(explanation.raw())
        return
    from devstack.cli.commands.explanation import print_explanation  # noqa: PLC0415  (start-up time)

    print_explanation(explanation)


def _print_passage(rank: int, passage: PassageReply) -> None:
    headings = [heading for heading in passage.headings if heading != passage.title]
    where = " > ".join([passage.title or passage.document_id, *headings])
    typer.echo(f"{rank:>3}. {passage.score:.4f}  {one_line(where, _HEADING_LENGTH)}")
    typer.echo(f"     {printable(passage.document_id)}, characters {passage.start}-{passage.end}")
    typer.echo(f"     {one_line(passage.text, _SNIPPET_LENGTH)}")
