"""Requests that take effect once, however often they are sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from graphwell.domain.tenancy import TenantScope


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request that its sender gave a key.

    Parameters:
        scope: the tenant it is made in.
        subject: who sends it.
        route: what it asks for, such as `documents.ingest`.
        key: the sender's own.
        body_hash: tells another request under the same key.
        time_left_s: seconds after which it cannot be running any more.
    """

    scope: TenantScope
    subject: str
    route: str
    key: str
    body_hash: str
    time_left_s: float

    @property
    def job_id(self) -> str:
        """Return the id of the request's job.

        It follows from the request: should everything be lost that was noted about it, sending it again joins its job.
        """
        parts = [self.scope.tenant_id, self.subject, self.route, self.key, self.body_hash]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


class Idempotency(Protocol):
    """Remembers for a day what became of keyed requests: ids only, never text."""

    def once(self, request: KeyedRequest, work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return what `work` returns, or what it returned when the request was first sent.

        What `work` raises is raised and not remembered.

        Raises:
            InvalidInput: the key came with another body before.
            InFlight: the same request is being worked on.
            Unavailable: it cannot be told whether this is a repetition; nothing was done.
        """
