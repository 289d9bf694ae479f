"""What a page of the one allowed origin may do, and a page of any other may not."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.e2e.stack import CHECKOUT, ORIGIN, ClientFactory

DOCUMENT = json.loads((CHECKOUT / "docs" / "openapi.json").read_text(encoding="utf-8"))
PATHS = [path.replace("{", "").replace("}", "") for path in DOCUMENT["paths"]]


@pytest.fixture(scope="module")
def client(client_of: ClientFactory) -> httpx.Client:
    return client_of("e2e-browsers", "reader")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example"])
def test_a_preflight_names_the_allowed_origin_whoever_asks(client: httpx.Client, path: str, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    reply = httpx.options(f"{client.base_url}{path}", headers=asked)
    assert reply.status_code == 200, reply.text
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "Authorization" in reply.headers["access-control-allow-headers"].split(",")
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    ("status", "path", "headers"),
    [
        (200, "/v1/jobs", {}),
        (404, "/v1/jobs/unheard", {}),
        (404, "/v1/unheard", {}),
        (401, "/v1/jobs", {"Authorization": "Bearer none"}),
    ],
)
def test_its_pages_may_read_replies_of_functions_and_gateway(
    client: httpx.Client, status: int, path: str, headers: dict[str, str]
) -> None:
    reply = client.get(path, headers={"Origin": ORIGIN} | headers)
    assert reply.status_code == status
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "X-Request-Id" in reply.headers["access-control-expose-headers"]


def test_another_host_than_the_gateways_is_refused(client: httpx.Client) -> None:
    reply = client.get("/v1/jobs", headers={"Host": "evil.example"})
    assert (reply.status_code, reply.json()["type"]) == (400, "urn:graphwell:problem:untrusted-host")
