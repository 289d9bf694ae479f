"""A FastAPI application as a Lambda handler behind API Gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import FastAPI
from mangum import Mangum

from graphwell.runtime.observability import logger
from graphwell.runtime.reply_headers import ReplyHeaders

LambdaHandler = Callable[[dict[str, Any], LambdaContext], Any]

_TEXT_MEDIA_TYPES = ["text/", "application/json", "application/problem+json"]
"""What is sent as it is; Mangum encodes anything else in Base64, which a REST API without binary types passes on."""


def http_handler(app: FastAPI) -> LambdaHandler:
    """Return the handler of an application; its log lines carry the gateway's request id.

    Mangum's `lifespan="auto"` would run startup and shutdown on every event.
    """
    # Around the application as a whole: its own error handler stands outside of all middleware added to it.
    adapter = Mangum(ReplyHeaders(app), lifespan="off", text_mime_types=_TEXT_MEDIA_TYPES)

    @logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST, clear_state=True)
    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        return adapter(event, context)  # type: ignore[arg-type]  # the two libraries type Lambda's context differently

    return handler
