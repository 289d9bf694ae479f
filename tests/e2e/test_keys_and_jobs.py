"""Keyed requests, retry and cancel through the gateway, over the real table and queues."""

from __future__ import annotations

import json
import uuid

import httpx

from tests.e2e.stack import ClientFactory, Stack, finished_job

TEXT = "The boiler runs at two bar."


def keyed(client: httpx.Client, path: str, body: object, key: str) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def jobs_of(client: httpx.Client) -> list[str]:
    return [job["id"] for job in client.get("/v1/jobs").raise_for_status().json()["jobs"]]


def test_a_keyed_request_takes_effect_once(client_of: ClientFactory) -> None:
    editor, key = client_of(f"keys-{uuid.uuid4().hex}", "editor"), uuid.uuid4().hex
    body = {"documents": [{"id": "a", "title": "A", "text": TEXT}]}
    first, again = (keyed(editor, "/v1/documents", body, key) for _ in range(2))
    assert first.status_code == 202, first.text
    assert again.json() == first.json()
    assert jobs_of(editor) == [first.json()["job_id"]]
    other = keyed(editor, "/v1/documents", {"documents": [{"id": "a", "title": "A", "text": "Another."}]}, key)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert finished_job(editor, first.json()["job_id"])["status"] == "succeeded"


def test_an_upload_is_cancelled_and_another_is_taken_in(client_of: ClientFactory) -> None:
    editor = client_of(f"keys-{uuid.uuid4().hex}", "editor")
    body = {"filename": "a.txt", "content_type": "text/plain", "size": len(TEXT)}
    given_up, wanted = (keyed(editor, "/v1/uploads", body, uuid.uuid4().hex).json() for _ in range(2))
    cancelled = editor.post(f"/v1/jobs/{given_up['job_id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert editor.post(f"/v1/jobs/{given_up['job_id']}/retry").status_code == 409
    assert [job["id"] for job in editor.get("/v1/jobs", params={"status": "cancelled"}).json()["jobs"]] == [
        given_up["job_id"]
    ]
    waiting = editor.post(f"/v1/jobs/{wanted['job_id']}/retry").json()
    assert [entry["document_id"] for entry in waiting["send_again"]] == [wanted["document_id"]]
    httpx.put(wanted["url"], content=TEXT.encode(), headers=wanted["headers"]).raise_for_status()
    assert finished_job(editor, wanted["job_id"])["status"] == "succeeded"


def test_redrive_finds_nothing_to_do_where_nothing_failed(stack: Stack) -> None:
    tenant = f"redrive-{uuid.uuid4().hex}"
    assert json.loads(stack.command("redrive", "--tenant", tenant, "--json").stdout) == {"jobs": []}
    moved = stack.command("redrive", "--dead-letters", "embed", "--json")
    assert moved.returncode == 0, moved.stderr
    assert json.loads(moved.stdout) == {"queue": "embed", "moved": 0}
