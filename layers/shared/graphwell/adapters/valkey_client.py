"""The pooled Valkey client: one a Lambda environment, opened at first use, opened anew when its secret is rotated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from graphwell.domain.errors import Unavailable

if TYPE_CHECKING:
    from redis import Redis

Result = TypeVar("Result")

TIMEOUT_S = 0.25
"""A cache slower than this costs more than it saves."""


class ValkeyClient:
    """Opens the client when it is first called for.

    Parameters:
        url: redis:// or rediss:// address.
        credentials: gives {username, password}, empty for none; asked again when the server refuses the last ones.
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

    def run(self, command: Callable[[Redis], Result]) -> Result:
        """Return what a command returns.

        Raises:
            Unavailable: the server does not answer, or refuses the command or the credentials.
        """
        from redis.exceptions import AuthenticationError, RedisError  # noqa: PLC0415

        try:
            try:
                return command(self())
            except AuthenticationError:
                self.close()
                return command(self())
        except RedisError as error:
            raise Unavailable("Valkey does not answer.") from error

    def close(self) -> None:
        """Close all connections; the next command opens new ones, with the credentials of then."""
        if self._client is not None:
            self._client.close()
            self._client = None
