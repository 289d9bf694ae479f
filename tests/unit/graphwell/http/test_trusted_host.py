"""Requests that name another host than the one that was called."""

from __future__ import annotations

import pytest

from graphwell.runtime.settings import ReplySettings
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, assert_problem


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost:443"])
def test_the_host_that_was_called_is_trusted(gateway: Gateway, host: str) -> None:
    assert gateway.send("POST", "/v1/search", {"query": "boiler"}, headers={"Host": host}).status == 200


@pytest.mark.parametrize("path", ["/v1/health", "/rag/v1/health"])
def test_a_base_path_of_a_domain_is_no_part_of_a_route(container: FakeContainer, path: str) -> None:
    gateway = Gateway.over(container, ReplySettings(allowed_origin="", base_path="rag"))
    assert gateway.send("GET", path).status == 200


@pytest.mark.parametrize("path", ["/v1/rag/health", "/ragv1/health", "/other/v1/health"])
def test_nothing_but_the_base_path_is_taken_away(container: FakeContainer, path: str) -> None:
    gateway = Gateway.over(container, ReplySettings(allowed_origin="", base_path="rag"))
    assert gateway.send("GET", path).status == 404


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "localhost:x", "evil.example:80"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/search"), ("GET", "/v1/health"), ("GET", "/v1/nowhere")])
def test_another_is_not(gateway: Gateway, method: str, path: str, host: str) -> None:
    assert_problem(gateway.send(method, path, headers={"Host": host}), 400, "untrusted-host")
