"""`graphwell agent`: a question answered step by step, with its sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devstack.cli.commands.ask import print_sources
from devstack.cli.commands.jobs import WATCH_INTERVAL_S
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
from devstack.cli.context import context_of
from devstack.client.filters import read_filters
from devstack.client.history import read_history
from devstack.errors import DevstackError
from graphwell.domain.agent.budget import LONGEST_WAIT_S
from graphwell.domain.passages import SearchMode

if TYPE_CHECKING:
    from devstack.client.api import GraphwellClient
    from devstack.client.models import AgentReply, StepReply

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
    mode: Annotated[SearchMode | None, typer.Option("--mode", help="How to search; default: graph.")] = None,
    filters: FilterOption = None,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Searches, expansions and readings at most; default: 8.")
    ] = None,
    tokens: Annotated[
        int | None, typer.Option("--tokens", help="Tokens that a model reads and writes at most; default: 60,000.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", help="Seconds at most; default: 20. Above 25 the run is a job, which is waited for."),
    ] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Answer a question that takes several searches, and show each step."""
    asked: dict[str, Any] = {
        "top_k": top_k,
        "mode": mode.value if mode else None,
        "history": read_history(history) if history else None,
        "filters": read_filters(filters or ()) or None,
    }
    given = {"steps": steps, "tokens": tokens, "seconds": seconds}
    budget = {name: value for name, value in given.items() if value is not None}
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        if seconds is not None and seconds > LONGEST_WAIT_S:
            begun = client.begin_steps(question, budget=budget, **asked)
            reply = _waited(client, begun.job_id, context_of(ctx).sleep)
        else:
            reply = client.answer_by_steps(question, budget=budget or None, **asked)
    if as_json:
        print_json(reply.raw())
        return
    for number, step in enumerate(reply.steps, start=1):
        typer.echo(f"{number:2}. {_told(step)}", err=True)
    typer.echo(printable(reply.answer))
    print_sources(reply)


def _waited(client: GraphwellClient, job_id: str, sleep: Callable[[float], None]) -> AgentReply:
    """Wait for a run that is a job, telling on stderr how it stands whenever that changes.

    Raises:
        DevstackError: it ended without an answer.
    """
    shown = None
    while True:
        state = client.run(job_id)
        if state.status != shown:
            shown = state.status
            typer.echo(printable(f"Job {job_id}: {shown}"), err=True)
        if state.is_finished:
            break
        sleep(WATCH_INTERVAL_S)
    if state.result is None:
        raise DevstackError(" ".join(error.reason for error in state.errors) or f"The run ended as {state.status}.")
    return state.result


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
