"""The erase of a tenant over real servers: all of it goes, nothing of another's, and nothing slips in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from boto3 import Session

from devstack.endpoints import Endpoints
from graphwell.adapters.dynamodb_idempotency_holdings import DynamoDbIdempotencyHoldings
from graphwell.adapters.neo4j_agent_jobs import Neo4jAgentJobs
from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository
from graphwell.adapters.neo4j_staging_repository import _stage
from graphwell.adapters.neo4j_tenant_settings import Neo4jTenantSettings
from graphwell.adapters.neo4j_tenant_statistics import Neo4jTenantStatistics
from graphwell.adapters.s3_upload_holdings import S3UploadHoldings
from graphwell.adapters.s3_upload_store import upload_key
from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.jobs import AgentQuestion
from graphwell.domain.deadline import Deadline
from graphwell.domain.erasure import FILES_SETTLE_AFTER, Erasure
from graphwell.domain.errors import Conflict, NotFound, Unavailable
from graphwell.domain.passages import Answer, AnswerWithPassages, SearchMode
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnsweredText, TenantHoldings, Upload
from graphwell.usecases.erase_tenant import ContinueErases, StartErase
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared, stage
from tests.integration.graphwell.questions import STAMP, question_cache
from tests.integration.graphwell.store import EMBEDDING, Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from neo4j import ManagedTransaction


ANSWER = AnswerWithPassages(Answer("An answer.", True, ()), ())
SESSION = Session(aws_access_key_id="local", aws_secret_access_key="local")
ALL_NODES = "MATCH (n) WHERE n.tenant_id = $tenant AND NOT n:Erasure RETURN count(n) AS n"
CONTENT = "MATCH (n) WHERE n.tenant_id = $tenant OR n.id = $tenant RETURN collect(properties(n)) AS found"
BLOCKED = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN status"


@dataclass
class World:
    """Every store, and the two use cases over them, on a clock that a test moves."""

    store: Store
    clock: FakeClock
    erasures: Neo4jErasureRepository
    settings: Neo4jTenantSettings
    answers: ValkeyAnswerCache
    questions: ValkeyQuestionCache
    s3: S3Client
    bucket: str
    dynamodb: DynamoDBClient
    table: str

    @property
    def holdings(self) -> list[TenantHoldings]:
        return [
            self.erasures,
            S3UploadHoldings(self.s3, self.bucket),
            DynamoDbIdempotencyHoldings(self.dynamodb, self.table),
            self.answers,
        ]

    @property
    def start(self) -> StartErase:
        return StartErase(self.erasures, self.holdings)

    def go_on(self) -> int:
        return ContinueErases(self.erasures, self.holdings, self.clock)(Deadline.after(60))

    def erase(self, scope: TenantScope, *, with_limits: bool = False) -> Erasure:
        erasure = self.start(scope, with_limits=with_limits)
        self.clock.advance(2 * FILES_SETTLE_AFTER)
        assert self.go_on() == 1
        return self.erasures.get(scope, erasure.id)

    def fill(self, scope: TenantScope) -> dict[str, int]:
        """Give a tenant something of every kind, and return how many of each."""
        ingest(self.store.staging, scope, prepared("a", "boiler one", "boiler two"), prepared("b", "pump of Ada Byron"))
        ingest(self.store.staging, scope, prepared("a", "boiler three"))
        stage(self.store.staging, scope, prepared("c", "valve"))
        self.store.documents.delete(scope, "b")
        job_id = uuid.uuid4().hex
        self.store.jobs.await_upload(scope, Upload(job_id, "u", "u.txt", "text/plain"))
        question = AgentQuestion("How hot?", 3, SearchMode.HYBRID, (), None, Budget())
        Neo4jAgentJobs(self.store.client, self.clock).create(scope, job_id, question, asker="a", request_id="r")
        for number in range(3):
            self.s3.put_object(Bucket=self.bucket, Key=upload_key(scope, f"{number:032x}"), Body=b"text")
        for number in range(2):
            self.dynamodb.put_item(
                TableName=self.table, Item={"id": {"S": f"{scope.tenant_id}#{number}"}, "status": {"S": "COMPLETED"}}
            )
        for number in range(4):
            key = f"answer:{{{scope.tenant_id.encode().hex()}}}:{number}"
            self.answers.put(scope, key, 1, ANSWER)
            self.questions.put(scope, AnsweredText(f"{number}", vector_of(f"{number}"), STAMP, 1, key))
        self.settings.set_limits(scope, RateLimits(requests_per_minute=7))
        return {
            "documents": 3, "versions": 4, "chunks": 5, "entities": 2, "jobs": 4, "embed_tasks": 3, "agent_jobs": 1,
            "files": 3, "idempotency_records": 2, "answers": 4, "questions": 4,
        }  # fmt: skip

    def content(self, scope: TenantScope) -> Any:
        """Return everything there is of a tenant, in every store."""
        nodes = self.store.client.run(CONTENT, tenant=scope.tenant_id)[0]["found"]
        keys = [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]
        records = self.dynamodb.scan(TableName=self.table)["Items"]
        answers = [
            self.answers.get(f"answer:{{{scope.tenant_id.encode().hex()}}}:{number}") is not None for number in range(4)
        ]
        return (
            sorted(map(repr, nodes)),
            [key for key in keys if f"/{scope.tenant_id}/" in key],
            sorted(item["id"]["S"] for item in records if item["id"]["S"].startswith(f"{scope.tenant_id}#")),
            answers,
            sorted(kept.text for kept in self.questions.nearest(scope, STAMP, vector_of("0"))),
        )


@pytest.fixture(scope="module")
def world(store: Store, endpoints: Endpoints) -> Iterator[World]:
    clock = FakeClock()
    s3 = SESSION.client("s3", endpoint_url=endpoints.s3_url, region_name=endpoints.region)
    dynamodb = SESSION.client("dynamodb", endpoint_url=endpoints.dynamodb_url, region_name=endpoints.region)
    name = f"erase-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    questions = question_cache(ValkeyClient(endpoints.valkey_url, dict))
    yield World(
        store,
        clock,
        Neo4jErasureRepository(store.client, clock),
        Neo4jTenantSettings(store.client, clock),
        ValkeyAnswerCache(ValkeyClient(endpoints.valkey_url, dict), store.maintenance._clock),
        questions,
        s3,
        name,
        dynamodb,
        name,
    )
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def other(scope: TenantScope) -> TenantScope:
    """A tenant whose id begins with the erased one's."""
    return TenantScope(f"{scope.tenant_id}2")


def test_all_of_it_goes_and_nothing_of_another_tenant(world: World, scope: TenantScope, other: TenantScope) -> None:
    world.fill(other)
    counts = world.fill(scope)
    before = world.content(other)
    assert world.start.preview(scope) == counts

    ended = world.erase(scope)
    assert ended.before == counts
    assert ended.after == dict.fromkeys(counts, 0)
    assert world.store.client.run(ALL_NODES, tenant=scope.tenant_id)[0]["n"] == 0
    assert world.content(scope)[1:] == ([], [], [False] * 4, [])
    assert world.content(other) == before
    assert "boiler" not in repr(world.content(scope))


def test_afterwards_it_is_used_anew_and_no_corpus_version_comes_twice(world: World, scope: TenantScope) -> None:
    world.fill(scope)
    seen = world.store.index.corpus_version(scope, Deadline.after(10))
    world.erase(scope)
    assert world.store.index.corpus_version(scope, Deadline.after(10)) > seen
    ingest(world.store.staging, scope, prepared("a", "boiler one"))
    assert world.store.documents.get(scope, "a").version == 1
    assert world.store.index.corpus_version(scope, Deadline.after(10)) > seen
    assert world.erase(scope).before["documents"] == 1


@pytest.mark.parametrize("with_limits", [False, True])
def test_limits_of_the_platform_go_with_the_platforms_erase(
    world: World, scope: TenantScope, *, with_limits: bool
) -> None:
    world.settings.set_limits(scope, RateLimits(requests_per_minute=7))
    world.erase(scope, with_limits=with_limits)
    assert world.settings.limits(scope) == (None if with_limits else RateLimits(requests_per_minute=7))


def test_while_it_runs_nothing_new_is_taken_in(world: World, scope: TenantScope) -> None:
    (staged,) = stage(world.store.staging, scope, prepared("a", "boiler one"))
    erasure = world.start(scope, with_limits=False)
    assert world.erasures.running(scope) == erasure.id
    assert world.start(scope, with_limits=False) == erasure
    for write in (
        lambda: stage(world.store.staging, scope, prepared("b", "boiler")),
        lambda: world.store.jobs.await_upload(scope, Upload(uuid.uuid4().hex, "u", "u.txt", "text/plain")),
        lambda: world.settings.set_limits(scope, RateLimits()),
    ):
        with pytest.raises(Conflict):
            write()
    assert world.erasures.count(scope)["documents"] == 1
    world.clock.advance(timedelta(minutes=1))
    assert world.go_on() == 1
    assert world.store.staging.unembedded(scope, staged.chunk_ids) == []
    assert world.store.staging.activate(scope, staged.chunk_ids) == 0
    assert world.erasures.running(scope) is None
    stage(world.store.staging, scope, prepared("b", "boiler"))


def test_what_is_being_staged_when_it_begins_is_removed_or_refused(world: World, scope: TenantScope) -> None:
    """A staging that has not committed holds the erase's beginning up, so the erase sees all that it wrote."""
    staged, committing = Event(), Event()

    def slow(tx: ManagedTransaction) -> None:
        _stage(tx, scope, "f" * 32, [prepared("a", "boiler")], world.clock.now())
        staged.set()
        committing.wait(20)

    with ThreadPoolExecutor(2) as pool:
        staging = pool.submit(world.store.client.write, slow)
        staged.wait(20)
        starting = pool.submit(world.erasures.start, scope, uuid.uuid4().hex, {}, with_limits=False)
        while not starting.done() and not world.store.client.run(BLOCKED):
            pass
        assert not starting.done()
        committing.set()
        staging.result()
        erasure = starting.result()
    assert world.erasures.count(scope)["chunks"] == 1
    while not world.erasures.remove(erasure):
        pass
    assert world.erasures.finish(erasure, {})
    assert world.store.client.run(ALL_NODES, tenant=scope.tenant_id)[0]["n"] == 0


def test_it_does_not_end_while_the_graph_holds_anything(world: World, scope: TenantScope) -> None:
    ingest(world.store.staging, scope, prepared("a", "boiler"))
    erasure = world.start(scope, with_limits=False)
    assert not world.erasures.finish(erasure, {})
    assert world.erasures.running(scope) == erasure.id
    while not world.erasures.remove(erasure):
        pass
    assert world.erasures.finish(erasure, {})
    assert world.erasures.finish(erasure, {"repeated": 1}), "safe to repeat"
    assert world.erasures.get(scope, erasure.id).after.get("repeated") is None


def test_its_job_is_its_tenants_alone(world: World, scope: TenantScope, other: TenantScope) -> None:
    erasure = world.erase(scope)
    with pytest.raises(NotFound):
        world.erasures.get(other, erasure.id)


def test_an_answer_that_comes_late_is_not_kept(world: World, scope: TenantScope) -> None:
    key = f"answer:{{{scope.tenant_id.encode().hex()}}}:0"
    world.answers.put(scope, key, 3, ANSWER)
    world.answers.forget(scope, 3)
    assert world.answers.get(key) is not None, "made of the version itself"
    world.answers.forget(scope, 4)
    assert world.answers.get(key) is None
    world.answers.forget(scope, 2)
    world.answers.put(scope, key, 3, ANSWER)
    assert world.answers.get(key) is None
    world.answers.put(scope, key, 4, ANSWER)
    assert world.answers.get(key) == ANSWER
    assert world.answers.count(scope) == {"answers": 1, "questions": 0}


def test_without_valkey_it_ends_when_no_answer_can_be_left(world: World, scope: TenantScope) -> None:
    away = ValkeyAnswerCache(ValkeyClient("redis://127.0.0.1:1", dict), world.clock)
    assert away.count(scope) == {}
    erasure = world.erasures.start(scope, uuid.uuid4().hex, {}, with_limits=False)
    with pytest.raises(Unavailable):
        away.remove(erasure)
    world.clock.advance(timedelta(hours=2))
    assert away.remove(erasure)
    assert world.erasures.finish(erasure, {})


def test_statistics_count_what_is_there(world: World, scope: TenantScope) -> None:
    statistics = Neo4jTenantStatistics(world.store.client)
    empty = statistics(scope)
    assert (empty.documents, empty.chunks, empty.bytes, empty.corpus_version) == (0, 0, 0, 0)
    assert empty.embedding == EMBEDDING
    world.fill(scope)
    full = statistics(scope)
    assert (full.documents, full.versions, full.chunks, full.jobs) == (2, 4, 5, 4)
    assert full.bytes == len("boiler three")
    assert full.corpus_version > 0


def test_a_documents_files_and_counts(world: World, scope: TenantScope) -> None:
    store = world.store
    jobs = [uuid.uuid4().hex for _ in range(2)]
    for job_id in jobs:
        store.jobs.await_upload(scope, Upload(job_id, "a", "a.txt", "text/plain"))
    staged = store.staging.stage(scope, jobs[0], [prepared("a", "boiler one", "boiler two")])
    assert store.documents.uploads(scope, "a") == [jobs[0]], "the other is still to come"
    counts = {"documents": 1, "versions": 1, "chunks": len(staged[0].chunk_ids), "entities": 0}
    assert store.documents.count(scope, "a") == counts
    with pytest.raises(NotFound):
        store.documents.count(scope, "b")


def test_many_files_and_records_go(world: World, scope: TenantScope) -> None:
    for number in range(30):
        world.s3.put_object(Bucket=world.bucket, Key=upload_key(scope, f"{number:032x}"), Body=b"text")
    erasure = world.start(scope, with_limits=False)
    assert erasure.before["files"] == 30
    while not S3UploadHoldings(world.s3, world.bucket).remove(erasure):
        pass
    assert S3UploadHoldings(world.s3, world.bucket).count(scope) == {"files": 0}
    assert world.erasures.finish(erasure, {})
