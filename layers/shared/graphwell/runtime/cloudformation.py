"""The protocol of CloudFormation custom resources."""

from __future__ import annotations

import functools
import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.domain.errors import GraphwellError

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, str]]
Put = Callable[[str, bytes], None]

_TIMEOUT_S = 10


def put_over_https(url: str, body: bytes) -> None:
    """Send a body to a presigned address; S3 signs it for a request without a content type."""
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310  # `_answer` checked the scheme
        pass


def answering_cloudformation(handler: Handler, *, put: Put = put_over_https) -> Handler:
    """Return a handler that also sends its outcome to the event's ResponseURL, when there is one.

    Without an answer CloudFormation waits for an hour, so every failure is answered before it is raised.

    Parameters:
        put: sends a body to an https address.
    """

    @functools.wraps(handler)
    def wrapped(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
        try:
            data = handler(event, context)
        except Exception as error:
            reason = error.detail if isinstance(error, GraphwellError) else f"{type(error).__name__}; see the log."
            _answer(put, event, context, status="FAILED", reason=reason, data={})
            raise
        _answer(put, event, context, status="SUCCESS", reason="", data=data)
        return data

    return wrapped


def _answer(
    put: Put, event: Mapping[str, Any], context: LambdaContext, *, status: str, reason: str, data: Mapping[str, str]
) -> None:
    url = event.get("ResponseURL")
    if not url:
        return
    if not url.startswith("https://"):
        raise ValueError("CloudFormation's ResponseURL is an https address.")
    body = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    put(url, json.dumps(body).encode())
