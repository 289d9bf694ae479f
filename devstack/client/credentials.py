"""Bearer tokens: a given one, a minted one of the local stack's issuer, or a login's, replaced before they expire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from devstack.client.identity_provider import IdentityProviders, LoginRefusedError
from devstack.client.login_store import Login, LoginStore
from devstack.errors import DevstackError

RENEWED_BEFORE_END_S = 300.0
RENEWED_SHARE = 0.2
"""A login's token is replaced so long before its end, or in the last share of its life where that is shorter."""

MINTED_TOKEN_MAX_AGE_S = 600.0
"""Local tokens live an hour; a new one every ten minutes keeps long ingestions clear of the end."""


class Credentials(Protocol):
    """Where the bearer token of a request comes from. Safe to use from several threads."""

    def bearer_token(self) -> str:
        """Return the token to send now."""
        ...

    def renew(self, refused: str) -> bool:
        """Drop a token that the server refused, unless it is dropped already; return whether another can be had."""
        ...


class FixedToken:
    """A token that the user gave; it cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def bearer_token(self) -> str:
        """Return the token as given."""
        return self._token

    def renew(self, refused: str) -> bool:  # noqa: ARG002
        """Return False: only the user can get another one."""
        return False


class MintedToken:
    """A token of the local stack, minted when first needed and again when it grows old or is refused.

    Parameters:
        mint: returns a new token.
        clock_s: monotonic seconds.
        max_age_s: age in seconds at which a token is replaced.
    """

    def __init__(
        self,
        mint: Callable[[], str],
        *,
        clock_s: Callable[[], float] = time.monotonic,
        max_age_s: float = MINTED_TOKEN_MAX_AGE_S,
    ) -> None:
        self._mint = mint
        self._clock_s = clock_s
        self._max_age_s = max_age_s
        self._lock = threading.Lock()
        self._token: str | None = None
        self._minted_at_s = 0.0

    def bearer_token(self) -> str:
        """Return the present token, minting one when there is none or it is too old."""
        with self._lock:
            if self._token is None or self._clock_s() - self._minted_at_s > self._max_age_s:
                self._token = self._mint()
                self._minted_at_s = self._clock_s()
            return self._token

    def renew(self, refused: str) -> bool:
        """Drop the token if it is still the present one and return True: the next request gets a new one."""
        with self._lock:
            if self._token == refused:
                self._token = None
        return True


class LoginToken:
    """The token of a login, replaced in time before it ends or when it is refused, and kept for the next command.

    Parameters:
        url: the stack's address, under which the login is kept.
        login: as it was kept last.
        store: where it is kept.
        providers: get the next token.
        now_s: seconds since the epoch.
    """

    def __init__(
        self,
        url: str,
        login: Login,
        *,
        store: LoginStore,
        providers: IdentityProviders,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._login = login
        self._store = store
        self._providers = providers
        self._now_s = now_s
        self._lock = threading.Lock()

    def bearer_token(self) -> str:
        """Return the present token, or the next one when the present one is about to end.

        Raises:
            DevstackError: there is no next one; while the provider is away, only once the present one has ended.
        """
        with self._lock:
            if self._is_ending(self._login):
                self._replace_in_time()
            return self._login.bearer

    def renew(self, refused: str) -> bool:
        """Get the next token if the refused one is still the present one, and return True."""
        with self._lock:
            if self._login.bearer == refused:
                self._replace()
        return True

    def _replace_in_time(self) -> None:
        try:
            self._replace()
        except LoginRefusedError:
            raise
        except DevstackError:
            if self._now_s() >= self._login.ends_s:
                raise

    def _replace(self) -> None:
        self._login = self._store.renewed(self._url, self._next)

    def _next(self, kept: Login | None) -> Login:
        if kept and kept.bearer != self._login.bearer and not self._is_ending(kept):
            return kept  # another command was faster, and has used up our refresh token
        login = kept or self._login
        tokens = self._providers.next_tokens(login.provider, login.refresh)
        return Login.of(login.provider, tokens, self._now_s())

    def _is_ending(self, login: Login) -> bool:
        lifetime_s = login.ends_s - login.began_s
        return self._now_s() >= login.ends_s - min(RENEWED_BEFORE_END_S, lifetime_s * RENEWED_SHARE)
