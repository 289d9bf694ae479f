"""Where tokens come from: Firebase by password, any OIDC issuer by client credentials or by a person at a browser."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from devstack.client.addresses import is_loopback
from devstack.errors import DevstackError, UsageError

FIREBASE_SIGN_IN = "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"
FIREBASE_REFRESH = "https://securetoken.googleapis.com/v1/token"
"""Firebase Auth REST API, "Sign in with email / password" and "Exchange a refresh token for an ID token"."""

EMULATOR_VARIABLE = "FIREBASE_AUTH_EMULATOR_HOST"
"""Host and port of Firebase's emulator, as Firebase's own tools take it."""

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_S = 5.0
_DEFAULT_INTERVAL_S = 5.0
_DEFAULT_LIFETIME_S = 3600.0
_TIMEOUT_S = 15.0
_ATTEMPTS = 3

Show = Callable[[str], None]
"""Tells the person at the keyboard what to do."""


@dataclass(frozen=True)
class Tokens:
    """What an identity provider gave.

    Parameters:
        bearer: the token that the API takes.
        lifetime_s: how long it lives from now on.
        refresh: what gets the next one; None where the grant itself is repeated.
    """

    bearer: str = field(repr=False)
    lifetime_s: float
    refresh: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Provider:
    """All that is needed to get the next token of a login; kept on disk, so every field is plain.

    Parameters:
        kind: whose protocol it speaks.
        token_url: where tokens are had.
        client_id: OAuth client; Firebase's web API key.
        client_secret: of a machine; None for a person.
        scope: asked of an OIDC issuer.
        audience: asked of an OIDC issuer that needs it.
    """

    kind: Literal["firebase", "oidc"]
    token_url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scope: str | None = None
    audience: str | None = None


class LoginRefusedError(DevstackError):
    """The identity provider wants the person, or the machine's owner, to log in again."""


class IdentityProviders:
    """Speaks to identity providers.

    Parameters:
        transport: sends the requests; None for the network.
        sleep: waits the given seconds.
    """

    def __init__(
        self, *, transport: httpx.BaseTransport | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = httpx.Client(transport=transport, timeout=_TIMEOUT_S)
        self._sleep = sleep

    def firebase(self, api_key: str, email: str, password: str) -> tuple[Provider, Tokens]:
        """Sign a person in with email and password.

        Raises:
            LoginRefusedError: Firebase does not take them.
            DevstackError: it cannot be reached.
        """
        body = {"email": email, "password": password, "returnSecureToken": "true"}
        reply = self._post(_emulated(FIREBASE_SIGN_IN), body, key=api_key)
        return Provider("firebase", _emulated(FIREBASE_REFRESH), api_key), _tokens(reply)

    def machine(
        self, issuer: str, client_id: str, client_secret: str, *, scope: str | None, audience: str | None
    ) -> tuple[Provider, Tokens]:
        """Log a machine in with its client's secret (RFC 6749, section 4.4).

        Raises:
            LoginRefusedError: the issuer does not take it.
            DevstackError: it cannot be reached.
        """
        token_url = self._discovered(issuer)["token_endpoint"]
        provider = Provider("oidc", token_url, client_id, client_secret, scope, audience)
        return provider, self.next_tokens(provider, None)

    def person(
        self, issuer: str, client_id: str, *, scope: str | None, audience: str | None, show: Show
    ) -> tuple[Provider, Tokens]:
        """Let a person log in at a browser on whatever device (RFC 8628).

        Parameters:
            show: tells them where and with which code.

        Raises:
            LoginRefusedError: they did not, or not in time.
            DevstackError: the issuer cannot be reached, or has no such flow.
        """
        found = self._discovered(issuer)
        if "device_authorization_endpoint" not in found:
            raise DevstackError(f"{issuer} has no login by device code; pass --client-secret for a machine's login.")
        provider = Provider("oidc", found["token_endpoint"], client_id, None, scope, audience)
        asked = _without_none({"client_id": client_id, "scope": scope, "audience": audience})
        started = self._post(safe_address(found["device_authorization_endpoint"]), asked)
        address = started.get("verification_uri_complete") or started["verification_uri"]
        show(f"Open {address} and enter the code {started['user_code']}.")
        return provider, self._poll(provider, started)

    def next_tokens(self, provider: Provider, refresh: str | None) -> Tokens:
        """Return new tokens for a login.

        Parameters:
            refresh: the refresh token of the last ones.

        Raises:
            LoginRefusedError: the login has ended.
            DevstackError: the provider cannot be reached.
        """
        if refresh is not None:
            body = {"grant_type": "refresh_token", "refresh_token": refresh}
        elif provider.client_secret is not None:
            body = {"grant_type": "client_credentials"}
        else:
            raise LoginRefusedError("The login has ended and cannot be renewed; run `graphwell login` again.")
        if provider.kind == "firebase":
            return _tokens(self._post(provider.token_url, body, key=provider.client_id), refresh)
        named = {
            "client_id": provider.client_id,
            "client_secret": provider.client_secret,
            "scope": provider.scope,
            "audience": provider.audience,
        }
        return _tokens(self._post(provider.token_url, body | _without_none(named)), refresh)

    def _poll(self, provider: Provider, started: Mapping[str, Any]) -> Tokens:
        interval_s = float(started.get("interval", _DEFAULT_INTERVAL_S))
        left_s = float(started.get("expires_in", 600))
        body = {"grant_type": DEVICE_GRANT, "device_code": started["device_code"], "client_id": provider.client_id}
        while left_s > 0:
            self._sleep(interval_s)
            left_s -= interval_s
            response = self._send("POST", provider.token_url, data=body)
            if response.is_success:
                return _tokens(_json(response))
            code = _error_code(response)
            if code == "slow_down":
                interval_s += _SLOWER_S
            elif code != "authorization_pending":
                raise LoginRefusedError(f"The login was not completed ({code}); run `graphwell login` again.")
        raise LoginRefusedError("Nobody entered the code in time; run `graphwell login` again.")

    def _discovered(self, issuer: str) -> Mapping[str, Any]:
        """Return the issuer's description (OpenID Connect Discovery 1.0, section 4)."""
        response = self._send("GET", safe_address(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        found = _json(response) if response.is_success else {}
        if not isinstance(found.get("token_endpoint"), str):
            raise DevstackError(f"{issuer} does not describe itself as an OIDC issuer; check --issuer.")
        safe_address(found["token_endpoint"])
        return found

    def _post(self, url: str, body: Mapping[str, str], *, key: str | None = None) -> Mapping[str, Any]:
        response = self._send("POST", url, data=dict(body), params={"key": key} if key else None)
        if response.is_success:
            return _json(response)
        if response.is_server_error:
            raise DevstackError(f"{_host(url)} answered with status {response.status_code}; try again.")
        code = _error_code(response)
        raise LoginRefusedError(f"{_host(url)} refused the login ({code}); run `graphwell login` again.")

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        retrying = Retrying(
            retry=retry_if_exception_type(httpx.TransportError),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential_jitter(multiplier=0.5, max=5.0, jitter=0.25),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._http.request, method, url, **options)
        except httpx.TransportError as error:
            raise DevstackError(f"{_host(url)} cannot be reached ({type(error).__name__}); try again.") from None


def _emulated(url: str) -> str:
    """Return an address of Firebase, on its emulator where one is named."""
    emulator = os.environ.get(EMULATOR_VARIABLE)
    return safe_address(f"http://{emulator}/{url.removeprefix('https://')}") if emulator else url


def safe_address(url: str) -> str:
    """Return an address that secrets may be sent to.

    Raises:
        UsageError: it is neither https nor on this machine.
    """
    scheme = urlsplit(url).scheme
    if scheme == "https" or (scheme == "http" and is_loopback(url)):
        return url
    raise UsageError(f"{url} is not an https address; secrets are not sent there.")


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _tokens(reply: Mapping[str, Any], refresh: str | None = None) -> Tokens:
    """Return the tokens of a reply, in Firebase's words or OAuth's; a refresh token that is not renewed stays."""
    bearer = reply.get("idToken") or reply.get("id_token") or reply.get("access_token")
    lifetime = reply.get("expiresIn") or reply.get("expires_in") or _DEFAULT_LIFETIME_S
    if not isinstance(bearer, str):
        raise DevstackError("The identity provider answered without a token.")
    return Tokens(bearer, float(lifetime), reply.get("refreshToken") or reply.get("refresh_token") or refresh)


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise DevstackError(f"{response.url.host} did not answer as an identity provider does.")
    return body


def _error_code(response: httpx.Response) -> str:
    """Return the short name of an error, Firebase's or OAuth's; never anything longer, which could be a secret."""
    try:
        error = response.json().get("error")
    except (ValueError, AttributeError):
        error = None
    code = error.get("message") if isinstance(error, dict) else error
    return str(code)[:80] if isinstance(code, str) else f"status {response.status_code}"


def _without_none(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
