"""`graphwell token` and `graphwell invoke`: identities and single invocations for development."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import httpx
import typer

from devstack.cli.context import context_of
from devstack.errors import DevstackError, UsageError

DEFAULT_DATA = Path(__file__).resolve().parents[2] / ".graphwell"
_TENANT = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ROLES = ("reader", "editor", "admin", "platform_admin")
_DEVELOPER_ROLES = ("reader", "editor", "admin")
_NOT_FOUND = 404
_CLIENT_TIMEOUT_S = 930.0
"""Longer than any function may run (900 s): the function's own timeout is what ends an invocation."""

DataOption = Annotated[
    Path,
    typer.Option("--data", help="Data folder of the stack; default: .graphwell in the checkout.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("token")(token)
    app.command("invoke")(invoke)


def token(
    tenant: Annotated[str, typer.Option("--tenant", help="Tenant that the token is for.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="Role in that tenant; repeat for several. Default: reader, editor and admin."),
    ] = None,
    subject: Annotated[str, typer.Option("--subject", help="Who the token is for.")] = "local-developer",
    expires_in: Annotated[int, typer.Option("--expires-in", help="Seconds until it expires.")] = 3600,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Print an ID token for the local stack."""
    from devstack.gateway.issuer import load_issuer  # noqa: PLC0415  (start-up time of the other commands)

    if not _TENANT.fullmatch(tenant):
        raise UsageError(f"The tenant {tenant!r} is not 1 to 64 letters, digits, '-' or '_'.")
    roles = tuple(role or _DEVELOPER_ROLES)
    unknown = sorted(set(roles) - set(_ROLES))
    if unknown:
        raise UsageError(f"There is no role {unknown[0]!r}; use {', '.join(_ROLES)}.")
    typer.echo(load_issuer(data).mint(tenant, roles, subject=subject, lifetime_s=expires_in))


def invoke(
    ctx: typer.Context,
    function: Annotated[str, typer.Argument(help="Folder under functions/, or logical id in template.yaml.")],
    event: Annotated[Path, typer.Argument(help="JSON file with the event.")],
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Invoke a function of the running stack and print its reply; of one that streams, its status and then its body."""
    from devstack.gateway.web_environment import METADATA_END  # noqa: PLC0415  (start-up time of the other commands)

    try:
        payload = event.read_bytes()
        json.loads(payload)
    except OSError as error:
        raise UsageError(f"The event file {event} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The event file {event} is not JSON: {error}.") from error
    reply = _send(ctx, data, function, payload)
    if "x-amz-function-error" in reply.headers:
        failure = reply.json()
        raise DevstackError(
            f"{function} failed with {failure.get('errorType', 'an error')}: {failure.get('errorMessage', '')}"
        )
    result, _, streamed = reply.content.partition(METADATA_END)
    typer.echo(json.dumps(json.loads(result), indent=2, ensure_ascii=False))
    if streamed:
        typer.echo(streamed.decode("utf-8", "replace"), nl=False)


def _send(ctx: typer.Context, data: Path, function: str, payload: bytes) -> httpx.Response:
    from devstack.gateway.gateway_file import read_management_url  # noqa: PLC0415  (start-up time)

    url = f"{read_management_url(data)}/2015-03-31/functions/{function}/invocations"
    try:
        with httpx.Client(transport=context_of(ctx).transport, timeout=_CLIENT_TIMEOUT_S) as client:
            reply = client.post(url, content=payload)
    except httpx.HTTPError as error:
        raise DevstackError(
            "The local stack does not answer; look at `graphwell status`, or start it again."
        ) from error
    if reply.is_error:
        message = reply.json()["Message"]
        raise UsageError(message) if reply.status_code == _NOT_FOUND else DevstackError(message)
    return reply
