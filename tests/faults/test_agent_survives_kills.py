"""kill -9 of the agent's function in the middle of a run: it is begun anew; and one that is cancelled asks no more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from devstack.scripted_model.script import ScriptedCall, ScriptedReply
from devstack.scripted_model.server import ScriptedModel, scripted_model
from tests.e2e.stack import finished_job, ingest, running_stack
from tests.faults.chaos import Machinery

pytestmark = pytest.mark.faults

TENANT = "faults"
DOCUMENT = {"id": "novair", "title": "Novair", "text": "Novair was bought by Rank Holdings in 1982."}
QUESTION = {"question": "Who bought Novair?", "budget": {"steps": 8, "seconds": 60}}

_A_TURN_S = 2.0
"""How long the model thinks: long enough for a kill or a cancellation to come while it does."""

_WITHIN_S = 60.0


@dataclass(frozen=True)
class World:
    """A running stack with one document, whose model plays a script."""

    client: httpx.Client
    machinery: Machinery
    model: ScriptedModel

    def ask(self) -> str:
        """Start a run that is a job, and return its id once the model thinks about it."""
        asked_before = len(self.model.asked)
        job_id = str(self.client.post("/v1/agent", json=QUESTION).raise_for_status().json()["job_id"])
        wait_until(lambda: len(self.model.asked) > asked_before)
        return job_id

    def messages_left(self) -> int:
        """Return how many messages of the agent's queue wait or are worked on."""
        [queue] = [url for url in self.machinery.queues if "AgentQueue" in url]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.machinery.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    slow_call = ScriptedReply(
        tool_calls=(ScriptedCall(name="search", arguments={"query": "Rank Holdings"}),), delay_s=_A_TURN_S
    )
    data: Path = tmp_path_factory.mktemp("agent")
    with scripted_model(slow_call, slow_call, ScriptedReply(quote=True, delay_s=_A_TURN_S)) as model:
        options = ("--parameter", "LlmModel=scripted", "--parameter", f"LlmBaseUrl={model.url}")
        with running_stack(data, *options) as stack:
            headers = {"Authorization": f"Bearer {stack.token(TENANT, 'reader', 'editor')}"}
            with httpx.Client(base_url=stack.status["url"], headers=headers, timeout=60) as client:
                ingest(client, DOCUMENT)
                yield World(client, Machinery(data), model)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _WITHIN_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_run_whose_process_is_killed_is_begun_anew(world: World) -> None:
    job_id = world.ask()
    assert world.machinery.kill("agent")
    job = finished_job(world.client, job_id)
    assert (job["status"], job["errors"]) == ("succeeded", [])
    result = job["result"]
    assert [step["kind"] for step in result["steps"]] == ["search", "plan", "search", "plan", "answer"]
    assert [citation["quote"] for citation in result["citations"]] == [DOCUMENT["text"]]
    wait_until(lambda: world.messages_left() == 0)


def test_a_run_that_is_cancelled_asks_the_model_no_more(world: World) -> None:
    job_id = world.ask()
    asked = len(world.model.asked)
    cancelled = world.client.post(f"/v1/jobs/{job_id}/cancel").raise_for_status().json()
    assert cancelled["status"] == "cancelled"
    wait_until(lambda: world.messages_left() == 0)
    assert len(world.model.asked) == asked
    job = finished_job(world.client, job_id)
    assert (job["status"], job["result"]) == ("cancelled", None)
