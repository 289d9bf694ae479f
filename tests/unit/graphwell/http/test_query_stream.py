"""POST /v1/query/stream: which events come, and what is told before, within and after them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import SearchMode
from tests.emf import emitted
from tests.fakes.container import FakeContainer
from tests.fakes.search import passage
from tests.unit.graphwell.http.gateway import Gateway, Reply, assert_problem

QUESTION = {"question": "How hot is the boiler?"}
TEXT = "The boiler runs at 2 bar."


def events_of(reply: Reply) -> list[tuple[str, Any]]:
    """Return name and data of each event of a reply."""
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    *events, rest = reply.text.split("\n\n")
    assert rest == ""
    lines = [event.split("\n") for event in events]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in lines]


@pytest.fixture(autouse=True)
def _found(container: FakeContainer) -> None:
    container.index.found[SearchMode.VECTOR] = [passage(1, TEXT)]


def test_passages_the_text_in_parts_and_the_whole_answer_come_in_this_order(gateway: Gateway) -> None:
    events = events_of(gateway.send("POST", "/v1/query/stream", QUESTION))
    assert [name for name, _ in events] == ["passages", "delta", "delta", "answer"]
    answer = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "delta") == answer["answer"] == f"model: {TEXT}"
    assert events[0][1]["passages"] == answer["passages"]


def test_the_last_event_is_the_reply_of_the_buffered_route(gateway: Gateway) -> None:
    events = events_of(gateway.send("POST", "/v1/query/stream", QUESTION))
    buffered = gateway.send("POST", "/v1/query", QUESTION).json
    assert buffered["cache"] == {"hit": "exact"}
    assert events[-1][1] | {"cache": None} == buffered | {"cache": None}
    assert list(events[-1][1]) == list(buffered)


def test_nothing_is_told_of_a_refusal_but_the_answer(gateway: Gateway, container: FakeContainer) -> None:
    container.index.found[SearchMode.VECTOR] = []
    events = events_of(gateway.send("POST", "/v1/query/stream", QUESTION))
    assert [name for name, _ in events] == ["passages", "answer"]
    assert events[-1][1]["grounded"] is False


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [({"question": " "}, 422, "invalid-input"), ({}, 422, "invalid-input"), ([], 422, "invalid-input")],
)
def test_a_body_that_is_refused_is_a_problem(gateway: Gateway, body: object, status: int, slug: str) -> None:
    assert_problem(gateway.send("POST", "/v1/query/stream", body), status, slug)


def test_without_a_caller_it_is_closed(gateway: Gateway) -> None:
    assert_problem(gateway.send("POST", "/v1/query/stream", QUESTION, as_caller=None), 401, "unauthenticated")


def test_what_fails_before_the_first_event_is_a_problem(gateway: Gateway, container: FakeContainer) -> None:
    container.index.down = True
    reply = gateway.send("POST", "/v1/query/stream", QUESTION)
    assert_problem(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("error", "slug"),
    [(Unavailable("The model is away; try again."), "unavailable"), (ValueError("x"), "internal-error")],
)
def test_what_fails_later_is_an_event(gateway: Gateway, container: FakeContainer, error: Exception, slug: str) -> None:
    container.answerer.breaks_with = error
    *_, (delta, _), (last, problem) = events_of(gateway.send("POST", "/v1/query/stream", QUESTION))
    assert (delta, last) == ("delta", "error")
    assert problem["type"] == f"urn:graphwell:problem:{slug}"
    assert problem["request_id"] == "request-1"
    assert "ValueError" not in str(problem)


def test_it_counts_as_an_answer(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.send("POST", "/v1/query/stream", QUESTION)
    counted = {metric.name: metric.value for metric in emitted(capsys.readouterr().out)}
    assert counted["answers_computed"] == 1


def test_it_has_the_headers_of_every_reply(gateway: Gateway) -> None:
    streamed = gateway.send("POST", "/v1/query/stream", QUESTION).headers
    buffered = gateway.send("POST", "/v1/query", QUESTION).headers
    assert streamed.keys() == buffered.keys() - {"content-length"}
    assert int(streamed["ratelimit-remaining"]) == int(buffered["ratelimit-remaining"]) + 1
