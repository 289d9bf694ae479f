"""Keys that make a request take effect once; retry, cancel and filters of jobs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graphwell.domain.identity import Role
from graphwell.domain.jobs import Job, JobCounts, JobError
from graphwell.ports import JobRetry
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, assert_problem, caller

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNTS = JobCounts(total=2, unchanged=0, pending=0, done=1, failed=1, chunks_total=2, chunks_embedded=1)
JOB = Job("job-1", COUNTS, (JobError("b", "No."),), NOON, NOON)
DOCUMENTS = {"documents": [{"id": "a", "title": "A", "text": "one"}]}
UPLOAD = {"filename": "guide.md", "content_type": "text/markdown", "size": 10}
KEYED = {"Idempotency-Key": "key-1"}


@pytest.fixture(autouse=True)
def _a_job(container: FakeContainer) -> None:
    container.jobs.jobs["acme", "job-1"] = JOB


def test_documents_sent_twice_under_a_key_are_one_job(gateway: Gateway, container: FakeContainer) -> None:
    first, again = (gateway.send("POST", "/v1/documents", DOCUMENTS, headers=KEYED) for _ in range(2))
    assert (first.status, first.json) == (again.status, again.json)
    assert container.staging.job_ids == [first.json["job_id"]]
    asked = container.idempotency.requests[0]
    assert (asked.scope.tenant_id, asked.subject, asked.route, asked.key) == (
        "acme", "user-1", "documents.ingest", "key-1",
    )  # fmt: skip
    assert asked.job_id == first.json["job_id"]
    assert asked.time_left_s == 29.0


def test_without_a_key_nothing_is_looked_up(gateway: Gateway, container: FakeContainer) -> None:
    container.idempotency.down = True
    for path, body in (("/v1/documents", DOCUMENTS), ("/v1/uploads", UPLOAD), ("/v1/jobs/job-1/retry", None)):
        assert gateway.send("POST", path, body).status < 300
    assert container.idempotency.requests == []


def test_with_a_key_that_cannot_be_looked_up_nothing_is_done(gateway: Gateway, container: FakeContainer) -> None:
    container.idempotency.down = True
    reply = gateway.send("POST", "/v1/documents", DOCUMENTS, headers=KEYED)
    assert_problem(reply, 503, "unavailable")
    assert int(reply.headers["retry-after"]) > 0
    assert container.staging.job_ids == []


def test_another_body_under_the_same_key_is_refused(gateway: Gateway, container: FakeContainer) -> None:
    gateway.send("POST", "/v1/documents", DOCUMENTS, headers=KEYED)
    other = {"documents": [{"id": "a", "title": "A", "text": "two"}]}
    problem = assert_problem(gateway.send("POST", "/v1/documents", other, headers=KEYED), 422, "invalid-input")
    assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert len(container.staging.job_ids) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "\u00e9", "k" * 256])
def test_a_key_of_another_form_is_refused(gateway: Gateway, container: FakeContainer, key: str) -> None:
    reply = gateway.send("POST", "/v1/documents", DOCUMENTS, headers={"Idempotency-Key": key})
    assert assert_problem(reply, 422, "invalid-input")["errors"][0]["field"] == "Idempotency-Key"
    assert container.staging.job_ids == []


def test_a_refused_body_is_not_remembered(gateway: Gateway) -> None:
    empty = {"documents": [{"id": "a", "title": "A", "text": " "}]}
    for _ in range(2):
        reply = gateway.send("POST", "/v1/documents", empty, headers=KEYED)
        assert assert_problem(reply, 422, "invalid-input")["errors"][0]["field"] == "documents[0].text"


def test_a_malformed_text_under_a_key_is_refused_by_its_field(gateway: Gateway) -> None:
    raw = '{"documents":[{"id":"a","title":"A","text":"\\ud800"}]}'
    problem = assert_problem(gateway.send("POST", "/v1/documents", raw=raw, headers=KEYED), 422, "invalid-input")
    assert problem["errors"][0]["field"] == "documents[0].text"


def test_an_upload_asked_for_twice_under_a_key_is_one_job(gateway: Gateway, container: FakeContainer) -> None:
    first, again = (gateway.send("POST", "/v1/uploads", UPLOAD, headers=KEYED) for _ in range(2))
    assert first.json["job_id"] == again.json["job_id"]
    assert first.json["document_id"] == again.json["document_id"]
    assert len(container.jobs.uploads) == 1
    assert len(container.upload_store.presigned) == 2


def test_a_key_means_something_else_on_another_route(gateway: Gateway) -> None:
    assert gateway.send("POST", "/v1/documents", DOCUMENTS, headers=KEYED).status == 202
    assert gateway.send("POST", "/v1/uploads", UPLOAD, headers=KEYED).status == 201


def test_questions_take_no_key(gateway: Gateway, container: FakeContainer) -> None:
    for path, body in (("/v1/search", {"query": "q"}), ("/v1/query", {"question": "q"})):
        assert gateway.send("POST", path, body, headers=KEYED).status == 200
    assert container.idempotency.requests == []


def test_a_retry_tells_the_state_and_what_to_send_again(gateway: Gateway, container: FakeContainer) -> None:
    lost = JobError("b", "Send it again.")
    container.jobs.retries["acme", "job-1"] = JobRetry(["a~1~0"], [lost], waits_for_file=False)
    first, again = (gateway.send("POST", "/v1/jobs/job-1/retry", headers=KEYED) for _ in range(2))
    assert (first.status, first.json) == (202, again.json)
    assert first.json["send_again"] == [{"document_id": "b", "reason": "Send it again."}]
    assert first.json["id"] == "job-1"
    assert container.jobs.retried == [("acme", "job-1")]


def test_a_key_of_one_jobs_retry_is_not_anothers(gateway: Gateway, container: FakeContainer) -> None:
    container.jobs.jobs["acme", "job-2"] = replace(JOB, id="job-2")
    gateway.send("POST", "/v1/jobs/job-1/retry", headers=KEYED)
    assert_problem(gateway.send("POST", "/v1/jobs/job-2/retry", headers=KEYED), 422, "invalid-input")


def test_cancel_tells_the_state(gateway: Gateway) -> None:
    reply = gateway.send("POST", "/v1/jobs/job-1/cancel")
    assert (reply.status, reply.json["status"]) == (200, "cancelled")


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_retry_and_cancel_are_for_editors_of_the_tenant(gateway: Gateway, action: str) -> None:
    path = f"/v1/jobs/job-1/{action}"
    assert_problem(gateway.send("POST", path, as_caller=caller(Role.READER)), 403, "forbidden")
    assert_problem(gateway.send("POST", path, as_caller=caller(Role.EDITOR, tenant_id="other")), 404, "not-found")


def test_jobs_are_chosen_by_state(gateway: Gateway, container: FakeContainer) -> None:
    pending = replace(COUNTS, pending=1, done=0, failed=0, chunks_embedded=0)
    container.jobs.jobs["acme", "job-2"] = Job("job-2", pending, (), NOON, NOON - timedelta(hours=1))

    def listed(**query: str) -> list[str]:
        return [job["id"] for job in gateway.send("GET", "/v1/jobs", query=query).json["jobs"]]

    assert listed() == ["job-1", "job-2"]
    assert listed(status="partially_failed") == ["job-1"]
    assert listed(stalled="true") == ["job-2"]
    assert listed(stalled="false") == ["job-1"]
    assert listed(created_after="2026-01-01T13:00:00+01:00", created_before="2026-02-01T00:00:00Z") == [
        "job-1",
        "job-2",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("stalled", "perhaps"),
        ("created_after", "yesterday"),
        ("created_after", "2026-01-01T12:00:00"),
        ("created_after", "2026-13-01T12:00:00Z"),
        ("created_before", "0001-01-01T00:00:00+14:00"),
        ("created_before", "0"),
    ],
)
def test_a_filter_of_another_form_is_refused_by_its_name(gateway: Gateway, name: str, value: str) -> None:
    problem = assert_problem(gateway.send("GET", "/v1/jobs", query={name: value}), 422, "invalid-input")
    assert problem["errors"][0]["field"] == name


def test_requests_without_a_key_import_nothing_for_it() -> None:
    """What looks keys up takes longer to import than a request may take; see `Container.idempotency`."""
    loaded = "import sys, graphwell.http.document_routes, graphwell.http.job_routes; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    modules = shown.stdout.split()
    assert "graphwell.http.job_routes" in modules
    assert not {"aws_lambda_powertools.utilities.idempotency", "boto3"} & set(modules)
