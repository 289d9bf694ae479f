"""Bearer tokens: a given one, or one of the local stack's issuer that is minted anew before it expires."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

MINTED_TOKEN_MAX_AGE_S = 600.0
"""Local tokens live an hour; a new one every ten minutes keeps long ingestions clear of the end."""


class Credentials(Protocol):
    """Where the bearer token of a request comes from. Safe to use from several threads."""

    def bearer_token(self) -> str:
        """Return the token to send now."""
        ...

    def renew(self) -> bool:
        """Drop the token after the server refused it; return whether another one can be had."""
        ...


class FixedToken:
    """A token that the user gave; it cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def bearer_token(self) -> str:
        """Return the token as given."""
        return self._token

    def renew(self) -> bool:
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

    def renew(self) -> bool:
        """Drop the present token and return True: the next request gets a new one."""
        with self._lock:
            self._token = None
        return True
