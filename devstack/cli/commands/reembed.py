"""`graphwell reembed`: the move of an index to another embedding model, watched until it is over."""

from __future__ import annotations

from typing import Annotated

import typer

from devstack.cli.commands.options import DataOption, JsonOption, TokenOption, UrlOption, open_client
from devstack.cli.commands.output import print_json, printable
from devstack.cli.context import context_of
from devstack.client.models import Statistics
from devstack.errors import DevstackError

POLL_INTERVAL_S = 5.0
PATIENCE = 30
"""Looks without a move before it counts as not begun: the stack looks once a minute."""


def reembed(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="The model that the stack's NextEmbeddingModel names.")],
    *,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="Tenant whose chunks are counted.")],
    as_json: JsonOption = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = None,
) -> None:
    """Wait until the index answers by MODEL, showing how far a tenant's chunks are. The stack does it by itself."""
    idle = 0
    shown = ""
    with open_client(ctx, tenant=tenant, url=url, token=token, data=data) as client:
        while (state := client.statistics(tenant)).embedding.model != model:
            idle = 0 if state.moving_to and state.moving_to.model == model else idle + 1
            if idle > PATIENCE:
                raise DevstackError(
                    f"The index stays with {printable(state.embedding.model)}; deploy the stack with"
                    f" NextEmbeddingModel={model}, see docs/reembed.md."
                )
            if not as_json and idle == 0 and _line(state) != shown:
                shown = _line(state)
                typer.echo(shown)
            context_of(ctx).sleep(POLL_INTERVAL_S)
    if as_json:
        print_json(state.raw())
    else:
        typer.echo(
            f"Questions are answered by {printable(model)}. Deploy with EmbeddingModel={printable(model)} and an empty"
            " NextEmbeddingModel to let the last model's vectors go."
        )


def _line(state: Statistics) -> str:
    share = 100 * state.moved_chunks // state.chunks if state.chunks else 100
    return f"{state.moved_chunks:,} of {state.chunks:,} chunks ({share} %)"
