"""Who is let in, and that no route forgets to ask."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi import APIRouter

from graphwell.domain.identity import Role
from graphwell.http.access import ReaderScope
from graphwell.http.app import create_app
from graphwell.runtime.gateway_policy import authorizer_context
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import EDITOR, Gateway, assert_problem, caller

READER_ROUTES = [
    ("GET", "/v1/documents"),
    ("GET", "/v1/documents/a"),
    ("GET", "/v1/documents/a/chunks"),
    ("GET", "/v1/jobs"),
    ("GET", "/v1/jobs/a"),
    ("POST", "/v1/search"),
    ("POST", "/v1/query"),
    ("POST", "/v1/agent"),
    ("GET", "/v1/graph/entities"),
    ("GET", "/v1/graph/entities/a"),
]
EDITOR_ROUTES = [("POST", "/v1/documents"), ("DELETE", "/v1/documents/a"), ("POST", "/v1/uploads")]
ROUTES = READER_ROUTES + EDITOR_ROUTES


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_verified_identity_every_route_is_closed(gateway: Gateway, method: str, path: str) -> None:
    assert_problem(gateway.send(method, path, {}, as_caller=None), 401, "unauthenticated")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_an_expired_token_is_refused_though_the_gateway_kept_its_verdict(
    gateway: Gateway, method: str, path: str
) -> None:
    expired = caller(Role.ADMIN, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    problem = assert_problem(gateway.send(method, path, {}, as_caller=expired), 401, "unauthenticated")
    assert "expired" in problem["detail"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_another_tenant_is_refused(gateway: Gateway, method: str, path: str) -> None:
    reply = gateway.send(method, path, {}, as_caller=caller(Role.ADMIN), headers={"X-Tenant-Id": "other"})
    assert_problem(reply, 403, "forbidden")


@pytest.mark.parametrize(("method", "path"), EDITOR_ROUTES)
def test_a_reader_changes_nothing(gateway: Gateway, method: str, path: str) -> None:
    problem = assert_problem(gateway.send(method, path, {}, as_caller=caller(Role.READER)), 403, "forbidden")
    assert "editor" in problem["detail"]


@pytest.mark.parametrize(("method", "path"), READER_ROUTES)
def test_a_reader_may_read(gateway: Gateway, method: str, path: str) -> None:
    assert gateway.send(method, path, {}, as_caller=caller(Role.READER)).status not in {401, 403}


@pytest.mark.parametrize("tenant", ["", "a/b", "x" * 65, "ACME", "acme "])
def test_a_tenant_header_that_names_no_own_tenant_is_refused(gateway: Gateway, tenant: str) -> None:
    reply = gateway.send("GET", "/v1/jobs", headers={"X-Tenant-Id": tenant})
    assert reply.status in {403, 422}
    assert_problem(reply, reply.status, "forbidden" if reply.status == 403 else "invalid-input")


@pytest.mark.parametrize(
    "change",
    [
        {"roles": "owner"},
        {"roles": 7},
        {"exp": "soon"},
        {"exp": "9" * 30},
        {"tenants": "no json"},
        {"tenants": "[]"},
        {"tenants": '{"other": "owner"}'},
        {"tenant_id": None},
    ],
)
def test_a_broken_authorizer_context_is_no_identity(gateway: Gateway, change: dict[str, object]) -> None:
    context = {**authorizer_context(EDITOR), **change}
    reply = gateway.send("GET", "/v1/jobs", authorizer=context)
    assert reply.status in {401, 403}
    assert_problem(reply, reply.status, "unauthenticated" if reply.status == 401 else "forbidden")


@pytest.mark.parametrize("missing", ["subject", "tenant_id", "roles", "exp", "tenants"])
def test_an_incomplete_authorizer_context_is_no_identity(gateway: Gateway, missing: str) -> None:
    context = {name: value for name, value in authorizer_context(EDITOR).items() if name != missing}
    assert_problem(gateway.send("GET", "/v1/jobs", authorizer=context), 401, "unauthenticated")


def test_a_job_of_another_tenant_is_as_unknown_as_one_that_never_was(
    gateway: Gateway, container: FakeContainer
) -> None:
    never = assert_problem(gateway.send("GET", "/v1/jobs/j1"), 404, "not-found")
    body = {"filename": "a.md", "content_type": "text/markdown", "size": 1}
    job_id = gateway.send("POST", "/v1/uploads", body, as_caller=caller(Role.EDITOR, tenant_id="other")).json["job_id"]
    assert ("other", job_id) in container.jobs.uploads
    theirs = assert_problem(gateway.send("GET", f"/v1/jobs/{job_id}"), 404, "not-found")
    assert theirs["detail"].replace(job_id, "j1") == never["detail"]


def test_an_application_with_a_route_that_asks_for_no_role_is_not_put_together() -> None:
    router = APIRouter()

    @router.get("/v1/open")
    def forgotten() -> None:
        """A route whose author forgot the role."""

    with pytest.raises(RuntimeError, match=r"/v1/open.* declares no role"):
        create_app(guarded=[router], limit_rate=lambda _caller, _class: None, refuse_erased=lambda _scope: None)


def test_a_caller_is_known_before_the_body_is_read(gateway: Gateway) -> None:
    assert_problem(gateway.send("POST", "/v1/search", raw="{", as_caller=None), 401, "unauthenticated")


def test_a_route_of_a_kind_that_counts_nothing_is_not_put_together() -> None:
    router = APIRouter()

    @router.get("/v1/uncounted")
    def uncounted(scope: ReaderScope) -> str:
        """A route whose router is not of GuardedRoutes."""
        return scope.tenant_id

    with pytest.raises(RuntimeError, match=r"/v1/uncounted.* declares no role"):
        create_app(guarded=[router], limit_rate=lambda _caller, _class: None, refuse_erased=lambda _scope: None)


def test_a_router_within_a_guarded_router_does_not_hide_its_routes() -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/open", lambda: None)
    outer.include_router(inner)
    with pytest.raises(RuntimeError, match="declares no role"):
        create_app(guarded=[outer], limit_rate=lambda _caller, _class: None, refuse_erased=lambda _scope: None)


def test_guarded_routes_do_not_start_uncounted() -> None:
    with pytest.raises(RuntimeError, match="limit_rate"):
        create_app(guarded=[APIRouter()])
