"""`graphwell ask`: a question answered with its sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from devstack.client.history import read_history

if TYPE_CHECKING:
    from devstack.client.models import AnswerReply, CitationReply

_TITLE_LENGTH = 100


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    *,
    tenant: TenantOption = None,
    top_k: TopKOption = None,
    history: Annotated[
        Path | None, typer.Option("--history", help='Conversation before it: a JSON list of {"role", "content"}.')
    ] = None,
    filters: FilterOption = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Answer a question from a tenant's documents, with the passages that say so."""
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        reply = client.answer(
            question,
            top_k=top_k,
            history=read_history(history) if history else None,
            filters=read_filters(filters or ()) or None,
        )
    if as_json:
        print_json(reply.raw())
    else:
        _print_answer(reply)


def _print_answer(reply: AnswerReply) -> None:
    typer.echo(printable(reply.answer))
    if not reply.grounded:
        typer.echo("\nNot grounded: the tenant's documents do not answer this.")
    if reply.citations:
        typer.echo("\nSources")
    for number, citation in enumerate(reply.citations, start=1):
        place = f"{citation.document_id}, {_page(citation)}characters {citation.start}-{citation.end}"
        typer.echo(f"[{number}] {one_line(_title(reply, citation), _TITLE_LENGTH)} ({printable(place)})")
        typer.echo(f"    “{' '.join(printable(citation.quote).split())}”")
    if reply.degraded:
        typer.echo(f"Note: answered without {', '.join(map(str, reply.degraded))}.", err=True)


def _title(reply: AnswerReply, citation: CitationReply) -> str:
    """Return the cited document's title, which the passages carry."""
    titles = {passage.document_id: passage.title for passage in reply.passages}
    return titles.get(citation.document_id) or citation.document_id


def _page(citation: CitationReply) -> str:
    return "" if citation.page is None else f"page {citation.page}, "
