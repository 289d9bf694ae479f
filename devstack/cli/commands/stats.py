"""`graphwell stats`: what a tenant amounts to."""

from __future__ import annotations

from typing import Annotated

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json, printable


def stats(
    ctx: typer.Context,
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="Tenant to count.")],
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Count a tenant's documents, versions, chunks, jobs and bytes."""
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        reply = client.statistics(tenant)
    if as_json:
        print_json(reply.raw())
        return
    for kind in ("documents", "versions", "chunks", "jobs", "bytes"):
        typer.echo(f"{getattr(reply, kind):>14,}  {kind}")
    typer.echo(f"{reply.corpus_version:>14,}  corpus version")
    typer.echo(f"Vectors of {printable(reply.embedding.model)}, {reply.embedding.dimensions} dimensions.")
