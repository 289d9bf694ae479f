"""What callers hear of their limits, and who may set them."""

from __future__ import annotations

import pytest

from graphwell.domain.identity import Role
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, assert_problem, caller

SEARCH = {"query": "boiler"}
ADMIN = caller(Role.ADMIN)
PLATFORM_ADMIN = caller(Role.PLATFORM_ADMIN, tenant_id="ops")


def test_a_reply_says_what_is_left(gateway: Gateway) -> None:
    reply = gateway.send("POST", "/v1/search", SEARCH)
    assert reply.headers["ratelimit-limit"] == "100"
    assert reply.headers["ratelimit-remaining"] == "99"
    assert reply.headers["ratelimit-reset"] == "60"
    assert reply.headers["ratelimit-policy"] == "100;w=60, 1000;w=3600, 1000;w=60, 20000;w=3600"


def test_an_answer_counts_as_a_model_request(gateway: Gateway) -> None:
    for left in range(9, -1, -1):
        reply = gateway.send("POST", "/v1/query", {"question": "boiler"})
        assert (reply.status, reply.headers["ratelimit-remaining"]) == (200, str(left))
    assert gateway.send("POST", "/v1/query", {"question": "boiler"}).status == 429
    assert gateway.send("POST", "/v1/search", SEARCH).status == 200


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/search", SEARCH), ("/v1/query", {"question": "boiler"})], ids=["search", "query"]
)
def test_a_reply_says_that_limits_are_counted_in_part(
    gateway: Gateway, container: FakeContainer, path: str, body: dict[str, str]
) -> None:
    assert gateway.send("POST", path, body).json["degraded"] == []
    container.rate_log.down = True
    reply = gateway.send("POST", path, body)
    assert (reply.json["degraded"], reply.headers["ratelimit-limit"]) == (
        ["limits"],
        "25" if path == "/v1/search" else "2",
    )


def test_a_refused_request_says_when_to_come_back(gateway: Gateway, container: FakeContainer) -> None:
    container.tenant_settings.stored[TenantScope("acme")] = RateLimits(requests_per_minute=1)
    gateway.send("POST", "/v1/search", SEARCH)
    reply = gateway.send("POST", "/v1/search", SEARCH)
    problem = assert_problem(reply, 429, "rate-limited")
    assert "60 s" in problem["detail"]
    assert reply.headers["retry-after"] == reply.headers["ratelimit-reset"] == "60"
    assert reply.headers["ratelimit-remaining"] == "0"


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (422, {"body": {}}),
        (400, {"raw": "{"}),
        (422, {"raw": '{"query": "a", "query": "b"}'}),
        (403, {"body": SEARCH, "headers": {"X-Tenant-Id": "other"}}),
    ],
)
def test_errors_count_and_say_so(gateway: Gateway, status: int, options: dict[str, object]) -> None:
    reply = gateway.send("POST", "/v1/search", **options)  # type: ignore[arg-type]
    assert (reply.status, reply.headers["ratelimit-remaining"]) == (status, "99")


def test_a_request_without_an_identity_is_not_counted(gateway: Gateway, container: FakeContainer) -> None:
    assert "ratelimit-limit" not in gateway.send("POST", "/v1/search", SEARCH, as_caller=None).headers
    assert not container.rate_log.asked


def test_a_guest_is_counted_at_home(gateway: Gateway, container: FakeContainer) -> None:
    guest = caller(Role.READER, other=Role.READER)
    gateway.send("POST", "/v1/search", SEARCH, as_caller=guest, headers={"X-Tenant-Id": "other"})
    assert [scope.tenant_id for scope, _ in container.rate_log.asked] == ["acme"]


def test_an_administrator_reads_the_limits(gateway: Gateway) -> None:
    reply = gateway.send("GET", "/v1/tenants/acme", as_caller=ADMIN)
    assert reply.status == 200
    assert reply.json == {
        "id": "acme",
        "limits": {
            "requests_per_minute": 100,
            "requests_per_hour": 1_000,
            "model_requests_per_minute": 10,
            "tenant_requests_per_minute": 1_000,
            "tenant_requests_per_hour": 20_000,
            "tenant_model_requests_per_minute": 100,
        },
        "metadata_keys": {},
        "metadata_keys_applied": True,
    }


def test_a_platform_administrator_sets_them_whole(gateway: Gateway, container: FakeContainer) -> None:
    container.tenant_settings.stored[TenantScope("acme")] = RateLimits(requests_per_hour=7)
    body = {"limits": {"requests_per_minute": 500}}
    reply = gateway.send("PUT", "/v1/tenants/acme", body, as_caller=PLATFORM_ADMIN)
    assert reply.status == 200
    assert container.tenant_settings.stored == {TenantScope("acme"): RateLimits(requests_per_minute=500)}
    assert gateway.send("GET", "/v1/tenants/acme", as_caller=ADMIN).json == reply.json


def test_a_platform_administrator_can_help_a_tenant_at_its_ceiling(gateway: Gateway, container: FakeContainer) -> None:
    container.tenant_settings.stored[TenantScope("acme")] = RateLimits(tenant_requests_per_minute=1)
    gateway.send("POST", "/v1/search", SEARCH)
    assert gateway.send("POST", "/v1/search", SEARCH).status == 429
    assert gateway.send("PUT", "/v1/tenants/acme", {}, as_caller=PLATFORM_ADMIN).status == 200


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_others_do_not_read_them(gateway: Gateway, role: Role) -> None:
    assert_problem(gateway.send("GET", "/v1/tenants/acme", as_caller=caller(role)), 403, "forbidden")


def test_a_tenants_own_administrator_does_not_set_them(gateway: Gateway) -> None:
    assert_problem(gateway.send("PUT", "/v1/tenants/acme", {}, as_caller=ADMIN), 403, "forbidden")


@pytest.mark.parametrize("tenant", ["other", "Acme", "ac-me", "ac_me"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_tenants_administrator_does_neither(gateway: Gateway, method: str, tenant: str) -> None:
    body: dict[str, int] | None = {} if method == "PUT" else None
    assert_problem(gateway.send(method, f"/v1/tenants/{tenant}", body, as_caller=ADMIN), 403, "forbidden")


def test_a_header_that_names_another_tenant_than_the_path_is_refused(gateway: Gateway) -> None:
    reply = gateway.send("GET", "/v1/tenants/acme", as_caller=PLATFORM_ADMIN, headers={"X-Tenant-Id": "other"})
    problem = assert_problem(reply, 422, "invalid-input")
    assert problem["errors"][0]["field"] == "X-Tenant-Id"


@pytest.mark.parametrize("value", [0, -1, 1.5, "10", None, True, 10**9, [], {}])
def test_a_limit_of_another_form_is_refused(gateway: Gateway, container: FakeContainer, value: object) -> None:
    body = {"limits": {"requests_per_minute": value}}
    problem = assert_problem(
        gateway.send("PUT", "/v1/tenants/acme", body, as_caller=PLATFORM_ADMIN), 422, "invalid-input"
    )
    assert problem["errors"][0]["field"] == "limits.requests_per_minute"
    assert not container.tenant_settings.stored
