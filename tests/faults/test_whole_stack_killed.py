"""kill -9 of the whole stack in the middle of an ingestion: nothing is left running, and nothing accepted is lost."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest

from devstack.ports import choose_ports
from tests.e2e.stack import Stack, finished_job
from tests.faults.chaos import BREAKERS_SOON_TRY_AGAIN

pytestmark = pytest.mark.faults

DOCUMENTS = 60
TENANT = "faults"
_GONE_WITHIN_S = 15.0


def start(stack: Stack) -> httpx.Client:
    port = choose_ports(["gateway"], {})["gateway"]  # others run beside this one
    started = stack.command("up", "--detach", "--rate-limits", "off", "--port", str(port), *BREAKERS_SOON_TRY_AGAIN)
    assert started.returncode == 0, started.stderr
    token = stack.token(TENANT, "editor")
    return httpx.Client(base_url=stack.status["url"], headers={"Authorization": f"Bearer {token}"}, timeout=60)


def kill_everything(stack: Stack) -> None:
    """Kill the stack's own process alone, and check that all it had started ends with it."""
    pid = stack.status["pid"]
    children = psutil.Process(pid).children(recursive=True)
    assert len(children) > 6, "the servers and the functions"
    os.kill(pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=_GONE_WITHIN_S)
    assert [process.cmdline() for process in alive] == []


def test_what_was_accepted_is_found_after_the_next_start(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    texts = {f"d{number}": f"Case {number}. The code word is quartz{number}." for number in range(DOCUMENTS)}
    with start(stack) as client:
        body = {"documents": [{"id": key, "title": key, "text": text} for key, text in texts.items()]}
        reply = client.post("/v1/documents", json=body)
        assert reply.status_code == 202, reply.text
        target = client.post(
            "/v1/uploads", json={"filename": "u.txt", "content_type": "text/plain", "size": 25, "id": "upload"}
        ).json()
        put = httpx.put(target["url"], content=b"The upload says amethyst.", headers=target["headers"])
        assert put.status_code == 200

    kill_everything(stack)
    assert stack.command("status").returncode == 3

    try:
        with start(stack) as client:
            for job_id in (reply.json()["job_id"], target["job_id"]):
                assert finished_job(client, job_id)["status"] == "succeeded"
            found = client.post("/v1/search", json={"query": "quartz17", "mode": "fulltext"}).json()["passages"]
            assert [passage["document_id"] for passage in found] == ["d17"]
            listed = client.get("/v1/documents?limit=100").json()["documents"]
            assert {document["id"] for document in listed} == {*texts, "upload"}
            assert {document["status"] for document in listed} == {"active"}
    finally:
        stopped = stack.command("down")
    assert stopped.returncode == 0, stopped.stderr


def test_a_killed_function_or_server_is_replaced(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    with start(stack) as client:
        try:
            text = "The code word is onyx."
            body = {"documents": [{"id": "one", "title": "One", "text": text}]}
            job_id = client.post("/v1/documents", json=body).json()["job_id"]
            assert finished_job(client, job_id)["status"] == "succeeded"
            for process in psutil.Process(stack.status["pid"]).children():
                if any(word in " ".join(process.cmdline()) for word in ("awslambdaric", "neo4j_server")):
                    process.kill()

            until = time.monotonic() + 90
            while True:
                answer = client.post("/v1/query", json={"question": "What is the code word?"})
                # A request whose function or database is killed under it fails on the server's side, as a problem.
                assert answer.status_code == 200 or answer.status_code >= 500, answer.text
                assert answer.status_code == 200 or answer.json()["request_id"]
                if answer.status_code == 200:
                    break
                assert time.monotonic() < until, answer.text
                time.sleep(0.5)
            assert [citation["quote"] for citation in answer.json()["citations"]] == [text]
        finally:
            stopped = stack.command("down")
    assert stopped.returncode == 0, stopped.stderr
