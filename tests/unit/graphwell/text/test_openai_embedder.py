"""The OpenAI-compatible embedder against a scripted endpoint."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from graphwell.adapters.openai_embedder import BatchLimits, OpenAIEmbedder
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, TextRefused, Unavailable
from graphwell.domain.model_use import ModelCall
from tests.unit.graphwell.text.openai_endpoint import ScriptedEndpoint, embeddings, failure


def embedder(endpoint: ScriptedEndpoint, **options: Any) -> OpenAIEmbedder:
    settings: dict[str, Any] = {
        "model": "text-embedding-3-small",
        "dimensions": 2,
        "base_url": "https://user:pw@models.test/v1",
        "api_key": lambda: "sk-secret",
    }
    return OpenAIEmbedder(**(settings | options), http_client=endpoint.client, sleep=endpoint.sleep)


def by_length(body: dict[str, Any]) -> httpx2.Response:
    return embeddings([[math.cos(len(text)), math.sin(len(text))] for text in body["input"]])


def test_vectors_come_in_the_order_of_the_texts_whatever_the_order_of_the_reply() -> None:
    endpoint = ScriptedEndpoint(by_length)

    vectors = embedder(endpoint).embed_passages(["a", "bb", "ccc"], Deadline.after(60))

    assert [vector[0] for vector in vectors] == pytest.approx([math.cos(1), math.cos(2), math.cos(3)])


def test_vectors_are_brought_to_unit_length() -> None:
    endpoint = ScriptedEndpoint(embeddings([[3.0, 4.0]]))

    assert embedder(endpoint).embed_query("q", Deadline.after(60)) == pytest.approx([0.6, 0.8])


def test_texts_are_sent_in_requests_within_the_limits() -> None:
    endpoint = ScriptedEndpoint(by_length)
    texts = ["short"] * 5 + ["x" * 250] * 3 + ["y" * 2500]

    vectors = embedder(endpoint, limits=BatchLimits(inputs=3, tokens=200)).embed_passages(texts, Deadline.after(60))

    sent = [request["input"] for request in endpoint.requests]
    assert [text for batch in sent for text in batch] == texts
    assert [len(batch) for batch in sent] == [3, 3, 2, 1]
    assert len(vectors) == len(texts)


def test_a_length_is_asked_only_of_models_that_take_one() -> None:
    endpoint = ScriptedEndpoint(by_length)

    embedder(endpoint).embed_query("q", Deadline.after(60))
    embedder(endpoint, model="nomic-embed-text").embed_query("q", Deadline.after(60))

    assert [request.get("dimensions") for request in endpoint.requests] == [2, None]


def test_a_rate_limit_is_waited_for_as_long_as_the_endpoint_asks() -> None:
    endpoint = ScriptedEndpoint(failure(429, {"retry-after": "2"}), by_length)

    embedder(endpoint).embed_query("q", Deadline.after(30))

    assert endpoint.waits == [2.0]


def test_a_wait_past_the_deadline_is_not_begun() -> None:
    endpoint = ScriptedEndpoint(failure(429, {"retry-after": "60"}))

    with pytest.raises(Unavailable, match="rate limit") as caught:
        embedder(endpoint).embed_query("q", Deadline.after(30))

    assert endpoint.waits == []
    assert caught.value.retry_after_s == 60


@pytest.mark.parametrize("trouble", [failure(500), failure(503), httpx2.ConnectError("refused")])
def test_passing_trouble_is_tried_three_times(trouble: httpx2.Response | Exception) -> None:
    endpoint = ScriptedEndpoint(trouble)

    with pytest.raises(Unavailable):
        embedder(endpoint).embed_query("q", Deadline.after(60))

    assert len(endpoint.requests) == 3
    assert len(endpoint.waits) == 2


@pytest.mark.parametrize(("status", "remedy"), [(400, "status 400"), (401, "api_key"), (404, "model's name")])
def test_a_refused_request_is_not_repeated(status: int, remedy: str) -> None:
    endpoint = ScriptedEndpoint(failure(status))

    with pytest.raises(Unavailable, match=remedy):
        embedder(endpoint).embed_query("q", Deadline.after(60))

    assert len(endpoint.requests) == 1


def no_longer_than(limit: int) -> Callable[[dict[str, Any]], httpx2.Response]:
    def reply(body: dict[str, Any]) -> httpx2.Response:
        return failure(400) if any(len(text) > limit for text in body["input"]) else by_length(body)

    return reply


@pytest.mark.parametrize("place", range(5))
def test_a_text_longer_than_the_model_reads_is_named(place: int) -> None:
    texts = ["fine"] * 5
    texts[place] = "x" * 50

    with pytest.raises(TextRefused, match=r"50 characters.*ChunkTokens") as caught:
        embedder(ScriptedEndpoint(no_longer_than(9)), limits=BatchLimits(inputs=3)).embed_passages(
            texts, Deadline.after(60)
        )

    assert caught.value.position == place


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_larger_than_the_endpoint_takes_is_sent_in_parts(status: int) -> None:
    endpoint = ScriptedEndpoint(lambda body: failure(status) if len(body["input"]) > 2 else by_length(body))

    vectors = embedder(endpoint).embed_passages(["a", "bb", "ccc", "dddd", "eeeee"], Deadline.after(60))

    assert [vector[0] for vector in vectors] == pytest.approx([math.cos(length) for length in range(1, 6)])


def test_an_endpoint_that_refuses_every_text_fails_no_document() -> None:
    endpoint = ScriptedEndpoint(failure(400))

    with pytest.raises(Unavailable, match="status 400"):
        embedder(endpoint).embed_passages(["a", "b", "c", "d"], Deadline.after(60))

    assert endpoint.requests[-1]["input"] == ["text"]


def test_a_question_that_is_refused_leaves_the_search_without_a_vector() -> None:
    with pytest.raises(Unavailable):
        embedder(ScriptedEndpoint(no_longer_than(9))).embed_query("x" * 50, Deadline.after(60))


def test_a_rotated_key_is_taken_when_the_old_one_is_refused() -> None:
    endpoint, keys = ScriptedEndpoint(failure(401), by_length), ["old", "new"]

    model = embedder(endpoint, api_key=lambda: keys.pop(0), base_url="https://models.test/v1")
    assert model.embed_query("ab", Deadline.after(60))

    assert endpoint.keys == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("trouble", [failure(401), failure(500), httpx2.ConnectError("https://user:pw@models.test")])
def test_no_error_tells_the_key_or_the_password(trouble: httpx2.Response | Exception) -> None:
    endpoint = ScriptedEndpoint(trouble)

    with pytest.raises(Unavailable) as caught:
        embedder(endpoint).embed_query("q", Deadline.after(60))

    told = "".join(traceback.format_exception(caught.value))
    assert "sk-secret" not in told
    assert "user:pw" not in told


def test_each_request_may_take_what_is_left_of_the_deadline() -> None:
    endpoint = ScriptedEndpoint(by_length)
    now = [100.0]

    embedder(endpoint).embed_passages(["q"], Deadline(107.0, lambda: now[0]))

    assert endpoint.timeouts == [7.0]


@pytest.mark.parametrize(("left_s", "timeout_s"), [(28.0, 3.0), (2.0, 2.0)])
def test_a_question_waits_for_its_vector_no_longer_than_it_is_worth(left_s: float, timeout_s: float) -> None:
    endpoint = ScriptedEndpoint(by_length)

    embedder(endpoint).embed_query("q", Deadline(left_s, lambda: 0.0))

    assert endpoint.timeouts == [timeout_s]


def test_a_timeout_is_told_as_an_exceeded_deadline() -> None:
    endpoint = ScriptedEndpoint(httpx2.ReadTimeout("slow"))

    with pytest.raises(DeadlineExceeded):
        embedder(endpoint).embed_query("q", Deadline.after(60))

    assert len(endpoint.requests) == 1


def test_nothing_is_asked_after_the_deadline() -> None:
    endpoint = ScriptedEndpoint(by_length)

    with pytest.raises(DeadlineExceeded):
        embedder(endpoint).embed_query("q", Deadline(1.0, lambda: 2.0))

    assert endpoint.requests == []


@pytest.mark.parametrize(
    ("reply", "remedy"),
    [
        (embeddings([[1.0, 0.0, 0.0]]), "GRAPHWELL_EMBEDDING_DIMENSIONS"),
        (embeddings([[0.0, 0.0]]), "no direction"),
        (embeddings([]), "without a vector"),
        (embeddings([[1.0, 0.0], [0.0, 1.0]]), "without a vector"),
        (httpx2.Response(200, json={"data": [{"index": 0, "embedding": ["a", "b"]}]}), "list of numbers"),
        (httpx2.Response(200, json={"data": [{"index": 0}]}), "list of numbers"),
        (httpx2.Response(200, json=["unexpected"]), "form|without a vector"),
        (httpx2.Response(200, text="<html>gateway</html>", headers={"content-type": "text/html"}), "without|form"),
        (httpx2.Response(200, text="{", headers={"content-type": "application/json"}), "form"),
    ],
)
def test_a_reply_that_holds_no_such_vectors_is_refused(reply: httpx2.Response, remedy: str) -> None:
    with pytest.raises(Unavailable, match=remedy):
        embedder(ScriptedEndpoint(reply)).embed_query("q", Deadline.after(60))


def test_an_endpoint_without_a_key_is_served() -> None:
    endpoint = ScriptedEndpoint(by_length)
    keyless = OpenAIEmbedder(
        model="m", dimensions=2, base_url="http://models.test/v1", api_key=lambda: "", http_client=endpoint.client
    )

    assert len(keyless.embed_query("q", Deadline.after(60))) == 2


def test_no_text_takes_no_request() -> None:
    endpoint = ScriptedEndpoint(by_length)

    assert embedder(endpoint).embed_passages([], Deadline.after(60)) == []
    assert endpoint.requests == []


def test_the_tokens_of_each_reply_are_told_by_what_it_was_for() -> None:
    endpoint = ScriptedEndpoint(failure(429), by_length)
    told: list[tuple[ModelCall, int]] = []
    asked = embedder(endpoint, tell_use=lambda call, usage: told.append((call, usage.prompt_tokens)))

    asked.embed_query("q", Deadline.after(60))
    asked.embed_passages(["a", "bb"], Deadline.after(60))

    assert told == [(ModelCall.EMBED_QUESTION, 1), (ModelCall.EMBED_CHUNKS, 1)]
