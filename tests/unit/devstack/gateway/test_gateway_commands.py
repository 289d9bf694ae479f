"""`graphwell token` and `graphwell invoke`: what they print, and how they fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import jwt
import pytest

from devstack.cli.context import CliContext
from devstack.cli.main import run
from devstack.gateway.gateway_file import write_gateway_file
from devstack.gateway.issuer import open_issuer
from devstack.gateway.web_environment import METADATA_END

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of a running stack."""
    open_issuer(tmp_path).save_identity(tmp_path)
    write_gateway_file(tmp_path, url="http://localhost:1", management_url="http://localhost:2", pid=1)
    return tmp_path


@pytest.fixture
def event(tmp_path: Path) -> Path:
    path = tmp_path / "event.json"
    path.write_text('{"a": 1}')
    return path


def _invoke(data: Path, event: Path, handler: Handler) -> int:
    context = CliContext(transport=httpx.MockTransport(handler))
    return run(["invoke", "hello", str(event), "--data", str(data)], context=context)


def test_token_prints_a_token_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "--tenant", "acme", "--subject", "ann", "--data", str(data)]) == 0

    printed = capsys.readouterr().out
    claims = jwt.decode(printed.strip(), options={"verify_signature": False})
    assert printed.count("\n") == 1
    assert (claims["tenant_id"], claims["sub"], claims["roles"]) == ("acme", "ann", ["reader", "editor", "admin"])


def test_token_takes_roles(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["token", "--tenant", "acme", "--role", "reader", "--role", "editor", "--data", str(data)])

    token = capsys.readouterr().out.strip()
    assert jwt.decode(token, options={"verify_signature": False})["roles"] == ["reader", "editor"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [(["--tenant", "a b"], "is not 1 to 64 letters"), (["--tenant", "a", "--role", "boss"], "There is no role 'boss'")],
)
def test_wrong_input_is_exit_code_2(
    data: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert run(["token", *options, "--data", str(data)]) == 2
    assert sentence in capsys.readouterr().err


def test_token_without_a_stack_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "--tenant", "a", "--data", str(tmp_path)]) == 1
    assert "graphwell up" in capsys.readouterr().err


def test_invoke_prints_status_and_body_of_a_streamed_reply(
    data: Path, event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    streamed = b'{"statusCode":200}' + METADATA_END + b"event: delta\ndata: {}\n\n"
    assert _invoke(data, event, lambda _: httpx.Response(200, content=streamed)) == 0
    assert capsys.readouterr().out == '{\n  "statusCode": 200\n}\nevent: delta\ndata: {}\n\n'


def test_invoke_prints_the_reply(data: Path, event: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"answer": "é"})

    assert _invoke(data, event, handler) == 0
    assert str(asked[0].url) == "http://localhost:2/2015-03-31/functions/hello/invocations"
    assert json.loads(asked[0].content) == {"a": 1}
    assert json.loads(capsys.readouterr().out) == {"answer": "é"}


def test_a_failed_function_is_exit_code_1_with_its_error(
    data: Path, event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = {"errorType": "ValueError", "errorMessage": "bad"}
    reply = httpx.Response(200, json=failure, headers={"x-amz-function-error": "Unhandled"})

    assert _invoke(data, event, lambda _: reply) == 1
    assert "hello failed with ValueError: bad" in capsys.readouterr().err


def test_an_unknown_function_is_exit_code_2(data: Path, event: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _invoke(data, event, lambda _: httpx.Response(404, json={"Message": "There is no function hello."})) == 2
    assert "There is no function hello." in capsys.readouterr().err


def test_a_stack_that_does_not_answer_is_a_sentence(
    data: Path, event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert _invoke(data, event, handler) == 1
    assert "does not answer" in capsys.readouterr().err


def test_an_event_that_is_not_json_is_exit_code_2(data: Path, event: Path, capsys: pytest.CaptureFixture[str]) -> None:
    event.write_text("{")

    assert _invoke(data, event, lambda _: httpx.Response(200)) == 2
    assert "is not JSON" in capsys.readouterr().err


def test_no_stack_is_exit_code_1(tmp_path: Path, event: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["invoke", "hello", str(event), "--data", str(tmp_path)]) == 1
    assert "No local stack runs" in capsys.readouterr().err
