"""Each route's way when all is well, and the keys of its reply."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graphwell.domain.chunks import Chunk, ChunkDraft
from graphwell.domain.documents import ContentType, DocumentRecord, DocumentVersion, VersionStatus
from graphwell.domain.filters import accept_filters
from graphwell.domain.identity import Role
from graphwell.domain.jobs import Job, JobCounts, JobError
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.http.debug_models import EXAMPLE, DebugSearchReply
from graphwell.ports import EmbeddingIdentity, TenantStatistics
from tests.fakes.container import FakeContainer
from tests.fakes.metadata_keys import YEAR
from tests.fakes.search import passage
from tests.unit.graphwell.http.gateway import Gateway, assert_problem, caller

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECORD = DocumentRecord(
    id="guide:1",
    title="Guide",
    source="guide.md",
    content_type=ContentType.MARKDOWN,
    metadata={"year": 2020, "draft": False, "price": 1.5, "tag": "x"},
    version=2,
    status=VersionStatus.ACTIVE,
    chunk_count=1,
    created_at=NOON,
    updated_at=NOON,
    history=(DocumentVersion(2, VersionStatus.ACTIVE, 1, NOON, NOON, None),),
)
COUNTS = JobCounts(total=3, unchanged=1, pending=0, done=1, failed=1, chunks_total=5, chunks_embedded=4)
JOB = Job("job-1", COUNTS, (JobError("b", "No text."),), NOON, NOON)
PASSAGE_KEYS = {"document_id", "chunk_id", "title", "text", "score", "start", "end", "headings", "page"}
DOCUMENT_KEYS = {
    "id", "title", "source", "content_type", "metadata", "version", "status", "chunk_count", "created_at", "updated_at",
}  # fmt: skip


def test_ingest(gateway: Gateway, container: FakeContainer) -> None:
    reply = gateway.send("POST", "/v1/documents", {"documents": [{"id": "a", "title": "A", "text": "one"}]})
    assert reply.status == 202
    assert reply.json == {
        "job_id": container.staging.job_ids[0],
        "documents": [{"id": "a", "version": 1, "status": "queued"}],
    }


def test_ingest_takes_every_field(gateway: Gateway, container: FakeContainer) -> None:
    document = {
        "id": "a",
        "title": "A",
        "text": "# One",
        "content_type": "text/markdown",
        "source": "a.md",
        "metadata": {"year": 2020, "draft": False, "price": 1.5, "tag": "x"},
    }
    assert gateway.send("POST", "/v1/documents", {"documents": [document]}).status == 202
    stored = container.staging.versions["acme", "a"][0].prepared.document
    assert stored.content_type is ContentType.MARKDOWN
    assert stored.source == "a.md"
    assert stored.metadata == document["metadata"]
    assert type(stored.metadata["draft"]) is bool


def test_ingest_of_text_in_any_script_keeps_it(gateway: Gateway, container: FakeContainer) -> None:
    text = "Ünïcödé 漢字 \U0001f600 <script>"
    gateway.send("POST", "/v1/documents", {"documents": [{"id": "a", "title": "A", "text": text}]})
    assert container.staging.versions["acme", "a"][0].prepared.document.text == text


def test_list_documents(gateway: Gateway, container: FakeContainer) -> None:
    container.documents.records["acme", "guide:1"] = RECORD
    reply = gateway.send("GET", "/v1/documents")
    assert reply.status == 200
    assert reply.json.keys() == {"documents", "next_cursor"}
    (document,) = reply.json["documents"]
    assert document.keys() == DOCUMENT_KEYS
    assert document["metadata"] == RECORD.metadata
    assert datetime.fromisoformat(document["created_at"]) == NOON


def test_read_a_document(gateway: Gateway, container: FakeContainer) -> None:
    container.documents.records["acme", "guide:1"] = RECORD
    reply = gateway.send("GET", "/v1/documents/guide%3A1")
    assert reply.status == 200
    assert reply.json.keys() == DOCUMENT_KEYS | {"history"}
    assert reply.json["history"][0].keys() == {
        "version", "status", "chunk_count", "accepted_at", "activated_at", "error",
    }  # fmt: skip


def test_delete_a_document(gateway: Gateway, container: FakeContainer) -> None:
    container.documents.records["acme", "guide:1"] = RECORD
    reply = gateway.send("DELETE", "/v1/documents/guide:1")
    assert (reply.status, reply.text) == (204, "")
    assert container.documents.records == {}


def test_read_chunks(gateway: Gateway, container: FakeContainer) -> None:
    container.documents.records["acme", "guide:1"] = RECORD
    draft = ChunkDraft(0, "text", 5, 9, ("Heading",), 3)
    container.documents.chunks_of["acme", "guide:1"] = [Chunk("guide:1~2~0", "guide:1", 2, draft)]
    reply = gateway.send("GET", "/v1/documents/guide:1/chunks")
    assert reply.json == {
        "chunks": [
            {
                "id": "guide:1~2~0",
                "ordinal": 0,
                "text": "text",
                "start": 5,
                "end": 9,
                "headings": ["Heading"],
                "page": 3,
            }
        ],
        "next_cursor": None,
    }


def test_start_an_upload(gateway: Gateway, container: FakeContainer) -> None:
    body = {"filename": "guide.md", "content_type": "text/markdown", "size": 10, "id": "guide"}
    reply = gateway.send("POST", "/v1/uploads", body)
    assert reply.status == 201
    assert reply.json.keys() == {"job_id", "document_id", "method", "url", "headers", "expires_at"}
    assert ("acme", reply.json["job_id"]) in container.jobs.uploads


def test_follow_a_job(gateway: Gateway, container: FakeContainer) -> None:
    container.jobs.jobs["acme", "job-1"] = JOB
    reply = gateway.send("GET", "/v1/jobs/job-1")
    assert reply.status == 200
    assert reply.json == {
        "id": "job-1",
        "status": "partially_failed",
        "stalled": False,
        "documents": {"total": 3, "unchanged": 1, "pending": 0, "done": 1, "failed": 1, "cancelled": 0},
        "chunks": {"total": 5, "embedded": 4},
        "errors": [{"document_id": "b", "reason": "No text."}],
        "created_at": "2026-01-01T12:00:00Z",
        "moved_at": "2026-01-01T12:00:00Z",
    }


def test_list_jobs(gateway: Gateway, container: FakeContainer) -> None:
    container.jobs.jobs["acme", "job-1"] = JOB
    reply = gateway.send("GET", "/v1/jobs", query={"limit": "5"})
    assert reply.json.keys() == {"jobs", "next_cursor"}
    assert [job["id"] for job in reply.json["jobs"]] == ["job-1"]


def test_search(gateway: Gateway, container: FakeContainer) -> None:
    container.index.found["vector"] = [passage(1)]  # type: ignore[index]  # a mode is its name
    reply = gateway.send("POST", "/v1/search", {"query": "boiler", "top_k": 3, "mode": "vector"})
    assert reply.status == 200
    assert reply.json.keys() == {"passages", "timings_ms", "degraded", "request_id"}
    (found,) = reply.json["passages"]
    assert found.keys() == PASSAGE_KEYS
    assert reply.json["request_id"] == "request-1"


def test_query_and_the_same_again_from_the_cache(gateway: Gateway, container: FakeContainer) -> None:
    container.index.found["vector"] = [passage(1)]  # type: ignore[index]  # a mode is its name
    first, again = (gateway.send("POST", "/v1/query", {"question": "How hot?"}) for _ in range(2))
    assert first.status == 200
    assert first.json.keys() == {
        "answer", "grounded", "citations", "passages", "cache", "degraded", "usage", "request_id",
    }  # fmt: skip
    assert first.json["citations"][0].keys() == {"document_id", "chunk_id", "quote", "start", "end", "page"}
    assert first.json["usage"].keys() == {"prompt_tokens", "completion_tokens", "model"}
    assert (first.json["cache"], again.json["cache"]) == ({"hit": None}, {"hit": "exact"})
    assert again.json["answer"] == first.json["answer"]


@pytest.mark.parametrize(("route", "field"), [("/v1/search", "query"), ("/v1/query", "question")])
@pytest.mark.parametrize("key", ["content", "text"])
def test_a_conversation_before_the_question_is_taken_into_account(
    gateway: Gateway, container: FakeContainer, route: str, field: str, key: str
) -> None:
    turns = [{"role": "user", key: "Who runs the boiler?"}, {"role": "assistant", key: "The stoker."}]
    assert gateway.send("POST", route, {field: "And when?", "history": turns}).status == 200
    assert container.index.queries[-1][1].text == "Who runs the boiler?\nAnd when?"


def test_a_query_that_the_documents_do_not_answer(gateway: Gateway) -> None:
    reply = gateway.send("POST", "/v1/query", {"question": "How hot?"})
    assert (reply.status, reply.json["grounded"], reply.json["citations"]) == (200, False, [])


def test_without_the_model_a_search_says_what_is_missing(gateway: Gateway, container: FakeContainer) -> None:
    container.embedder.down = True
    assert gateway.send("POST", "/v1/search", {"query": "boiler"}).json["degraded"] == ["embedding"]


def test_x_tenant_id_chooses_among_the_callers_tenants(gateway: Gateway, container: FakeContainer) -> None:
    container.jobs.jobs["branch", "job-1"] = JOB
    as_caller = caller(Role.READER, branch=Role.READER)
    assert gateway.send("GET", "/v1/jobs/job-1", as_caller=as_caller).status == 404
    assert gateway.send("GET", "/v1/jobs/job-1", as_caller=as_caller, headers={"X-Tenant-Id": "branch"}).status == 200


@pytest.mark.parametrize(("broken", "status", "code"), [("", "healthy", 200), ("cache", "degraded", 200)])
def test_readiness_is_terse_for_the_public(
    gateway: Gateway, container: FakeContainer, broken: str, status: str, code: int
) -> None:
    container.cache_probe.error = ConnectionError("secret") if broken else None
    reply = gateway.send("GET", "/v1/health/ready", as_caller=None)
    assert (reply.status, reply.json) == (code, {"status": status})


def test_readiness_fails_without_a_vital_part(gateway: Gateway, container: FakeContainer) -> None:
    container.graph_probe.error = ConnectionError("secret")
    reply = gateway.send("GET", "/v1/health/ready", as_caller=None)
    assert (reply.status, reply.json) == (503, {"status": "unhealthy"})


def test_readiness_shows_an_administrator_the_parts(gateway: Gateway, container: FakeContainer) -> None:
    container.cache_probe.error = ConnectionError("secret")
    reply = gateway.send("GET", "/v1/health/ready", as_caller=None, headers={"Authorization": "Bearer admin-token"})
    checks = reply.json["checks"]
    assert (checks["graph"]["status"], checks["graph"]["detail"]) == ("healthy", {"version": "1"})
    assert (checks["cache"]["status"], checks["cache"]["error"]) == ("unhealthy", "ConnectionError")
    assert "secret" not in reply.text


@pytest.mark.parametrize("authorization", ["Bearer reader-token", "Bearer unknown", "Basic admin-token", "admin-token"])
def test_readiness_shows_nobody_else_the_parts(gateway: Gateway, authorization: str) -> None:
    reply = gateway.send("GET", "/v1/health/ready", as_caller=None, headers={"Authorization": authorization})
    assert reply.json == {"status": "healthy"}


def test_liveness_needs_no_part(gateway: Gateway, container: FakeContainer) -> None:
    container.graph_probe.error = ConnectionError()
    reply = gateway.send("GET", "/v1/health", as_caller=None)
    assert (reply.status, reply.json) == (200, {"status": "healthy"})
    assert container.graph_probe.checks == 0


def test_a_dry_run_of_a_deletion_removes_nothing(gateway: Gateway, container: FakeContainer) -> None:
    container.documents.records["acme", "guide:1"] = RECORD
    reply = gateway.send("DELETE", "/v1/documents/guide:1", query={"dry_run": "true"})
    assert (reply.status, reply.json) == (200, {"dry_run": True, "counts": {"documents": 1, "chunks": 0, "files": 0}})
    assert gateway.send("DELETE", "/v1/documents/guide:1").status == 204
    assert container.documents.records == {}


def test_a_tenant_is_erased_under_a_job_that_stays(gateway: Gateway, container: FakeContainer) -> None:
    admin, scope = caller(Role.ADMIN), TenantScope("acme")
    container.holdings[0].held[scope] = 3
    dry = gateway.send("DELETE", "/v1/tenants/acme", as_caller=admin, query={"dry_run": "true"})
    assert (dry.status, dry.json) == (200, {"dry_run": True, "counts": {"documents": 3, "files": 0}})
    assert container.erasures.kept == {}

    reply = gateway.send("DELETE", "/v1/tenants/acme", as_caller=admin)
    job_id = reply.json["job_id"]
    assert (reply.status, reply.json["status"]) == (202, "running")
    assert reply.json["counts"] == {"documents": 3, "files": 0}
    assert gateway.send("DELETE", "/v1/tenants/acme", as_caller=admin).json["job_id"] == job_id

    container.erasures.finish(container.erasures.kept[job_id], {"documents": 0, "files": 0})
    job = gateway.send("GET", f"/v1/jobs/{job_id}").json
    assert job.keys() == {
        "id", "status", "stalled", "documents", "chunks", "errors", "created_at", "moved_at", "finished_at", "erased",
    }  # fmt: skip
    assert job["status"] == "succeeded"
    assert job["erased"] == {"before": {"documents": 3, "files": 0}, "after": {"documents": 0, "files": 0}}
    assert job["documents"]["done"] == 3


def test_limits_go_only_when_the_platform_erases(gateway: Gateway, container: FakeContainer) -> None:
    for role, tenant in ((Role.ADMIN, "acme"), (Role.PLATFORM_ADMIN, "other")):
        gateway.send("DELETE", f"/v1/tenants/{tenant}", as_caller=caller(role))
    assert {each.scope.tenant_id: each.with_limits for each in container.erasures.kept.values()} == {
        "acme": False,
        "other": True,
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/documents", None),
        ("POST", "/v1/documents", {"documents": [{"title": "A", "text": "one"}]}),
        ("DELETE", "/v1/documents/a", None),
        ("POST", "/v1/search", {"query": "boiler"}),
        ("POST", "/v1/query", {"question": "boiler?"}),
        ("GET", "/v1/jobs", None),
    ],
)
def test_a_tenant_that_is_being_erased_refuses(gateway: Gateway, method: str, path: str, body: object) -> None:
    job_id = gateway.send("DELETE", "/v1/tenants/acme", as_caller=caller(Role.ADMIN)).json["job_id"]
    reply = gateway.send(method, path, body)
    assert job_id in assert_problem(reply, 409, "conflict")["detail"]
    assert gateway.send("GET", f"/v1/jobs/{job_id}").json["status"] == "running"
    assert gateway.send(method, path, body, as_caller=caller(Role.EDITOR, tenant_id="other")).status != 409


def test_statistics(gateway: Gateway, container: FakeContainer) -> None:
    counts = TenantStatistics(1, 2, 3, 4, 5, 6, EmbeddingIdentity("model", 8))
    container.statistics[TenantScope("acme")] = counts
    reply = gateway.send("GET", "/v1/tenants/acme/stats", as_caller=caller(Role.ADMIN))
    assert reply.json == {
        "id": "acme",
        "documents": 1,
        "versions": 2,
        "chunks": 3,
        "jobs": 4,
        "bytes": 5,
        "corpus_version": 6,
        "embedding": {"model": "model", "dimensions": 8},
        "moving_to": None,
        "moved_chunks": 0,
    }


def test_debug_search(gateway: Gateway, container: FakeContainer) -> None:
    container.index.found = {SearchMode.VECTOR: [passage(1), passage(2)], SearchMode.FULLTEXT: [passage(2)]}
    body = {"query": "the boiler", "top_k": 1, "history": [{"role": "user", "content": "The pump?"}]}
    reply = gateway.send("POST", "/v1/debug/search", body, as_caller=caller(Role.ADMIN))
    assert reply.status == 200
    shown = reply.json
    assert shown.keys() == EXAMPLE.keys()
    for name in ("question", "weights", "context", "cache", "prompt"):
        assert shown[name].keys() == EXAMPLE[name].keys()
    assert shown["legs"].keys() == {"vector", "fulltext"}
    assert shown["legs"]["vector"].keys() == EXAMPLE["legs"]["vector"].keys()
    assert shown["legs"]["vector"]["hits"][1] == {"rank": 2, "chunk_id": "d2~1~0", "similarity": 0.5}
    assert [each.keys() for each in shown["candidates"]] == [EXAMPLE["candidates"][0].keys()] * 2
    assert {each["chunk_id"]: each["ranks"] for each in shown["candidates"]} == {
        "d1~1~0": {"vector": 1},
        "d2~1~0": {"vector": 2, "fulltext": 1},
    }
    assert shown["question"] == {
        "asked": "the boiler", "searched": "The pump?\nthe boiler", "wording": "history",
    }  # fmt: skip
    assert [each.keys() for each in shown["passages"]] == [PASSAGE_KEYS]
    assert container.answerer.asked == []


def test_debug_search_shows_the_passages_of_a_search(gateway: Gateway, container: FakeContainer) -> None:
    container.index.found = {SearchMode.VECTOR: [passage(number) for number in range(30)]}
    body = {"query": "the boiler", "top_k": 4}
    explained = gateway.send("POST", "/v1/debug/search", body, as_caller=caller(Role.ADMIN)).json
    assert explained["passages"] == gateway.send("POST", "/v1/search", body).json["passages"]


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_debug_search_takes_an_administrator(gateway: Gateway, container: FakeContainer, role: Role) -> None:
    reply = gateway.send("POST", "/v1/debug/search", {"query": "the boiler"}, as_caller=caller(role))
    assert_problem(reply, 403, "forbidden")
    assert container.index.queries == []


def test_the_documented_reply_of_debug_search_is_one() -> None:
    assert DebugSearchReply.model_validate(EXAMPLE).model_dump(mode="json") == EXAMPLE


@pytest.mark.parametrize(("path", "field"), [("/v1/search", "query"), ("/v1/query", "question")])
def test_filters_reach_the_index(gateway: Gateway, container: FakeContainer, path: str, field: str) -> None:
    container.metadata_keys.stored[TenantScope("acme")] = YEAR
    filters = {"document_id": ["d1", "d2"], "metadata.year": {"gte": 2020}}
    assert gateway.send("POST", path, {field: "the boiler", "filters": filters}).status == 200
    assert container.index.queries[0][1].filters == accept_filters(filters, YEAR)


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"metadata.size": 1}, "filters.metadata.size"),
        ({"metadata.year": "x"}, "filters.metadata.year"),
        (["d1"], "filters"),
        (7, "filters"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/query", "/v1/debug/search"])
def test_a_wrong_filter_is_a_problem_that_names_it(
    gateway: Gateway, container: FakeContainer, path: str, filters: object, field: str
) -> None:
    container.metadata_keys.stored[TenantScope("acme")] = YEAR
    body = {"question" if path == "/v1/query" else "query": "the boiler", "filters": filters}
    reply = gateway.send("POST", path, body, as_caller=caller(Role.ADMIN))
    problem = assert_problem(reply, 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert container.index.queries == []


def test_while_keys_are_applied_a_filter_says_when_to_come_back(gateway: Gateway, container: FakeContainer) -> None:
    container.metadata_keys.declare(TenantScope("acme"), YEAR)
    reply = gateway.send("POST", "/v1/search", {"query": "x", "filters": {"metadata.year": 1}})
    assert_problem(reply, 503, "unavailable")
    assert int(reply.headers["retry-after"]) > 0


def test_metadata_keys_are_declared_with_a_tenants_settings(gateway: Gateway) -> None:
    platform = caller(Role.PLATFORM_ADMIN)
    keys = {"year": "number", "kind": "string"}
    reply = gateway.send("PUT", "/v1/tenants/acme", {"metadata_keys": keys}, as_caller=platform)
    assert reply.status == 200
    assert (reply.json["metadata_keys"], reply.json["metadata_keys_applied"]) == (keys, True)
    assert gateway.send("GET", "/v1/tenants/acme", as_caller=platform).json == reply.json


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({f"k{number}": "string" for number in range(9)}, "metadata_keys"),
        ({"": "string"}, "metadata_keys"),
        ({"year": "integer"}, "metadata_keys.year"),
        (["year"], "metadata_keys"),
    ],
)
def test_a_wrong_declaration_is_a_problem_that_names_it(
    gateway: Gateway, container: FakeContainer, keys: object, field: str
) -> None:
    reply = gateway.send("PUT", "/v1/tenants/acme", {"metadata_keys": keys}, as_caller=caller(Role.PLATFORM_ADMIN))
    problem = assert_problem(reply, 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert container.metadata_keys.stored == {}
    assert container.tenant_settings.stored == {}
