"""Authorizers decide who passes, and are asked once per token and period."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from devstack.gateway.api_view import AuthorizerSpec
from devstack.gateway.authorizer import Authorizers, Refused
from devstack.gateway.environments import InvokeResult
from devstack.gateway.gateway_responses import Fault
from devstack.gateway.references import Account
from tests.unit.devstack.gateway.http_samples import API, GUARD, GUARDED, FakeFunctions, policy, request

pytestmark = pytest.mark.anyio
ARN = "arn:aws:execute-api:us-east-1:000000000000:api/toy/POST/v1/guarded"


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _functions(answer: Any) -> FakeFunctions:
    result = answer if isinstance(answer, InvokeResult) else InvokeResult(json.dumps(answer).encode())
    return FakeFunctions({"arn:guard": lambda _: result})


def _verdict(effect: str = "Allow", *resources: str, **more: Any) -> dict[str, Any]:
    return {"principalId": "ann", "policyDocument": policy(effect, *(resources or ("*",))), **more}


async def _ask(
    authorizers: Authorizers, token: str | None = "Bearer good", spec: AuthorizerSpec = GUARD, **changes: Any
) -> Any:
    headers = [] if token is None else [("authorization", token)]
    asked = request(**{"method": "POST", "path": "/v1/guarded", "headers": headers, **changes})
    return await authorizers.authorize(spec, asked, GUARDED, {})


async def _fault(answer: Any, token: str | None = "Bearer good") -> Fault:
    with pytest.raises(Refused) as refused:
        await _ask(Authorizers(API, Account(), _functions(answer)), token)
    return refused.value.fault


async def test_an_allowed_caller_gets_its_context_as_text() -> None:
    functions = _functions(_verdict(context={"tenant_id": "t", "level": 3, "admin": True, "none": None}))

    context = await _ask(Authorizers(API, Account(), functions))

    assert context == {"tenant_id": "t", "level": "3", "admin": "true", "principalId": "ann"}
    assert functions.events == [("arn:guard", {"type": "TOKEN", "authorizationToken": "Bearer good", "methodArn": ARN})]


@pytest.mark.parametrize("token", [None, "", "Basic abc"])
async def test_a_missing_or_misshapen_token_is_refused_without_asking(token: str | None) -> None:
    functions = _functions(_verdict())

    with pytest.raises(Refused) as refused:
        await _ask(Authorizers(API, Account(), functions), token)

    assert refused.value.fault is Fault.UNAUTHORIZED
    assert functions.events == []


async def test_a_deny_is_access_denied() -> None:
    assert await _fault(_verdict("Deny")) is Fault.ACCESS_DENIED


async def test_an_allow_for_another_method_is_access_denied() -> None:
    assert await _fault(_verdict("Allow", ARN.replace("POST", "GET"))) is Fault.ACCESS_DENIED


@pytest.mark.parametrize(("message", "fault"), [("Unauthorized", Fault.UNAUTHORIZED), ("x", Fault.AUTHORIZER_FAILURE)])
async def test_the_error_unauthorized_is_401_and_others_are_a_failure(message: str, fault: Fault) -> None:
    error = InvokeResult(json.dumps({"errorType": "Exception", "errorMessage": message}).encode(), "Unhandled")

    assert await _fault(error) is fault


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"principalId": "ann"},
        {"principalId": 1, "policyDocument": policy("Allow", "*")},
        _verdict(context={"list": [1]}),
        {"principalId": "ann", "policyDocument": {"Statement": []}},
    ],
)
async def test_an_unusable_reply_is_a_configuration_error(answer: Any) -> None:
    assert await _fault(answer) is Fault.AUTHORIZER_CONFIGURATION_ERROR


async def test_a_verdict_holds_for_the_ttl_and_each_token_has_its_own() -> None:
    functions, clock = _functions(_verdict()), Clock()
    authorizers = Authorizers(API, Account(), functions, clock)

    await _ask(authorizers)
    clock.now_s = 59.9
    await _ask(authorizers)
    assert len(functions.events) == 1

    await _ask(authorizers, "Bearer other")
    assert len(functions.events) == 2

    clock.now_s = 60.0
    await _ask(authorizers)
    assert len(functions.events) == 3


async def test_a_kept_policy_is_held_against_each_method() -> None:
    functions = _functions(_verdict("Allow", ARN))
    authorizers = Authorizers(API, Account(), functions)
    await _ask(authorizers)

    with pytest.raises(Refused):
        await _ask(authorizers, path="/v1/other")

    assert len(functions.events) == 1


async def test_a_ttl_of_zero_asks_each_time() -> None:
    functions = _functions(_verdict())
    authorizers = Authorizers(API, Account(), functions, Clock())
    for _ in range(2):
        await _ask(authorizers, spec=replace(GUARD, ttl_s=0))

    assert len(functions.events) == 2


async def test_a_request_authorizer_sees_the_request_without_its_body() -> None:
    spec = replace(GUARD, kind="REQUEST", headers=("X-Key",), query_strings=("tenant",), validation_expression=None)
    functions = _functions(_verdict())
    asked: dict[str, Any] = {"headers": [("x-key", "k")], "query_string": "tenant=t", "body": b"secret"}

    await _ask(Authorizers(API, Account(), functions), spec=spec, **asked)

    event = functions.events[0][1]
    assert (event["type"], event["methodArn"], event["httpMethod"]) == ("REQUEST", ARN, "POST")
    assert event["queryStringParameters"] == {"tenant": "t"}
    assert "body" not in event
