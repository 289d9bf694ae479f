"""The examples of docs/openapi.json: sent to the running API, each gets a reply like the one that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devstack.openapi import EXAMPLES
from graphwell.domain.graph.entities import entity_id
from tests.e2e.stack import ClientFactory, finished_job

REQUESTS = {
    "tenants.write": ("PUT", "/v1/tenants/e2e-example"),
    "jobs.upload": ("POST", "/v1/uploads"),
    "search.search": ("POST", "/v1/search"),
    "search.query": ("POST", "/v1/query"),
    "search.stream": ("POST", "/v1/query/stream"),
    "search.agent": ("POST", "/v1/agent"),
    "debug.search": ("POST", "/v1/debug/search"),
    "graph.find": ("GET", "/v1/graph/entities?query=travel%20handbook&limit=1"),
    "graph.read": ("GET", f"/v1/graph/entities/{entity_id('travel handbook')}?limit=2"),
    "documents.page": ("GET", "/v1/documents"),
    "documents.read": ("GET", "/v1/documents/handbook"),
    "documents.chunks": ("GET", "/v1/documents/handbook/chunks"),
    "tenants.read": ("GET", "/v1/tenants/e2e-example"),
    "tenants.stats": ("GET", "/v1/tenants/e2e-example/stats"),
}


@pytest.fixture(scope="module")
def client(client_of: ClientFactory) -> httpx.Client:
    """A client of a tenant that holds the example's documents."""
    made = client_of("e2e-example", "reader", "editor", "admin", "platform_admin")
    reply = made.post("/v1/documents", json=EXAMPLES["documents.ingest"]["request"])
    assert set(shape(reply.json())) == set(shape(EXAMPLES["documents.ingest"]["replies"]["202"]))
    assert finished_job(made, reply.json()["job_id"])["status"] == "succeeded"
    return made


@pytest.mark.parametrize("name", REQUESTS)
def test_an_example_gets_a_reply_like_its_own(client: httpx.Client, name: str) -> None:
    method, path = REQUESTS[name]
    reply = client.request(method, path, json=EXAMPLES[name].get("request"))
    assert reply.is_success, reply.text
    shown = EXAMPLES[name]["replies"][str(reply.status_code)]
    if isinstance(shown, str):
        assert [line for line in reply.text.split("\n") if line.startswith("event")] == [
            line for line in shown.split("\n") if line.startswith("event")
        ]
    else:
        assert set(shape(reply.json())) == set(shape(shown))


def shape(value: Any, at: str = "") -> Iterator[str]:
    """Yield the place of every name in a reply; those of a list's items are the same for all of them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{at}.{name}"
            yield from shape(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from shape(inner, f"{at}[]")
