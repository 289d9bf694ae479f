"""Streamed answers of the OpenAI-compatible answerer against a scripted endpoint."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from graphwell.adapters.openai_answerer import NOT_FOUND
from graphwell.domain.circuit_breaker import BreakerPolicy, CircuitBreaker
from graphwell.domain.citing import REFUSAL
from graphwell.domain.context import assemble
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import CircuitOpen, DeadlineExceeded, Unavailable
from graphwell.domain.passages import Answer
from graphwell.ports import AnswerCutShort
from tests.unit.graphwell.text.openai_endpoint import Reply, ScriptedEndpoint, completion, failure, streamed
from tests.unit.graphwell.text.test_openai_answerer import PASSAGES, answerer

BROKEN = httpx2.ReadError("connection reset")
WORDS = ("The handle ", "came off [2", "]. Sing", "! The pump dates ", "from 1854 [2].")
TEXT = "The handle came off [1]. The pump dates from 1854 [2]."


class Listener:
    """Follows an answer: `heard` are its parts."""

    def __init__(self, endpoint: ScriptedEndpoint, **options: Any) -> None:
        self.heard: list[str] = []
        self._answerer = answerer(endpoint, **options)

    def ask(self, deadline: Deadline | None = None) -> Answer:
        """Ask once."""
        context = assemble(PASSAGES)
        return self._answerer.stream("What happened?", context, deadline or Deadline.after(5), self.heard.append)


def test_each_sentence_is_told_once_its_citations_hold() -> None:
    endpoint = ScriptedEndpoint(streamed(*WORDS))
    listener = Listener(endpoint)
    answer = listener.ask()
    assert listener.heard == ["The handle came off [1].", " The pump dates from 1854 [2]."]
    assert (answer.text, answer.grounded) == (TEXT, True)
    assert [citation.document_id for citation in answer.citations] == ["pump", "pump"]
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (70, 9)
    assert endpoint.requests[0]["stream"] is True


def test_the_streamed_answer_is_the_buffered_one() -> None:
    whole = answerer(ScriptedEndpoint(completion("".join(WORDS))))
    buffered = whole.answer("What happened?", assemble(PASSAGES), Deadline.after(5))
    assert Listener(ScriptedEndpoint(streamed(*WORDS))).ask() == buffered


def test_halves_of_a_character_are_not_told() -> None:
    listener = Listener(ScriptedEndpoint(streamed("The handle \ud83d", "\ude00came off [2].")))
    assert listener.ask().text == "The handle came off [1]."
    assert "".join(listener.heard) == "The handle came off [1]."


@pytest.mark.parametrize("pieces", [[NOT_FOUND], ["NOT_IN", "_PASSAGES [1]."], ["It was built", " in 1854 [9]."], []])
def test_nothing_is_told_of_a_refusal(pieces: list[str]) -> None:
    listener = Listener(ScriptedEndpoint(streamed(*pieces)))
    answer = listener.ask()
    assert (answer.text, answer.grounded, listener.heard) == (REFUSAL, False, [])


def test_without_passages_no_model_is_asked() -> None:
    endpoint = ScriptedEndpoint(streamed("Made up [1]."))
    heard: list[str] = []
    assert not answerer(endpoint).stream("q", assemble([]), Deadline.after(5), heard.append).grounded
    assert (endpoint.requests, heard) == ([], [])


@pytest.mark.parametrize("first", [failure(503), streamed("The handle ", error=BROKEN)], ids=["refused", "broken"])
def test_an_attempt_of_which_nothing_was_told_is_repeated(first: Reply) -> None:
    listener = Listener(ScriptedEndpoint(first, streamed(*WORDS)))
    assert listener.ask().text == "".join(listener.heard) == TEXT


@pytest.mark.parametrize("ended", [streamed(*WORDS[:4], error=BROKEN), streamed(*WORDS[:4], ends=False)])
def test_what_was_told_stands_when_the_model_stops_in_the_middle(ended: httpx2.Response) -> None:
    endpoint = ScriptedEndpoint(ended, streamed(*WORDS))
    listener = Listener(endpoint)
    with pytest.raises(AnswerCutShort) as cut:
        listener.ask()
    assert cut.value.answer.text == "".join(listener.heard) == "The handle came off [1]."
    assert len(cut.value.answer.citations) == len(endpoint.requests) == 1


def test_a_caller_without_time_is_told_nothing_more() -> None:
    readings = iter([0.0, 0.0, 0.0, 0.0])
    gone = Deadline(5.0, lambda: next(readings, float("inf")))
    listener = Listener(ScriptedEndpoint(streamed(*WORDS)))
    with pytest.raises(DeadlineExceeded):
        listener.ask(gone)
    assert listener.heard == []


@pytest.mark.parametrize(
    "reply",
    [
        completion("Not streamed [1]."),
        streamed(ends=False),
        httpx2.Response(200, text="<html></html>", headers={"content-type": "text/html"}),
        httpx2.Response(200, text="data: not json\n\n", headers={"content-type": "text/event-stream"}),
    ],
    ids=["whole", "empty", "html", "no json"],
)
def test_a_reply_that_is_no_stream_is_told_as_unavailable(reply: httpx2.Response) -> None:
    with pytest.raises(Unavailable, match="endpoint"):
        Listener(ScriptedEndpoint(reply)).ask()


def test_replies_that_break_off_open_the_breaker() -> None:
    breaker = CircuitBreaker("llm", BreakerPolicy(1, 60))
    listener = Listener(ScriptedEndpoint(streamed(*WORDS[:4], ends=False)), breaker=breaker)
    with pytest.raises(AnswerCutShort):
        listener.ask()
    with pytest.raises(CircuitOpen):
        listener.ask()
