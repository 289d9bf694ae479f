"""The typed clients: replies, events, tries and errors, the same for both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from devstack.client import calls
from devstack.client.calls import Call
from devstack.client.problems import ApiError
from devstack.client.typed import AsyncGraphwell, Event, Graphwell
from devstack.errors import DevstackError
from graphwell.http.search_models import DeltaEvent, PassagesEvent, QueryReply
from tests.unit.devstack.client.fake_api import streamed

Handler = Callable[[httpx.Request], httpx.Response]
URL = "https://api.test/prod"
ANSWER = {
    "answer": "Two bar [1].",
    "grounded": True,
    "citations": [],
    "passages": [],
    "cache": {"hit": None},
    "degraded": [],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "model": "m"},
    "request_id": "r",
}
PROBLEM = {"type": "t", "title": "T", "status": 503, "detail": "The model is away.", "request_id": "r"}


class Sync:
    """Sends by `Graphwell`."""

    def __init__(self, handler: Handler) -> None:
        self._client = Graphwell(URL, "token", tenant="acme", transport=httpx.MockTransport(handler))

    def send(self, call: Call[Any]) -> Any:
        """Return the reply to a call."""
        with self._client:
            return self._client.send(call)

    def stream(self, call: Call[QueryReply]) -> list[Event]:
        """Return the events of a call."""
        with self._client:
            return list(self._client.stream(call))


class Async:
    """Sends by `AsyncGraphwell`."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def send(self, call: Call[Any]) -> Any:
        """Return the reply to a call."""

        async def sent() -> Any:
            async with self._client() as client:
                return await client.send(call)

        return _run(sent)

    def stream(self, call: Call[QueryReply]) -> list[Event]:
        """Return the events of a call."""

        async def received() -> list[Event]:
            async with self._client() as client:
                return [event async for event in client.stream(call)]

        events: list[Event] = _run(received)
        return events

    def _client(self) -> AsyncGraphwell:
        return AsyncGraphwell(URL, "token", tenant="acme", transport=httpx.MockTransport(self._handler))


def _run(work: Callable[[], Any]) -> Any:
    with asyncio.Runner() as runner:
        return runner.run(work())


Kind = type[Sync] | type[Async]


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def test_a_call_is_sent_as_its_caller_and_its_reply_is_typed(kind: Kind) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=ANSWER)

    reply = kind(handler).send(calls.query("How hot?", top_k=3))
    assert isinstance(reply, QueryReply)
    assert (reply.answer, reply.usage.completion_tokens) == ("Two bar [1].", 2)
    assert str(seen[0].url) == f"{URL}/v1/query"
    assert (seen[0].headers["authorization"], seen[0].headers["x-tenant-id"]) == ("Bearer token", "acme")
    assert json.loads(seen[0].content) == {"question": "How hot?", "top_k": 3}


def test_a_passing_failure_is_tried_again(kind: Kind) -> None:
    replies = [httpx.Response(503, json=PROBLEM, headers={"retry-after": "0"}), httpx.Response(200, json=ANSWER)]
    assert kind(lambda _: replies.pop(0)).send(calls.query("q")).grounded


def test_a_refusal_is_an_error_with_its_status(kind: Kind) -> None:
    problem = {**PROBLEM, "status": 422, "detail": "question: The text is empty."}
    with pytest.raises(ApiError, match="The text is empty") as refused:
        kind(lambda _: httpx.Response(422, json=problem)).send(calls.query(" "))
    assert refused.value.status == 422


def test_a_reply_of_another_form_names_the_place(kind: Kind) -> None:
    with pytest.raises(DevstackError, match=r"\(grounded\)"):
        kind(lambda _: httpx.Response(200, json={**ANSWER, "grounded": "perhaps"})).send(calls.query("q"))


def test_what_a_newer_api_adds_is_passed_over(kind: Kind) -> None:
    assert kind(lambda _: httpx.Response(200, json={**ANSWER, "newer": 1})).send(calls.query("q")).grounded


def test_a_reply_without_a_body_is_none(kind: Kind) -> None:
    assert kind(lambda _: httpx.Response(204)).send(calls.delete_document("d")) is None


def moved(_: httpx.Request) -> httpx.Response:
    return httpx.Response(301, headers={"location": "https://elsewhere.test/"})


def test_an_api_that_sends_elsewhere_has_not_done_what_was_asked(kind: Kind) -> None:
    with pytest.raises(DevstackError, match=r"301 .*https://elsewhere\.test/"):
        kind(moved).send(calls.delete_document("d"))


def test_a_stream_that_is_sent_elsewhere_is_told(kind: Kind) -> None:
    with pytest.raises(DevstackError, match=r"301 .*https://elsewhere\.test/"):
        kind(moved).stream(calls.query_stream("q"))


def test_events_come_typed_and_in_order(kind: Kind) -> None:
    reply = streamed(("passages", {"passages": []}), ("delta", {"text": "Two bar [1]."}), ("answer", ANSWER))
    events = kind(lambda _: reply).stream(calls.query_stream("q"))
    assert [type(event) for event in events] == [PassagesEvent, DeltaEvent, QueryReply]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_separator_of_lines_in_a_text_ends_no_line_of_the_stream(kind: Kind, separator: str) -> None:
    text = f"Two{separator}bar [1]."
    answer = json.dumps({**ANSWER, "answer": text}, ensure_ascii=False)
    delta = json.dumps({"text": text}, ensure_ascii=False)
    stream = f"event: delta\r\ndata: {delta}\r\n\r\nevent: answer\ndata: {answer}\n\n".encode()
    events = kind(lambda _: httpx.Response(200, content=stream)).stream(calls.query_stream("q"))
    assert [getattr(event, "text", None) or getattr(event, "answer", None) for event in events] == [text, text]


def test_events_that_a_newer_api_adds_are_passed_over(kind: Kind) -> None:
    reply = streamed(("sources", {"sources": 3}), ("answer", ANSWER), ("bye", {}))
    events = kind(lambda _: reply).stream(calls.query_stream("q"))
    assert [type(event) for event in events] == [QueryReply]


def test_an_answer_that_fails_within_is_an_error(kind: Kind) -> None:
    reply = streamed(("passages", {"passages": []}), ("error", PROBLEM))
    with pytest.raises(ApiError, match="The model is away"):
        kind(lambda _: reply).stream(calls.query_stream("q"))


def test_an_event_of_another_form_is_told(kind: Kind) -> None:
    with pytest.raises(DevstackError, match=r"this version knows \(text\)"):
        kind(lambda _: streamed(("delta", {"words": "Two bar"}))).stream(calls.query_stream("q"))


def test_a_stream_that_is_refused_is_an_error(kind: Kind) -> None:
    with pytest.raises(ApiError) as refused:
        kind(lambda _: httpx.Response(403, json={**PROBLEM, "status": 403})).stream(calls.query_stream("q"))
    assert refused.value.status == 403


def test_a_stream_that_is_cut_off_is_told(kind: Kind) -> None:
    with pytest.raises(DevstackError, match="before the answer was whole"):
        kind(lambda _: streamed(("passages", {"passages": []}))).stream(calls.query_stream("q"))


def test_an_api_that_cannot_be_reached_is_told(kind: Kind) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    with pytest.raises(DevstackError, match=r"api\.test/prod cannot be reached"):
        kind(handler).stream(calls.query_stream("q"))
