"""Health of Valkey, and what the environments' circuit breakers wrote there."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.ports import Ailing, BreakerBoard


class ValkeyHealth:
    """The `HealthProbe` port: a PING; the service works without a cache, only slower."""

    name = "valkey"
    vital = False
    timeout_s = 1.0
    fresh_for_s = 0.9

    def __init__(self, client: ValkeyClient) -> None:
        self._client = client

    def check(self) -> Mapping[str, str | int | float]:
        """Ping the server, whatever the circuit breaker says."""
        self._client.ask(lambda redis: redis.ping())
        return {}


class BreakersHealth:
    """The `HealthProbe` port over the breakers of all environments."""

    name = "breakers"
    vital = False
    timeout_s = 1.0
    fresh_for_s = 0.9

    def __init__(self, board: BreakerBoard) -> None:
        self._board = board

    def check(self) -> Mapping[str, str | int | float]:
        """Return nothing, since no breaker is open.

        Raises:
            Ailing: some are; the detail says in how many environments, by part.
        """
        found = self._board.open_breakers()
        if found:
            raise Ailing("Open", found)
        return {}
