"""Runs of the agent that are jobs: each is worked on until it has ended, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import LONGEST_WAIT_S, MAX_SECONDS, Budget
from graphwell.domain.agent.jobs import MAX_TRIES, AgentJob, AgentQuestion, AgentTask
from graphwell.domain.agent.steps import AGENT_MODE, Stop
from graphwell.domain.conversation import Role, Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, InvalidInput, Unavailable
from graphwell.domain.jobs import JobStatus
from graphwell.domain.passages import Answer, AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.agent_jobs import WorkAgentJob
from graphwell.usecases.run_agent import RunAgent
from graphwell.usecases.search import SearchRequest
from tests.fakes.agent_jobs import FakeAgentJobs, KeptRun

ACME = TenantScope("acme")
TASK = AgentTask(ACME, "run-1")
QUESTION = AgentQuestion(
    "How hot is it?", 3, AGENT_MODE, (Turn(Role.USER, "The boiler?"),), {"document_id": "d"}, Budget(seconds=60)
)
ANSWER = AgentAnswer(AnswerWithPassages(Answer("Hot.", grounded=False, citations=()), ()), (), Stop.DONE, ())
Outcome = AgentAnswer | Exception


class FakeRunAgent:
    """Gives one outcome after another; the last for ever."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.asked: list[tuple[TenantScope, SearchRequest, Budget]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(
        self,
        scope: TenantScope,
        request: SearchRequest,
        _deadline: Deadline,
        budget: Budget,
        *,
        still_wanted: Callable[[], None],
    ) -> AgentAnswer:
        """Return the next outcome, or raise it, after a turn in which `meanwhile` happens."""
        self.asked.append((scope, request, budget))
        self.meanwhile()
        still_wanted()
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class World:
    """One run that waits, and what works on it."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.jobs = FakeAgentJobs()
        self.jobs.create(ACME, "run-1", QUESTION, asker="a", request_id="r")
        self.agent = FakeRunAgent(*outcomes)
        self._work = WorkAgentJob(self.jobs, cast(Callable[[], RunAgent], lambda: self.agent))

    @property
    def run(self) -> KeptRun:
        """What is kept of the run."""
        return self.jobs.runs["acme", "run-1"]

    def deliver(self, task: AgentTask = TASK) -> AgentAnswer | None:
        """Give out its message once."""
        return self._work(task, Deadline.after(60))


def test_a_run_is_that_of_what_was_asked() -> None:
    world = World(ANSWER)
    assert world.deliver() == ANSWER
    request = SearchRequest(
        "How hot is it?", 3, AGENT_MODE, "question", history=QUESTION.history, filters={"document_id": "d"}
    )
    assert world.agent.asked == [(ACME, request, Budget(seconds=60))]
    assert (world.run.status, world.run.answer) == (JobStatus.SUCCEEDED, ANSWER)


def test_a_second_delivery_of_a_finished_run_does_nothing() -> None:
    world = World(ANSWER)
    world.deliver()
    assert world.deliver() is None
    assert len(world.agent.asked) == 1


def test_a_message_of_a_run_that_was_erased_does_nothing() -> None:
    world = World(ANSWER)
    assert world.deliver(AgentTask(TenantScope("globex"), "run-1")) is None
    assert world.agent.asked == []


def test_a_run_that_is_cancelled_in_work_stops_before_its_next_turn() -> None:
    world = World(RuntimeError("It went on."))
    world.agent.meanwhile = lambda: world.jobs.cancel(ACME, "run-1", asker="a")
    assert world.deliver() is None
    assert world.run.status is JobStatus.CANCELLED


def test_a_run_goes_on_while_nobody_can_tell_whether_it_was_cancelled() -> None:
    world = World(ANSWER)
    world.jobs.cannot_tell = True
    assert world.deliver() == ANSWER


def test_what_is_away_is_tried_again_with_the_whole_budget() -> None:
    world = World(Unavailable("Neo4j is away."), ANSWER)
    with pytest.raises(Unavailable):
        world.deliver()
    assert world.deliver() == ANSWER
    assert [budget for _, _, budget in world.agent.asked] == [Budget(seconds=60)] * 2


@pytest.mark.parametrize("error", [Unavailable("Neo4j is away."), DeadlineExceeded("It took too long.")])
def test_what_stays_away_fails_the_run_with_its_reason(error: Unavailable) -> None:
    world = World(error)
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(Unavailable):
            world.deliver()
    assert world.deliver() is None
    assert world.run.status is JobStatus.FAILED
    assert error.detail in str(world.run.reason)


def test_what_cannot_be_asked_any_more_fails_at_once() -> None:
    world = World(InvalidInput("filters", "The key is not declared."))
    assert world.deliver() is None
    assert (world.run.status, world.run.reason) == (JobStatus.FAILED, "The key is not declared.")


def test_a_run_that_never_ends_is_begun_a_bounded_number_of_times() -> None:
    world = World(RuntimeError("a bug"))
    for _ in range(MAX_TRIES):
        with pytest.raises(RuntimeError):
            world.deliver()
    assert world.deliver() is None
    assert world.run.status is JobStatus.FAILED
    assert len(world.agent.asked) == MAX_TRIES


_OUTCOMES = st.sampled_from([ANSWER, Unavailable("away"), InvalidInput("filters", "no"), RuntimeError("bug")])


@given(st.lists(_OUTCOMES, min_size=1, max_size=8))
def test_whatever_happens_it_ends_once_and_stays_as_it_ended(outcomes: list[Outcome]) -> None:
    world = World(*outcomes)
    ended: list[tuple[JobStatus, str | None]] = []
    for _ in range(MAX_TRIES + 3):
        try:
            world.deliver()
        except (Unavailable, RuntimeError):
            assert world.run.status is JobStatus.RUNNING
        if world.run.status is not JobStatus.RUNNING:
            ended.append((world.run.status, world.run.reason))
    assert len(world.agent.asked) <= MAX_TRIES
    assert len(set(ended)) == 1
    assert ended[0][0] in {JobStatus.SUCCEEDED, JobStatus.FAILED}


def test_a_run_stands_still_when_it_takes_longer_than_any_may() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    moved = now - timedelta(seconds=MAX_SECONDS)
    for status in JobStatus:
        assert not AgentJob("j", status, "r", moved, moved).stalled(now)
        later = now + timedelta(seconds=MAX_SECONDS)
        assert AgentJob("j", status, "r", moved, moved).stalled(later) is (status is JobStatus.RUNNING)


@given(st.floats(1, MAX_SECONDS))
def test_only_what_the_gateway_waits_for_is_waited_for(seconds: float) -> None:
    assert Budget(seconds=seconds).is_waited_for is (seconds <= LONGEST_WAIT_S)
