"""Idempotency records in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphwell.domain.errors import InvalidInput, Unavailable
from graphwell.ports import KeyedRequest


class FakeIdempotency:
    """The `Idempotency` port; `requests` lists what was asked. While `down`, nothing is done."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.requests: list[KeyedRequest] = []
        self._records: dict[tuple[str, ...], tuple[str, Mapping[str, Any]]] = {}

    def once(self, request: KeyedRequest, work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return what the work returns or returned."""
        self.requests.append(request)
        if self.down:
            raise Unavailable("Idempotency keys cannot be looked up.")
        key = (request.scope.tenant_id, request.subject, request.route, request.key)
        if key not in self._records:
            self._records[key] = (request.body_hash, work())
        body_hash, reply = self._records[key]
        if body_hash != request.body_hash:
            raise InvalidInput("Idempotency-Key", "This key came with another request before.")
        return reply
