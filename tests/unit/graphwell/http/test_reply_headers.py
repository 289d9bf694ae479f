"""What every reply of a function says besides its body."""

from __future__ import annotations

from typing import Any

import pytest

from graphwell.runtime.reply_headers import SECURITY_HEADERS
from graphwell.runtime.settings import ReplySettings
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway


@pytest.mark.parametrize(
    ("status", "method", "path", "options"),
    [
        (200, "GET", "/v1/health", {}),
        (200, "POST", "/v1/search", {"body": {"query": "boiler"}}),
        (401, "POST", "/v1/search", {"body": {"query": "boiler"}, "as_caller": None}),
        (404, "GET", "/v1/nowhere", {}),
        (405, "PUT", "/v1/search", {}),
        (422, "POST", "/v1/search", {"body": {}}),
    ],
)
def test_every_reply_is_closed_to_browsers_and_names_its_request(
    gateway: Gateway, status: int, method: str, path: str, options: dict[str, Any]
) -> None:
    reply = gateway.send(method, path, **options)
    assert reply.status == status
    assert {name: reply.headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert reply.headers["x-request-id"] == "request-1"


def test_an_unexpected_error_has_them_too(gateway: Gateway, container: FakeContainer) -> None:
    container.index.found = {}
    container.index.queries = None  # type: ignore[assignment]  # the fake fails at this, as no real part should
    reply = gateway.send("POST", "/v1/search", body={"query": "boiler"})
    assert reply.status == 500
    assert {name: reply.headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert reply.headers["x-request-id"] == "request-1"


def test_without_an_allowed_origin_no_page_may_read_a_reply(gateway: Gateway) -> None:
    headers = gateway.send("GET", "/v1/health").headers
    assert not [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("options", [{}, {"as_caller": None}, {"body": {}}])
def test_pages_of_the_allowed_origin_may_read_replies_and_what_they_say_of_limits(
    container: FakeContainer, options: dict[str, Any]
) -> None:
    gateway = Gateway.over(container, ReplySettings(allowed_origin="https://app.example.com"))
    reply = gateway.send("POST", "/v1/search", **({"body": {"query": "boiler"}} | options))
    assert reply.headers["access-control-allow-origin"] == "https://app.example.com"
    exposed = reply.headers["access-control-expose-headers"]
    assert {"Retry-After", "X-Request-Id", "RateLimit-Remaining"} <= set(exposed.split(", "))
    assert "access-control-allow-credentials" not in reply.headers
