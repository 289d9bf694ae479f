"""kill -9 in the middle of an erase: it goes on by itself, and nothing is left of the tenant."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import Stack, finished_job, ingest
from tests.faults.test_whole_stack_killed import kill_everything

pytestmark = pytest.mark.faults

DOCUMENTS = 40


def start(stack: Stack) -> dict[str, httpx.Client]:
    started = stack.command("up", "--detach", "--rate-limits", "off")
    assert started.returncode == 0, started.stderr
    url = stack.status["url"]
    tokens = {tenant: stack.token(tenant, "editor", "admin") for tenant in ("erased", "other")}
    return {
        tenant: httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        for tenant, token in tokens.items()
    }


def test_an_erase_that_is_killed_ends_all_the_same(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    texts = [{"id": f"d{n}", "title": f"D {n}", "text": f"The word is quartz{n}."} for n in range(DOCUMENTS)]
    clients = start(stack)
    for client in clients.values():
        ingest(client, *texts)
    kept = clients["other"].get("/v1/tenants/other/stats").json()
    erase = clients["erased"].delete("/v1/tenants/erased").raise_for_status().json()
    assert erase["counts"]["documents"] == DOCUMENTS
    kill_everything(stack)

    try:
        clients = start(stack)
        job = finished_job(clients["erased"], erase["job_id"])
        assert job["status"] == "succeeded"
        assert job["erased"]["before"] == erase["counts"]
        assert not any(job["erased"]["after"].values())
        assert clients["erased"].get("/v1/tenants/erased/stats").json()["documents"] == 0
        assert clients["other"].get("/v1/tenants/other/stats").json() == kept
        assert clients["erased"].get("/v1/documents").json()["documents"] == []
    finally:
        stopped = stack.command("down")
    assert stopped.returncode == 0, stopped.stderr
