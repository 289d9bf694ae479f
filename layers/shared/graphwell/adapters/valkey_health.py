"""Health of Valkey."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis


class ValkeyHealth:
    """The `HealthProbe` port: a PING; the service works without a cache, only slower."""

    name = "valkey"
    vital = False

    def __init__(self, client: Callable[[], Redis]) -> None:
        self._client = client

    def check(self) -> Mapping[str, str | int | float]:
        """Ping the server."""
        self._client().ping()
        return {}
