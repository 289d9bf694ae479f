"""Options that the client commands share, and the client they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devstack.cli.context import context_of

if TYPE_CHECKING:
    from devstack.client.api import GraphwellClient

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="GRAPHWELL_URL", help="Address of a deployed stack; default: the running local stack."
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token", envvar="GRAPHWELL_TOKEN", help="Bearer token; default: one for --tenant, local stack only."
    ),
]
TenantOption = Annotated[str | None, typer.Option("--tenant", "-t", help="Tenant to work in.")]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data folder of the local stack; default: .graphwell in the checkout.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
FilterOption = Annotated[
    list[str] | None,
    typer.Option("--filter", help="Only documents with KEY=VALUE, KEY>=VALUE or KEY<=VALUE; may be repeated."),
]
TopKOption = Annotated[int | None, typer.Option("--top-k", min=1, max=100, help="Passages to retrieve; default: 10.")]


def open_client(
    ctx: typer.Context,
    *,
    tenant: str | None,
    url: str | None,
    token: str | None,
    data: Path | None,
    patient: bool = False,
    once: bool = False,
) -> GraphwellClient:
    """Return a client for the stack that the options point at.

    Parameters:
        patient: whether to wait as long as the server's limits ask, up to an hour.
        once: whether to try each request once, so that what failed is seen.

    Raises:
        UsageError: the options contradict each other or name an invalid tenant or address.
        DevstackError: no local stack is running and the options name no other.
    """
    from devstack.client.api import GraphwellClient  # noqa: PLC0415  (start-up time)
    from devstack.client.connection import resolve_connection  # noqa: PLC0415
    from devstack.client.identity_provider import IdentityProviders  # noqa: PLC0415
    from devstack.client.session import ONCE, PATIENT, ApiSession  # noqa: PLC0415

    world = context_of(ctx)
    providers = IdentityProviders(transport=world.transport, sleep=world.sleep)
    connection = resolve_connection(url=url, token=token, tenant=tenant, data_dir=data, providers=providers)
    retry = ONCE if once else PATIENT if patient else None
    return GraphwellClient(ApiSession(connection, transport=world.transport, sleep=world.sleep, retry=retry))
