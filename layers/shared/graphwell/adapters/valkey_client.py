"""The pooled Valkey client: one a Lambda environment, opened at first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis

TIMEOUT_S = 0.25
"""A cache slower than this costs more than it saves."""


class ValkeyClient:
    """Opens the client when it is first called for.

    Parameters:
        url: redis:// or rediss:// address.
        credentials: gives {username, password}, empty for none.
    """

    def __init__(self, url: str, credentials: Callable[[], Mapping[str, str]]) -> None:
        self._url = url
        self._credentials = credentials
        self._client: Redis | None = None

    def __call__(self) -> Redis:
        """Return the client; connections are checked after 30 idle seconds, since a frozen environment loses them."""
        if self._client is None:
            from redis import Redis  # noqa: PLC0415
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.retry import Retry  # noqa: PLC0415

            secret = self._credentials()
            self._client = Redis.from_url(
                self._url,
                username=secret.get("username") or None,
                password=secret.get("password") or None,
                protocol=2,  # FT.* replies differ between RESP2 and RESP3; this is pinned for good
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=TIMEOUT_S,
                health_check_interval=30,
                retry=Retry(NoBackoff(), 1),
            )
        return self._client
