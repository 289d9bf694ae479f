"""Lambda authorizers: who may pass, by whose word, and for how long that word holds."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from devstack.gateway.api_view import ApiSpec, AuthorizerSpec
from devstack.gateway.environments import InvokeResult
from devstack.gateway.gateway_responses import Fault
from devstack.gateway.http_request import HttpRequest
from devstack.gateway.policy import UnusablePolicy, allows
from devstack.gateway.proxy_event import proxy_event
from devstack.gateway.references import Account
from devstack.gateway.routing import Route

_MAX_KEPT = 10_000


class Invoke(Protocol):
    """Invokes a function by one of its names; `trace` is the X-Ray trace header, a new one when it is None."""

    def __call__(self, name: str, payload: bytes, trace: str | None = None) -> Awaitable[InvokeResult]:
        """Return the outcome."""


class Refused(Exception):
    """The request may not pass; `context` is what the authorizer said about the caller."""

    def __init__(self, fault: Fault, context: Mapping[str, str] | None = None) -> None:
        """Refuse for this reason."""
        super().__init__(fault.name)
        self.fault = fault
        self.context = context or {}


@dataclass(frozen=True)
class _Verdict:
    policy: Any
    context: Mapping[str, str]
    expires_at: float


class Authorizers:
    """Asks the API's authorizer functions, and keeps their verdicts by identity for as long as the template says."""

    def __init__(
        self, api: ApiSpec, account: Account, invoke: Invoke, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Authorise requests to `api`; `clock` gives seconds."""
        self._api = api
        self._account = account
        self._invoke = invoke
        self._clock = clock
        self._kept: dict[tuple[str, ...], _Verdict] = {}

    async def authorize(
        self, authorizer: AuthorizerSpec, request: HttpRequest, route: Route, parameters: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return the authorizer's context for requestContext.authorizer; values are text.

        Raises:
            Refused: the caller may not pass, or the authorizer is broken.
        """
        identity = _identity(authorizer, request)
        if identity is None:
            raise Refused(Fault.UNAUTHORIZED)
        key = (authorizer.name, *identity)
        verdict = self._kept.get(key)
        if verdict is None or verdict.expires_at <= self._clock():
            verdict = await self._ask(authorizer, request, route, parameters, identity)
            self._keep(key, verdict)
        try:
            allowed = allows(verdict.policy, self._method_arn(request))
        except UnusablePolicy as error:
            raise Refused(Fault.AUTHORIZER_CONFIGURATION_ERROR) from error
        if not allowed:
            raise Refused(Fault.ACCESS_DENIED, verdict.context)
        return verdict.context

    async def _ask(
        self,
        authorizer: AuthorizerSpec,
        request: HttpRequest,
        route: Route,
        parameters: Mapping[str, str],
        identity: tuple[str, ...],
    ) -> _Verdict:
        if authorizer.kind == "TOKEN":
            event = {"type": "TOKEN", "authorizationToken": identity[0], "methodArn": self._method_arn(request)}
        else:
            whole = proxy_event(request, route, parameters, api=self._api, account=self._account, authorizer=None)
            unsent = {"body", "isBase64Encoded"}
            event = {key: value for key, value in whole.items() if key not in unsent}
            event |= {"type": "REQUEST", "methodArn": self._method_arn(request), "identitySource": ",".join(identity)}
        result = await self._invoke(authorizer.function_arn, json.dumps(event).encode())
        if result.function_error:
            unauthorized = _error_message(result.payload) == "Unauthorized"
            raise Refused(Fault.UNAUTHORIZED if unauthorized else Fault.AUTHORIZER_FAILURE)
        return _verdict(result.payload, self._clock() + authorizer.ttl_s)

    def _keep(self, key: tuple[str, ...], verdict: _Verdict) -> None:
        now = self._clock()
        if verdict.expires_at <= now or len(key) == 1:  # no identity source: nothing to know the caller again by
            return
        if len(self._kept) >= _MAX_KEPT:
            self._kept = {other: kept for other, kept in self._kept.items() if kept.expires_at > now}
        if len(self._kept) < _MAX_KEPT:
            self._kept[key] = verdict

    def _method_arn(self, request: HttpRequest) -> str:
        return self._account.arn("execute-api", f"{self._api.api_id}/{self._api.stage}/{request.method}{request.path}")


def _identity(authorizer: AuthorizerSpec, request: HttpRequest) -> tuple[str, ...] | None:
    """Values of the identity sources; None when one is missing or not of the expected form."""
    values = [request.header(name.lower()) for name in authorizer.headers]
    values += [request.multi_query.get(name, [None])[-1] for name in authorizer.query_strings]
    present = tuple(value for value in values if value)
    if len(present) < len(values):
        return None
    pattern = authorizer.validation_expression
    if authorizer.kind == "TOKEN" and pattern and not re.fullmatch(pattern, present[0]):
        return None
    return present


def _verdict(payload: bytes, expires_at: float) -> _Verdict:
    try:
        reply = json.loads(payload)
        principal, policy, context = reply["principalId"], reply["policyDocument"], reply.get("context") or {}
        texts = {name: _text(value) for name, value in context.items() if value is not None}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(Fault.AUTHORIZER_CONFIGURATION_ERROR) from error
    if not isinstance(principal, str):
        raise Refused(Fault.AUTHORIZER_CONFIGURATION_ERROR)
    return _Verdict(policy, {**texts, "principalId": principal}, expires_at)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise TypeError("an authorizer's context holds scalars only")
    return str(value)


def _error_message(payload: bytes) -> str:
    try:
        return str(json.loads(payload)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return ""
