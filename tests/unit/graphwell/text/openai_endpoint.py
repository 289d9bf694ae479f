"""A scripted OpenAI-compatible endpoint in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx2

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
    return httpx2.Response(
        200,
        json={
            "id": "c",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}},
            ],
            "usage": {"prompt_tokens": 70, "completion_tokens": 9, "total_tokens": 79},
        },
    )


def embeddings(vectors: Sequence[Sequence[float]]) -> httpx2.Response:
    """Return an embedding reply with its items in reverse order, as an endpoint may send them."""
    data = [{"object": "embedding", "index": index, "embedding": list(vector)} for index, vector in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return httpx2.Response(200, json={"object": "list", "model": "m", "data": data[::-1], "usage": usage})


def failure(status: int, headers: dict[str, str] | None = None) -> httpx2.Response:
    """Return an error as OpenAI words it, with a secret in it that must not get out."""
    error = {"message": "Incorrect API key provided: sk-secret", "type": "x", "code": "y", "param": None}
    return httpx2.Response(status, json={"error": error}, headers=headers)
