"""Which stack a command talks to, and as whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from devstack.client.addresses import is_loopback
from devstack.client.credentials import Credentials, FixedToken, LoginToken, MintedToken
from devstack.client.identity_provider import IdentityProviders
from devstack.client.login_store import LoginStore
from devstack.errors import DevstackError, UsageError
from devstack.stack_options import DEFAULT_DATA
from graphwell.domain.errors import InvalidInput
from graphwell.domain.tenancy import TenantScope

NOT_RUNNING = "The local stack is not running; start it with `graphwell up`, or pass --url and --token."


@dataclass(frozen=True)
class Connection:
    """Where requests go and who sends them.

    Parameters:
        url: address of the API, stage included, without a slash at the end.
        credentials: where bearer tokens come from.
        tenant_header: value of X-Tenant-Id; None when the token alone says it.
        is_local_stack: whether it is the stack that runs on this machine.
    """

    url: str
    credentials: Credentials
    tenant_header: str | None = None
    is_local_stack: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether requests stay on this machine, where a proxy would only be in the way."""
        return is_loopback(self.url)


TokenMint = Callable[[Path, str], str]
"""Returns a new token of the local stack whose data is in the folder, for the tenant, with every role it needs."""


def resolve_connection(
    *,
    url: str | None,
    token: str | None,
    tenant: str | None,
    data_dir: Path | None = None,
    mint: TokenMint | None = None,
    logins: LoginStore | None = None,
    providers: IdentityProviders | None = None,
) -> Connection:
    """Return the stack and the identity that the options name; the running local stack fills what they leave out.

    Parameters:
        url: address of a stack; None for the running local one.
        token: bearer token; None to mint one, which only the local stack allows.
        tenant: tenant to work in; with a token it is sent as X-Tenant-Id, without one it is required.
        data_dir: data folder of the local stack; None for the default one.
        mint: how to get a local token; None for the local stack's issuer.
        logins: where `graphwell login` keeps what it got; None for this user's file.
        providers: renew what it got; None for the network.

    Raises:
        UsageError: an option is invalid or one is missing.
        DevstackError: the local stack is needed and not running.
    """
    if tenant is not None:
        _check_tenant(tenant)
    folder = data_dir or DEFAULT_DATA
    local_url = _local_stack_url(folder)
    base_url = checked_url(url) if url else local_url
    if base_url is None:
        raise DevstackError(NOT_RUNNING)
    is_local_stack = base_url == local_url
    if token:
        return Connection(base_url, FixedToken(token), tenant, is_local_stack)
    store = logins or LoginStore()
    if url and (login := store.get(base_url)):
        credentials = LoginToken(base_url, login, store=store, providers=providers or IdentityProviders())
        return Connection(base_url, credentials, tenant, is_local_stack)
    if not is_local_stack:
        raise UsageError(f"Run `graphwell login --url {base_url}`, or pass --token or set GRAPHWELL_TOKEN.")
    if tenant is None:
        raise UsageError("Pass --tenant to say which tenant to work in, for example --tenant demo.")
    local_tenant = tenant
    mint_token = mint or _mint_local_token
    return Connection(base_url, MintedToken(lambda: mint_token(folder, local_tenant)), None, is_local_stack)


def _check_tenant(tenant: str) -> None:
    try:
        TenantScope(tenant)
    except InvalidInput as error:
        raise UsageError(f"--tenant {tenant!r} is not valid: {error.detail}") from error


def checked_url(url: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        UsageError: it is no http or https address.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # half a pair of brackets, or a port that is none
        is_address = False
    if not is_address:
        raise UsageError(f"--url {url!r} is not an address; give one such as https://api.example.com/prod.")
    return url.rstrip("/")


def _local_stack_url(data_dir: Path) -> str | None:
    """Return the address of the stack that runs on that folder; None when none does.

    Raises:
        DevstackError: it runs and has no address yet.
    """
    from devstack.state import DataFolder  # noqa: PLC0415  (psutil is not needed with --url and --token)

    folder = DataFolder(data_dir)
    state = folder.read_state()
    if state is None or not folder.is_held():
        return None
    if state.url is None:
        raise DevstackError("The local stack is still starting; try again when `graphwell status` says that it runs.")
    return state.url.rstrip("/")


def _mint_local_token(data_dir: Path, tenant: str) -> str:
    from devstack.gateway.issuer import load_issuer  # noqa: PLC0415  (cryptography is slow to import)

    return load_issuer(data_dir).mint(tenant, ["reader", "editor", "admin"])
