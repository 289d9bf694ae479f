"""Questions that take several searches, through the gateway: without a model, and by the command."""

from __future__ import annotations

import json

import pytest

from tests.e2e.stack import ClientFactory, Stack, finished_job, ingest

DOCUMENTS = [
    {"id": "novair", "title": "Novair", "text": "Novair was an airline. It was bought by Rank Holdings in 1982."},
    {"id": "rank", "title": "Rank Holdings", "text": "Rank Holdings made films. Its founder was Arthur Frank."},
    {"id": "frank", "title": "Arthur Frank", "text": "Arthur Frank, a miller, was born in Hull."},
    *(
        {
            "id": f"other-{number}",
            "title": f"Company {number}",
            "text": f"The founder of company {number} was born here.",
        }
        for number in range(20)
    ),
]
QUESTION = "Where was the founder of the owner of Novair born?"


@pytest.fixture(scope="module", autouse=True)
def _documents(client_of: ClientFactory) -> None:
    client = client_of("e2e-agent", "reader", "editor")
    assert ingest(client, *DOCUMENTS)["status"] == "succeeded"


def test_names_lead_from_one_document_to_the_next(client_of: ClientFactory) -> None:
    client = client_of("e2e-agent", "reader")
    reply = client.post("/v1/agent", json={"question": QUESTION, "top_k": 2, "budget": {"steps": 4}}).json()
    assert reply["steps"][0]["asked"] == QUESTION
    seen = {chunk_id.split("~")[0] for step in reply["steps"] for chunk_id in step["found"]}
    assert {"novair", "rank", "frank"} <= seen
    assert 1 < len([step for step in reply["steps"] if step["kind"] == "search"]) <= 4
    assert reply["degraded"] == []


def test_a_run_beyond_what_the_gateway_waits_for_is_a_job(client_of: ClientFactory) -> None:
    client = client_of("e2e-agent", "reader")
    body = {"question": QUESTION, "top_k": 2, "budget": {"steps": 4, "seconds": 60}}
    reply = client.post("/v1/agent", json=body)
    assert (reply.status_code, reply.json()["status"]) == (202, "queued")
    job_id = reply.json()["job_id"]
    job = finished_job(client, job_id)
    assert (job["status"], job["errors"]) == ("succeeded", [])
    waited = client.post("/v1/agent", json={**body, "budget": {"steps": 4}}).json()
    assert job["result"]["answer"] == waited["answer"]
    assert [step["asked"] for step in job["result"]["steps"]] == [step["asked"] for step in waited["steps"]]
    assert job["result"]["request_id"] == reply.json()["request_id"]
    assert client_of("e2e-agents-neighbour", "admin").get(f"/v1/jobs/{job_id}").status_code == 404


def test_the_command_waits_for_such_a_run(stack: Stack) -> None:
    shown = stack.command("agent", QUESTION, "--tenant", "e2e-agent", "--steps", "3", "--seconds", "30", "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["steps"][0]["asked"] == QUESTION
    assert shown.stderr.splitlines()[-1].endswith(": succeeded")


def test_the_command_tells_its_steps_beside_the_answer(stack: Stack) -> None:
    shown = stack.command("agent", QUESTION, "--tenant", "e2e-agent", "--steps", "3", "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["steps"][0]["asked"] == QUESTION
    told = stack.command("agent", QUESTION, "--tenant", "e2e-agent", "--steps", "3")
    assert told.stderr.splitlines()[0].startswith(" 1. search Where was")
