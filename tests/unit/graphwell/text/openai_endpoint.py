"""A scripted OpenAI-compatible endpoint in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx2

from graphwell.adapters.openai_chat import OpenAIChat
from graphwell.adapters.openai_client import OpenAIClient
from graphwell.domain.circuit_breaker import CircuitBreaker

Reply = httpx2.Response | Exception | Callable[[dict[str, Any]], httpx2.Response]


class ScriptedEndpoint:
    """Gives the scripted replies in order, the last one for ever; keeps requests, keys, and the waits between them."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.timeouts: list[float] = []
        self.waits: list[float] = []
        self.client = httpx2.Client(transport=httpx2.MockTransport(self._answer))

    def chat(
        self, model: str = "m", key: str = "key", breaker: CircuitBreaker | None = None, **more: Any
    ) -> OpenAIChat:
        """Return a chat model that is served here; `more` is of `OpenAIChat`."""
        client = OpenAIClient(
            base_url="http://models.test/v1",
            api_key=lambda: key,
            http_client=self.client,
            sleep=self.sleep,
            breaker=breaker,
        )
        return OpenAIChat(model, client, **more)

    def sleep(self, seconds: float) -> None:
        """Note a wait instead of waiting."""
        self.waits.append(seconds)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        self.requests.append(body)
        self.keys.append(request.headers["authorization"])
        self.timeouts.append(request.extensions["timeout"]["read"])
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply(body) if callable(reply) else reply


def completion(content: str | None) -> httpx2.Response:
    """Return a chat completion."""
    reply = {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}},
        ],
        "usage": {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79},
    }
    # In ASCII, as endpoints may send it: so it can hold half a character.
    return httpx2.Response(200, content=json.dumps(reply).encode(), headers={"content-type": "application/json"})


def streamed(*pieces: str, error: Exception | None = None, ends: bool = True) -> httpx2.Response:
    """Return a chat completion in pieces.

    Parameters:
        error: raised behind the pieces, as by a connection that breaks.
        ends: whether the last piece says that it is the last.
    """
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    if ends:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        chunks.append({"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79}})
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    lines = [f"data: {json.dumps(head | chunk)}\n\n".encode() for chunk in chunks]
    return httpx2.Response(200, stream=_Lines(lines, error), headers={"content-type": "text/event-stream"})


class _Lines(httpx2.SyncByteStream):
    def __init__(self, lines: Sequence[bytes], error: Exception | None) -> None:
        self._lines, self._error = lines, error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._lines
        if self._error is not None:
            raise self._error


def embeddings(vectors: Sequence[Sequence[float]]) -> httpx2.Response:
    """Return an embedding reply with its items in reverse order, as an endpoint may send them."""
    data = [{"object": "embedding", "index": index, "embedding": list(vector)} for index, vector in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return httpx2.Response(200, json={"object": "list", "model": "m", "data": data[::-1], "usage": usage})


def failure(status: int, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Return an error as OpenAI words it, with a secret in it that must not get out."""
    error = {"message": "Incorrect API key provided: sk-secret", "type": "x", "code": "y", "param": None}
    return httpx2.Response(status, json={"error": error}, headers=headers)
