"""The REST API as an ASGI application: route, throttle, authorise, invoke, reply."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Receive, Scope, Send

from devstack.gateway.api_view import ApiSpec
from devstack.gateway.authorizer import Authorizers, Invoke, Refused
from devstack.gateway.environments import InvokeResult
from devstack.gateway.gateway_responses import Fault, gateway_reply
from devstack.gateway.http_request import HttpRequest
from devstack.gateway.proxy_event import HOP_HEADERS, HttpReply, MalformedReply, proxy_event, proxy_reply
from devstack.gateway.references import Account
from devstack.gateway.routing import Match, Route, Router
from devstack.gateway.runtime_api import MAX_PAYLOAD_BYTES, RuntimeFailure
from devstack.gateway.throttle import Throttle
from devstack.gateway.web_environment import StreamedReply


class OpenStream(Protocol):
    """Invokes a function that serves HTTP, for the length of a with block; see `Functions.streamed`."""

    def __call__(
        self, name: str, payload: bytes, trace: str | None = None
    ) -> AbstractAsyncContextManager[StreamedReply]:
        """Return the block, in which the reply comes."""


MAX_REQUEST_BYTES = 10 * 1024 * 1024
INTEGRATION_TIMEOUT_S = 29.0


@dataclass(frozen=True)
class _Refusal(Exception):
    fault: Fault
    resource: str = ""
    authorizer: Mapping[str, str] | None = None


class _CallerLeftError(Exception):
    """The caller left before the request was whole."""


@dataclass(frozen=True)
class _Call:
    """A request that may reach its function, with the event for it and what the authorizer said."""

    route: Route
    payload: bytes
    authorizer: Mapping[str, str] | None

    def refusal(self, fault: Fault) -> _Refusal:
        """Return what is told of a fault behind the gateway."""
        return _Refusal(fault, self.route.resource, self.authorizer)


class RestApi:
    """Serves the routes of the template."""

    def __init__(
        self,
        api: ApiSpec,
        router: Router,
        invoke: Invoke,
        stream: OpenStream,
        *,
        account: Account,
        throttle: Throttle | None,
        integration_timeout_s: float = INTEGRATION_TIMEOUT_S,
    ) -> None:
        """Serve `api`.

        Parameters:
            api: what the template says about it.
            router: its routes.
            invoke: invokes a function by name or ARN, with an event and a trace header.
            stream: the same for a function that serves HTTP, whose reply is passed on while it is made.
            account: where it pretends to be deployed.
            throttle: its rate limits, or None to have none.
            integration_timeout_s: how long a handler may take before the caller gets a 504.
        """
        self._api = api
        self._router = router
        self._invoke_function = invoke
        self._open_stream = stream
        self._account = account
        self._throttle = throttle
        self._timeout_s = integration_timeout_s
        self._authorizers = Authorizers(api, account, invoke)
        self._running: set[asyncio.Future[InvokeResult]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = _request(scope)
        try:
            call = await self._accept(request, receive)
            if isinstance(call, HttpReply):
                reply = call
            elif call.route.streams:
                await self._pass_on(request, call, receive, send)
                return
            else:
                reply = await self._reply(request, call)
        except _CallerLeftError:
            return
        except _Refusal as refusal:
            context = request.error_context(
                stage=self._api.stage, resource=refusal.resource, authorizer=refusal.authorizer or {}
            )
            reply = gateway_reply(refusal.fault, self._api.gateway_responses, context)
        await _send(send, request, reply)

    async def _accept(self, request: HttpRequest, receive: Receive) -> _Call | HttpReply:
        """Return the call that a request may make, or the reply to a preflight."""
        request.body = await _read_body(request, receive)
        match = self._match(request)
        route = match.route(request.method) if match else None
        if match is None or (route is None and not self._is_preflight(request)):
            raise _Refusal(Fault.MISSING_AUTHENTICATION_TOKEN)
        if route is None:
            return await self._preflight(request, match)
        if self._throttle is not None and not self._throttle.admits(request.method, route.resource):
            raise _Refusal(Fault.THROTTLED, route.resource)
        context = await self._authorize(request, route, match.parameters)
        event = proxy_event(request, route, match.parameters, api=self._api, account=self._account, authorizer=context)
        call = _Call(route, json.dumps(event, separators=(",", ":")).encode(), context)
        if len(call.payload) > MAX_PAYLOAD_BYTES:
            raise call.refusal(Fault.REQUEST_TOO_LARGE)
        return call

    async def _reply(self, request: HttpRequest, call: _Call) -> HttpReply:
        result = await self._invoke(request, call)
        if result.function_error:
            raise call.refusal(Fault.BAD_INTEGRATION_REPLY)
        try:
            return proxy_reply(result.payload, request, self._api)
        except MalformedReply as error:
            raise call.refusal(Fault.BAD_INTEGRATION_REPLY) from error

    async def _pass_on(self, request: HttpRequest, call: _Call, receive: Receive, send: Send) -> None:
        """Send a reply while it is made, until its caller leaves.

        The real gateway may let a function run to its end; here the function hears of it as any server does.
        """
        passing = asyncio.create_task(self._pass_chunks(request, call, send))
        leaving = asyncio.create_task(_until_left(receive))
        try:
            await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if passing.done():
                passing.result()
        finally:
            for task in (passing, leaving):
                task.cancel()
            await asyncio.gather(passing, leaving, return_exceptions=True)

    async def _pass_chunks(self, request: HttpRequest, call: _Call, send: Send) -> None:
        has_begun = False
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._open_stream(call.route.function, call.payload, request.trace_id) as reply,
            ):
                headers = [(name, value) for name, value in reply.headers if name not in HOP_HEADERS]
                await _send_head(send, request, reply.status, headers)
                has_begun = True
                async for chunk in reply.chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (TimeoutError, RuntimeFailure) as error:
            if has_begun:  # the server closes the connection: the caller sees a reply without an end
                raise
            is_late = isinstance(error, TimeoutError)
            raise call.refusal(Fault.INTEGRATION_TIMEOUT if is_late else Fault.BAD_INTEGRATION_REPLY) from error
        await send({"type": "http.response.body", "body": b""})

    def _match(self, request: HttpRequest) -> Match | None:
        """Find the resource of a path, which may begin with the stage; the request's path then loses it."""
        match = self._router.match(request.path)
        prefix = f"/{self._api.stage}/"
        if match is None and f"{request.path}/".startswith(prefix):
            request.path = request.path[len(prefix) - 1 :] or "/"
            match = self._router.match(request.path)
        return match

    def _is_preflight(self, request: HttpRequest) -> bool:
        return request.method == "OPTIONS" and self._api.cors is not None

    async def _preflight(self, request: HttpRequest, match: Match) -> HttpReply:
        cors = self._api.cors
        route = next(iter(match.methods.values()))
        if cors is None:
            raise _Refusal(Fault.MISSING_AUTHENTICATION_TOKEN)
        if cors.authorized and self._api.default_authorizer:
            authorizer = self._api.authorizers[self._api.default_authorizer]
            preflight = Route("OPTIONS", route.resource, route.function, authorizer)
            await self._authorize(request, preflight, match.parameters)
        return HttpReply(200, [("content-type", "application/json"), *cors.headers.items()], b"")

    async def _authorize(
        self, request: HttpRequest, route: Route, parameters: Mapping[str, str]
    ) -> Mapping[str, str] | None:
        if route.authorizer is None:
            return None
        try:
            return await self._authorizers.authorize(route.authorizer, request, route, parameters)
        except Refused as refused:
            raise _Refusal(refused.fault, route.resource, refused.context) from refused

    async def _invoke(self, request: HttpRequest, call: _Call) -> InvokeResult:
        """Invoke the function; when the caller's time is over it runs on, as it does behind the real gateway."""
        task = asyncio.ensure_future(self._invoke_function(call.route.function, call.payload, request.trace_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(task)
        except TimeoutError as error:
            raise call.refusal(Fault.INTEGRATION_TIMEOUT) from error


def _request(scope: Scope) -> HttpRequest:
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query_string=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=b"",
        source_ip=client[0] if client else "127.0.0.1",
    )


async def _read_body(request: HttpRequest, receive: Receive) -> bytes:
    declared = request.header("content-length") or "0"
    if declared.isdigit() and int(declared) > MAX_REQUEST_BYTES:
        raise _Refusal(Fault.REQUEST_TOO_LARGE)
    chunks: list[bytes] = []
    size_bytes = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _CallerLeftError
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > MAX_REQUEST_BYTES:
            raise _Refusal(Fault.REQUEST_TOO_LARGE)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, request: HttpRequest, reply: HttpReply) -> None:
    await _send_head(send, request, reply.status, [*reply.headers, ("content-length", str(len(reply.body)))])
    await send({"type": "http.response.body", "body": reply.body})


async def _send_head(send: Send, request: HttpRequest, status: int, headers: Sequence[tuple[str, str]]) -> None:
    own = [("x-amzn-requestid", request.request_id), ("x-amzn-trace-id", request.trace_id.partition(";")[0])]
    encoded = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
    sent = [*encoded, *((name.encode(), value.encode()) for name, value in own)]
    await send({"type": "http.response.start", "status": status, "headers": sent})
