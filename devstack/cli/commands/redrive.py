"""`graphwell redrive`: work that failed, once more."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TenantOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json, printable

if TYPE_CHECKING:
    from devstack.client.api import GraphwellClient

_FILTERS: tuple[dict[str, str], ...] = ({"status": "failed"}, {"status": "partially_failed"}, {"stalled": "true"})


def redrive(
    ctx: typer.Context,
    *,
    dead_letters: Annotated[
        str | None,
        typer.Option(
            "--dead-letters",
            metavar="QUEUE",
            help="Move this queue's dead letters back instead: embed, extract or agent of the local stack, or a URL.",
        ),
    ] = None,
    tenant: TenantOption = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Retry every failed and stalled job of a tenant, or move dead letters back to their queue."""
    if dead_letters is not None:
        moved = _move(dead_letters, data)
        print_json(moved) if as_json else typer.echo(f"{_counted(moved['moved'], 'message')} moved back.")
        return
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        retried = [_retry(client, job_id) for job_id in _failed_jobs(client)]
    if as_json:
        print_json({"jobs": retried})
    else:
        typer.echo(f"{_counted(len(retried), 'job')} retried.")
        if any(entry["send_again"] for entry in retried):
            typer.echo("No longer there, and to be sent again:")
        for entry in retried:
            for lost in entry["send_again"]:
                typer.echo(printable(f"  {entry['id']}  {lost['document_id']}: {lost['reason']}"))
    if any(entry["send_again"] for entry in retried):
        raise typer.Exit(1)


def _failed_jobs(client: GraphwellClient) -> Iterator[str]:
    """Yield each job once; all are found before the first is retried, since that changes what the filters find."""
    found: dict[str, None] = {}
    for filters in _FILTERS:
        cursor: str | None = None
        while True:
            page = client.jobs(cursor=cursor, **filters)
            found.update(dict.fromkeys(job.id for job in page.jobs))
            cursor = page.next_cursor
            if cursor is None:
                break
    yield from found


def _retry(client: GraphwellClient, job_id: str) -> dict[str, Any]:
    retried = client.retry_job(job_id, idempotency_key=uuid.uuid4().hex)
    return {"id": job_id, "status": retried.status, "send_again": [error.raw() for error in retried.send_again]}


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _move(queue: str, data: Any) -> dict[str, Any]:
    from devstack.dead_letters import move_back  # noqa: PLC0415  (start-up time)

    return {"queue": queue, "moved": move_back(queue, data)}
