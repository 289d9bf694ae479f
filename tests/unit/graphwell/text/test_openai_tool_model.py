"""The tool-calling model against a scripted endpoint: what it is sent, and what comes of whatever it replies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from graphwell.adapters.openai_tool_model import OpenAIToolModel
from graphwell.domain.agent.calls import MAX_ARGUMENTS_LENGTH, MAX_CALLS_A_TURN, TOOLS, ToolCall
from graphwell.domain.circuit_breaker import BreakerPolicy, CircuitBreaker
from graphwell.domain.context import estimated_tokens
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import CircuitOpen, DeadlineExceeded, Unavailable
from graphwell.domain.model_use import ModelCall
from graphwell.domain.passages import Passage, Usage
from graphwell.ports import ModelTurn, ToolConversation, ToolReply
from tests.unit.graphwell.text.openai_endpoint import Reply, ScriptedEndpoint, completion, failure

QUESTION = "Who owns Novair?"
SEARCH = ("search", '{"query": "Rank"}')


def passage(number: int, text: str = "") -> Passage:
    text = text or f"Text {number}."
    return Passage(f"d{number}", f"d{number}~1~0", f"Title {number}", text, 0, len(text), 1.0)


def calling(*calls: tuple[Any, Any], content: str | None = None) -> httpx2.Response:
    """Return a completion that calls tools."""
    message = {
        "role": "assistant",
        "content": content,
        "tool_calls": [
            {"id": "same", "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in calls
        ],
    }
    body = json.loads(completion(None).content)
    body["choices"][0] |= {"finish_reason": "tool_calls", "message": message}
    return httpx2.Response(200, json=body)


def conversation(
    endpoint: ScriptedEndpoint,
    *found: Passage,
    longest_s: float = 20.0,
    new_boundary: Callable[[], str] | None = None,
    **options: Any,
) -> ToolConversation:
    chat = endpoint.chat("chat-model", **options)
    return OpenAIToolModel(chat, longest_s=longest_s, new_boundary=new_boundary).begin(QUESTION, found)


def turn_of(reply: Reply) -> ModelTurn:
    return conversation(ScriptedEndpoint(reply), passage(1)).turn(Deadline.after(5))


def test_the_first_turn_sends_rules_passages_question_and_tools() -> None:
    endpoint = ScriptedEndpoint(completion("FOUND"))
    turn = conversation(endpoint, passage(1), passage(2)).turn(Deadline.after(5))
    assert turn == ModelTurn([], Usage(70, 9, "chat-model"))
    (request,) = endpoint.requests
    assert request.keys() == {"model", "messages", "tools"}
    system, user = request["messages"]
    (boundary,) = set(re.findall(r"<(passage-[0-9a-f]{16}) number=", user["content"]))
    assert boundary in system["content"]
    assert f'<{boundary} number="2" document="d2" title="Title 2">\nText 2.\n</{boundary}>' in user["content"]
    assert user["content"].endswith(f"\n\nQuestion: {QUESTION}")
    assert [tool["function"]["name"] for tool in request["tools"]] == [tool.name for tool in TOOLS]
    for tool in request["tools"]:
        parameters = tool["function"]["parameters"]
        assert (len(parameters["properties"]), parameters["additionalProperties"]) == (1, False)


def test_what_calls_came_to_is_sent_with_the_next_turn() -> None:
    endpoint = ScriptedEndpoint(calling(SEARCH, ("expand", '{"name": "Rank"}'), content="Let me see."), completion(""))
    talk = conversation(endpoint, passage(1), new_boundary=lambda: "tag")
    found, around = talk.turn(Deadline.after(5)).calls
    talk.reply([ToolReply(found, [passage(1), passage(3)]), ToolReply(around, [], ["A<b>", "C"])])
    talk.turn(Deadline.after(5))
    *_, said, first, second = endpoint.requests[1]["messages"]
    assert said["content"] == "Let me see."
    assert [(call["id"], call["function"]["name"]) for call in said["tool_calls"]] == [
        (first["tool_call_id"], "search"),
        (second["tool_call_id"], "expand"),
    ]
    assert first["content"] == '<tag number="2" document="d3" title="Title 3">\nText 3.\n</tag>\n\nFound again: 1.'
    assert second["content"] == "<tag names>\nA&lt;b&gt;; C\n</tag>"


def test_an_error_of_a_call_is_said() -> None:
    endpoint = ScriptedEndpoint(calling(SEARCH), completion(""))
    talk = conversation(endpoint)
    (call,) = talk.turn(Deadline.after(5)).calls
    talk.reply([ToolReply(call, error="There is no such tool.")])
    talk.turn(Deadline.after(5))
    assert endpoint.requests[0]["messages"][1]["content"].startswith("No passage was found.")
    assert endpoint.requests[1]["messages"][-1]["content"] == "Error: There is no such tool."


def test_calls_with_equal_ids_are_told_apart() -> None:
    turn = turn_of(calling(SEARCH, SEARCH))
    assert len({call.id for call in turn.calls}) == 2


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("no such\ntool", "{}"),
        ("x" * 65, "{}"),
        ("search", "{broken"),
        ("search", "[]"),
        ("search", "[" * 3_000),
        ("search", '{"query": "' + "x" * MAX_ARGUMENTS_LENGTH + '"}'),
    ],
)
def test_what_an_endpoint_would_not_take_back_is_not_sent_again(name: str, arguments: str) -> None:
    endpoint = ScriptedEndpoint(calling((name, arguments)), completion(""))
    talk = conversation(endpoint)
    (call,) = talk.turn(Deadline.after(5)).calls
    assert (call.name, call.arguments) == (name, arguments)
    talk.reply([ToolReply(call, error="No.")])
    talk.turn(Deadline.after(5))
    (sent,) = endpoint.requests[1]["messages"][-2]["tool_calls"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", sent["function"]["name"])
    assert isinstance(json.loads(sent["function"]["arguments"]), dict)


@pytest.mark.parametrize("calls", [[(None, None)], [(1, {"query": "x"})]])
def test_calls_of_another_form_are_calls_of_nothing(calls: list[tuple[Any, Any]]) -> None:
    for call in turn_of(calling(*calls)).calls:
        assert isinstance(call, ToolCall)
        assert isinstance(call.name, str)
        assert isinstance(call.arguments, str)


def test_of_very_many_calls_the_first_are_taken() -> None:
    assert len(turn_of(calling(*[SEARCH] * 1_000)).calls) == MAX_CALLS_A_TURN


@pytest.mark.parametrize(
    "reply",
    [
        httpx2.Response(200, json={"choices": []}),
        httpx2.Response(200, json={}),
        httpx2.Response(200, text="<html></html>", headers={"content-type": "text/html"}),
        httpx2.Response(200, text="not json", headers={"content-type": "application/json"}),
        failure(400),
        failure(500),
    ],
)
def test_a_reply_that_is_no_completion_is_told_as_unavailable(reply: httpx2.Response) -> None:
    with pytest.raises(Unavailable):
        turn_of(reply)


def test_a_turn_takes_no_longer_than_it_may() -> None:
    endpoint = ScriptedEndpoint(completion(""))
    conversation(endpoint, longest_s=4.0).turn(Deadline(109.0, lambda: 100.0))
    conversation(endpoint, longest_s=40.0).turn(Deadline(109.0, lambda: 100.0))
    assert endpoint.timeouts == [4.0, 9.0]
    with pytest.raises(DeadlineExceeded):
        conversation(endpoint).turn(Deadline(99.0, lambda: 100.0))


def test_a_model_that_is_left_alone_is_not_asked() -> None:
    endpoint = ScriptedEndpoint(failure(500))
    talk = conversation(endpoint, breaker=CircuitBreaker("llm", BreakerPolicy(1, 60)))
    with pytest.raises(Unavailable):
        talk.turn(Deadline.after(5))
    asked = len(endpoint.requests)
    with pytest.raises(CircuitOpen):
        talk.turn(Deadline.after(5))
    assert len(endpoint.requests) == asked


def test_the_tokens_of_each_turn_are_told() -> None:
    told: list[tuple[ModelCall, Usage]] = []
    endpoint = ScriptedEndpoint(calling(SEARCH), completion(""))
    talk = conversation(endpoint, tell_use=lambda call, usage: told.append((call, usage)))
    talk.turn(Deadline.after(5))
    talk.turn(Deadline.after(5))
    assert told == [(ModelCall.PLAN, Usage(70, 9, "chat-model"))] * 2


def test_what_the_next_turn_would_send_is_known_before() -> None:
    endpoint = ScriptedEndpoint(calling(SEARCH), completion(""))
    talk = conversation(endpoint, passage(1, "word " * 500))
    before = talk.next_tokens
    (call,) = talk.turn(Deadline.after(5)).calls
    talk.reply([ToolReply(call, [passage(2, "more " * 500)])])
    assert talk.next_tokens > before + estimated_tokens("more " * 500)
    talk.turn(Deadline.after(5))
    for request, known in zip(endpoint.requests, (before, talk.next_tokens), strict=True):
        texts = [str(message["content"]) for message in request["messages"]]
        assert known >= sum(map(estimated_tokens, texts))


def test_its_rules_and_its_tag_are_known_when_they_come_back() -> None:
    endpoint = ScriptedEndpoint(completion(""))
    talk = conversation(endpoint, new_boundary=lambda: "passage-0123")
    talk.turn(Deadline.after(5))
    system = endpoint.requests[0]["messages"][0]["content"]
    assert all(talk.reveals(line) for line in system.splitlines() if len(line.split()) > 6)
    assert talk.reveals(f"first {TOOLS[0].meaning} then")
    assert talk.reveals("the tag is passage-0123")
    assert not talk.reveals(QUESTION)
