"""Paths reach resources as in a REST API."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.errors import DevstackError
from devstack.gateway.routing import Route, Router

ROUTES = ["/v1/documents", "/v1/documents/{id}", "/v1/documents/{id}/chunks", "/v1/documents/new", "/files/{path+}"]
ROUTER = Router(Route("GET", resource, "f", None) for resource in ROUTES)


def _reached(path: str) -> tuple[str, dict[str, str]] | None:
    match = ROUTER.match(path)
    route = match.route("GET") if match else None
    return (route.resource, dict(match.parameters)) if match and route else None


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/v1/documents", "/v1/documents", {}),
        ("/v1/documents/", "/v1/documents", {}),
        ("/v1/documents/new", "/v1/documents/new", {}),
        ("/v1/documents/a%2Fb", "/v1/documents/{id}", {"id": "a%2Fb"}),
        ("/v1/documents/new/chunks", "/v1/documents/{id}/chunks", {"id": "new"}),
        ("/files/a/b%20c", "/files/{path+}", {"path": "a/b%20c"}),
        ("/v1/d%6Fcuments", "/v1/documents", {}),
    ],
)
def test_a_path_reaches_the_most_specific_resource(path: str, resource: str, parameters: dict[str, str]) -> None:
    assert _reached(path) == (resource, parameters)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/documents/a/b", "/v1//documents", "/files", "/V1/documents"])
def test_other_paths_reach_nothing(path: str) -> None:
    assert _reached(path) is None


@given(st.text(min_size=1).map(lambda text: quote(text, safe="")).filter(lambda text: text != "new"))
def test_any_encoded_id_arrives_as_it_was_sent(encoded: str) -> None:
    assert _reached(f"/v1/documents/{encoded}") == ("/v1/documents/{id}", {"id": encoded})


def test_any_takes_the_methods_that_no_other_event_takes() -> None:
    match = Router([Route("GET", "/a", "get", None), Route("ANY", "/a", "any", None)]).match("/a")

    assert match is not None
    assert [route.function for method in ("GET", "PUT") if (route := match.route(method))] == ["get", "any"]


def test_two_functions_cannot_claim_one_method() -> None:
    with pytest.raises(DevstackError, match="both handle GET /a"):
        Router([Route("GET", "/a", "one", None), Route("GET", "/a", "two", None)])
