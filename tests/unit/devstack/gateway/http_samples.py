"""Requests, an API and functions in memory for the tests of the HTTP rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from devstack.gateway.api_view import ApiSpec, AuthorizerSpec, Cors, GatewayResponse
from devstack.gateway.environments import InvokeResult
from devstack.gateway.http_request import HttpRequest
from devstack.gateway.routing import Route
from devstack.gateway.runtime_api import RuntimeFailure
from devstack.gateway.web_environment import StreamedReply

GUARD = AuthorizerSpec("Guard", "arn:guard", "TOKEN", ("Authorization",), (), r"Bearer .+", 60)

API = ApiSpec(
    api_id="api",
    stage="toy",
    stage_variables={},
    throttles=(),
    authorizers={"Guard": GUARD},
    default_authorizer="Guard",
    gateway_responses={
        "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(
            status=404,
            templates={"application/json": '{"title":"Not Found","id":"$context.requestId"}'},
            headers={"Content-Type": "'application/problem+json'", "X-Request-Id": "context.requestId"},
        )
    },
    cors=Cors({"access-control-allow-origin": "*"}, authorized=False),
    binary_media_types=frozenset({"image/png"}),
)

OPEN = Route("GET", "/v1/open/{name}", "hello", None)
GUARDED = Route("POST", "/v1/guarded", "hello", GUARD)
STREAMED = Route("GET", "/v1/streamed", "server", None, streams=True)


def request(**changes: Any) -> HttpRequest:
    """A GET of /v1/open/ann, with some fields replaced."""
    plain = HttpRequest(
        method="GET",
        path="/v1/open/ann",
        query_string="",
        headers=[("host", "localhost:8787"), ("user-agent", "test")],
        body=b"",
        source_ip="127.0.0.1",
    )
    return replace(plain, **changes)


def policy(effect: str, *resources: str) -> dict[str, Any]:
    """A policy document."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": list(resources)}],
    }


def proxy(**reply: Any) -> InvokeResult:
    """What a handler returns to a request."""
    return InvokeResult(json.dumps({"statusCode": 200, "body": "ok", **reply}).encode())


@dataclass
class FakeFunctions:
    """Answers invocations by function name or ARN, and keeps the events."""

    answers: dict[str, Callable[[dict[str, Any]], InvokeResult | Awaitable[InvokeResult]]]
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def __call__(self, name: str, payload: bytes, trace: str | None = None) -> InvokeResult:  # noqa: ARG002
        event = json.loads(payload)
        self.events.append((name, event))
        answer = self.answers[name](event)
        return answer if isinstance(answer, InvokeResult) else await answer


@dataclass
class FakeServer:
    """A function that serves HTTP: replies with `chunks`, waiting for `released` before the second one.

    Parameters:
        failure: raised before the reply, or, when there are chunks, behind them.
    """

    chunks: list[bytes] = field(default_factory=list)
    failure: RuntimeFailure | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def __call__(self, name: str, payload: bytes, trace: str | None = None) -> AsyncIterator[StreamedReply]:  # noqa: ARG002
        if self.failure is not None and not self.chunks:
            raise self.failure
        try:
            yield StreamedReply(200, [("content-type", "text/event-stream"), ("connection", "close")], self._chunks())
        finally:
            self.ended.set()

    async def _chunks(self) -> AsyncIterator[bytes]:
        for number, chunk in enumerate(self.chunks):
            if number == 1:
                await self.released.wait()
            yield chunk
        if self.failure is not None:
            raise self.failure
