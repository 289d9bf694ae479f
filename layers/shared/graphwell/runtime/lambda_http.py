"""A FastAPI application as a Lambda handler behind API Gateway."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import FastAPI
from mangum import Mangum

from graphwell.adapters.untraced import UNTRACED
from graphwell.ports import Tracer
from graphwell.runtime.base_path import without_base_path
from graphwell.runtime.invocation import request_deadline
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.reply_headers import ReplyHeaders
from graphwell.runtime.settings import ReplySettings
from graphwell.runtime.traced import traced_request

LambdaHandler = Callable[[dict[str, Any], LambdaContext], Any]

_TEXT_MEDIA_TYPES = ["text/", "application/json", "application/problem+json"]
"""What is sent as it is; Mangum encodes anything else in Base64, which a REST API without binary types passes on."""

_HOST = re.compile(r"[^:]*(:[0-9]{1,5})?\Z")


def http_handler(app: FastAPI, settings: ReplySettings | None = None, tracer: Tracer = UNTRACED) -> LambdaHandler:
    """Return the handler of an application; its log lines carry the gateway's request id, all it causes its deadline.

    What it causes carries that id as well, and its trace, through queues to other functions.

    Mangum's `lifespan="auto"` would run startup and shutdown on every event.

    Parameters:
        settings: what browsers are told, and where paths begin; read from the environment when None.
        tracer: times each request.
    """
    settings = settings or ReplySettings.read()
    # Around the application as a whole: its own error handler stands outside of all middleware added to it.
    replies = ReplyHeaders(app, allowed_origin=settings.allowed_origin)
    adapter = Mangum(replies, lifespan="off", text_mime_types=_TEXT_MEDIA_TYPES)

    @logger.inject_lambda_context(clear_state=True)
    @metrics.log_metrics(capture_cold_start_metric=True)
    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        _drop_unreadable_host(event)
        # Mangum itself would take `/v` from `/v1`.
        event["path"] = without_base_path(event["path"], settings.base_path)
        with traced_request(event, tracer), request_deadline(event, context).held():
            return adapter(event, context)  # type: ignore[arg-type]  # the two libraries type Lambda's context differently

    return cast("LambdaHandler", handler)


def _drop_unreadable_host(event: dict[str, Any]) -> None:
    """Take away a `Host` whose port is no number: Mangum would fail at it, where an application can refuse it."""
    for kind in ("headers", "multiValueHeaders"):
        headers = event.get(kind) or {}
        for name in [name for name in headers if name.lower() == "host"]:
            value = headers[name] if isinstance(headers[name], str) else ",".join(headers[name])
            if not _HOST.match(value):
                del headers[name]
