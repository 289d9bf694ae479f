"""A request as the gateway's rules see it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl

from devstack.gateway.tracing import trace_id


def _request_id() -> str:
    return str(uuid.uuid4())


@dataclass
class HttpRequest:
    """One request; `path` is raw (percent-encoded) and without the stage, names of `headers` are in lower case."""

    method: str
    path: str
    query_string: str
    headers: list[tuple[str, str]]
    body: bytes
    source_ip: str
    request_id: str = field(default_factory=_request_id)
    trace_id: str = field(default_factory=trace_id)
    time_ns: int = field(default_factory=time.time_ns)

    @cached_property
    def multi_headers(self) -> dict[str, list[str]]:
        """Every value of each header."""
        return _grouped(self.headers)

    @cached_property
    def multi_query(self) -> dict[str, list[str]]:
        """Every decoded value of each query parameter."""
        return _grouped(parse_qsl(self.query_string, keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """Last value of a header, by its name in lower case."""
        values = self.multi_headers.get(name)
        return values[-1] if values else None

    def error_context(self, *, stage: str, resource: str, authorizer: Mapping[str, str]) -> dict[str, str]:
        """Values of the `$context` variables that a gateway response may use."""
        return {
            "requestId": self.request_id,
            "extendedRequestId": self.request_id,
            "httpMethod": self.method,
            "path": f"/{stage}{self.path}",
            "resourcePath": resource,
            "stage": stage,
            "protocol": "HTTP/1.1",
            "requestTime": self.time_text,
            "requestTimeEpoch": str(self.time_ns // 1_000_000),
            "identity.sourceIp": self.source_ip,
            "identity.userAgent": self.header("user-agent") or "",
            **{f"authorizer.{name}": value for name, value in authorizer.items()},
        }

    @property
    def time_text(self) -> str:
        """Time of the request as API Gateway writes it: 09/Apr/2015:12:34:56 +0000."""
        return datetime.fromtimestamp(self.time_ns / 1e9, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
