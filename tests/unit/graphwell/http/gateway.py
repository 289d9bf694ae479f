"""API Gateway in front of the applications: real proxy events in, proxy replies out."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext
from fastapi import FastAPI

from graphwell.domain.identity import Principal, Role
from graphwell.http.agent_routes import agent_router
from graphwell.http.app import create_app
from graphwell.http.debug_routes import debug_router
from graphwell.http.document_routes import document_router
from graphwell.http.graph_routes import graph_router
from graphwell.http.health_routes import health_router
from graphwell.http.job_routes import job_router
from graphwell.http.problems import TYPE_BASE
from graphwell.http.search_routes import search_router
from graphwell.http.stream_routes import stream_router
from graphwell.http.tenant_routes import tenant_router
from graphwell.runtime.container import Container
from graphwell.runtime.gateway_policy import authorizer_context
from graphwell.runtime.lambda_http import http_handler
from graphwell.runtime.settings import ReplySettings
from tests.fakes.container import FakeContainer

EVENT = Path(__file__).resolve().parents[4] / "events" / "query_search.json"
FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


class FakeLambdaContext:
    """What Lambda says about an invocation; `left_s` seconds are left of it."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id = "lambda-request"

    def __init__(self, left_s: float = 29.0) -> None:
        self._left_s = left_s

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left."""
        return int(self._left_s * 1000)


@dataclass(frozen=True)
class Reply:
    """A proxy reply."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Return the body."""
        return json.loads(self.text)


def caller(*roles: Role, tenant_id: str = "acme", expires_at: datetime = FAR_FUTURE, **tenants: Role) -> Principal:
    """Return a caller of a tenant, with roles in further `tenants`."""
    return Principal("user-1", tenant_id, frozenset(roles), expires_at, tenants)


EDITOR = caller(Role.EDITOR)


class Gateway:
    """Sends requests to an application as an authorized caller."""

    def __init__(self, app: FastAPI, settings: ReplySettings | None = None) -> None:
        self._handler = http_handler(app, settings or ReplySettings(allowed_origin=""))

    @classmethod
    def over(cls, container: FakeContainer, settings: ReplySettings | None = None) -> Gateway:
        """Return the gateway to all routes over a container."""
        wired = cast(Container, container)
        guarded = [
            document_router(wired),
            job_router(wired),
            search_router(wired),
            stream_router(wired),
            agent_router(wired),
            debug_router(wired),
            graph_router(wired),
            tenant_router(wired),
        ]
        app = create_app(
            guarded=guarded,
            public=[health_router(wired)],
            limit_rate=wired.limit_rate,
            refuse_erased=wired.refuse_erased,
        )
        return cls(app, settings)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: str | bytes | None = None,
        as_caller: Principal | None = EDITOR,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        authorizer: Mapping[str, object] | None = None,
        left_s: float = 29.0,
    ) -> Reply:
        """Return the reply to a request.

        Parameters:
            body: sent as JSON; `raw` is sent as it is, bytes in base64 as API Gateway does it.
            as_caller: whom the authorizer verified, None for nobody.
            authorizer: the authorizer's context itself, in place of `as_caller`'s.
            left_s: time that Lambda has left.
        """
        event = json.loads(EVENT.read_text())
        sent = {"Content-Type": "application/json", **(headers or {})}
        event["httpMethod"], event["path"], event["resource"] = method, path, path
        event["headers"] = {**event["headers"], **sent}
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        event["queryStringParameters"] = dict(query) if query else None
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} if query else None
        text = (None if body is None else json.dumps(body)) if raw is None else raw
        event["isBase64Encoded"] = isinstance(text, bytes)
        event["body"] = base64.b64encode(text).decode() if isinstance(text, bytes) else text
        event["requestContext"]["requestId"] = "request-1"
        context = authorizer if authorizer is not None else authorizer_context(as_caller) if as_caller else None
        event["requestContext"]["authorizer"] = context
        reply = self._handler(event, cast(LambdaContext, FakeLambdaContext(left_s)))
        assert reply["isBase64Encoded"] is False
        return Reply(reply["statusCode"], reply["headers"], reply["body"])


def assert_problem(reply: Reply, status: int, slug: str) -> dict[str, Any]:
    """Check that a reply is a problem of this kind that gives nothing internal away, and return its body."""
    problem: dict[str, Any] = reply.json
    assert (reply.status, problem["status"], problem["type"]) == (status, status, TYPE_BASE + slug)
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["request_id"] == "request-1"
    assert problem.keys() <= {"type", "title", "status", "detail", "request_id", "errors"}
    for internal in ("Traceback", ".py", "pydantic", "graphwell.domain", "errors.pydantic.dev"):
        assert internal not in reply.text
    return problem
