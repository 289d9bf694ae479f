"""Errors of the gateway itself, worded by the template's GatewayResponses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from devstack.gateway.api_view import GatewayResponse
from devstack.gateway.proxy_event import HttpReply

_VARIABLE = re.compile(r"\$context\.(\w+(?:\.\w+)*)")
_DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'
_SERVER_ERROR = 500


@dataclass(frozen=True)
class _Fault:
    response_type: str
    status: int
    message: str | None
    error_type: str


class Fault(Enum):
    """What the gateway may refuse a request for: response type, default status, message and x-amzn-ErrorType."""

    ACCESS_DENIED = _Fault(
        "ACCESS_DENIED", 403, "User is not authorized to access this resource", "AccessDeniedException"
    )
    AUTHORIZER_CONFIGURATION_ERROR = _Fault(
        "AUTHORIZER_CONFIGURATION_ERROR", 500, None, "AuthorizerConfigurationException"
    )
    AUTHORIZER_FAILURE = _Fault("AUTHORIZER_FAILURE", 500, None, "AuthorizerConfigurationException")
    BAD_INTEGRATION_REPLY = _Fault("DEFAULT_5XX", 502, "Internal server error", "InternalServerErrorException")
    INTEGRATION_TIMEOUT = _Fault(
        "INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException"
    )
    MISSING_AUTHENTICATION_TOKEN = _Fault(
        "MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException"
    )
    REQUEST_TOO_LARGE = _Fault(
        "REQUEST_TOO_LARGE", 413, "HTTP content length exceeded 10485760 bytes.", "RequestTooLargeException"
    )
    THROTTLED = _Fault("THROTTLED", 429, "Too Many Requests", "TooManyRequestsException")
    UNAUTHORIZED = _Fault("UNAUTHORIZED", 401, "Unauthorized", "UnauthorizedException")


def gateway_reply(fault: Fault, responses: Mapping[str, GatewayResponse], context: Mapping[str, str]) -> HttpReply:
    """Return the reply to a refused request.

    Parameters:
        fault: why it is refused.
        responses: the API's GatewayResponses by type; DEFAULT_4XX and DEFAULT_5XX stand in for types it does not have.
        context: values of `$context` variables, by their name after `$context.`.
    """
    known = fault.value
    fallback = "DEFAULT_5XX" if known.status >= _SERVER_ERROR else "DEFAULT_4XX"
    response = responses.get(known.response_type) or responses.get(fallback) or GatewayResponse()
    values = {
        **context,
        "error.message": known.message or "",
        "error.messageString": json.dumps(known.message),
        "error.responseType": known.response_type,
    }
    media_type = "application/json"
    template = _DEFAULT_TEMPLATE
    if response.templates:
        media_type = media_type if media_type in response.templates else next(iter(response.templates))
        template = response.templates[media_type]
    headers = {"content-type": media_type, "x-amzn-errortype": known.error_type}
    headers |= {name.lower(): _header(expression, values) for name, expression in response.headers.items()}
    body = _VARIABLE.sub(lambda match: values.get(match.group(1), ""), template)
    return HttpReply(response.status or known.status, list(headers.items()), body.encode())


def _header(expression: str, values: Mapping[str, str]) -> str:
    """Value of a mapped header: a text in single quotes, or `context.` and a variable's name."""
    if expression.startswith("context."):
        return values.get(expression.removeprefix("context."), "")
    return expression.strip("'")
