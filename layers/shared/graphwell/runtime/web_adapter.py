"""A FastAPI application behind Lambda Web Adapter, which can stream replies where the managed Python runtime cannot.

The adapter turns each invocation into an HTTP request to this application, one at a time. In two headers, which it sets
over any that the caller sent, it says what API Gateway and Lambda know of the request.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.runtime.invocation import request_deadline
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.reply_headers import ReplyHeaders
from graphwell.runtime.settings import ReplySettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_REQUEST_CONTEXT = b"x-amzn-request-context"
_LAMBDA_CONTEXT = b"x-amzn-lambda-context"


class WebAdapterContext:
    """What Lambda says of an invocation, as the adapter passes it on; the parts of `LambdaContext` that are used here.

    Parameters:
        fields: the header's JSON.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._ends_at_ms = fields.get("deadline")
        self.aws_request_id = str(fields.get("request_id", ""))
        self.invoked_function_arn = str(fields.get("invoked_function_arn", ""))
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.memory_limit_in_mb = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the invocation; none where the adapter says nothing."""
        return int(self._ends_at_ms - time.time() * 1000) if isinstance(self._ends_at_ms, int) else 0


def web_app(app: ASGIApp, settings: ReplySettings | None = None) -> ASGIApp:
    """Return an application to be served to the adapter: the counterpart of `lambda_http.http_handler`.

    Parameters:
        settings: what browsers are told; read from the environment when None.
    """
    replies = ReplyHeaders(app, allowed_origin=(settings or ReplySettings()).allowed_origin)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"])
        event = {"requestContext": _read(given.get(_REQUEST_CONTEXT))}
        context = cast(LambdaContext, WebAdapterContext(_read(given.get(_LAMBDA_CONTEXT))))
        _name_request(event, context)
        try:
            with request_deadline(event, context).held():
                await replies({**scope, "aws.event": event, "aws.context": context}, receive, send)
        finally:
            _publish_metrics(event, context)

    return serve


def _read(header: bytes | None) -> dict[str, Any]:
    """Return the object in a header; an empty one where there is none, so that the caller counts as unverified."""
    try:
        found = json.loads(header or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
def _name_request(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Let the log lines of a request carry its ids."""


@metrics.log_metrics(capture_cold_start_metric=True)
def _publish_metrics(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Tell what a request added."""
