"""The pooled Valkey client: one a Lambda environment, opened at first use, opened anew when its secret is rotated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.errors import Unavailable

if TYPE_CHECKING:
    from redis import Redis

Result = TypeVar("Result")

TIMEOUT_S = 0.25
"""A cache slower than this costs more than it saves."""


class ValkeyClient:
    """Opens the client when it is first called for, and runs commands behind a circuit breaker.

    What refuses the credentials, or writes, is connected to anew and asked once more.

    Parameters:
        url: redis:// or rediss:// address.
        credentials: gives {username, password}, empty for none; asked again when the server refuses the last ones.
        breaker: that of this server; one of its own when None.
    """

    def __init__(
        self, url: str, credentials: Callable[[], Mapping[str, str]], breaker: CircuitBreaker | None = None
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._breaker = breaker or CircuitBreaker("valkey")
        self._client: Redis | None = None

    def __call__(self) -> Redis:
        """Return the client; connections are checked after 30 idle seconds, since a frozen environment loses them."""
        if self._client is None:
            from redis import Redis  # noqa: PLC0415
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.exceptions import ConnectionError as Disconnected  # noqa: PLC0415
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
                # A connection that was lost is opened again at once; a server that is slow is not asked twice.
                retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
            )
        return self._client

    def run(self, command: Callable[[Redis], Result]) -> Result:
        """Return what a command returns; one whose connection is lost is sent once more, so it must be safe to repeat.

        Raises:
            Unavailable: the server does not answer, or refuses the command or the credentials.
        """
        return self._translated(lambda: self._breaker.call(lambda: self._attempt(command), is_failure=_is_away))

    def ask(self, command: Callable[[Redis], Result]) -> Result:
        """Return what a command returns, whatever the breaker says: for finding out how the server is.

        Raises:
            Unavailable: the server does not answer, or refuses the command or the credentials.
        """
        return self._translated(lambda: self._attempt(command))

    def _attempt(self, command: Callable[[Redis], Result]) -> Result:
        from redis.exceptions import AuthenticationError, ReadOnlyError  # noqa: PLC0415

        try:
            return command(self())
        # After a failover the address leads to another primary, while old connections may stay with the replica that
        # the last one has become: they answer, so nothing else would end them.
        except (AuthenticationError, ReadOnlyError):
            self.close()
            return command(self())

    def _translated(self, attempt: Callable[[], Result]) -> Result:
        from redis.exceptions import RedisError  # noqa: PLC0415

        try:
            return attempt()
        except RedisError as error:
            raise Unavailable("Valkey does not answer.") from error

    def close(self) -> None:
        """Close all connections; the next command opens new ones, with the credentials of then."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _is_away(error: Exception) -> bool:
    """Tell whether the server, or its secret, cannot be reached; what else it answers with an error is the command."""
    from redis.exceptions import ConnectionError as Disconnected  # noqa: PLC0415
    from redis.exceptions import ReadOnlyError  # noqa: PLC0415
    from redis.exceptions import TimeoutError as TimedOut  # noqa: PLC0415

    return isinstance(error, Disconnected | TimedOut | ReadOnlyError | Unavailable)
