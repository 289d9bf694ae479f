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

from aws_lambda_powertools.utilities.typing import LambdaContext

from graphwell.adapters.untraced import UNTRACED
from graphwell.ports import Tracer
from graphwell.runtime.base_path import without_base_path
from graphwell.runtime.invocation import request_deadline
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.reply_headers import ReplyHeaders
from graphwell.runtime.settings import ReplySettings
from graphwell.runtime.traced import traced_request

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
        self.trace_header = str(fields.get("xray_trace_id") or "")
        self.aws_request_id = str(fields.get("request_id", ""))
        self.invoked_function_arn = str(fields.get("invoked_function_arn", ""))
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.memory_limit_in_mb = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the invocation; none where the adapter says nothing."""
        return int(self._ends_at_ms - time.time() * 1000) if isinstance(self._ends_at_ms, int) else 0


def web_app(app: ASGIApp, settings: ReplySettings | None = None, tracer: Tracer = UNTRACED) -> ASGIApp:
    """Return an application to be served to the adapter: the counterpart of `lambda_http.http_handler`.

    Parameters:
        settings: what browsers are told, and where paths begin; read from the environment when None.
        tracer: times each request.
    """
    settings = settings or ReplySettings.read()
    replies = ReplyHeaders(app, allowed_origin=settings.allowed_origin)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"])
        event = {"requestContext": _read(given.get(_REQUEST_CONTEXT))}
        invocation = WebAdapterContext(_read(given.get(_LAMBDA_CONTEXT)))
        context = cast(LambdaContext, invocation)
        # Where Lambda's own runtime puts it and X-Ray's library looks for it; one request is served at a time.
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_header
        _name_request(event, context)
        try:
            with traced_request(event, tracer), request_deadline(event, context).held():
                path = without_base_path(scope["path"], settings.base_path)
                await replies({**scope, "path": path, "aws.event": event, "aws.context": context}, receive, send)
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


@logger.inject_lambda_context(clear_state=True)
def _name_request(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Let the log lines of a request carry its ids."""


@metrics.log_metrics(capture_cold_start_metric=True)
def _publish_metrics(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Tell what a request added."""
