"""The gateway's own address, on loopback: Lambda's Invoke API, for boto3 and `graphwell invoke`, and its status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.errors import DevstackError
from devstack.gateway.environments import InvokeResult
from devstack.gateway.functions import Functions
from devstack.gateway.runtime_api import MAX_PAYLOAD_BYTES


def management_app(functions: Functions, status: Callable[[], dict[str, Any]]) -> Starlette:
    """Return the application; web pages cannot use it: their requests carry an Origin, or another Host."""
    running: set[asyncio.Task[InvokeResult]] = set()

    async def invoke(request: Request) -> Response:
        if "origin" in request.headers:
            return _error(403, "AccessDeniedException", "Web pages may not invoke functions.")
        name = request.path_params["name"]
        payload = await request.body() or b"{}"
        refusal = _refusal(functions, name, payload)
        if refusal is not None:
            return refusal
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            return Response(status_code=204)
        task = asyncio.create_task(functions.invoke(name, payload))
        running.add(task)
        task.add_done_callback(running.discard)
        return Response(status_code=202) if kind == "Event" else _reply(await asyncio.shield(task))

    async def show_status(_: Request) -> Response:
        return JSONResponse(status())

    return Starlette(
        routes=[
            Route("/2015-03-31/functions/{name}/invocations", invoke, methods=["POST"]),
            Route("/status", show_status, methods=["GET"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


def _refusal(functions: Functions, name: str, payload: bytes) -> Response | None:
    try:
        functions.pool(name)
        json.loads(payload)
    except DevstackError as error:
        return _error(404, "ResourceNotFoundException", str(error))
    except ValueError as error:
        return _error(400, "InvalidRequestContentException", f"The event is not JSON: {error}.")
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _error(413, "RequestTooLargeException", f"The event is larger than {MAX_PAYLOAD_BYTES} bytes.")
    return None


def _reply(result: InvokeResult) -> Response:
    headers = {"x-amz-executed-version": "$LATEST", "x-amzn-requestid": result.request_id}
    if result.function_error:
        headers["x-amz-function-error"] = result.function_error
    return Response(result.payload, media_type="application/json", headers=headers)


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"Type": "User", "Message": message}, status, headers={"x-amzn-errortype": kind})
