"""`graphwell ask`: a question answered with its sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

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
from graphwell.domain.passages import SearchMode

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
    mode: Annotated[
        SearchMode | None, typer.Option("--mode", help="How to search for passages; default: hybrid.")
    ] = None,
    filters: FilterOption = None,
    stream: Annotated[bool, typer.Option("--stream", help="Print each sentence when it comes.")] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Answer a question from a tenant's documents, with the passages that say so."""
    turns = read_history(history) if history else None
    wanted = read_filters(filters or ()) or None
    how = mode.value if mode else None
    printer = _Printer()
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        if stream and not as_json:
            with printer:
                reply = client.answer_in_parts(
                    question, printer.hear, top_k=top_k, mode=how, history=turns, filters=wanted
                )
        else:
            reply = client.answer(question, top_k=top_k, mode=how, history=turns, filters=wanted)
    if as_json:
        print_json(reply.raw())
        return
    if not printer.has_heard:
        typer.echo(printable(reply.answer))
    print_sources(reply)


class _Printer:
    """Prints an answer in parts, and ends its line, also where it is cut off."""

    def __init__(self) -> None:
        self.has_heard = False

    def hear(self, text: str) -> None:
        """Print a part."""
        self.has_heard = True
        typer.echo(printable(text), nl=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.has_heard:
            typer.echo()


def print_sources(reply: AnswerReply) -> None:
    """Print where an answer stands, and what was missing."""
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
