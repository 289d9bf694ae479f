"""What Lambda Web Adapter says of a request, where the application looks for it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from graphwell.domain.deadline import Deadline
from graphwell.runtime.observability import logger, metrics
from graphwell.runtime.settings import ReplySettings
from graphwell.runtime.web_adapter import web_app
from tests.emf import emitted

pytestmark = pytest.mark.anyio
CONTEXT = {"requestId": "request-1", "domainName": "api.test", "authorizer": {"subject": "Zo\u00eb"}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Application:
    """Answers 204; `scope` is the last request's, and `left_s` the time it had."""

    def __init__(self) -> None:
        self.scope: Any = None
        self.left_s = 0.0
        self.logged: Any = None

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        self.scope = scope
        deadline = Deadline.current()
        assert deadline is not None
        self.left_s = deadline.at_s - deadline.clock()
        self.logged = logger.get_correlation_id()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def call(app: Application, *headers: tuple[bytes, bytes], path: str = "/", base_path: str = "") -> dict[str, str]:
    """Send a request and return the reply's headers."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody reads the body")

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
    settings = ReplySettings(allowed_origin="https://app.test", base_path=base_path)
    await web_app(app, settings)(scope, receive, send)
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def adapter_headers(left_s: float = 20) -> list[tuple[bytes, bytes]]:
    lambda_context = {"request_id": "invocation-1", "deadline": int((time.time() + left_s) * 1000)}
    return [
        (b"x-amzn-request-context", json.dumps(CONTEXT, ensure_ascii=False).encode()),
        (b"x-amzn-lambda-context", json.dumps(lambda_context).encode()),
    ]


async def test_the_gateways_context_is_where_every_route_looks_for_it() -> None:
    app = Application()
    replied = await call(app, *adapter_headers())
    assert app.scope["aws.event"]["requestContext"] == CONTEXT
    assert app.scope["aws.context"].aws_request_id == "invocation-1"
    assert app.logged == replied["x-request-id"] == "request-1"
    assert replied["access-control-allow-origin"] == "https://app.test"


async def test_a_base_path_before_the_route_is_left_out() -> None:
    app = Application()
    await call(app, *adapter_headers(), path="/rag/v1/query/stream", base_path="rag")
    assert app.scope["path"] == "/v1/query/stream"
    await call(app, *adapter_headers(), path="/ragged", base_path="rag")
    assert app.scope["path"] == "/ragged"


async def test_a_request_has_the_time_that_lambda_has_left_less_the_margin() -> None:
    app = Application()
    await call(app, *adapter_headers(left_s=20))
    assert 10 < app.left_s <= 19


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", b"\xff"])
async def test_what_the_adapter_did_not_say_counts_as_nothing(value: bytes) -> None:
    app = Application()
    await call(app, (b"x-amzn-request-context", value), (b"x-amzn-lambda-context", value))
    assert app.scope["aws.event"] == {"requestContext": {}}
    assert app.left_s <= 0


async def test_metrics_of_a_request_are_told_when_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    class Counting(Application):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            metrics.add_metric("answers_computed", MetricUnit.Count, 1)
            await super().__call__(scope, receive, send)

    await call(Counting(), *adapter_headers())
    assert "answers_computed" in {metric.name for metric in emitted(capsys.readouterr().out)}
