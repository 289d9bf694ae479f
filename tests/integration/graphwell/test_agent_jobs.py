"""Runs of the agent that are jobs, over a real Neo4j and a real SQS server."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from boto3 import Session
from botocore.config import Config

from devstack.endpoints import Endpoints
from graphwell.adapters.neo4j_agent_jobs import MAX_ANSWER_BYTES, Neo4jAgentJobs
from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository
from graphwell.adapters.sqs_agent_queue import SqsAgentQueue, decode_task
from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.jobs import AgentQuestion, AgentTask, BegunRun
from graphwell.domain.agent.steps import AGENT_MODE, Step, StepKind, Stop
from graphwell.domain.conversation import Role, Turn
from graphwell.domain.errors import Conflict, NotFound, Unavailable
from graphwell.domain.jobs import JobStatus
from graphwell.domain.origin import Origin
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Usage
from graphwell.domain.tenancy import TenantScope
from tests.fakes.clock import FakeClock
from tests.fakes.search import passage
from tests.integration.graphwell.store import Store, changed_first

QUESTION = AgentQuestion(
    "Wie heiß ist \N{FIRE}?",
    3,
    AGENT_MODE,
    (Turn(Role.USER, "Und?"),),
    {"metadata.year": {"gte": 1}},
    Budget(4, 5000, 60),
)
CITATION = Citation("d1", "d1~1~0", "Hot.", 0, 4)
STEP = Step(StepKind.SEARCH, "heiß", found=("d1~1~0",), new=1, names=("Boiler",), usage=Usage(1, 2, "m"))
PASSAGES = [passage(1), passage(2)]
ANSWER = AgentAnswer(
    AnswerWithPassages(Answer("Hot. [1]", grounded=True, citations=[CITATION]), PASSAGES), [STEP], Stop.STEPS, ["llm"]
)
IDLE = timedelta(minutes=5)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def jobs(store: Store, clock: FakeClock) -> Neo4jAgentJobs:
    return Neo4jAgentJobs(store.client, clock)


def ask(jobs: Neo4jAgentJobs, scope: TenantScope, job_id: str = "run") -> None:
    jobs.create(scope, job_id, QUESTION, asker="ada", request_id="request")


def state(jobs: Neo4jAgentJobs, scope: TenantScope, job_id: str = "run") -> JobStatus:
    return jobs.get(scope, job_id, asker="ada").status


def held(store: Store, scope: TenantScope) -> dict[str, object]:
    (record,) = store.client.run("MATCH (j:AgentJob {tenant_id: $t}) RETURN properties(j) AS held", t=scope.tenant_id)
    found: dict[str, object] = record["held"]
    return found


def test_a_question_comes_out_as_it_went_in_and_its_tries_are_counted(jobs: Neo4jAgentJobs, scope: TenantScope) -> None:
    ask(jobs, scope)
    assert state(jobs, scope) is JobStatus.QUEUED
    assert [jobs.begin(scope, "run"), jobs.begin(scope, "run")] == [BegunRun(QUESTION, 1), BegunRun(QUESTION, 2)]
    assert state(jobs, scope) is JobStatus.RUNNING


def test_asked_again_by_a_driver_that_heard_nothing_it_is_the_same(jobs: Neo4jAgentJobs, scope: TenantScope) -> None:
    ask(jobs, scope)
    jobs.begin(scope, "run")
    ask(jobs, scope)
    assert state(jobs, scope) is JobStatus.RUNNING


def test_an_answer_takes_the_place_of_the_question(store: Store, jobs: Neo4jAgentJobs, scope: TenantScope) -> None:
    ask(jobs, scope)
    jobs.begin(scope, "run")
    jobs.finish(scope, "run", ANSWER)
    run = jobs.get(scope, "run", asker="ada")
    assert (run.status, run.request_id, run.reason) == (JobStatus.SUCCEEDED, "request", None)
    assert run.answer is not None
    assert (run.answer["stopped"], run.answer["degraded"]) == ("steps", ["llm"])
    assert run.answer["steps"][0]["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "model": "m"}
    assert run.answer["content"]["answer"]["citations"][0]["quote"] == "Hot."
    assert [each["chunk_id"] for each in run.answer["content"]["passages"]] == [each.chunk_id for each in PASSAGES]
    assert "question" not in held(store, scope)


ENDS: dict[str, Callable[[Neo4jAgentJobs, TenantScope], None]] = {
    "finished": lambda jobs, scope: jobs.finish(scope, "run", ANSWER),
    "failed": lambda jobs, scope: jobs.fail(scope, "run", "It was away."),
    "cancelled": lambda jobs, scope: jobs.cancel(scope, "run", asker="ada"),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_has_ended_stays_as_it_is(jobs: Neo4jAgentJobs, scope: TenantScope, end: str) -> None:
    ask(jobs, scope)
    assert jobs.is_open(scope, "run")
    ENDS[end](jobs, scope)
    assert not jobs.is_open(scope, "run")
    ended = jobs.get(scope, "run", asker="ada")
    assert jobs.begin(scope, "run") is None
    for again in ENDS.values():
        again(jobs, scope)
    assert jobs.get(scope, "run", asker="ada") == ended


LATE: dict[str, Callable[[Neo4jAgentJobs, TenantScope], object]] = {
    **ENDS,
    "begun": lambda jobs, scope: jobs.begin(scope, "run"),
    "lost": lambda jobs, _scope: jobs.fail_lost(-IDLE, "It was lost.", 1_000),
}


@pytest.mark.parametrize("late", LATE)
def test_whoever_waits_for_the_end_of_a_run_finds_it_ended(
    store: Store, jobs: Neo4jAgentJobs, scope: TenantScope, late: str
) -> None:
    ask(jobs, scope)
    end = "MATCH (j:AgentJob {tenant_id: $t}) SET j.state = 'cancelled', j.reason = 'First.' REMOVE j.question"

    changed_first(store, scope, end, lambda: LATE[late](jobs, scope))

    run = jobs.get(scope, "run", asker="ada")
    assert (run.status, run.reason, run.answer) == (JobStatus.CANCELLED, "First.", None)


def test_nobody_but_its_asker_reads_or_cancels_a_run(jobs: Neo4jAgentJobs, scope: TenantScope) -> None:
    ask(jobs, scope)
    for tenant, asker in ((scope, "bob"), (TenantScope(f"{scope.tenant_id}x"), "ada")):
        with pytest.raises(NotFound):
            jobs.get(tenant, "run", asker=asker)
        with pytest.raises(NotFound):
            jobs.cancel(tenant, "run", asker=asker)
    assert jobs.begin(TenantScope(f"{scope.tenant_id}x"), "run") is None
    assert not jobs.is_open(TenantScope(f"{scope.tenant_id}x"), "run")
    assert state(jobs, scope) is JobStatus.QUEUED


def test_an_answer_that_is_too_large_loses_its_last_passages(
    store: Store, jobs: Neo4jAgentJobs, scope: TenantScope
) -> None:
    many = [passage(number, text="ß" * 20_000) for number in range(100)]
    ask(jobs, scope)
    jobs.finish(scope, "run", AgentAnswer(AnswerWithPassages(ANSWER.content.answer, many), [STEP], Stop.DONE, ()))
    answer = jobs.get(scope, "run", asker="ada").answer
    assert answer is not None
    left = [each["chunk_id"] for each in answer["content"]["passages"]]
    assert left
    assert left == [each.chunk_id for each in many[: len(left)]]
    assert len(str(held(store, scope)["answer"]).encode()) <= MAX_ANSWER_BYTES


def test_an_erase_refuses_new_runs_and_takes_the_others(
    store: Store, jobs: Neo4jAgentJobs, scope: TenantScope, clock: FakeClock
) -> None:
    ask(jobs, scope)
    erasures = Neo4jErasureRepository(store.client, clock)
    assert erasures.count(scope)["agent_jobs"] == 1
    erasure = erasures.start(scope, "erase", {}, with_limits=True)
    with pytest.raises(Conflict):
        ask(jobs, scope, "late")
    while not erasures.remove(erasure):
        pass
    with pytest.raises(NotFound):
        state(jobs, scope)
    jobs.finish(scope, "run", ANSWER)
    assert erasures.count(scope)["agent_jobs"] == 0
    assert erasures.finish(erasure, {})


def test_runs_that_stand_still_fail_and_old_ones_go(jobs: Neo4jAgentJobs, scope: TenantScope, clock: FakeClock) -> None:
    for job_id in ("queued", "running", "done"):
        ask(jobs, scope, job_id)
    jobs.begin(scope, "running")
    jobs.finish(scope, "done", ANSWER)
    clock.advance(IDLE)
    ask(jobs, scope, "new")
    assert jobs.fail_lost(IDLE / 2, "It was lost.", 1_000) >= 2
    states = [state(jobs, scope, job_id) for job_id in ("queued", "running", "done", "new")]
    assert states == [JobStatus.FAILED, JobStatus.FAILED, JobStatus.SUCCEEDED, JobStatus.QUEUED]
    assert jobs.get(scope, "queued", asker="ada").reason == "It was lost."
    assert jobs.remove_old(IDLE / 2, 1_000) >= 3
    assert state(jobs, scope, "new") is JobStatus.QUEUED
    with pytest.raises(NotFound):
        state(jobs, scope, "done")


@pytest.mark.parametrize("origin", [None, Origin("request", "Root=1-2-3")])
def test_a_message_names_a_run_and_says_nothing_of_it(endpoints: Endpoints, origin: Origin | None) -> None:
    session = Session(aws_access_key_id="local", aws_secret_access_key="local")
    sqs = session.client("sqs", endpoint_url=endpoints.sqs_url, region_name=endpoints.region)
    url = sqs.create_queue(QueueName=f"q{uuid.uuid4().hex}")["QueueUrl"]
    task = AgentTask(TenantScope("acme"), "run", origin)
    SqsAgentQueue(sqs, url).send(task)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_queue(QueueUrl=url)
    assert decode_task(message["Body"]) == task


def test_a_queue_that_is_away_is_told_as_such() -> None:
    config = Config(retries={"max_attempts": 0}, connect_timeout=1, read_timeout=1)
    session = Session(aws_access_key_id="local", aws_secret_access_key="local")
    away = session.client("sqs", endpoint_url="http://127.0.0.1:1", region_name="us-east-1", config=config)
    with pytest.raises(Unavailable):
        SqsAgentQueue(away, "http://127.0.0.1:1/q").send(AgentTask(TenantScope("acme"), "run"))


@pytest.mark.parametrize("body", ["{}", "[]", "1", '{"tenant_id": "acme"}', '{"tenant_id": " ", "job_id": "j"}', "x"])
def test_another_message_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"agent message|Expecting value"):
        decode_task(body)
