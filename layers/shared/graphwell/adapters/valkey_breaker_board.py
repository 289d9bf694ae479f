"""The open circuit breakers of all environments, in Valkey: an environment can tell of its own alone."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from graphwell.adapters.valkey_client import ValkeyClient

_KEY = "breakers"
"""A sorted set of "part environment" by the Unix time at which each entry ends."""


class ValkeyBreakerBoard:
    """The `BreakerBoard` port. An entry ends by itself: an environment that Lambda has ended takes nothing back.

    Parameters:
        client: the pooled client.
        kept_for_s: life of an entry; longer than a breaker stays open, since one that opens again tells it again.
        now_s: Unix time.
    """

    def __init__(self, client: ValkeyClient, kept_for_s: float, now_s: Callable[[], float] = time.time) -> None:
        self._client = client
        self._kept_for_s = kept_for_s
        self._now_s = now_s
        self._environment = uuid.uuid4().hex[:12]

    def show(self, part: str, *, is_open: bool) -> None:
        """Add or remove an entry; see the port."""
        member = f"{part} {self._environment}"
        if is_open:
            ends_s = self._now_s() + self._kept_for_s
            self._client.run(lambda redis: redis.zadd(_KEY, {member: ends_s}))
        else:
            self._client.run(lambda redis: redis.zrem(_KEY, member))

    def open_breakers(self) -> Mapping[str, int]:
        """Return the environments by part; see the port."""
        now_s = self._now_s()
        members: Any = self._client.ask(lambda redis: redis.zrangebyscore(_KEY, now_s, "+inf"))
        self._client.ask(lambda redis: redis.zremrangebyscore(_KEY, "-inf", now_s))
        return Counter(member.decode().split(" ")[0] for member in members)
