"""POST /v1/agent: what is accepted, and what its reply tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.steps import AGENT_MODE
from graphwell.domain.deadline import Deadline
from graphwell.domain.identity import Role
from graphwell.domain.jobs import JobStatus
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.agent_jobs import WorkAgentJob
from tests.emf import emitted
from tests.fakes.agent import call
from tests.fakes.container import FakeContainer
from tests.fakes.search import passage
from tests.unit.graphwell.http.gateway import Gateway, assert_problem, caller

OTHER = replace(caller(Role.ADMIN), subject="user-2")
QUESTION = {"question": "How hot is the boiler?"}


@pytest.fixture(autouse=True)
def _found(container: FakeContainer) -> None:
    container.index.found[SearchMode.VECTOR] = [passage(1)]


def test_its_reply_is_that_of_a_query_with_the_steps(gateway: Gateway, container: FakeContainer) -> None:
    container.tool_model.play([call("search", query="boiler")])
    reply = gateway.send("POST", "/v1/agent", QUESTION)
    assert reply.status == 200
    queried = gateway.send("POST", "/v1/query", QUESTION).json
    assert list(reply.json) == [*queried, "steps", "stopped"]
    assert reply.json["answer"] == queried["answer"]
    assert reply.json["cache"] == {"hit": None}
    kinds = [(step["kind"], step["asked"]) for step in reply.json["steps"]]
    assert kinds == [
        ("search", QUESTION["question"]),
        ("plan", ""),
        ("search", "boiler"),
        ("plan", ""),
        ("answer", ""),
    ]
    first, plan, *_ = reply.json["steps"]
    assert (first["found"], first["new"], first["error"]) == (["d1~1~0"], 1, None)
    assert plan["tokens"] == 110
    assert reply.json["stopped"] == "done"
    assert reply.json["usage"]["prompt_tokens"] == 200


def test_the_tenant_of_every_step_is_the_callers(gateway: Gateway, container: FakeContainer) -> None:
    container.tool_model.play([call("search", query="x"), call("expand", name="y")])
    gateway.send("POST", "/v1/agent", QUESTION)
    assert {scope for scope, _ in container.index.queries} == {TenantScope("acme")}
    assert {scope for scope, _ in container.names.asked} == {TenantScope("acme")}


@pytest.mark.parametrize("budget", [{}, {"steps": 1}, {"tokens": 2_000}, {"seconds": 1}, {"seconds": 24.5}])
def test_any_part_of_the_budget_can_be_given(gateway: Gateway, budget: dict[str, Any]) -> None:
    assert gateway.send("POST", "/v1/agent", {**QUESTION, "budget": budget}).status == 200


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        ({"steps": 0}, "budget.steps"),
        ({"steps": 33}, "budget.steps"),
        ({"steps": "3"}, "budget.steps"),
        ({"steps": 1.5}, "budget.steps"),
        ({"tokens": 10}, "budget.tokens"),
        ({"seconds": 300.1}, "budget.seconds"),
        ({"seconds": True}, "budget.seconds"),
        ({"dollars": 1}, "budget.dollars"),
        ([], "budget"),
    ],
)
def test_another_budget_is_refused_by_its_field(gateway: Gateway, budget: object, field: str) -> None:
    problem = assert_problem(gateway.send("POST", "/v1/agent", {**QUESTION, "budget": budget}), 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_run_that_takes_longer_than_a_request_is_a_job(gateway: Gateway, container: FakeContainer) -> None:
    filters = {"document_id": "d1"}
    history = [{"role": "user", "content": "Is there a boiler?"}]
    body = {**QUESTION, "top_k": 3, "budget": {"seconds": 25.1}, "filters": filters, "history": history}
    reply = gateway.send("POST", "/v1/agent", body)
    assert (reply.status, reply.json["status"]) == (202, "queued")
    assert list(reply.json) == ["job_id", "status", "request_id"]
    assert container.index.queries == []
    (task,) = container.agent_queue.sent
    assert (task.scope, task.job_id) == (TenantScope("acme"), reply.json["job_id"])
    question = container.agent_jobs.runs["acme", reply.json["job_id"]].question
    assert (question.text, question.top_k, question.mode) == (QUESTION["question"], 3, AGENT_MODE)
    assert (question.filters, [turn.content for turn in question.history]) == (filters, ["Is there a boiler?"])
    assert question.budget == Budget(seconds=25.1)


def test_its_job_holds_the_reply_for_whoever_asked(gateway: Gateway, container: FakeContainer) -> None:
    asked = gateway.send("POST", "/v1/agent", QUESTION).json
    job_id = gateway.send("POST", "/v1/agent", {**QUESTION, "budget": {"seconds": 60}}).json["job_id"]
    path = f"/v1/jobs/{job_id}"
    waiting = gateway.send("GET", path).json
    assert (waiting["status"], waiting["stalled"], waiting["result"]) == ("queued", False, None)
    work = WorkAgentJob(container.agent_jobs, lambda: container.run_agent)
    work(container.agent_queue.sent[0], Deadline.after(60))
    done = gateway.send("GET", path).json
    assert done["status"] == "succeeded"
    assert _without_times(done["result"]) == _without_times(asked)
    assert_problem(gateway.send("GET", path, as_caller=OTHER), 404, "not-found")
    assert_problem(gateway.send("GET", path, as_caller=caller(Role.ADMIN, tenant_id="globex")), 404, "not-found")


def test_a_run_can_be_cancelled_by_whoever_asked(gateway: Gateway, container: FakeContainer) -> None:
    job_id = gateway.send("POST", "/v1/agent", {**QUESTION, "budget": {"seconds": 60}}).json["job_id"]
    path = f"/v1/jobs/{job_id}/cancel"
    assert_problem(gateway.send("POST", path, as_caller=OTHER), 404, "not-found")
    assert gateway.send("POST", path).json["status"] == "cancelled"
    work = WorkAgentJob(container.agent_jobs, lambda: container.run_agent)
    assert work(container.agent_queue.sent[0], Deadline.after(60)) is None
    assert container.index.queries == []


def _without_times(reply: dict[str, Any]) -> dict[str, Any]:
    steps = [{**step, "duration_ms": 0} for step in reply["steps"]]
    return {**reply, "steps": steps, "request_id": ""}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": " "}, "question"),
        ({"filters": {"metadata.unknown": 1}}, "filters.metadata.unknown"),
        ({"history": [{"role": "user", "content": " "}]}, "history[0].content"),
    ],
)
def test_what_a_run_would_refuse_is_refused_at_once(
    gateway: Gateway, container: FakeContainer, change: dict[str, Any], field: str
) -> None:
    body = {**QUESTION, "budget": {"seconds": 60}, **change}
    problem = assert_problem(gateway.send("POST", "/v1/agent", body), 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert container.agent_jobs.runs == {}


def test_a_run_that_no_queue_took_is_over(gateway: Gateway, container: FakeContainer) -> None:
    container.agent_queue.down = True
    body = {**QUESTION, "budget": {"seconds": 60}}
    assert_problem(gateway.send("POST", "/v1/agent", body), 503, "unavailable")
    assert [run.status for run in container.agent_jobs.runs.values()] == [JobStatus.FAILED]


def test_it_tells_its_steps_and_why_it_ended(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.send("POST", "/v1/agent", QUESTION)
    counted = {metric.name: metric.value for metric in emitted(capsys.readouterr().out)}
    assert (counted["agent_steps"], counted["agent_refused"], counted["agent_stopped_done"]) == (3, 0, 1)
    assert counted["answers_computed"] == 1
