"""Health of Valkey."""

from __future__ import annotations

from collections.abc import Mapping

from graphwell.adapters.valkey_client import ValkeyClient


class ValkeyHealth:
    """The `HealthProbe` port: a PING; the service works without a cache, only slower."""

    name = "valkey"
    vital = False

    def __init__(self, client: ValkeyClient) -> None:
        self._client = client

    def check(self) -> Mapping[str, str | int | float]:
        """Ping the server."""
        self._client.run(lambda redis: redis.ping())
        return {}
