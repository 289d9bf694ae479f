"""The Lambda Runtime API (2018-06-01), served to one execution environment on a port of its own.

Two facts about awslambdaric's native client shape this module: a reply to invocation/next without
Lambda-Runtime-Trace-Id crashes it (SIGSEGV), and a reply whose head and body are two writes waits some 40 ms for
the client's delayed acknowledgement. So every reply carries the header and is one write.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, cast

import httptools

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Limit of Lambda on the payload of a synchronous invocation, and on its reply."""

_PREFIX = b"/2018-06-01/runtime/"
_ACCEPTED = b'{"status":"OK"}'


@dataclass(frozen=True)
class Invocation:
    """What one call of the handler is given; `deadline_ms` is Unix time in milliseconds."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str


@dataclass(frozen=True)
class Reply:
    """What the handler returned, or, when `is_error`, the error document that the runtime posted."""

    payload: bytes
    is_error: bool


class RuntimeFailure(Exception):
    """The environment failed outside of the handler; `document` is the error in Lambda's shape."""

    def __init__(self, error_type: str, message: str) -> None:
        """Describe the failure by Lambda's name for it and a message."""
        super().__init__(message)
        self.document = json.dumps({"errorType": error_type, "errorMessage": message}).encode()


class RuntimeApi:
    """One environment's end of the Runtime API: hands out one invocation at a time and collects its reply."""

    def __init__(self) -> None:
        """Create the API; `start` opens its port."""
        self._server: asyncio.Server | None = None
        self._initialised: asyncio.Future[None] | None = None
        self._poll: _Connection | None = None
        self._invocation: Invocation | None = None
        self._reply: asyncio.Future[Reply] | None = None

    async def start(self) -> str:
        """Listen on a free loopback port and return the address for AWS_LAMBDA_RUNTIME_API."""
        loop = asyncio.get_running_loop()
        self._initialised = loop.create_future()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    def close(self) -> None:
        """Stop listening; connections end with the process at their other end."""
        if self._server is not None:
            self._server.close()

    async def initialised(self) -> None:
        """Wait for the runtime to ask for its first invocation.

        Raises:
            RuntimeFailure: it reported an init error, or `fail` was called.
        """
        assert self._initialised is not None, "start() comes first"  # noqa: S101
        await self._initialised

    async def invoke(self, invocation: Invocation) -> Reply:
        """Hand out an invocation and wait for its reply.

        Raises:
            RuntimeFailure: the environment failed meanwhile.
        """
        self._reply = asyncio.get_running_loop().create_future()
        self._invocation = invocation
        self._hand_out()
        return await self._reply

    def fail(self, failure: RuntimeFailure) -> None:
        """Fail whatever waits for this environment: the process has ended."""
        for future in (self._initialised, self._reply):
            if future is not None and not future.done():
                cast("asyncio.Future[Any]", future).set_exception(failure)
                future.exception()  # nobody may be waiting any more: the failure is theirs to raise, not the loop's

    def handle(self, connection: _Connection, path: bytes, body: bytes) -> None:
        """Answer one request of the runtime."""
        if path == _PREFIX + b"invocation/next":
            self._poll = connection
            if self._initialised is not None and not self._initialised.done():
                self._initialised.set_result(None)
            self._hand_out()
        elif path == _PREFIX + b"init/error":
            connection.respond(b"202 Accepted", _ACCEPTED)
            self.fail(_reported_failure(body))
        else:
            self._take_reply(connection, path, body)

    def _hand_out(self) -> None:
        if self._poll is None or self._invocation is None:
            return
        connection, invocation = self._poll, self._invocation
        self._poll = self._invocation = None
        head = (
            f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {invocation.deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {invocation.function_arn}\r\n"
            f"Lambda-Runtime-Trace-Id: {invocation.trace_id}\r\n"
        )
        connection.request_id = invocation.request_id.encode()
        connection.respond(b"200 OK", invocation.payload, head.encode())

    def _take_reply(self, connection: _Connection, path: bytes, body: bytes) -> None:
        request_id, _, kind = path.removeprefix(_PREFIX + b"invocation/").partition(b"/")
        waiting = self._reply is not None and not self._reply.done()
        if kind not in {b"response", b"error"} or request_id != connection.request_id or not waiting:
            connection.respond(b"400 Bad Request", b'{"errorType":"InvalidRequestID"}')
            return
        connection.respond(b"202 Accepted", _ACCEPTED)
        assert self._reply is not None  # noqa: S101 - `waiting`
        if len(body) > MAX_PAYLOAD_BYTES:
            message = f"Response payload size exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes)."
            self._reply.set_result(
                Reply(RuntimeFailure("Function.ResponseSizeTooLarge", message).document, is_error=True)
            )
        else:
            self._reply.set_result(Reply(body, is_error=kind == b"error"))


def _reported_failure(body: bytes) -> RuntimeFailure:
    try:
        report = json.loads(body)
        return RuntimeFailure(str(report["errorType"]), str(report["errorMessage"]))
    except (ValueError, KeyError, TypeError):
        return RuntimeFailure("Runtime.Unknown", body.decode("utf-8", "replace"))


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection of the runtime."""

    def __init__(self, api: RuntimeApi) -> None:
        self.request_id = b""
        self._api = api
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._path = b""
        self._body: list[bytes] = []
        self._expects_continue = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport is not None:
                self._transport.close()

    def on_message_begin(self) -> None:
        self._path, self._body, self._expects_continue = b"", [], False

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True

    def on_headers_complete(self) -> None:
        if self._expects_continue and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._api.handle(self, self._path, b"".join(self._body))

    def respond(self, status: bytes, body: bytes, headers: bytes = b"") -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n%b"
                % (status, len(body), headers, body)
            )
