"""API Gateway's REST proxy event (payload format 1.0), and the reply that a handler may give to it.

Shapes: docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html. A REST API decodes
query parameters but hands `path` and `pathParameters` on as they were sent (serverless/serverless issue 5037).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.gateway.api_view import ApiSpec
from devstack.gateway.http_request import HttpRequest
from devstack.gateway.references import Account
from devstack.gateway.routing import Route

_IDENTITY = dict.fromkeys(
    (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
)
HOP_HEADERS = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}
"""Headers that belong to one connection, and are not passed on."""


class MalformedReply(Exception):
    """The handler's return value is not a proxy response."""


@dataclass(frozen=True)
class HttpReply:
    """A status, headers in order, and a body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def proxy_event(
    request: HttpRequest,
    route: Route,
    parameters: Mapping[str, str],
    *,
    api: ApiSpec,
    account: Account,
    authorizer: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Return the event of a request.

    Parameters:
        request: the request.
        route: the method it reached.
        parameters: its path parameters.
        api: the API.
        account: where the API pretends to be deployed.
        authorizer: context of the authorizer, None on a public route.
    """
    headers = _forwarded(request)
    query = request.multi_query
    body, is_base64 = _request_body(request, api)
    return {
        "resource": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": dict(api.stage_variables) or None,
        "requestContext": request_context(request, route, api=api, account=account, authorizer=authorizer),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _domain_name(request: HttpRequest) -> str:
    """Return the name that the gateway serves: the one it was called by if that leads here, as a domain name does."""
    name = (request.header("host") or "").lower().rsplit(":", 1)[0]
    return name if name in {"localhost", "127.0.0.1"} else "127.0.0.1"


def request_context(
    request: HttpRequest, route: Route, *, api: ApiSpec, account: Account, authorizer: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return the requestContext of a request's event."""
    host = _domain_name(request)
    return {
        "accountId": account.account_id,
        "apiId": api.api_id,
        **({} if authorizer is None else {"authorizer": dict(authorizer)}),
        "domainName": host,
        "domainPrefix": host.split(".")[0],
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity": {**_IDENTITY, "sourceIp": request.source_ip, "userAgent": request.header("user-agent")},
        "path": f"/{api.stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": request.time_text,
        "requestTimeEpoch": request.time_ns // 1_000_000,
        "resourceId": "local",
        "resourcePath": route.resource,
        "stage": api.stage,
    }


def proxy_reply(payload: bytes, request: HttpRequest, api: ApiSpec) -> HttpReply:
    """Turn what a handler returned into a reply.

    Raises:
        MalformedReply: it is not a proxy response.
    """
    try:
        reply = json.loads(payload)
    except ValueError as error:
        raise MalformedReply("it is not JSON") from error
    if not isinstance(reply, dict):
        raise MalformedReply("it is not an object")
    status = _status(reply.get("statusCode"))
    headers = _reply_headers(reply.get("headers"), reply.get("multiValueHeaders"))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return HttpReply(status, headers, _reply_body(reply, request, api))


def _forwarded(request: HttpRequest) -> dict[str, list[str]]:
    earlier = request.multi_headers.get("x-forwarded-for", [])
    host = request.header("host") or ""
    return {
        **request.multi_headers,
        "x-amzn-trace-id": [request.trace_id.partition(";")[0]],
        "x-forwarded-for": [", ".join([*earlier, request.source_ip])],
        "x-forwarded-port": [host.rpartition(":")[2] if ":" in host else "80"],
        "x-forwarded-proto": ["http"],
    }


def _request_body(request: HttpRequest, api: ApiSpec) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if _is_binary(request.header("content-type"), api.binary_media_types):
        return base64.b64encode(request.body).decode(), True
    return request.body.decode("utf-8", "replace"), False


def _reply_body(reply: Mapping[str, Any], request: HttpRequest, api: ApiSpec) -> bytes:
    body = reply.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedReply("its body is not a string")
    if reply.get("isBase64Encoded") is True and _is_binary(request.header("accept"), api.binary_media_types):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise MalformedReply("its body is not base64") from error
    return body.encode("utf-8", "replace")


def _is_binary(media_type: str | None, binary: frozenset[str]) -> bool:
    """Whether the first type of a Content-Type or Accept header is one that the API treats as binary."""
    if not binary or not media_type:
        return "*/*" in binary
    first = media_type.split(",")[0].split(";")[0].strip().lower()
    return bool({first, first.split("/")[0] + "/*", "*/*"} & binary)


def _status(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 100 <= int(text) <= 599):  # noqa: PLR2004
        raise MalformedReply(f"its statusCode is {value!r}")
    return int(text)


def _reply_headers(single: Any, multi: Any) -> list[tuple[str, str]]:
    merged: dict[str, list[str]] = {}
    single, multi = {} if single is None else single, {} if multi is None else multi
    if not isinstance(single, dict) or not isinstance(multi, dict):
        raise MalformedReply("its headers are not an object")
    for name, value in single.items():
        merged[name.lower()] = [_header_value(value)]
    for name, values in multi.items():
        if not isinstance(values, list):
            raise MalformedReply("a value of its multiValueHeaders is not a list")
        merged[name.lower()] = [_header_value(value) for value in values]
    return [(name, value) for name, values in merged.items() if name not in HOP_HEADERS for value in values]


def _header_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise MalformedReply("a header's value is not a string")
    text = str(value)
    if any(character in text for character in "\r\n\0"):
        raise MalformedReply("a header's value holds a line break")
    return text
