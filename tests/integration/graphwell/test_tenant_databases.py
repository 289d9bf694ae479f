"""Tenants in two real databases: each is in its own alone, and what spans tenants reaches both."""

from __future__ import annotations

import json
import re
import runpy
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from devstack.endpoints import Endpoints
from devstack.ports import choose_ports
from devstack.testing import running_services
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Conflict, NotFound, Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.runtime.container import Container
from graphwell.runtime.settings import Settings, load_settings
from graphwell.runtime.shard import Shard
from graphwell.usecases.check_health import HealthStatus
from graphwell.usecases.ingest_documents import Submission
from graphwell.usecases.search import SearchRequest
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.ingestion import FakeChunker, FakeEmbedQueue
from tests.fakes.uploads import FakeUploadStore

ROOT = Path(__file__).parents[3]
LARGE = TenantScope(f"large-{uuid.uuid4().hex}")
OTHER = TenantScope(f"other-{uuid.uuid4().hex}")
OF_TENANT = "MATCH (n) WHERE n.tenant_id = $tenant OR n.id = $tenant RETURN count(n) AS found"
INDEXES = "SHOW INDEXES YIELD name RETURN collect(name) AS names"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A Neo4j that holds nothing of other tests, whose work would be repaired as well."""
    with running_services(tmp_path_factory.mktemp("first"), only=["neo4j"]) as running:
        yield running.endpoints


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """A second Neo4j."""
    with running_services(tmp_path_factory.mktemp("large"), only=["neo4j"]) as running:
        yield running.endpoints


@pytest.fixture(scope="module")
def environment(endpoints: Endpoints, first: Endpoints, large: Endpoints) -> Iterator[pytest.MonkeyPatch]:
    """The variables of the functions, with the accounts of both servers in Secrets Manager."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in endpoints.aws_environment().items():
            patched.setenv(name, value)
        settings = {
            "TOKEN_ISSUER": "https://issuer.example",
            "TOKEN_AUDIENCE": "project",
            "JWKS_URL": "https://issuer.example/jwks",
            "EMBEDDING_MODEL": FakeEmbedder.model,
            "EMBEDDING_DIMENSIONS": str(FakeEmbedder.dimensions),
            "NEO4J_URI": first.neo4j_uri,
            "NEO4J_SECRET": _secret(_account(first)),
            "NEO4J_DATABASES": json.dumps({"large": {"uri": large.neo4j_uri, "tenants": [LARGE.tenant_id]}}),
            "NEO4J_DATABASES_SECRET": _secret({"large": _account(large)}),
            "EMBED_QUEUE_URL": boto3.client("sqs").create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"],
        }
        for name, value in settings.items():
            patched.setenv(f"GRAPHWELL_{name}", value)
        load_settings.cache_clear()
        yield patched
    load_settings.cache_clear()


def _account(endpoints: Endpoints) -> dict[str, str]:
    return {"username": endpoints.neo4j_username, "password": endpoints.neo4j_password}


def _secret(fields: object) -> str:
    name = uuid.uuid4().hex
    boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(fields))
    return name


def _handler(function: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    handler = runpy.run_path(str(ROOT / "functions" / function / "app.py"))["handler"]
    return handler


CONTEXT = SimpleNamespace(
    function_name="function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 55_000,
)


def _wired(settings: Settings | None = None) -> Container:
    """Return the wiring as the environment has it, or with other settings, with fakes of all but the databases."""
    container = Container(settings)
    container.models.embedders = [FakeEmbedder()]
    container.chunker = FakeChunker()
    container.embed_queue = FakeEmbedQueue()
    container.upload_store = FakeUploadStore()  # type: ignore[assignment]  # the port is all that is used of it
    container.holdings_elsewhere = []
    return container


@pytest.fixture(scope="module")
def migrated(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Both databases with their schema, which the function makes."""
    assert _handler("migrate")({}, CONTEXT)["embedding_model"] == FakeEmbedder.model
    return environment


@pytest.fixture
def container(migrated: pytest.MonkeyPatch) -> Iterator[Container]:  # noqa: ARG001
    built = _wired()
    yield built
    for shard in built.shards.values():
        shard.neo4j.close()


def _ingest(container: Container, scope: TenantScope, text: str) -> None:
    container.of(scope).ingest_documents(scope, [Submission("Guide", text, "guide")])
    _embed(container)


def _embed(container: Container) -> None:
    """Do what the embed function does with what was sent."""
    assert isinstance(container.embed_queue, FakeEmbedQueue)
    while container.embed_queue.tasks:
        task = container.embed_queue.tasks.pop()
        container.of(task.scope).embed_chunks(task, Deadline.after(20))


def _texts(container: Container, scope: TenantScope) -> list[str]:
    found = container.of(scope).find_passages(scope, SearchRequest("boiler"), Deadline.after(20))
    return [passage.text for passage in found.passages]


def _held(container: Container, scope: TenantScope) -> dict[str, bool]:
    """Tell of each database whether anything of a tenant is in it."""
    return {
        name: shard.neo4j.read(OF_TENANT, tenant=scope.tenant_id)[0]["found"] > 0
        for name, shard in container.shards.items()
    }


def test_the_schema_is_in_every_database(container: Container) -> None:
    names = [set(shard.neo4j.read(INDEXES)[0]["names"]) for shard in container.shards.values()]
    assert names[0] == names[1] > {"chunk_embedding", "chunk_text"}


def test_a_tenant_is_taken_in_found_and_deleted_in_its_own_database_alone(container: Container) -> None:
    _ingest(container, LARGE, "The large boiler runs at 9 bar.")
    _ingest(container, OTHER, "The other boiler runs at 2 bar.")
    assert _held(container, LARGE) == {"default": False, "large": True}
    assert _held(container, OTHER) == {"default": True, "large": False}
    assert _texts(container, LARGE) == ["The large boiler runs at 9 bar."]
    assert _texts(container, OTHER) == ["The other boiler runs at 2 bar."]

    container.of(LARGE).delete_document(LARGE, "guide")
    assert _texts(container, LARGE) == []
    with pytest.raises(NotFound):
        container.of(LARGE).documents.get(LARGE, "guide")
    assert container.of(OTHER).documents.get(OTHER, "guide").chunk_count == 1


def test_what_stopped_is_repaired_in_every_database(container: Container) -> None:
    assert isinstance(container.embed_queue, FakeEmbedQueue)
    container.embed_queue.down = True
    _ingest(container, LARGE, "The boiler was built in 1854.")
    sqs, queue_url = boto3.client("sqs"), container.settings.embed_queue_url
    assert _handler("reconcile")({}, CONTEXT)["sent_tasks"] >= 1
    bodies = []
    while found := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in found]
    assert any(LARGE.tenant_id in body for body in bodies)


def test_an_erase_ends_in_the_tenants_database(container: Container) -> None:
    clock = FakeClock()
    container.clock = clock
    _ingest(container, LARGE, "The boiler is to go.")
    shard = container.of(LARGE)
    erasure = shard.start_erase(LARGE, with_limits=True)
    with pytest.raises(Conflict, match="being erased"):
        container.refuse_erased(LARGE)
    clock.advance(timedelta(minutes=10))
    assert shard.continue_erases(Deadline.after(20)) == 1
    assert shard.erasures.get(LARGE, erasure.id).finished_at is not None
    assert not any(shard.erasures.count(LARGE).values())


def test_the_statements_for_moving_a_tenant_leave_it_in_one_database(container: Container) -> None:
    keep, remove = re.findall(r"```cypher\n(.*?)```", (ROOT / "docs" / "databases.md").read_text(), re.DOTALL)
    shard, left_out = container.of(LARGE), TenantScope(f"copied-{uuid.uuid4().hex}")
    for scope in (LARGE, left_out):
        shard.ingest_documents(scope, [Submission("Guide", "The boiler runs at 9 bar.", "guide")])
    _run(shard, keep)
    assert _held(container, left_out)["large"] is False
    assert _held(container, LARGE)["large"] is True
    _run(shard, remove)
    assert _held(container, LARGE)["large"] is False
    assert shard.neo4j.read("MATCH (n) RETURN collect(DISTINCT labels(n)[0]) AS left")[0]["left"] == ["IndexMetadata"]


def _run(shard: Shard, statements: str) -> None:
    for statement in statements.replace("acme", LARGE.tenant_id).split(";"):
        if statement.strip():
            shard.neo4j.run(statement)


def test_readiness_names_the_database_that_is_down_and_the_others_go_on(migrated: pytest.MonkeyPatch) -> None:
    (port,) = choose_ports(["nobody"], {}).values()
    databases = {"large": {"uri": f"bolt://127.0.0.1:{port}", "tenants": [LARGE.tenant_id]}}
    migrated.setenv("GRAPHWELL_NEO4J_DATABASES", json.dumps(databases))
    container = _wired(Settings.read())
    report = container.check_health()
    assert report.checks["neo4j@large"].status is HealthStatus.UNHEALTHY
    assert report.checks["neo4j"].status is HealthStatus.HEALTHY
    assert report.status is HealthStatus.DEGRADED
    _ingest(container, OTHER, "The other boiler runs at 3 bar.")
    assert _texts(container, OTHER) == ["The other boiler runs at 3 bar."]
    with pytest.raises(Unavailable):
        container.of(LARGE).documents.page(LARGE, cursor=None, limit=1)
