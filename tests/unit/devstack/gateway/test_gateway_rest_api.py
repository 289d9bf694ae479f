"""The gateway answers as API Gateway does: routes, limits, errors in the template's words."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from devstack.gateway.api_view import ApiSpec, Cors, GatewayResponse, ThrottleSetting
from devstack.gateway.environments import InvokeResult
from devstack.gateway.references import Account
from devstack.gateway.rest_api import MAX_REQUEST_BYTES, RestApi
from devstack.gateway.routing import Router
from devstack.gateway.throttle import Throttle
from tests.unit.devstack.gateway.http_samples import API, GUARDED, OPEN, FakeFunctions, FakeServer, policy, proxy

pytestmark = pytest.mark.anyio
TOKEN = {"authorization": "Bearer good"}
ALLOW = {"principalId": "ann", "policyDocument": policy("Allow", "*"), "context": {"tenant_id": "t"}}


def _functions(answer: InvokeResult) -> FakeFunctions:
    allow = InvokeResult(json.dumps(ALLOW).encode())
    return FakeFunctions({"hello": lambda _: answer, "arn:guard": lambda _: allow})


async def _send(
    method: str,
    path: str,
    functions: FakeFunctions | None = None,
    *,
    api: ApiSpec = API,
    throttle: Throttle | None = None,
    timeout_s: float = 5.0,
    times: int = 1,
    **options: Any,
) -> httpx.Response:
    app = RestApi(
        api,
        Router([OPEN, GUARDED]),
        functions or _functions(proxy()),
        FakeServer(),
        account=Account(),
        throttle=throttle,
        integration_timeout_s=timeout_s,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8787") as client:
        for _ in range(times):
            reply = await client.request(method, path, **options)
    return reply


async def test_a_request_reaches_its_function_and_the_reply_comes_back() -> None:
    functions = _functions(proxy(statusCode=201, headers={"x-mine": "1"}, body="made"))

    reply = await _send("GET", "/v1/open/ann?q=1", functions)

    assert (reply.status_code, reply.text, reply.headers["x-mine"]) == (201, "made", "1")
    assert reply.headers["x-amzn-requestid"] == functions.events[0][1]["requestContext"]["requestId"]
    assert functions.events[0][1]["pathParameters"] == {"name": "ann"}


async def test_the_stage_may_lead_the_path() -> None:
    functions = _functions(proxy())

    await _send("GET", "/toy/v1/open/ann", functions)

    assert functions.events[0][1]["path"] == "/v1/open/ann"
    assert functions.events[0][1]["requestContext"]["path"] == "/toy/v1/open/ann"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nope"), ("DELETE", "/v1/open/ann"), ("GET", "/toyv1/open/a")])
async def test_an_unknown_route_is_worded_by_the_template(method: str, path: str) -> None:
    reply = await _send(method, path)

    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-request-id"] == reply.headers["x-amzn-requestid"] == reply.json()["id"]


async def test_an_unknown_route_is_403_where_the_template_is_silent() -> None:
    reply = await _send("GET", "/nope", api=replace(API, gateway_responses={}))

    assert (reply.status_code, reply.json()) == (403, {"message": "Missing Authentication Token"})
    assert reply.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


async def test_a_guarded_route_hands_the_authorizers_context_on() -> None:
    functions = _functions(proxy())

    reply = await _send("POST", "/v1/guarded", functions, headers=TOKEN)

    assert reply.status_code == 200
    assert functions.events[1][1]["requestContext"]["authorizer"] == {"tenant_id": "t", "principalId": "ann"}


async def test_a_guarded_route_without_token_is_401() -> None:
    assert (await _send("POST", "/v1/guarded")).status_code == 401


@pytest.mark.parametrize(
    ("payload", "function_error"), [(b'{"errorMessage":"secret"}', "Unhandled"), (b"null", None), (b"{", None)]
)
async def test_a_failed_function_or_a_malformed_reply_is_502_without_its_details(
    payload: bytes, function_error: str | None
) -> None:
    reply = await _send("GET", "/v1/open/ann", _functions(InvokeResult(payload, function_error)))

    assert (reply.status_code, reply.json()) == (502, {"message": "Internal server error"})


async def test_default_5xx_words_a_failed_function() -> None:
    worded = GatewayResponse(status=500, templates={"application/json": '{"type":"$context.error.responseType"}'})
    api = replace(API, gateway_responses={"DEFAULT_5XX": worded})

    reply = await _send("GET", "/v1/open/ann", _functions(InvokeResult(b"null")), api=api)

    assert (reply.status_code, reply.json()) == (500, {"type": "DEFAULT_5XX"})


async def test_a_slow_function_is_504_and_runs_to_its_end() -> None:
    release, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> InvokeResult:
        await release.wait()
        ended.set()
        return proxy()

    reply = await _send("GET", "/v1/open/ann", FakeFunctions({"hello": lambda _: slow()}), timeout_s=0.01)
    release.set()
    await asyncio.wait_for(ended.wait(), 5)

    assert reply.status_code == 504


async def test_more_than_10_mb_is_413() -> None:
    too_large = b"x" * (MAX_REQUEST_BYTES + 1)

    assert (await _send("POST", "/v1/guarded", content=too_large, headers=TOKEN)).status_code == 413


async def test_a_caller_who_leaves_within_the_body_reaches_no_function() -> None:
    functions = _functions(proxy())
    api = RestApi(API, Router([OPEN]), functions, FakeServer(), account=Account(), throttle=None)
    scope = {"type": "http", "method": "GET", "raw_path": b"/v1/open/a", "query_string": b"", "headers": []}
    messages = [{"type": "http.request", "body": b"half of", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await api(scope, receive, send)

    assert (functions.events, sent) == ([], [])


async def test_an_event_larger_than_lambda_takes_is_413_too() -> None:
    functions = _functions(proxy())

    reply = await _send("POST", "/v1/guarded", functions, content=b"x" * (7 * 1024 * 1024), headers=TOKEN)

    assert reply.status_code == 413
    assert [name for name, _ in functions.events] == ["arn:guard"]


async def test_beyond_the_burst_is_429() -> None:
    throttle = Throttle([ThrottleSetting("/*", "*", 1.0, 2)], clock=lambda: 0.0)

    reply = await _send("GET", "/v1/open/ann", throttle=throttle, times=3)

    assert (reply.status_code, reply.json()) == (429, {"message": "Too Many Requests"})


async def test_a_preflight_is_answered_without_a_function() -> None:
    functions = _functions(proxy())

    reply = await _send("OPTIONS", "/v1/guarded", functions)

    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (200, "*")
    assert functions.events == []


async def test_a_preflight_passes_the_authorizer_when_the_template_says_so() -> None:
    api = replace(API, cors=Cors({"access-control-allow-origin": "*"}, authorized=True))

    assert (await _send("OPTIONS", "/v1/guarded", api=api)).status_code == 401
    assert (await _send("OPTIONS", "/v1/guarded", api=api, headers=TOKEN)).status_code == 200


async def test_without_cors_a_preflight_is_an_unknown_route() -> None:
    assert (await _send("OPTIONS", "/v1/guarded", api=replace(API, cors=None))).status_code == 404
