"""An OpenAI-compatible endpoint in a process of its own, so that it can be killed and stopped: `PORT` is its argument.

Texts are embedded by their words, and a question is answered with the first sentence of the first passage.
"""

from __future__ import annotations

import json
import math
import re
import sys
import zlib
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSIONS = 64
MODEL = "words-64"
_WORD = re.compile(r"\w+")
_PASSAGE = re.compile(r'<(\S+) number="1" title="[^"]*">\n(.*?)\n</\1>', re.DOTALL)


def embedding(text: str) -> list[float]:
    """Return a unit vector that texts with the same words share."""
    vector = [0.01] * DIMENSIONS
    for word in _WORD.findall(text.lower()):
        vector[zlib.crc32(word.encode()) % DIMENSIONS] += 1
    length = math.hypot(*vector)
    return [value / length for value in vector]


def answer(prompt: str) -> str:
    """Return the first sentence of the first passage in a prompt, with its citation."""
    passage = _PASSAGE.search(prompt)
    return f"{passage.group(2).split('. ')[0].rstrip('.')} [1]." if passage else "NOT_IN_PASSAGES"


def reply_to(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what OpenAI's API would send."""
    if path.endswith("/embeddings"):
        texts: Iterable[str] = [body["input"]] if isinstance(body["input"], str) else body["input"]
        data = [
            {"object": "embedding", "index": place, "embedding": embedding(text)} for place, text in enumerate(texts)
        ]
        return {"object": "list", "model": MODEL, "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    message = {"role": "assistant", "content": answer(body["messages"][-1]["content"])}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice], "usage": usage}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write: in two, the second waits 40 ms for the acknowledgement of the first

    def do_POST(self) -> None:  # the library's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = json.dumps(reply_to(self.path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    _Server(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
