"""`graphwell agent`: a question answered step by step, with its sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.ask import print_sources
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
    from devstack.client.models import StepReply

_ASKED_LENGTH = 80


def agent(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    *,
    tenant: TenantOption = None,
    top_k: TopKOption = None,
    history: Annotated[
        Path | None, typer.Option("--history", help='Conversation before it: a JSON list of {"role", "content"}.')
    ] = None,
    filters: FilterOption = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Searches, expansions and readings at most.")] = None,
    tokens: Annotated[int | None, typer.Option("--tokens", help="Tokens of a model at most.")] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Seconds at most.")] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Answer a question that takes several searches, and show each step."""
    turns = read_history(history) if history else None
    wanted = read_filters(filters or ()) or None
    given = {"steps": steps, "tokens": tokens, "seconds": seconds}
    budget = {name: value for name, value in given.items() if value is not None}
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        reply = client.answer_by_steps(question, top_k=top_k, history=turns, filters=wanted, budget=budget or None)
    if as_json:
        print_json(reply.raw())
        return
    for number, step in enumerate(reply.steps, start=1):
        typer.echo(f"{number:2}. {_told(step)}", err=True)
    typer.echo(printable(reply.answer))
    print_sources(reply)


def _told(step: StepReply) -> str:
    """Return a step in one line."""
    asked = f" {one_line(step.asked, _ASKED_LENGTH)}" if step.asked else ""
    if step.error is not None:
        outcome = printable(step.error)
    elif step.kind == "plan":
        outcome = f"{step.tokens} tokens"
    elif step.kind == "answer":
        outcome = f"{len(step.found)} passages cited"
    else:
        outcome = f"{len(step.found)} passages, {step.new} new"
    return f"{printable(step.kind)}{asked}: {outcome} ({step.duration_ms:.0f} ms)"
