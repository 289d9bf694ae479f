"""`graphwell jobs`: how ingestion goes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TenantOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json, printable
from devstack.cli.context import context_of
from devstack.errors import UsageError

if TYPE_CHECKING:
    from devstack.client.api import GraphwellClient
    from devstack.client.models import JobPage, JobState, RetriedJob

WATCH_INTERVAL_S = 1.0


def jobs(
    ctx: typer.Context,
    job_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One job; default: the 20 newest.")] = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until the jobs shown have finished.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Send the job's failed and idle work again first.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop what only this job waits for.")] = False,
    status: Annotated[
        str | None,
        typer.Option(
            "--status",
            help="Only jobs of this state: queued, running, succeeded, partially_failed, failed or cancelled.",
        ),
    ] = None,
    stalled: Annotated[
        bool,
        typer.Option(
            "--stalled", help="Only jobs with work left that has not moved for five minutes while the queue is empty."
        ),
    ] = False,
    after: Annotated[str | None, typer.Option("--after", help="Only jobs from then on: 2026-01-31T12:00:00Z.")] = None,
    before: Annotated[str | None, typer.Option("--before", help="Only jobs from before then.")] = None,
    tenant: TenantOption = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Show ingestion jobs: documents, chunks embedded, errors; retry or cancel one."""
    filters = {
        "status": status,
        "stalled": stalled or None,
        "created_after": after,
        "created_before": before,
    }
    _check_usage(job_id, retry=retry, cancel=cancel, filtered=any(filters.values()))
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        if job_id and cancel:
            client.cancel_job(job_id)
        if job_id and retry:
            _tell_what_is_lost(client.retry_job(job_id, idempotency_key=uuid.uuid4().hex))
        look = _one_job(client, job_id) if job_id else partial(_newest_jobs, client, filters)
        reply, states = _watched(look, context_of(ctx).sleep, show=not as_json) if watch else look()
    if as_json:
        print_json(reply)
    elif not watch:
        typer.echo(_table(states))
    if watch and any(state.status in {"failed", "partially_failed"} for state in states):
        raise typer.Exit(1)


Look = Callable[[], "tuple[dict[str, Any], Sequence[JobState]]"]
"""Asks the stack, and returns the reply as it came with the jobs in it."""


def _one_job(client: GraphwellClient, job_id: str) -> Look:
    def look() -> tuple[dict[str, Any], Sequence[JobState]]:
        state = client.job(job_id)
        return state.raw(), [state]

    return look


def _newest_jobs(
    client: GraphwellClient, filters: Mapping[str, str | bool | None]
) -> tuple[dict[str, Any], Sequence[JobState]]:
    page: JobPage = client.jobs(**filters)
    return page.raw(), page.jobs


def _check_usage(job_id: str | None, *, retry: bool, cancel: bool, filtered: bool) -> None:
    if (retry or cancel) and not job_id:
        raise UsageError("--retry and --cancel need the ID of a job; `graphwell redrive` retries all that failed.")
    if retry and cancel:
        raise UsageError("Use --retry or --cancel, not both.")
    if job_id and filtered:
        raise UsageError("--status, --stalled, --after and --before choose among jobs; leave the ID out.")


def _tell_what_is_lost(retried: RetriedJob) -> None:
    for error in retried.send_again:
        typer.echo(printable(f"{error.document_id}: {error.reason}"), err=True)


def _watched(look: Look, sleep: Callable[[float], None], *, show: bool) -> tuple[dict[str, Any], Sequence[JobState]]:
    """Ask again until every job has finished, printing the table whenever it has changed."""
    shown = None
    while True:
        reply, states = look()
        table = _table(states)
        if show and table != shown:
            typer.echo(table if shown is None else f"\n{table}")
            shown = table
        if all(state.is_finished for state in states):
            return reply, states
        sleep(WATCH_INTERVAL_S)


def _table(states: Sequence[JobState]) -> str:
    """Return the jobs as aligned columns, each followed by its errors."""
    if not states:
        return "No jobs."
    width = max(len(state.id) for state in states)
    lines = [f"{'JOB':<{width}}  {'STATUS':<17}  {'DOCUMENTS':<24}  CHUNKS"]
    for state in states:
        lines.append(f"{state.id:<{width}}  {_status(state):<17}  {_documents(state):<24}  {_chunks(state)}")
        lines.extend(f"  {error.document_id}: {error.reason}" for error in state.errors)
    return "\n".join(printable(line) for line in lines)


def _status(state: JobState) -> str:
    return f"{state.status}, stalled" if state.stalled else state.status


def _documents(state: JobState) -> str:
    counts = state.documents
    failed = f", {counts.failed} failed" if counts.failed else ""
    return f"{counts.done + counts.unchanged} of {counts.total} done{failed}"


def _chunks(state: JobState) -> str:
    return f"{state.chunks.embedded} of {state.chunks.total} embedded"
