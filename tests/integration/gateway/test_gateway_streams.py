"""A server behind Lambda Web Adapter, whose part the gateway plays, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.errors import DevstackError
from devstack.gateway.api_view import read_api
from devstack.gateway.function_view import read_functions
from devstack.gateway.functions import Functions
from devstack.gateway.rest_api import RestApi
from devstack.gateway.routing import build_router
from devstack.gateway.server import HttpServer, listen
from devstack.gateway.template import Template
from devstack.gateway.web_environment import METADATA_END

pytestmark = pytest.mark.anyio

SERVER = """
import asyncio
import json
import os
from pathlib import Path

import toy

HERE = Path(__file__).parent


async def app(scope, receive, send):
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    body = (await receive())["body"].decode()
    if body == "exit":
        os._exit(3)
    seen = {
        "path": scope["raw_path"].decode(), "query": scope["query_string"].decode(), "headers": headers, "body": body,
        "request": json.loads(headers["x-amzn-request-context"]),
        "lambda": json.loads(headers["x-amzn-lambda-context"]),
        "toy": toy.NAME, "mode": os.environ["AWS_LWA_INVOKE_MODE"], "pid": os.getpid(),
    }
    await send({"type": "http.response.start", "status": 201, "headers": [(b"x-mine", b"1")]})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode() + b"|", "more_body": True})
    if body == "wait":
        leaving = asyncio.create_task(receive())
        while not (HERE / "go").exists() and not leaving.done():
            await asyncio.sleep(0.01)
        if leaving.done():
            (HERE / "left").write_text("left")
    await send({"type": "http.response.body", "body": b"end"})
"""

RUN = """#!/bin/sh
exec python -m uvicorn app:app --app-dir "$LAMBDA_TASK_ROOT" --port "$AWS_LWA_PORT" --lifespan off --log-level warning
"""

FUNCTION = """
  ServerFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/server
      Handler: run.sh
      Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap, AWS_LWA_INVOKE_MODE: response_stream } }
      Events:
        Stream:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Method: POST
            Path: /v1/streamed/{id}
            ResponseTransferMode: RESPONSE_STREAM
            Auth: { Authorizer: NONE }
"""


@pytest.fixture
def folder(toy: Path) -> Path:
    """The server's folder, in a template that has it."""
    found = toy.parent / "functions" / "server"
    found.mkdir()
    (found / "app.py").write_text(SERVER, "utf-8")
    (found / "run.sh").write_text(RUN, "utf-8")
    (found / "run.sh").chmod(0o755)
    toy.write_text(toy.read_text("utf-8") + FUNCTION, "utf-8")
    return found


@pytest.fixture
async def functions(folder: Path, toy: Path, tmp_path: Path) -> AsyncIterator[Functions]:  # noqa: ARG001
    template = Template(toy, {})
    specs = read_functions(template)
    running = Functions(specs, account=template.account, local_variables={}, log_dir=tmp_path / "logs")
    yield running
    await running.stop()


@pytest.fixture
async def client(functions: Functions, toy: Path) -> AsyncIterator[httpx.AsyncClient]:
    template = Template(toy, {})
    api = read_api(template)
    assert api is not None
    rest_api = RestApi(
        api,
        build_router(api, functions.specs),
        functions.invoke,
        functions.streamed,
        account=template.account,
        throttle=None,
    )
    listener = listen("127.0.0.1", 0)
    server = HttpServer(rest_api, listener)
    await server.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as opened:
        yield opened
    await server.stop()


async def _until(path: Path) -> None:
    async with asyncio.timeout(30):
        while not path.exists():
            await asyncio.sleep(0.01)


async def test_a_request_comes_as_the_adapter_sends_it(client: httpx.AsyncClient) -> None:
    forged = {"x-amzn-request-context": "{}", "x-amzn-lambda-context": "{}"}
    reply = await client.post("/v1/streamed/a%2Fb?q=%26&q=2", content="hello", headers=forged)

    assert (reply.status_code, reply.headers["x-mine"]) == (201, "1")
    seen: dict[str, Any] = json.loads(reply.text.removesuffix("|end"))
    assert (seen["path"], seen["query"], seen["body"]) == ("/v1/streamed/a%2Fb", "q=%26&q=2", "hello")
    assert seen["request"]["requestId"] == reply.headers["x-amzn-requestid"]
    assert seen["headers"]["host"] == client.base_url.netloc.decode()
    assert seen["lambda"]["invoked_function_arn"].endswith("graphwell-ServerFunction")
    assert (seen["toy"], seen["mode"]) == ("toy layer", "response_stream")


async def test_the_first_chunk_arrives_before_the_last_is_made(client: httpx.AsyncClient, folder: Path) -> None:
    async with client.stream("POST", "/v1/streamed/x", content="wait") as reply:
        chunks = reply.aiter_text()
        assert (await anext(chunks)).endswith("|")
        (folder / "go").touch()
        assert "".join([chunk async for chunk in chunks]) == "end"


async def test_a_caller_who_leaves_is_seen_to_leave_and_the_environment_serves_on(
    client: httpx.AsyncClient, folder: Path
) -> None:
    async with client.stream("POST", "/v1/streamed/x", content="wait") as reply:
        first = json.loads((await anext(reply.aiter_text())).removesuffix("|"))
    await _until(folder / "left")
    again = json.loads((await client.post("/v1/streamed/x")).text.removesuffix("|end"))
    assert again["pid"] == first["pid"]


async def test_a_server_that_ends_is_502_and_replaced(client: httpx.AsyncClient, functions: Functions) -> None:
    assert (await client.post("/v1/streamed/x", content="exit")).status_code == 502
    assert (await client.post("/v1/streamed/x")).status_code == 201
    (figures,) = (each for each in functions.status() if each["function"] == "server")
    assert (figures["invocations"], figures["errors"], len(figures["cold_starts"])) == (2, 1, 2)


async def test_an_invocation_gives_the_whole_reply_as_lambda_frames_it(functions: Functions) -> None:
    event = {"httpMethod": "POST", "path": "/v1/streamed/x", "body": "hello"}
    result = await functions.invoke("server", json.dumps(event).encode())
    metadata, _, body = result.payload.partition(METADATA_END)
    assert json.loads(metadata)["statusCode"] == 201
    assert body.endswith(b"|end")


async def test_a_server_that_cannot_start_says_where_to_look(functions: Functions, folder: Path) -> None:
    (folder / "app.py").write_text("import nothing_of_that_name", "utf-8")
    with pytest.raises(DevstackError, match=r"The function server did not start.*see server\.log"):
        await functions.warm(["server"])
