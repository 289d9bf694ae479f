"""Scripted replies in the words of OpenAI's API: whole, or as the events of a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from devstack.scripted_model.script import ScriptedReply
from devstack.scripted_model.words import MODEL, embedding, quotation

Json = dict[str, Any]

_WORD_WITH_SPACE = re.compile(r"\S+\s*|\s+")


def completion(reply: ScriptedReply, asked: Mapping[str, Any]) -> Json:
    """Return a chat completion."""
    message: Json = {"role": "assistant", "content": "".join(_pieces(reply, asked)) or None}
    if reply.tool_calls:
        message["tool_calls"] = _calls(reply)
    return {
        **_head("chat.completion"),
        "choices": [{"index": 0, "finish_reason": _ending(reply), "message": message}],
        "usage": _usage(reply),
    }


def events(reply: ScriptedReply, asked: Mapping[str, Any]) -> Iterator[str]:
    """Yield the data of each event of a streamed completion: the pieces, the calls, the end, and what it took."""
    head = _head("chat.completion.chunk")

    def chunk(delta: Json, ending: str | None = None) -> str:
        return json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": ending}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(reply, asked):
        yield chunk({"content": piece})
    for index, call in enumerate(_calls(reply)):
        yield chunk({"tool_calls": [{"index": index, **call}]})
    yield chunk({}, _ending(reply))
    if (asked.get("stream_options") or {}).get("include_usage"):
        yield json.dumps({**head, "choices": [], "usage": _usage(reply)})
    yield "[DONE]"


def embeddings(asked: Mapping[str, Any], dimensions: int) -> Json:
    """Return the vectors of the texts that were asked for."""
    given = asked.get("input", [])
    texts = [given] if isinstance(given, str) else given
    data = [
        {"object": "embedding", "index": index, "embedding": embedding(str(text), dimensions)}
        for index, text in enumerate(texts)
    ]
    return {
        "object": "list",
        "model": asked.get("model", MODEL),
        "data": data,
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }


def failure(status: int) -> Json:
    """Return an error."""
    return {"error": {"message": f"scripted {status}", "type": "scripted", "code": None, "param": None}}


def _pieces(reply: ScriptedReply, asked: Mapping[str, Any]) -> list[str]:
    text = quotation(str((asked.get("messages") or [{}])[-1].get("content"))) if reply.quote else reply.text
    return list(reply.pieces) or _WORD_WITH_SPACE.findall(text)


def _calls(reply: ScriptedReply) -> list[Json]:
    return [
        {"id": f"call_{place}", "type": "function", "function": {"name": call.name, "arguments": call.written}}
        for place, call in enumerate(reply.tool_calls)
    ]


def _ending(reply: ScriptedReply) -> str:
    return "tool_calls" if reply.tool_calls else "stop"


def _usage(reply: ScriptedReply) -> Json:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
    }


def _head(kind: str) -> Json:
    return {"id": "scripted", "object": kind, "created": 0, "model": MODEL}
