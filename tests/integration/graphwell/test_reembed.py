"""The move of an index to a model of other dimensions: readers find everything throughout, and never a mixture.

It changes the whole database's index, so it runs on a server of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from devstack.testing import running_services
from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository
from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.neo4j_reembedding import Neo4jReembedding
from graphwell.adapters.neo4j_schema import VECTOR_INDEXES, Neo4jSchema
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.adapters.neo4j_tenant_statistics import Neo4jTenantStatistics
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import QUERIES_SETTLE_AFTER, WORKERS_SETTLE_AFTER, EmbeddingIdentity, Move, Slot
from graphwell.domain.errors import IncompatibleIndex, Unavailable
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, SearchQuery, Vector
from graphwell.runtime.embedders import Embedders
from graphwell.usecases.embed_chunks import EmbedChunks
from graphwell.usecases.fill_beside import FillBeside
from graphwell.usecases.reembed import Reembed
from tests.fakes.clock import FakeClock, FakeMonotonic
from tests.fakes.embedding import FakeEmbedder, vector_of
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeEmbedQueue, sending
from tests.integration.graphwell.ingestion import prepared, stage
from tests.integration.graphwell.store import EMBEDDING, POOL

ACME, OTHER = TenantScope("acme"), TenantScope("other")
A_SECOND = timedelta(seconds=1)


class WiderEmbedder(FakeEmbedder):
    """A second model, whose vectors are longer and point elsewhere."""

    model = "wider-model"
    dimensions = 12

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Return one vector a text."""
        first = super().embed_passages(texts, deadline)
        return [[*(-value * 0.8 for value in vector), 0.3, 0.3, 0.3, 0.3] for vector in first]


NEXT = EmbeddingIdentity(WiderEmbedder.model, WiderEmbedder.dimensions)


class Index:
    """An index, the workers that feed it and the readers that ask it, on a clock that a test moves."""

    def __init__(self, client: Neo4jClient) -> None:
        self.client = client
        self.clock = FakeClock()
        self.plans = Neo4jReembedding(client, self.clock)
        self.queue = FakeEmbedQueue()
        self.old, self.new = FakeEmbedder(), WiderEmbedder()
        self.embedders = Embedders(self.plans, [self.old, self.new], FakeMonotonic())
        self.configured = EMBEDDING
        self.texts: dict[TenantScope, set[str]] = {ACME: set(), OTHER: set()}

    def work(self, tasks: Sequence[EmbedTask]) -> None:
        """Do what embedding functions do with messages."""
        for task in tasks:
            plan = self.embedders.plan(fresh=True)
            beside = None
            if plan.beside:
                beside = FillBeside(self.embedders.find(plan.beside), self.plans, plan.slot.other)
            staging = Neo4jStagingRepository(self.client, self.clock, slot=plan.slot)
            send_nothing = sending(FakeStaging(), FakeEmbedQueue())
            EmbedChunks(self.embedders.of(plan.serving), staging, LocalGraphExtractor(), send_nothing, beside)(
                task, Deadline.after(60)
            )

    def ingest(self, scope: TenantScope, name: str) -> None:
        """Take a document in, and look at the index before and after."""
        staging = Neo4jStagingRepository(self.client, self.clock)
        (staged,) = stage(staging, scope, prepared(name, f"text of {name}"))
        self.work([EmbedTask(scope, staged.chunk_ids)])
        self.texts[scope].add(f"text of {name}")
        self.check()

    def go_on(self, wanted: EmbeddingIdentity | None = NEXT, *, lose: bool = False) -> Move:
        """Let the reconciler run once, the workers do what it asked for, and look at the index."""
        configured = self.configured
        run = Reembed(self.plans, self.queue, self.clock, configured=configured, wanted=wanted, sleep=self._drain)
        run(Deadline.after(60))
        if lose:
            self.queue.tasks.clear()
        self._drain(0)
        self.check()
        return self.plans.read().move

    def _drain(self, _seconds: float) -> None:
        tasks, self.queue.tasks = self.queue.tasks, []
        self.work(tasks)

    def check(self, *plans: tuple[EmbeddingIdentity, Slot]) -> None:
        """Ask for every text, by what the index says and by what a reader may still remember: each is its own best."""
        self.client.run("CALL db.awaitIndexes(60)")
        plan = self.embedders.plan(fresh=True)
        for model, slot in plans or [(plan.serving, plan.slot)]:
            embedder = self.embedders.of(model)
            index = Neo4jPassageIndex(self.client, slot)
            for scope, texts in self.texts.items():
                for text in texts:
                    vector = embedder.embed_query(f"Title\n{text}", Deadline.after(60))
                    query = SearchQuery(text, vector, frozenset({SearchMode.VECTOR}), 100)
                    found = _until(
                        lambda index=index, scope=scope, query=query: [  # type: ignore[misc]
                            hit.passage.text for hit in index.search(scope, query, Deadline.after(60)).hits
                        ],
                        lambda hits, text=text, texts=texts: (
                            bool(hits)  # type: ignore[misc]
                            and hits[0] == text
                            and set(hits) == texts
                        ),
                    )
                    assert found, f"{text} of {scope.tenant_id} by {model.model}"
                    hits = index.search(scope, replace(query, legs=frozenset(SearchMode)), Deadline.after(60)).hits
                    cosines = {hit.leg: hit.similarity for hit in hits if hit.passage.text == text}
                    assert cosines == pytest.approx({SearchMode.VECTOR: 1.0, SearchMode.FULLTEXT: 1.0}, abs=1e-5)


def _until(read: Callable[[], list[str]], fits: Callable[[list[str]], bool]) -> bool:
    """Read until it fits; the vector index shows what was committed up to a quarter of a second later."""
    return any(fits(read()) for _ in range(200))


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jClient]:
    with running_services(tmp_path_factory.mktemp("neo4j"), only=["neo4j"]) as services:
        account = (services.endpoints.neo4j_username, services.endpoints.neo4j_password)
        client = Neo4jClient(services.endpoints.neo4j_uri, "neo4j", lambda: account, POOL)
        yield client
        client.close()


@pytest.fixture
def index(own_server: Neo4jClient) -> Index:
    own_server.run("MATCH (n) DETACH DELETE n")
    for name in VECTOR_INDEXES.values():
        own_server.run(f"DROP INDEX {name} IF EXISTS")
    Neo4jSchema(own_server).migrate(EMBEDDING)
    return Index(own_server)


def indexes(client: Neo4jClient) -> set[str]:
    rows = client.run("SHOW INDEXES YIELD name, type WHERE type = 'VECTOR' RETURN name")
    return {row["name"] for row in rows}


def test_an_index_moves_to_another_model_and_back_while_all_goes_on(index: Index) -> None:
    client, clock = index.client, index.clock
    for number in range(4):
        index.ingest(ACME, f"a{number}")
        index.ingest(OTHER, f"o{number}")
    assert index.go_on(wanted=None) is Move.NONE
    assert index.go_on(wanted=EMBEDDING) is Move.NONE

    # Build beside: what was there is sent, what is lost on the way is sent again, what comes new is fed to both.
    assert index.go_on(lose=True) is Move.BUILDING
    assert indexes(client) == set(VECTOR_INDEXES.values())
    index.ingest(ACME, "during")
    statistics = Neo4jTenantStatistics(client)(ACME)
    assert (statistics.embedding, statistics.moving_to, statistics.moved_chunks) == (EMBEDDING, NEXT, 1)
    clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    assert index.go_on() is Move.BUILDING
    assert Neo4jTenantStatistics(client)(ACME).moved_chunks == 5
    with pytest.raises(IncompatibleIndex):
        Neo4jSchema(client).verify(NEXT)

    # Switch: at once for whoever reads the plan, and what readers remember still finds everything, new things too.
    assert index.go_on() is Move.SWITCHED
    assert index.plans.read().serving == NEXT
    Neo4jSchema(client, NEXT).verify(EMBEDDING)
    Neo4jSchema(client, NEXT).migrate(EMBEDDING)
    index.ingest(OTHER, "after")
    index.check((EMBEDDING, Slot.A), (NEXT, Slot.B))
    assert index.go_on() is Move.SWITCHED

    # Drop: not before the settings name the new model as the index's own.
    clock.advance(QUERIES_SETTLE_AFTER + A_SECOND)
    assert index.go_on() is Move.SWITCHED
    index.check((EMBEDDING, Slot.A), (NEXT, Slot.B))
    index.configured = NEXT
    assert index.go_on(wanted=None) is Move.DROPPING
    assert index.go_on() is Move.DROPPING
    index.ingest(ACME, "while dropping")
    clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    assert index.go_on() is Move.NONE
    assert indexes(client) == {VECTOR_INDEXES[Slot.B]}
    assert client.run("MATCH (c:Chunk) WHERE c.embedding IS NOT NULL RETURN count(c) AS n")[0]["n"] == 0
    Neo4jSchema(client).verify(NEXT)
    Neo4jSchema(client).migrate(NEXT)
    assert indexes(client) == {VECTOR_INDEXES[Slot.B]}

    # Documents live on in the other slot.
    index.ingest(ACME, "later")
    Neo4jDocumentRepository(client, clock).delete(ACME, "later")
    index.texts[ACME].discard("text of later")
    index.check()

    # And back.
    assert index.go_on(EMBEDDING) is Move.BUILDING
    clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    assert index.go_on(EMBEDDING) is Move.SWITCHED
    assert index.plans.read().serving == EMBEDDING


def test_a_move_is_given_up_when_it_is_not_wanted_any_more(index: Index) -> None:
    index.ingest(ACME, "a")
    assert index.go_on() is Move.BUILDING
    assert index.go_on(wanted=None) is Move.DROPPING
    index.clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    assert index.go_on(wanted=None) is Move.NONE
    assert indexes(index.client) == {VECTOR_INDEXES[Slot.A]}
    assert index.plans.read().serving == EMBEDDING


def test_it_never_switches_while_a_chunk_lacks_a_vector(index: Index) -> None:
    index.ingest(ACME, "a")
    index.plans.build(NEXT)
    assert not index.plans.switch(index.plans.read())
    index.clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    index.new.down = True
    index.ingest(ACME, "b")
    assert index.go_on() is Move.BUILDING
    assert not index.plans.switch(index.plans.read())
    index.new.down = False
    assert index.go_on() is Move.BUILDING
    assert index.go_on() is Move.SWITCHED
    assert len(vector_of("a")) != NEXT.dimensions


def test_a_worker_that_left_a_vector_out_writes_nothing_when_the_index_has_switched_meanwhile(index: Index) -> None:
    index.ingest(ACME, "a")
    assert index.go_on() is Move.BUILDING
    index.clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    staging = Neo4jStagingRepository(index.client, index.clock)
    (staged,) = stage(staging, ACME, prepared("b", "text of b"))
    chunks = staging.unembedded(ACME, staged.chunk_ids)
    assert index.go_on() is Move.SWITCHED
    with pytest.raises(Unavailable):
        staging.store_vectors(ACME, chunks, [vector_of(chunk.text) for chunk in chunks], alone=True)
    assert vectors_of(index.client, "b") == [(False, False, False)]
    index.work([EmbedTask(ACME, staged.chunk_ids)])
    index.texts[ACME].add("text of b")
    index.check()


def test_a_version_that_failed_stands_in_no_slot_until_it_is_tried_again(index: Index) -> None:
    client, clock, jobs = index.client, index.clock, Neo4jJobRepository(index.client, index.clock)
    index.ingest(ACME, "a")
    assert index.go_on() is Move.BUILDING
    staging = Neo4jStagingRepository(client, clock)
    (staged,) = stage(staging, ACME, prepared("b", "text of b", "more of b"), job_id="job")
    first = EmbedTask(ACME, staged.chunk_ids[:1])
    index.work([first])
    assert vectors_of(client, "b") == [(True, True, True), (False, False, False)]
    staging.fail(ACME, "b", 1, "It did not work.")
    index.work([first])  # a message that comes late
    assert vectors_of(client, "b") == [(False, False, False)] * 2

    clock.advance(WORKERS_SETTLE_AFTER + A_SECOND)
    while index.go_on() is not Move.SWITCHED:
        pass
    assert sorted(jobs.retry(ACME, "job").chunk_ids) == sorted(staged.chunk_ids)
    index.work([EmbedTask(ACME, staged.chunk_ids)])
    index.texts[ACME] |= {"text of b", "more of b"}
    index.check((EMBEDDING, Slot.A), (NEXT, Slot.B))


def vectors_of(client: Neo4jClient, document_id: str) -> list[tuple[bool, ...]]:
    """Return of each chunk whether it has a vector in either slot, and counts as embedded."""
    rows = client.run(
        "MATCH (c:Chunk {document_id: $document_id}) WITH c ORDER BY c.ordinal"
        " RETURN c.embedding IS NOT NULL AS a, c.embedding_b IS NOT NULL AS b, c.embedded_at IS NOT NULL AS embedded",
        document_id=document_id,
    )
    return [(row["a"], row["b"], row["embedded"]) for row in rows]
