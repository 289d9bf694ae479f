"""Typed clients of the HTTP API, synchronous and asynchronous, over the same descriptions of its calls.

```python
from devstack.client import calls
from devstack.client.typed import Graphwell

with Graphwell("https://api.example.com/prod", token) as graphwell:
    print(graphwell.send(calls.query("Who may quarter soldiers?")).answer)
```
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Self

import httpx
from pydantic import ValidationError
from tenacity import AsyncRetrying

from devstack.client.calls import Call, ReplyT
from devstack.client.connection import Connection, checked_url
from devstack.client.credentials import FixedToken
from devstack.client.event_lines import EventLines
from devstack.client.problems import api_error, failure
from devstack.client.session import ApiReply, ApiRequest, ApiSession, Sending, is_passing
from devstack.errors import DevstackError
from graphwell.http.search_models import DeltaEvent, PassagesEvent, QueryReply

Event = PassagesEvent | DeltaEvent | QueryReply

_EVENTS: dict[str, type[Event]] = {"passages": PassagesEvent, "delta": DeltaEvent, "answer": QueryReply}


class Graphwell:
    """One tenant's API. Safe to use from several threads; close it, or use it in a with statement.

    Every method raises `ApiError` when the API refuses the call, and `DevstackError` when it cannot be reached or gives
    a reply of another form.

    Parameters:
        url: address of the API, stage included.
        token: bearer token.
        tenant: another tenant than the token's, which it gives access to.
        transport: sends the requests; None for the network.
    """

    def __init__(
        self, url: str, token: str, *, tenant: str | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._session = ApiSession(Connection(checked_url(url), FixedToken(token), tenant), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, call: Call[ReplyT]) -> ReplyT:
        """Send a call, again after a passing failure, and return its reply."""
        return _read(call, self._session.send(call.request))

    def stream(self, call: Call[QueryReply]) -> Iterator[Event]:
        """Send `calls.query_stream(...)` and yield each event as it comes, the whole answer last."""
        return streamed(self._session, call)


class AsyncGraphwell:
    """The same for asyncio; close it with `aclose`, or use it in an `async with` statement."""

    def __init__(
        self, url: str, token: str, *, tenant: str | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        connection = Connection(checked_url(url), FixedToken(token), tenant)
        self._token = token
        self._sending = Sending(connection)
        self._http = httpx.AsyncClient(**self._sending.pool(), transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[ReplyT]) -> ReplyT:
        """Send a call, again after a passing failure, and return its reply."""
        passing = self._sending.tries(lambda error: is_passing(error, call.request))
        try:
            reply: ApiReply = await AsyncRetrying(**passing, sleep=asyncio.sleep)(self._send_once, call.request)
        except httpx.TransportError as error:
            raise self._sending.unreachable(error) from error
        return _read(call, reply)

    async def stream(self, call: Call[QueryReply]) -> AsyncIterator[Event]:
        """Send `calls.query_stream(...)` and yield each event as it comes, the whole answer last."""
        lines, reader = EventLines(), _EventReader()
        try:
            async with self._http.stream(**self._sending.arguments(call.request, self._token)) as response:
                if not response.is_success:
                    await response.aread()
                if (failed := failure(response)) is not None:
                    raise failed
                async for part in response.aiter_bytes():
                    for line in lines.read(part):
                        if (event := reader.read(line)) is not None:
                            yield event
        except httpx.TransportError as error:
            raise self._sending.unreachable(error) from error
        reader.finish()

    async def _send_once(self, request: ApiRequest) -> ApiReply:
        began_s = time.perf_counter()
        response = await self._http.request(**self._sending.arguments(request, self._token))
        return self._sending.read(response, time.perf_counter() - began_s)


def streamed(session: ApiSession, call: Call[QueryReply]) -> Iterator[Event]:
    """Send `calls.query_stream(...)` by a session; see `Graphwell.stream`."""
    reader = _EventReader()
    with session.stream(call.request) as lines:
        for line in lines:
            if (event := reader.read(line)) is not None:
                yield event
    reader.finish()


class _EventReader:
    """Puts the lines of a streamed answer together."""

    def __init__(self) -> None:
        self._name = ""
        self._is_whole = False

    def read(self, line: str) -> Event | None:
        """Return the event that a line completes; one that only a newer API knows is passed over.

        Raises:
            ApiError: the answer failed after it had begun.
            DevstackError: the event has another form.
        """
        field, _, value = line.partition(": ")
        if field == "event":
            self._name = value
        if field != "data":
            return None
        if self._name == "error":
            problem = json.loads(value)
            raise api_error(httpx.Response(problem["status"], json=problem))
        known = _EVENTS.get(self._name)
        if known is None:
            return None
        self._is_whole = known is QueryReply
        try:
            return known.model_validate_json(value)
        except ValidationError as error:
            raise _unknown_form(error) from error

    def finish(self) -> None:
        """Make sure that nothing was cut off.

        Raises:
            DevstackError: the answer did not come.
        """
        if not self._is_whole:
            raise DevstackError("The connection ended before the answer was whole; ask again.")


def _read(call: Call[ReplyT], reply: ApiReply) -> ReplyT:
    try:
        return call.reply.validate_python(reply.body)
    except ValidationError as error:
        raise _unknown_form(error) from error


def _unknown_form(error: ValidationError) -> DevstackError:
    place = ".".join(map(str, error.errors()[0]["loc"])) or "its form"
    return DevstackError(f"The reply is not of the form that this version knows ({place}).")
