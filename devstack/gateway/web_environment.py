"""Environments of functions behind Lambda Web Adapter: an HTTP server, and the adapter's part played for it.

The adapter itself is a program that AWS publishes as a layer. Here the process is started by the same command and with
the same variables, but for a port of its own; a TCP connection tells that it is ready; and each invocation becomes the
HTTP request that the adapter would send (aws-lambda-web-adapter 1.0, `fetch_response`).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from devstack.gateway.environments import Environment, InvokeResult
from devstack.gateway.proxy_event import HOP_HEADERS
from devstack.gateway.runtime_api import RuntimeFailure
from devstack.gateway.server import listen

METADATA_END = b"\0" * 8
"""Stands between a streamed reply's status and headers, as JSON, and its body."""

_HOST = "127.0.0.1"
_POLL_S = 0.01
_SET_HERE = {"x-amzn-request-context", "x-amzn-lambda-context"}


@dataclass(frozen=True)
class StreamedReply:
    """Status and headers of a reply, in order, and its body as it comes."""

    status: int
    headers: Sequence[tuple[str, str]]
    chunks: AsyncIterator[bytes]


class WebEnvironment(Environment):
    """One process of a function that serves HTTP."""

    _port = 0
    _ended: RuntimeFailure | None = None

    @asynccontextmanager
    async def streamed(self, payload: bytes, trace_id: str) -> AsyncIterator[StreamedReply]:
        """Run one request; the reply's body comes while it is made. Leaving early closes the connection to the process.

        Raises:
            RuntimeFailure: the process ended, or the time was over.
        """
        request_id = str(uuid.uuid4())
        request = self._request(json.loads(payload), request_id, trace_id)
        with self._reported(request_id) as report:
            try:
                async with asyncio.timeout(self._function.timeout_s), httpx.AsyncClient(trust_env=False) as client:
                    response = await client.send(request, stream=True)
                    try:
                        headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
                        yield StreamedReply(response.status_code, headers, response.aiter_raw())
                    finally:
                        await response.aclose()
            except TimeoutError as error:
                report.failure = "Sandbox.Timedout"
                await self.stop(grace_s=0)
                raise RuntimeFailure(report.failure, self._timeout_message(request_id)) from error
            except httpx.TransportError as error:
                report.failure = "Runtime.ExitError"
                await self.stop(grace_s=0)  # it must not be given another request before its end is noticed
                raise RuntimeFailure(report.failure, f"RequestId: {request_id} Error: {error}") from error

    async def invoke(self, payload: bytes, trace_id: str) -> InvokeResult:
        """Return a whole reply as Lambda's Invoke gives it: status and headers, `METADATA_END`, and the body."""
        try:
            async with self.streamed(payload, trace_id) as reply:
                body = b"".join([chunk async for chunk in reply.chunks])
        except RuntimeFailure as failure:
            return InvokeResult(failure.document, "Unhandled")
        metadata = {"statusCode": reply.status, "headers": dict(reply.headers), "cookies": []}
        return InvokeResult(json.dumps(metadata).encode() + METADATA_END + body)

    async def _open(self) -> Mapping[str, str]:
        with contextlib.closing(listen(_HOST, 0)) as free:
            self._port = free.getsockname()[1]
        variables = self._variables("")
        programs = os.pathsep.join([str(Path(sys.executable).parent), variables.get("PATH", os.defpath)])
        return {**variables, "PATH": programs, "AWS_LWA_PORT": str(self._port)}

    def _argv(self) -> Sequence[str]:
        return [str(self._function.folder / self._function.handler)]

    async def _initialised(self) -> None:
        while True:
            if self._ended is not None:
                raise self._ended
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(_HOST, self._port)
                writer.close()
                return
            await asyncio.sleep(_POLL_S)

    def _fail(self, failure: RuntimeFailure) -> None:
        self._ended = failure

    def _request(self, event: Mapping[str, Any], request_id: str, trace_id: str) -> httpx.Request:
        """Return the request that the adapter would send for an event of API Gateway's."""
        given = [
            (name, value)
            for name, values in (event.get("multiValueHeaders") or {}).items()
            if name.lower() not in HOP_HEADERS | _SET_HERE
            for value in values
        ]
        lambda_context = {
            "request_id": request_id,
            "deadline": int((time.time() + self._function.timeout_s) * 1000),
            "invoked_function_arn": self._function.arn,
            "xray_trace_id": trace_id,
        }
        own = [
            ("x-amzn-request-context", _compact(event.get("requestContext") or {})),
            ("x-amzn-lambda-context", _compact(lambda_context)),
        ]
        query = urlencode(event.get("multiValueQueryStringParameters") or {}, doseq=True)
        target = f"{event['path']}?{query}" if query else str(event["path"])
        return httpx.Request(
            event["httpMethod"],
            httpx.URL(scheme="http", host=_HOST, port=self._port, raw_path=target.encode()),
            headers=[(name.encode(), value.encode()) for name, value in [*given, *own]],
            content=_body(event),
            extensions={"timeout": httpx.Timeout(None).as_dict()},
        )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") is True else str(body).encode()


def _compact(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
