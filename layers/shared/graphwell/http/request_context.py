"""What API Gateway and Lambda say about a request: its id, its verified caller, its time left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import InvalidInput, Unauthenticated
from graphwell.domain.identity import Principal, Role
from graphwell.domain.tenancy import TenantScope
from graphwell.runtime.invocation import GATEWAY_LIMIT_S


def request_id(request: Request) -> str:
    """Return the id that gateway, logs and reply share."""
    value: str = _gateway(request).get("requestId", "")
    return value


def deadline(request: Request) -> Deadline:
    """Return the time this request has, as `runtime.lambda_http` found it in what gateway and Lambda say."""
    return Deadline.current() or Deadline.after(time_left_s(request))


def time_left_s(request: Request) -> float:
    """Return the seconds after which Lambda ends this invocation."""
    context = request.scope.get("aws.context")
    return context.get_remaining_time_in_millis() / 1000 if context is not None else GATEWAY_LIMIT_S


def principal(request: Request) -> Principal:
    """Return the caller that the authorizer verified, as `runtime.gateway_policy` wrote it down.

    Its expiry is checked again, since API Gateway keeps verdicts for some minutes.

    Raises:
        Unauthenticated: the authorizer left nothing usable, or the token has ended meanwhile.
    """
    context = _gateway(request).get("authorizer") or {}
    try:
        caller = Principal(
            subject=context["subject"],
            tenant_id=TenantScope(context["tenant_id"]).tenant_id,
            roles=frozenset(Role(role) for role in context["roles"].split()),
            expires_at=datetime.fromtimestamp(int(context["exp"]), UTC),
            tenants={tenant: Role(role) for tenant, role in json.loads(context["tenants"]).items()},
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, InvalidInput) as error:
        raise Unauthenticated("The request came without a verified identity; send a valid bearer token.") from error
    if caller.expires_at <= datetime.now(UTC):
        raise Unauthenticated("The token has expired; get a new one.")
    return caller


def _gateway(request: Request) -> Mapping[str, Any]:
    event: Mapping[str, Any] = request.scope.get("aws.event", {})
    context: Mapping[str, Any] = event.get("requestContext", {})
    return context
