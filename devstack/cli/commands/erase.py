"""`graphwell erase`: everything of a tenant goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json
from devstack.cli.context import context_of
from devstack.errors import DevstackError, UsageError

if TYPE_CHECKING:
    from devstack.client.api import GraphwellClient
    from devstack.client.models import JobState

POLL_INTERVAL_S = 2.0


def erase(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="Tenant to erase.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the tenant's name first.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until nothing is left.")] = True,
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Erase a tenant: documents, chunks, jobs, files, cached answers, records. It cannot be undone."""
    if as_json and not (dry_run or yes):
        raise UsageError("Pass --yes with --json, since nothing can be asked; or --dry-run to see what would go.")
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        if dry_run or not yes:
            would_go = client.erase_preview(tenant)
            if dry_run and as_json:
                print_json(would_go.raw())
            else:
                typer.echo(f"Of {tenant} would go:\n{_table(would_go.counts)}")
        if dry_run:
            return
        if not yes and typer.prompt("The tenant's name, to erase it") != tenant:
            raise DevstackError("That is not the tenant's name; nothing was erased.")
        begun = client.erase(tenant)
        job = _finished(ctx, client, begun.job_id) if wait else client.job(begun.job_id)
    if as_json:
        print_json(job.raw())
    elif job.is_finished:
        typer.echo(f"Erased:\n{_table(job.erased.before)}")
        typer.echo(f"Left: {sum(job.erased.after.values())}.")
    else:
        typer.echo(f"Being erased; see `graphwell jobs {job.id} --tenant {tenant}`.")


def _finished(ctx: typer.Context, client: GraphwellClient, job_id: str) -> JobState:
    while not (job := client.job(job_id)).is_finished:
        context_of(ctx).sleep(POLL_INTERVAL_S)
    return job


def _table(counts: Mapping[str, int]) -> str:
    return "\n".join(f"{count:>10,}  {kind.replace('_', ' ')}" for kind, count in counts.items())
