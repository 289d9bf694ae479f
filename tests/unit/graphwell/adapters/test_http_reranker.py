"""The reranker behind HTTP, against a scripted endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from graphwell.adapters.http_reranker import LONGEST_S, HttpReranker
from graphwell.domain.circuit_breaker import BreakerPolicy, CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
from tests.fakes.clock import FakeMonotonic
from tests.fakes.search import passage

PASSAGES = [passage(number) for number in range(3)]


class Endpoint:
    """Gives the scripted replies in order, the last one for ever; keeps what it was sent."""

    def __init__(self, *replies: httpx2.Response | Exception) -> None:
        self._replies = list(replies)
        self.requests: list[httpx2.Request] = []
        self.clock = FakeMonotonic()
        self.keys: Iterator[str] = iter(["first", "second"])

    def reranker(self) -> HttpReranker:
        """Return a reranker that calls this endpoint."""
        return HttpReranker(
            url="https://rank.test/v2/rerank",
            model="ranker",
            api_key=lambda: next(self.keys),
            transport=httpx2.MockTransport(self._answer),
            breaker=CircuitBreaker("rerank", BreakerPolicy(failures=2, open_s=60), clock=self.clock),
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def ranking(*scores: tuple[int, float]) -> httpx2.Response:
    results = [{"index": place, "relevance_score": score} for place, score in scores]
    return httpx2.Response(200, json={"id": "x", "results": results})


def test_passages_come_in_the_models_order_with_its_scores() -> None:
    endpoint = Endpoint(ranking((2, 0.9), (0, 0.4), (1, 0.1)))
    found = endpoint.reranker().rerank("boiler", PASSAGES, Deadline.after(5))
    assert [(hit.document_id, hit.score) for hit in found] == [("d2", 0.9), ("d0", 0.4), ("d1", 0.1)]


def test_question_and_titled_texts_are_sent_with_the_key() -> None:
    endpoint = Endpoint(ranking((0, 1.0)))
    endpoint.reranker().rerank("boiler", PASSAGES, Deadline.after(5))
    (request,) = endpoint.requests
    sent = json.loads(request.content)
    assert request.headers["authorization"] == "Bearer first"
    assert sent.keys() == {"model", "query", "documents", "top_n"}
    assert (sent["model"], sent["query"], sent["top_n"]) == ("ranker", "boiler", 3)
    assert sent["documents"][0] == f"Title 0\n{PASSAGES[0].text}"


def test_passages_that_the_model_leaves_out_come_last_in_their_order() -> None:
    found = Endpoint(ranking((2, -0.5))).reranker().rerank("boiler", PASSAGES, Deadline.after(5))
    assert [hit.document_id for hit in found] == ["d2", "d0", "d1"]
    assert [hit.score for hit in found] == [-0.5, -0.5, -0.5]


@pytest.mark.parametrize(
    "reply",
    [
        httpx2.Response(500),
        httpx2.Response(404),
        httpx2.Response(200, text="<html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"results": []}),
        ranking((3, 1.0)),
        ranking((0, 1.0), (0, 0.5)),
        ranking((0, 10**400)),
        httpx2.Response(200, json={"results": [{"index": "0", "relevance_score": 1}]}),
        httpx2.Response(200, json={"results": [{"index": 0}]}),
        httpx2.ConnectError("sk-secret"),
        httpx2.ReadTimeout("slow"),
    ],
)
def test_what_is_no_ranking_is_told_as_unavailable(reply: httpx2.Response | Exception) -> None:
    with pytest.raises(Unavailable) as failure:
        Endpoint(reply).reranker().rerank("boiler", PASSAGES, Deadline.after(5))
    assert "secret" not in f"{failure.value}{failure.value.__cause__}"


def test_an_endpoint_that_keeps_failing_is_left_alone_for_a_while() -> None:
    endpoint = Endpoint(httpx2.Response(503), httpx2.Response(503), ranking((0, 1.0)))
    reranker = endpoint.reranker()
    for _ in range(4):
        with pytest.raises(Unavailable):
            reranker.rerank("boiler", PASSAGES, Deadline.after(5))
    assert len(endpoint.requests) == 2
    endpoint.clock.reading_s += 60
    assert reranker.rerank("boiler", PASSAGES, Deadline.after(5))


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_it_cannot_take_is_not_held_against_the_endpoint(status: int) -> None:
    endpoint = Endpoint(httpx2.Response(status))
    reranker = endpoint.reranker()
    for _ in range(5):
        with pytest.raises(Unavailable):
            reranker.rerank("boiler", PASSAGES, Deadline.after(5))
    assert len(endpoint.requests) == 5


@pytest.mark.parametrize(("left_s", "timeout_s"), [(60.0, LONGEST_S), (1.5, 1.5)])
def test_it_waits_no_longer_than_the_deadline(left_s: float, timeout_s: float) -> None:
    endpoint = Endpoint(ranking((0, 1.0)))
    endpoint.reranker().rerank("boiler", PASSAGES, Deadline(left_s, lambda: 0.0))
    assert endpoint.requests[0].extensions["timeout"]["read"] == timeout_s


def test_after_the_deadline_nothing_is_sent_and_the_endpoint_is_not_blamed() -> None:
    endpoint = Endpoint(ranking((0, 1.0)))
    reranker = endpoint.reranker()
    with pytest.raises(DeadlineExceeded):
        reranker.rerank("boiler", PASSAGES, Deadline(0.0, lambda: 1.0))
    assert endpoint.requests == []
    assert reranker.rerank("boiler", PASSAGES, Deadline.after(5))


def test_a_rotated_key_is_read_again_when_the_old_one_is_refused() -> None:
    endpoint = Endpoint(httpx2.Response(401), ranking((0, 1.0)))
    endpoint.reranker().rerank("boiler", PASSAGES, Deadline.after(5))
    assert [request.headers["authorization"] for request in endpoint.requests] == ["Bearer first", "Bearer second"]
