"""Serves a script over HTTP, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devstack.ports import LOOPBACK
from devstack.scripted_model.script import Prompter, Script, ScriptedReply
from devstack.scripted_model.wording import completion, embeddings, events, failure

MOST_KEPT = 1_000
"""Requests that are kept, the last ones: a load of hours would fill the memory."""

_LEAST_OF_A_CUT_BODY = 2
"""One over the share of a body that comes before the connection breaks."""


@dataclass(frozen=True)
class Asked:
    """A request: its path, its body, and the key that it came with."""

    path: str
    body: Mapping[str, Any]
    key: str


class ScriptedModel:
    """A server that plays a script; its address, and what it was asked last, in order.

    Parameters:
        port: where it listens on loopback; any free one for 0.
    """

    def __init__(self, script: Script, port: int = 0) -> None:
        self.asked: deque[Asked] = deque(maxlen=MOST_KEPT)
        self._dimensions = script.dimensions
        self._chat, self._vectors = Prompter(script.replies), Prompter(script.embeddings)
        self._server = _Server((LOOPBACK, port), _handler(self))
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/v1"

    def serve(self) -> None:
        """Answer requests until `close` is called."""
        self._server.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def reply_to(self, path: str, body: Mapping[str, Any]) -> tuple[ScriptedReply, Any]:
        """Return the reply to a request, and what it says: a whole body, or for a stream its events."""
        if path.endswith("/embeddings"):
            return self._vectors.next(), embeddings(body, self._dimensions)
        reply = self._chat.next()
        return reply, events(reply, body) if body.get("stream") else completion(reply, body)


@contextmanager
def scripted_model(*replies: ScriptedReply, **script: Any) -> Iterator[ScriptedModel]:
    """Serve a script for the length of a with block.

    Parameters:
        replies: to requests for chat completions.
        script: more of `Script`.
    """
    model = ScriptedModel(Script(**({"replies": replies} if replies else {}), **script))
    thread = threading.Thread(target=model.serve, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.close()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def _handler(model: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        scripted = model

    return Handler


class _Handler(BaseHTTPRequestHandler):
    scripted: ScriptedModel
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write: in two, the second waits 40 ms for the acknowledgement of the first

    def do_GET(self) -> None:
        """Tell what was asked so far, under `/requests`."""
        is_known = self.path == "/requests"
        told = [asdict(each) for each in [*self.scripted.asked]] if is_known else failure(404)
        self._send(200 if is_known else 404, json.dumps(told).encode())

    def do_POST(self) -> None:
        """Play the next reply."""
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            body = None
        if not isinstance(body, dict) or not self.path.endswith(("/chat/completions", "/embeddings")):
            status = 404 if isinstance(body, dict) else 400
            self._send(status, json.dumps(failure(status)).encode())
            return
        self.scripted.asked.append(Asked(self.path, body, self.headers.get("Authorization", "")))
        reply, said = self.scripted.reply_to(self.path, body)
        time.sleep(reply.delay_s)
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has gone
            self._play(reply, said)

    def _play(self, reply: ScriptedReply, said: Any) -> None:
        if reply.status >= 400:  # noqa: PLR2004
            self._send(reply.status, json.dumps(failure(reply.status)).encode(), retry_after_s=reply.retry_after_s)
        elif reply.raw is not None:
            self._send(reply.status, reply.raw.encode(), is_cut=reply.cut)
        elif isinstance(said, dict):
            self._send(reply.status, json.dumps(said, ensure_ascii=False).encode(), is_cut=reply.cut)
        else:
            self._stream(reply, list(said))

    def _send(self, status: int, content: bytes, *, is_cut: bool = False, retry_after_s: float | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if retry_after_s is not None:
            self.send_header("Retry-After", f"{retry_after_s:g}")
        self.end_headers()
        self.wfile.write(content[: len(content) // _LEAST_OF_A_CUT_BODY] if is_cut else content)
        if is_cut:
            self._break_off()

    def _stream(self, reply: ScriptedReply, told: list[str]) -> None:
        """Send events, each as soon as it is told; of a reply that is cut all up to the last piece."""
        last_pieces = sum('"finish_reason": null' in event for event in told)
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in told[: last_pieces - 1] if reply.cut else told:
            time.sleep(reply.pause_s)
            self._send_chunk(f"data: {event}\n\n".encode())
        if reply.cut:
            self._break_off()
        else:
            self._send_chunk(b"")

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _break_off(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
