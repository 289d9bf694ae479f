"""A streamed answer from the model's socket to the caller's: the application as run.sh serves it, the OpenAI adapter,
and an endpoint that says no more until it is told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import httpx
import pytest
import uvicorn

from graphwell.adapters.openai_answerer import OpenAIAnswerer
from graphwell.domain.identity import Role
from graphwell.domain.passages import SearchMode
from graphwell.http.app import create_app
from graphwell.http.stream_routes import stream_router
from graphwell.runtime.container import Container
from graphwell.runtime.gateway_policy import authorizer_context
from graphwell.runtime.settings import ReplySettings
from graphwell.runtime.web_adapter import web_app
from graphwell.usecases.answer_once import AnswerOnce
from graphwell.usecases.answer_question import AnswerQuestion
from graphwell.usecases.kept_answers import KeptAnswers
from tests.fakes.caching import FakeAnswerLock
from tests.fakes.container import FakeContainer
from tests.fakes.openai_chat import chat_at
from tests.fakes.search import FakeAnswerer, passage
from tests.unit.graphwell.http.gateway import caller

WAIT_S = 30
TEXT = "The boiler runs at 2 bar. It was built in 1854."


class Endpoint(ThreadingHTTPServer):
    """A chat model that says one sentence and the start of the next, and the rest when `proceed` is set.

    Meanwhile it repeats a word, and sees by that whether anybody still listens: `left` is set when nobody does.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Chat)
        self.proceed = threading.Event()
        self.left = threading.Event()

    @property
    def url(self) -> str:
        """Address up to and with /v1."""
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:  # the library's name
        assert json.loads(self.rfile.read(int(self.headers["Content-Length"])))["stream"] is True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            self._say("The boiler runs at 2 bar [1]. ")
            self._say("Built ")
            while not self.server.proceed.wait(0.01):
                self._say("very ")
            self._say("early, in 1854 [1].", "stop")
        except OSError:
            self.server.left.set()

    def _say(self, text: str, finish_reason: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.proceed.set()
        serving.shutdown()


@pytest.fixture
def container(endpoint: Endpoint) -> FakeContainer:
    built = FakeContainer()
    built.index.found[SearchMode.VECTOR] = [passage(1, TEXT)]
    built.answer_question = AnswerQuestion(
        built.find_passages,
        built.embedder,
        answerer=OpenAIAnswerer(chat_at(endpoint.url)),
        fallback=FakeAnswerer("extract"),
        kept=KeptAnswers(built.answer_cache, None, built.index, min_cosine=1, identity="m"),
        once=AnswerOnce(FakeAnswerLock()),
    )
    return built


@pytest.fixture
def client(container: FakeContainer) -> Iterator[httpx.Client]:
    """A caller of the application, with what Lambda Web Adapter would say of it."""
    wired = cast(Container, container)
    app = create_app(guarded=[stream_router(wired)], limit_rate=wired.limit_rate, refuse_erased=wired.refuse_erased)
    served = web_app(app, ReplySettings(allowed_origin=""))
    server = uvicorn.Server(uvicorn.Config(served, http="h11", ws="none", lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        running.start()
        context = {"requestId": "request-1", "authorizer": authorizer_context(caller(Role.READER))}
        headers = {
            "x-amzn-request-context": json.dumps(context),
            "x-amzn-lambda-context": json.dumps({"deadline": int((time.time() + WAIT_S) * 1000)}),
        }
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, headers=headers, timeout=WAIT_S, trust_env=False) as opened:
            yield opened
        server.should_exit = True
        running.join(WAIT_S)


def events(reply: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Yield name and data of each event as it comes."""
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line:
            yield name, json.loads(line.removeprefix("data: "))


def test_a_sentence_arrives_before_the_model_says_the_next(client: httpx.Client, endpoint: Endpoint) -> None:
    with client.stream("POST", "/v1/query/stream", json={"question": "How hot?"}) as reply:
        coming = events(reply)
        assert next(coming)[0] == "passages"
        assert next(coming) == ("delta", {"text": "The boiler runs at 2 bar [1]."})
        endpoint.proceed.set()
        (last, rest), (name, answer) = coming
    assert (last, name) == ("delta", "answer")
    assert "The boiler runs at 2 bar [1]." + rest["text"] == answer["answer"]
    assert [citation["quote"] for citation in answer["citations"]] == TEXT.replace(". ", ".|").split("|")
    assert (answer["degraded"], answer["cache"]) == ([], {"hit": None})


def test_a_caller_who_goes_away_ends_the_models_work_and_nothing_is_kept(
    client: httpx.Client, endpoint: Endpoint, container: FakeContainer
) -> None:
    with client.stream("POST", "/v1/query/stream", json={"question": "How hot?"}) as reply:
        coming = events(reply)
        assert [next(coming)[0], next(coming)[0]] == ["passages", "delta"]
    assert endpoint.left.wait(WAIT_S)
    assert container.answer_cache.kept == {}


def test_a_model_that_is_away_is_done_without(client: httpx.Client, endpoint: Endpoint) -> None:
    endpoint.shutdown()
    endpoint.server_close()
    with client.stream("POST", "/v1/query/stream", json={"question": "How hot?"}) as reply:
        *_, (name, answer) = events(reply)
    assert (name, answer["degraded"]) == ("answer", ["llm"])
    assert answer["answer"].startswith("extract: ")
