"""POST /v1/agent: what is accepted, and what its reply tells."""

from __future__ import annotations

from typing import Any

import pytest

from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from tests.emf import emitted
from tests.fakes.agent import call
from tests.fakes.container import FakeContainer
from tests.fakes.search import passage
from tests.unit.graphwell.http.gateway import Gateway, assert_problem

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
        ({"seconds": 25.1}, "budget.seconds"),
        ({"seconds": True}, "budget.seconds"),
        ({"dollars": 1}, "budget.dollars"),
        ([], "budget"),
    ],
)
def test_another_budget_is_refused_by_its_field(gateway: Gateway, budget: object, field: str) -> None:
    problem = assert_problem(gateway.send("POST", "/v1/agent", {**QUESTION, "budget": budget}), 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_it_tells_its_steps_and_why_it_ended(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.send("POST", "/v1/agent", QUESTION)
    counted = {metric.name: metric.value for metric in emitted(capsys.readouterr().out)}
    assert (counted["agent_steps"], counted["agent_refused"], counted["agent_stopped_done"]) == (3, 0, 1)
    assert counted["answers_computed"] == 1
