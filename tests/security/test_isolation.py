"""Every route, cache, job, upload, error and log line, with four tenants that share ids, texts and questions."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.gateway.issuer import Issuer, load_issuer
from graphwell.domain.graph.entities import entity_id
from tests.e2e.stack import Stack, finished_job, ingest
from tests.security.routes import GUARDED, ROUTES, VALUES, Route

NAMES = ("Acme", "acme", "ac-me", "ac_me")
ROLES = ("reader", "editor", "admin", "platform_admin")
SHARED = "The boiler of the house runs at two bar, and the vault is in the cellar."
UNKNOWN = {"document_id": "unheard-of", "job_id": "0" * 32, "tenant_id": "unheard-of", "entity_id": "0" * 24}
BY_NAME = pytest.mark.parametrize("route", GUARDED, ids=str)


class Tenant:
    """A tenant with documents and jobs whose ids other tenants have too, and marks that no other has.

    Parameters:
        issuer: signs its tokens.
    """

    def __init__(self, name: str, issuer: Issuer, url: str) -> None:
        self.name = name
        self.secret = f"k{secrets.token_hex(8)}"
        self._issuer = issuer
        self._url = url
        self._client = self.client("editor")
        texts = {"handbook": f"The code of the vault is {self.secret}. {SHARED}", "scratch": SHARED, "note": SHARED}
        entries = [{"id": name, "title": name.title(), "text": text} for name, text in texts.items()]
        own = {"id": f"only-{self.secret}", "title": f"House of {self.secret}", "text": SHARED}
        self.job_id = ingest(self._client, *entries, own)["id"]
        self.upload = self._upload(f"The file of {self.secret}. {SHARED}")
        self.marks = (self.secret, self.job_id, self.upload["job_id"])

    @property
    def parameters(self) -> dict[str, str]:
        """Ids of its own, those of documents the same in all tenants."""
        ids = {"document_id": "handbook", "job_id": self.job_id, "tenant_id": self.name}
        return ids | {"entity_id": entity_id("handbook")}

    @property
    def own_ids(self) -> dict[str, str]:
        """Ids that no other tenant has."""
        ids = {"document_id": f"only-{self.secret}", "job_id": self.job_id, "tenant_id": self.name}
        return ids | {"entity_id": entity_id(f"house of {self.secret}")}

    def client(self, *roles: str, tenants: Mapping[str, str] | None = None) -> httpx.Client:
        """Return a client of one of its people."""
        token = self._issuer.mint(self.name, roles, tenants=tenants)
        return httpx.Client(base_url=self._url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def state(self) -> Any:
        """Return all that its people can list."""
        documents = self._client.get("/v1/documents", params={"limit": 100}).raise_for_status().json()["documents"]
        chunks = [self._client.get(f"/v1/documents/{each['id']}/chunks").json()["chunks"] for each in documents]
        limits = self.client("admin").get(f"/v1/tenants/{self.name}").raise_for_status().json()
        found = self._client.post("/v1/search", json={"query": VALUES["query"], "top_k": 50}).json()["passages"]
        jobs = self._client.get("/v1/jobs", params={"limit": 100}).raise_for_status().json()["jobs"]
        names = self._client.get("/v1/graph/entities", params={"limit": 100}).raise_for_status().json()["entities"]
        around = [self._client.get(f"/v1/graph/entities/{name['id']}").raise_for_status().json() for name in names]
        return documents, chunks, limits, found, around, [job for job in jobs if job["status"] == "succeeded"]

    def _upload(self, text: str) -> dict[str, Any]:
        body = {"filename": "handbook.txt", "content_type": "text/plain", "size": len(text)}
        target: dict[str, Any] = self._client.post("/v1/uploads", json=body).raise_for_status().json()
        httpx.put(target["url"], content=text.encode(), headers=target["headers"]).raise_for_status()
        assert finished_job(self._client, target["job_id"])["status"] == "succeeded"
        return target


@pytest.fixture(scope="module")
def tenants(stack: Stack) -> list[Tenant]:
    issuer, url = load_issuer(stack.data), stack.status["url"]
    return [Tenant(name, issuer, url) for name in NAMES]


@pytest.fixture(params=NAMES)
def tenant(request: pytest.FixtureRequest, tenants: list[Tenant]) -> Tenant:
    return next(each for each in tenants if each.name == request.param)


@pytest.fixture
def others(tenant: Tenant, tenants: list[Tenant]) -> list[Tenant]:
    return [each for each in tenants if each is not tenant]


def assert_clean(reply: httpx.Response, others: list[Tenant]) -> None:
    """Check that body and headers hold no mark of these tenants."""
    shown = reply.text + str(reply.headers)
    assert not [mark for other in others for mark in other.marks if mark in shown], reply.text


def form(reply: httpx.Response, *ids: str) -> Any:
    """Return all of a reply that could tell one id from another."""
    varying = {"request_id", "x-request-id", "x-amzn-requestid", "x-amzn-trace-id", "x-amz-apigw-id", "date"}
    text = reply.text
    for each in ids:
        text = text.replace(each, "(id)")
    body = {name: value for name, value in json.loads(text).items() if name not in varying}
    headers = {name: value for name, value in reply.headers.items() if name not in varying | {"content-length"}}
    return reply.status_code, body, headers


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_reply_holds_nothing_of_other_tenants_and_changes_nothing_there(
    route: Route, tenant: Tenant, others: list[Tenant]
) -> None:
    before = [other.state() for other in others]
    parameters = tenant.parameters | ({"document_id": "scratch"} if route.method == "DELETE" else {})
    reply = tenant.client(*ROLES).request(**route.request(parameters))
    assert reply.status_code < 300, reply.text
    assert_clean(reply, others)
    assert [other.state() for other in others] == before


@pytest.mark.parametrize(
    "name",
    ["documents.chunks", "search.search", "search.query", "documents.page", "jobs.page", "graph.find", "graph.read"],
)
def test_its_own_marks_are_there(name: str, tenant: Tenant) -> None:
    """Otherwise the test before would prove nothing."""
    (route,) = (route for route in ROUTES if route.name == name)
    assert any(
        mark in tenant.client("reader").request(**route.request(tenant.parameters)).text for mark in tenant.marks
    )


@pytest.mark.parametrize("route", [route for route in GUARDED if route.parameters], ids=str)
def test_ids_of_other_tenants_look_like_ids_of_nothing(route: Route, tenant: Tenant, others: list[Tenant]) -> None:
    client = tenant.client("admin")
    unknown = form(client.request(**route.request(UNKNOWN)), *UNKNOWN.values())
    assert unknown[0] in {403, 404}
    for other in others:
        reply = client.request(**route.request(other.own_ids))
        assert form(reply, *other.own_ids.values()) == unknown
        assert other.client("reader").get(f"/v1/documents/only-{other.secret}").status_code == 200
        assert other.client("reader").get(f"/v1/graph/entities/{other.own_ids['entity_id']}").status_code == 200


@BY_NAME
def test_a_header_of_another_tenant_is_refused_whether_it_exists_or_not(
    route: Route, tenant: Tenant, others: list[Tenant]
) -> None:
    client = tenant.client("admin")
    request = route.request(tenant.parameters | {"tenant_id": "unheard-of"})
    unknown = form(client.request(**request, headers={"X-Tenant-Id": "unheard-of"}))
    assert unknown[0] == 403
    for other in others:
        request = route.request(tenant.parameters | {"tenant_id": other.name})
        reply = client.request(**request, headers={"X-Tenant-Id": other.name})
        assert form(reply) == unknown
        assert_clean(reply, others)


@BY_NAME
def test_a_guest_is_let_in_by_every_route_with_the_role_it_has_there(route: Route, tenants: list[Tenant]) -> None:
    home, host, *rest = tenants
    request = route.request(host.parameters | {"document_id": "note"})
    headers = {"X-Tenant-Id": host.name}
    if route.role != "platform_admin":
        reply = home.client("reader", tenants={host.name: str(route.role)}).request(**request, headers=headers)
        assert reply.status_code < 300, reply.text
        assert_clean(reply, [home, *rest])
    if route.role != "reader":
        lesser = ROLES[ROLES.index(str(route.role)) - 1]
        reply = home.client("admin", tenants={host.name: lesser}).request(**request, headers=headers)
        assert reply.status_code == 403, reply.text


@pytest.mark.parametrize("route", [route for route in GUARDED if route.role != "reader"], ids=str)
def test_a_role_too_small_is_refused_by_every_route(route: Route, tenant: Tenant) -> None:
    lesser = ROLES[ROLES.index(str(route.role)) - 1]
    assert tenant.client(lesser).request(**route.request(tenant.parameters)).status_code == 403


@BY_NAME
@pytest.mark.parametrize("authorization", [None, "Bearer none", "Basic YTpi"])
def test_without_a_token_every_route_is_closed(route: Route, tenant: Tenant, authorization: str | None) -> None:
    client = tenant.client("admin")
    client.headers.pop("Authorization")
    headers = {"Authorization": authorization} if authorization else {}
    reply = client.request(**route.request(tenant.parameters), headers=headers)
    assert reply.status_code == 401, reply.text
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_cached_answer_is_its_tenants_alone(tenants: list[Tenant]) -> None:
    body = {"question": f"What is the code of the vault? {secrets.token_hex(4)}"}
    first = [tenant.client("reader").post("/v1/query", json=body).json() for tenant in tenants]
    again = [tenant.client("reader").post("/v1/query", json=body).json() for tenant in tenants]
    assert [reply["cache"]["hit"] for reply in first] == [None] * len(tenants)
    assert [reply["cache"]["hit"] for reply in again] == ["exact"] * len(tenants)
    for tenant, replies in zip(tenants, zip(first, again, strict=True), strict=True):
        for reply in replies:
            assert tenant.secret in reply["answer"]
            assert reply["citations"][0]["document_id"] == "handbook"


def test_a_file_lies_under_its_tenant(tenant: Tenant, others: list[Tenant]) -> None:
    assert f"/uploads/{tenant.name}/{tenant.upload['job_id']}" in tenant.upload["url"]
    assert {other.upload["document_id"] for other in others} == {tenant.upload["document_id"]}
    chunks = tenant.client("reader").get(f"/v1/documents/{tenant.upload['document_id']}/chunks")
    assert tenant.secret in chunks.text
    assert_clean(chunks, others)


def test_what_another_tenant_loads_moves_no_score(tenants: list[Tenant]) -> None:
    """The texts of one tenant, many times, in another: the first's passages keep order and scores to the last digit."""
    first, _, _, last = tenants
    before = first.state()[3]
    flood = [
        {"id": f"flood-{number}", "title": f"Handbook {number}", "text": f"The vault, the vault, the code {number}."}
        for number in range(60)
    ]
    ingest(last.client("editor"), *flood)
    assert first.state()[3] == before
    for document in flood:
        last.client("editor").delete(f"/v1/documents/{document['id']}")


def test_an_erase_takes_one_tenant_alone(tenants: list[Tenant]) -> None:
    """Runs after what needs all of them."""
    *others, last = tenants
    before = [other.state() for other in others]
    kept = [_live(other) for other in others]
    admin = last.client("admin")
    would_go = admin.delete(f"/v1/tenants/{last.name}", params={"dry_run": "true"}).raise_for_status().json()["counts"]
    assert would_go["documents"] >= 5

    cancel_what_waits(last)

    reply = admin.delete(f"/v1/tenants/{last.name}")
    assert reply.status_code == 202, reply.text
    assert last.client("editor").post("/v1/documents", json={"documents": VALUES["documents"]}).status_code == 409
    assert [other.client("editor").get("/v1/documents").status_code for other in others] == [200] * len(others)
    job = finished_job(admin, reply.json()["job_id"])
    assert job["status"] == "succeeded", job
    assert job["erased"]["before"]["documents"] == would_go["documents"]
    assert not any(job["erased"]["after"].values())
    assert_clean(admin.get(f"/v1/jobs/{job['id']}"), tenants)

    assert admin.get("/v1/documents").json()["documents"] == []
    assert [other.state() for other in others] == before
    assert [_live(other) for other in others] == kept
    assert [other.client("reader").get(f"/v1/jobs/{job['id']}").status_code for other in others] == [404] * len(others)
    ingest(last.client("editor"), {"id": "handbook", "title": "Handbook", "text": SHARED})
    assert [document["version"] for document in admin.get("/v1/documents").json()["documents"]] == [1]


def cancel_what_waits(tenant: Tenant) -> None:
    """Cancel the uploads whose file never came: an erase would wait until none of them can be in work any more."""
    client = tenant.client("editor")
    while waiting := client.get("/v1/jobs", params={"status": "queued", "limit": 100}).json()["jobs"]:
        for job in waiting:
            client.post(f"/v1/jobs/{job['id']}/cancel").raise_for_status()


def _live(tenant: Tenant) -> tuple[int, int]:
    """Return what a tenant's readers see; what left service is removed in its own time."""
    statistics = tenant.client("admin").get(f"/v1/tenants/{tenant.name}/stats").raise_for_status().json()
    return statistics["documents"], statistics["bytes"]


def test_no_log_line_holds_a_text_a_question_or_a_token(stack: Stack, tenants: list[Tenant]) -> None:
    """Runs last: everything that the tests above did is in the logs by then."""
    client = tenants[0].client("reader")
    client.post("/v1/query", json={"question": f"Where is {tenants[0].secret}?"}).raise_for_status()
    token = client.headers["Authorization"].removeprefix("Bearer ")
    told = [tenant.secret for tenant in tenants] + [token, token.split(".")[2], SHARED[:20], VALUES["question"][:20]]
    lines = 0
    for line in _log_lines(Path(stack.status["log_dir"])):
        lines += 1
        assert not [word for word in told if word in line.replace(f"only-{word}", "")], line
    assert lines > 100


def _log_lines(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from path.read_text(encoding="utf-8", errors="replace").splitlines()
