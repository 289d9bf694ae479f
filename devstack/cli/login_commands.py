"""`graphwell login` and `logout`: an identity for a deployed stack that renews itself."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from devstack.cli.context import context_of
from devstack.errors import UsageError

UrlOption = Annotated[str, typer.Option("--url", envvar="GRAPHWELL_URL", help="Address of the stack to log in to.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("login")(login)
    app.command("logout")(logout)


def login(
    ctx: typer.Context,
    *,
    url: UrlOption,
    email: Annotated[str | None, typer.Option("--email", help="Firebase user; the password is asked for.")] = None,
    api_key: Annotated[
        str | None, typer.Option("--api-key", envvar="GRAPHWELL_FIREBASE_API_KEY", help="Firebase web API key.")
    ] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", help="Address of another OIDC issuer.")] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", help="OAuth client at that issuer.")] = None,
    client_secret: Annotated[
        str | None,
        typer.Option(
            "--client-secret",
            envvar="GRAPHWELL_CLIENT_SECRET",
            help="Secret of a machine's client; without it a person logs in at a browser.",
        ),
    ] = None,
    scope: Annotated[str | None, typer.Option("--scope", help="Scope to ask the issuer for.")] = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Audience to ask the issuer for.")] = None,
) -> None:
    """Log in to a deployed stack; commands with its --url then need no --token."""
    from devstack.client.connection import checked_url  # noqa: PLC0415  (start-up time of the other commands)
    from devstack.client.identity_provider import IdentityProviders, safe_address  # noqa: PLC0415
    from devstack.client.login_store import Login, LoginStore  # noqa: PLC0415

    address = safe_address(checked_url(url))  # every command with it sends the token there
    world = context_of(ctx)
    providers = IdentityProviders(transport=world.transport, sleep=world.sleep)
    if email and api_key and not issuer:
        found = providers.firebase(api_key, email, _password())
    elif issuer and client_id and client_secret and not email:
        found = providers.machine(issuer, client_id, client_secret, scope=scope, audience=audience)
    elif issuer and client_id and not email:
        asked = scope or "openid offline_access"
        found = providers.person(issuer, client_id, scope=asked, audience=audience, show=_say)
    else:
        raise UsageError("Pass --email and --api-key for Firebase, or --issuer and --client-id for another issuer.")
    store = LoginStore()
    store.put(address, Login.of(*found, time.time()))
    _say(f"Logged in to {address}; the login is kept in {store.path}, for you alone to read.")


def logout(url: UrlOption) -> None:
    """Forget the login to a stack."""
    from devstack.client.connection import checked_url  # noqa: PLC0415  (start-up time of the other commands)
    from devstack.client.login_store import LoginStore  # noqa: PLC0415

    address = checked_url(url)
    if not LoginStore().remove(address):
        raise UsageError(f"There is no login to {address}.")
    _say(f"Logged out of {address}.")


def _password() -> str:
    """Return the password: typed unseen, or the first line of what is piped in."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True)
        return typed
    return sys.stdin.readline().rstrip("\n")


def _say(text: str) -> None:
    typer.echo(text, err=True)
