"""Tenants that live through everything the graph does for one, with the same ids at different moments."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from graphwell.adapters.filter_terms import slot_values
from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.adapters.neo4j_agent_jobs import Neo4jAgentJobs
from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository
from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox
from graphwell.adapters.neo4j_erasure_repository import Neo4jErasureRepository
from graphwell.adapters.neo4j_exact_neighbours import Neo4jExactNeighbours
from graphwell.adapters.neo4j_graph_filling import Neo4jGraphFilling
from graphwell.adapters.neo4j_graph_reader import Neo4jGraphReader
from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository
from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
from graphwell.adapters.neo4j_metadata_keys import Neo4jMetadataKeys
from graphwell.adapters.neo4j_passage_graph import Neo4jPassageGraph
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.neo4j_reembedding import Neo4jReembedding
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.adapters.neo4j_tenant_settings import Neo4jTenantSettings
from graphwell.adapters.neo4j_tenant_statistics import Neo4jTenantStatistics
from graphwell.adapters.neo4j_token_budget import Neo4jTokenBudget
from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.jobs import AgentQuestion
from graphwell.domain.agent.steps import Stop
from graphwell.domain.chunks import chunk_id
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import Conflict, NotFound
from graphwell.domain.filters import accept_filters
from graphwell.domain.graph.chunk_graph import ChunkGraph, Relation
from graphwell.domain.graph.entities import entity_id
from graphwell.domain.graph.walk import Start
from graphwell.domain.jobs import Job
from graphwell.domain.metadata_keys import MetadataType, declare
from graphwell.domain.passages import Answer, AnswerWithPassages, SearchMode
from graphwell.domain.rate_limits import RateLimits
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, SearchQuery, UnembeddedChunk, Upload, Vector, WalkQuery
from graphwell.usecases.embed_chunks import EmbedChunks
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeEmbedQueue, sending
from tests.integration.graphwell.ingestion import prepared, stage
from tests.security.mutating_client import MutatingClient

NAMES = ("Acme", "acme", "ac-me", "ac_me")
OFFSETS = (0, 1, 2, 7)
"""Ticks by which each tenant's life begins later than the first."""

CANDIDATES = 4
"""Hits asked of each leg: as many as a tenant's words have, so that one foreign hit pushes an own one out."""

WINDOW = 2
"""As many tasks as a tenant ever has on its way, so that one that another's is taken for has no place."""

SHARED = "The boiler runs at two bar."
LEGS: tuple[frozenset[SearchMode], ...] = (
    frozenset({SearchMode.VECTOR}),
    frozenset({SearchMode.FULLTEXT}),
    frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}),
)
_IDLE = timedelta(minutes=4)
_MOST_ROUNDS = 20
"""Steps that anything takes to its end; it needs fewer, but a mutant may never end."""

_LOCKS = """
MATCH (n:Document|Job) WHERE n.tenant_id = $tenant AND n.deleted_at IS NULL
RETURN labels(n) AS labels, n.id AS id, n.locked_at AS locked_at ORDER BY labels, id"""


_SLOTS = """
MATCH (c:Chunk) WHERE c.tenant_id = $tenant
RETURN c.id AS id, c.slot2 = $own AS is_own ORDER BY id"""


_RELATED = """
MATCH (a:Entity)-[r:RELATED]->(b:Entity) WHERE a.tenant_id = $tenant OR b.tenant_id = $tenant
RETURN a.tenant_id = b.tenant_id AS is_own, r.name AS name, r.evidence AS evidence"""


class Graph:
    """Every Neo4j adapter over one client and one clock."""

    def __init__(self, client: MutatingClient) -> None:
        self.client = client
        self.clock = FakeClock()
        self.staging = Neo4jStagingRepository(client, self.clock, kept_versions=1)
        self.documents = Neo4jDocumentRepository(client, self.clock)
        self.jobs = Neo4jJobRepository(client, self.clock)
        self.agent_jobs = Neo4jAgentJobs(client, self.clock)
        self.maintenance = Neo4jMaintenanceRepository(client, self.clock)
        self.index = Neo4jPassageIndex(client)
        self.passage_graph = Neo4jPassageGraph(client)
        self.filling = Neo4jGraphFilling(client, self.clock)
        self.tokens = Neo4jTokenBudget(client, self.clock, 5)
        self.reader = Neo4jGraphReader(client)
        self.exact = Neo4jExactNeighbours(client)
        self.outbox = Neo4jEmbedOutbox(client, self.clock)
        self.settings = Neo4jTenantSettings(client, self.clock)
        self.keys = Neo4jMetadataKeys(client, self.clock)
        self.erasures = Neo4jErasureRepository(client, self.clock)
        self.statistics = Neo4jTenantStatistics(client)
        self.reembedding = Neo4jReembedding(client, self.clock)


class TenantLife:
    """One tenant, step by step; `seen` is all that it ever saw, with its own word and the run's ids left out.

    Parameters:
        number: which of the tenants; its texts hold a word that no other's do.
        run: part of every id, the same for all tenants of a run.
        expected: what it is to see; a look that can show nothing else is taken from there. None looks every time.
    """

    def __init__(self, graph: Graph, number: int, run: str, expected: Sequence[Any] | None = None) -> None:
        self.scope = TenantScope(f"{NAMES[number]}{run}")
        self.seen: list[Any] = []
        self._graph = graph
        self._number = number
        self._run = run
        self._word = f"word{number}of{run}"
        self._embedder = _OwnWordEmbedder(self._word)
        self._locks: list[Any] = []
        self._tasks: list[EmbedTask] = []
        self._jobs = [f"{name}-{run}" for name in ("job1", "job2", "job3", "upload", "job4", "job5", "file")]
        self._documents = f"a-{run}", f"b-{run}"
        self._expected = expected
        self._runs = [f"{name}-{run}" for name in ("run1", "run2", "run3", "run4")]

    def steps(self) -> Iterator[None]:
        """Live; another tenant may take its turn at every yield."""
        yield from self._versions_come_and_fail()
        yield from self._keys_are_declared()
        yield from self._jobs_are_tried_again_and_cancelled()
        yield from self._a_document_goes()
        yield from self._the_tenant_is_erased_and_begins_anew()

    def _versions_come_and_fail(self) -> Iterator[None]:
        graph, scope = self._graph, self.scope
        jobs, (a, b) = self._jobs, self._documents
        file = f"c-{self._run}"
        own = [SHARED, f"The {self._word} is ours, Ada Byron told Bob Cole.", "The pump is in the cellar."]

        self._await_files(jobs[3], a)
        graph.jobs.await_upload(scope, Upload(jobs[6], file, "c.md", "text/markdown"))
        yield
        self._wake()
        first = self._stage(jobs[0], (a, own), (b, [SHARED, f"{self._word} again, Ada Byron told Bob Cole."]))
        yield
        self._wake()
        self._send()
        self._fill(first[:2])
        self._embed(first[:1])
        self._count(a, b)
        self._look()
        yield
        self._wake()
        self._claim(first)
        self._embed(first[1:])
        self._read_anew()
        self._look()
        self._look_at_names()
        yield
        self._wake()
        graph.settings.set_limits(scope, RateLimits(requests_per_minute=self._number + 1))
        second = self._stage(
            jobs[1],
            (a, [*own, f"More of the {self._word}."]),
            (b, [SHARED, f"{self._word} again, Ada Byron told Bob Cole."]),
        )
        self._look()
        yield
        self._wake()
        self._send()
        self._claim(second)
        self._embed(second)
        self._clear()
        self._look()
        self._look_at_names()
        yield
        self._wake()
        self._ask()
        self._stage(jobs[2], (b, [f"{self._word} at last."]))
        yield
        self._wake()
        self._send()
        graph.staging.fail(scope, b, 2, f"The {self._word} failed.")
        graph.jobs.fail_upload(scope, jobs[3], f"The {self._word} is no file.")
        self._look()
        yield

    def _keys_are_declared(self) -> Iterator[None]:
        keys, scope = self._graph.keys, self.scope
        self._wake()
        keys.declare(scope, declare({"kind": MetadataType.STRING, "owner": MetadataType.STRING}, {}, "keys"))
        self._note("applied", keys.apply(scope, 1), scope in keys.unapplied(1_000))
        yield
        self._wake()
        self._note("declared", keys.declared(scope), scope in keys.unapplied(1_000))
        self._note("applied", any(keys.apply(scope, 1) for _ in range(_MOST_ROUNDS)))
        self._look()
        self._look_at_names()
        yield

    def _jobs_are_tried_again_and_cancelled(self) -> Iterator[None]:
        graph, scope = self._graph, self.scope
        jobs, (_, b) = self._jobs, self._documents
        self._wake()
        self._retry(jobs[2])
        self._answer()
        self._look()
        yield
        self._wake()
        graph.staging.give_up(scope, [chunk_id(b, 2, 0)], f"The {self._word} failed again.")
        graph.jobs.await_upload_again(scope, jobs[3])
        self._look()
        yield
        self._wake()
        self._retry(jobs[2])
        self._embed([chunk_id(b, 2, 0)])
        self._clear()
        self._look()
        yield
        self._wake()
        self._look()
        self._stage(jobs[4], (b, [f"{self._word} is over."]))
        yield
        self._wake()
        self._retry(jobs[4])
        self._look()
        yield
        self._wake()
        self._send()
        graph.jobs.cancel(scope, jobs[4])
        self._clear()
        self._look()
        yield
        self._wake()
        self._look()
        self._stage(jobs[5], (b, [f"{self._word} at last."]))
        self._stage(jobs[3], (b, [f"{self._word} for good."]))
        self._look()
        yield

    def _a_document_goes(self) -> Iterator[None]:
        self._wake()
        for text in ("Taken in.", "Delivered again."):
            self._stage(self._jobs[6], (f"c-{self._run}", [text]))
        self._note("files", self._graph.documents.uploads(self.scope, f"c-{self._run}"))
        self._graph.documents.delete(self.scope, f"c-{self._run}")
        self._graph.documents.delete(self.scope, self._documents[0])
        self._look()
        yield
        self._clear()
        self._look()
        self._look_at_names()
        yield

    def _the_tenant_is_erased_and_begins_anew(self) -> Iterator[None]:
        graph, scope = self._graph, self.scope
        jobs, (a, b) = self._jobs, self._documents
        self._wake()
        self._note("tasks", graph.erasures.count(scope)["embed_tasks"])
        erasure = graph.erasures.start(scope, f"erase-{self._run}", {"one": 1}, with_limits=True)
        self._look()
        yield
        self._wake()
        running = [each.id for each in graph.erasures.unfinished(1_000) if each.scope == scope]
        self._note("erasing", running, graph.erasures.running(scope), graph.erasures.finish(erasure, {}))
        self._refused(jobs)
        self._note("removed", any(graph.erasures.remove(erasure) for _ in range(_MOST_ROUNDS)))
        self._look()
        yield
        self._wake()
        self._note("ended", graph.erasures.finish(erasure, {"two": 2}), graph.erasures.running(scope))
        self._count(a, b)
        self._look()
        yield
        self._wake()
        self._embed(self._stage(jobs[0], (a, [SHARED, f"The {self._word} is ours."])))
        self._count(a, b)
        self._look()
        self._look_at_names()

    def _asked(self, job: str) -> None:
        question = AgentQuestion(f"What of {self._word}?", 3, SearchMode.HYBRID, (), None, Budget())
        self._graph.agent_jobs.create(self.scope, job, question, asker="somebody", request_id=self._word)

    def _ask(self) -> None:
        """Ask four questions, of which one is being worked on; the same ids are others' as well."""
        for job in self._runs:
            self._asked(job)
        self._note("begun", self._graph.agent_jobs.begin(self.scope, self._runs[0]))

    def _answer(self) -> None:
        """End a question in each way, and leave one."""
        jobs, (done, failed, cancelled, _) = self._graph.agent_jobs, self._runs
        self._note("tried", jobs.begin(self.scope, done))
        content = AnswerWithPassages(Answer(f"{self._word} it is.", grounded=True, citations=()), ())
        jobs.finish(self.scope, done, AgentAnswer(content, (), Stop.DONE, ()))
        jobs.fail(self.scope, failed, f"The {self._word} failed.")
        jobs.cancel(self.scope, cancelled, asker="somebody")
        self._note("over", jobs.begin(self.scope, done))
        self._note("open", [jobs.is_open(self.scope, run) for run in self._runs])

    def _await_files(self, job: str, document: str) -> None:
        """Wait for two files: one of this tenant's own id, one that cannot be read and has the id of a document."""
        jobs, unreadable = self._graph.jobs, f"unreadable-{self._run}"
        jobs.await_upload(self.scope, Upload(job, f"of-{self._word}", "u.md", "text/markdown"))
        jobs.await_upload(self.scope, Upload(unreadable, document, "f.md", "text/markdown"))
        jobs.fail_upload(self.scope, unreadable, "It has no text.")

    def _fill(self, chunk_ids: Sequence[str]) -> None:
        """Give chunks a vector in the other slot, and note which lacked one."""
        reembedding = self._graph.reembedding
        missing = reembedding.missing(self.scope, chunk_ids, Slot.B)
        self._note("missing", sorted((chunk.chunk_id, chunk.text) for chunk in missing))
        vectors = self._embedder.embed_passages([chunk.text for chunk in missing], Deadline.after(20))
        reembedding.store_beside(self.scope, missing, vectors, Slot.B)
        self._note("filled", reembedding.missing(self.scope, chunk_ids, Slot.B))

    def _count(self, *names: str) -> None:
        """Note what there is of everything; only while no version has retired, whose chunks go in anybody's run."""
        graph, scope = self._graph, self.scope
        for name in names:
            self._note("held", _or_unknown(_held, graph, scope, name))
        self._note("holds", dict(graph.erasures.count(scope)))
        statistics = graph.statistics(scope)
        self._note("statistics", replace(statistics, bytes=statistics.bytes > 0))

    def _refused(self, jobs: Sequence[str]) -> None:
        """Note what a tenant that is being erased does not take in."""
        upload = Upload(f"late-{jobs[3]}", "u", "u.md", "text/markdown")
        for write in (
            lambda: self._graph.jobs.await_upload(self.scope, upload),
            lambda: self._graph.settings.set_limits(self.scope, RateLimits()),
            lambda: self._asked(f"late-{self._runs[0]}"),
            lambda: stage(self._graph.staging, self.scope, prepared("late", "late"), job_id=f"late-{jobs[0]}"),
        ):
            try:
                write()
            except Conflict as refusal:
                self._note("refused", refusal.detail)

    def _clear(self) -> None:
        """Remove what left service, at once: another tenant's turn would do it at another moment of this life."""
        self._graph.clock.advance(_IDLE)
        self._graph.maintenance.remove_retired(_IDLE / 2, 1_000)

    def _stage(self, job: str, *documents: tuple[str, Sequence[str]]) -> list[str]:
        metadata = {"kind": "note", "owner": self._word}
        made = [prepared(name, *texts, title=f"Of {self._word}x", metadata=metadata) for name, texts in documents]
        staged = stage(self._graph.staging, self.scope, *made, job_id=job)
        self._note("staged", [(entry.id, entry.version, entry.unchanged) for entry in staged])
        self._locks = self._locked_at()
        return [chunk for entry in staged if not entry.unchanged for chunk in entry.chunk_ids]

    def _wake(self) -> None:
        """Note whether anybody took a lock on a document or job of this tenant since it last did something."""
        self._note("untouched", self._locked_at() == self._locks)

    def _locked_at(self) -> list[Any]:
        records = self._graph.client.run(_LOCKS, tenant=self.scope.tenant_id)
        return [tuple(record.values()) for record in records]

    def _retry(self, job: str) -> None:
        retry = self._graph.jobs.retry(self.scope, job)
        self._note("retried", list(retry.chunk_ids), list(retry.lost), retry.waits_for_file)

    def _claim(self, chunk_ids: Sequence[str]) -> None:
        """Take over what stands still, as the reconciler does, and note what this tenant's is."""
        graph = self._graph
        graph.clock.advance(_IDLE)
        graph.outbox.remove_lost(_IDLE / 2, 1_000)
        claimed = graph.maintenance.claim_stale(_IDLE / 2, 1_000)
        for stale in sorted((each for each in claimed if each.scope == self.scope), key=lambda each: each.document_id):
            left = graph.outbox.put_back(self.scope, stale.document_id, stale.version)
            self._note("stale", stale.document_id, stale.version, left)
        self._send()
        self._note("waiting", [chunk.chunk_id for chunk in self._graph.staging.unembedded(self.scope, chunk_ids)])

    def _embed(self, chunk_ids: Sequence[str]) -> None:
        send_nothing = sending(FakeStaging(), FakeEmbedQueue())
        embed = EmbedChunks(self._embedder, self._graph.staging, _RelatingExtractor(), send_nothing)
        embed(EmbedTask(self.scope, chunk_ids), Deadline.after(120))
        for task in self._tasks:
            if set(task.chunk_ids) <= set(chunk_ids):
                self._graph.staging.activate(self.scope, task.chunk_ids, task_id=task.id)

    def _send(self) -> None:
        """Tell the queue, and note what of."""
        sent: list[EmbedTask] = []
        self._graph.outbox.send_waiting(self.scope, WINDOW, sent.extend)
        self._note("sent", sorted(list(task.chunk_ids) for task in sent))
        self._tasks = sent

    def _look(self) -> None:
        self._note_all_of(self._note_everything)

    def _look_at_names(self) -> None:
        self._note_all_of(self._note_names)

    def _note_all_of(self, look: Callable[[], None]) -> None:
        client = self._graph.client
        if self._expected is not None and client.looks_show_nothing():
            end = self._expected.index(_LOOKED, len(self.seen)) + 1
            self.seen += self._expected[len(self.seen) : end]
        else:
            with client.looking():
                look()
            self._note("looked")
        self._locks = self._locked_at()

    def _note_everything(self) -> None:
        """Note everything that the tenant can see."""
        graph, scope = self._graph, self.scope
        jobs, (a, b) = self._jobs, self._documents
        deadline = Deadline.after(120)
        page = graph.documents.page(scope, cursor=None, limit=100).items
        self._note("documents", sorted((each.id, each.title, each.version, each.status) for each in page))
        for name in (a, b):
            self._note(name, _or_unknown(_document, graph, scope, name))
            self._note(name, _or_unknown(_chunks, graph, scope, name))
        self._note("jobs", sorted(map(_job, graph.jobs.page(scope, cursor=None, limit=100).items)))
        for job in jobs:
            self._note(job, _or_unknown(_one_job, graph, scope, job))
        for run in self._runs:
            self._note(run, _or_unknown(_run, graph, scope, run))
        self._note("upload", _or_unknown(_upload, graph, scope, jobs[3]))
        everything = [chunk_id(name, version, ordinal) for name in (a, b) for version in (1, 2) for ordinal in range(4)]
        unembedded = graph.staging.unembedded(scope, everything)
        self._note("unembedded", sorted((chunk.chunk_id, chunk.text) for chunk in unembedded))
        for legs in LEGS:
            for text in (SHARED, self._word):
                vector = self._embedder.embed_query(text, deadline)
                reply = graph.index.search(scope, SearchQuery(text, vector, legs, CANDIDATES), deadline)
                found = sorted(
                    (hit.leg, hit.passage.chunk_id, hit.passage.title, hit.passage.text) for hit in reply.hits
                )
                self._note("found", len(legs), text, found)
        self._filter(deadline)
        corpus_version = graph.index.corpus_version(scope, deadline)
        self._note("corpus", corpus_version)
        self._note("exact", [round(cosine, 6) for cosine in graph.exact.cosines(scope, vector, CANDIDATES, deadline)])
        passages = [hit.passage for hit in reply.hits]
        for near in range(corpus_version - 2, corpus_version + 3):
            self._note("current", near - corpus_version, graph.index.is_current(scope, near, passages, deadline))
        limits = graph.settings.limits(scope)
        self._note("limits", limits is not None and limits.requests_per_minute - self._number)
        self._note("erase", _or_unknown(_erase, graph, scope, f"erase-{self._run}"))

    def _filter(self, deadline: Deadline) -> None:
        declaration = self._graph.keys.declared(self.scope)
        self._note("keys", declaration.types, declaration.is_applied)
        wanted: list[dict[str, Any]] = [{"document_id": list(self._documents)}]
        wanted += [{"metadata.kind": "note"}] if declaration.keys else []
        own = slot_values(declaration.keys, {"owner": self._word})
        slots = self._graph.client.run(_SLOTS, tenant=self.scope.tenant_id, own=own["slot2"])
        self._note("slots", [tuple(record.values()) for record in slots])
        for given in wanted:
            filters = accept_filters(given, declaration.keys)
            vector = self._embedder.embed_query(SHARED, deadline)
            for legs in LEGS:
                query = SearchQuery(SHARED, vector, legs, CANDIDATES, filters)
                hits = self._graph.index.search(self.scope, query, deadline).hits
                self._note("passed", len(legs), sorted((hit.leg, hit.passage.chunk_id) for hit in hits))

    def _note_names(self) -> None:
        """Note everything that the graph of names shows; not at every look, since it takes as long as all else."""
        deadline = Deadline.after(120)
        self._walk(deadline)
        self._read_names(deadline)

    def _walk(self, deadline: Deadline) -> None:
        """Note where the graph leads from each of the chunks that may be there."""
        graph, scope = self._graph, self.scope
        moment_ms = graph.index.search(scope, SearchQuery(SHARED, None, LEGS[1], 1), deadline).as_of_ms
        declared = graph.keys.declared(scope).keys
        vector = self._embedder.embed_query(SHARED, deadline)
        own = accept_filters({"metadata.owner": self._word}, declared) if declared else ()
        starts = [
            Start(chunk_id(name, version, ordinal), 1.0)
            for name in self._documents
            for version in (1, 2)
            for ordinal in range(4)
        ]
        for filters in dict.fromkeys(((), own)):
            query = WalkQuery(SHARED, starts, [], vector, filters, moment_ms)
            found = graph.passage_graph.neighbourhood(scope, query, deadline)
            bridges = sorted((each.start, each.name, each.holders, each.end) for each in found.bridges)
            hits = sorted((hit.passage.chunk_id, hit.passage.text) for hit in found.hits)
            self._note("walked", len(filters), bridges, hits)
        related = graph.client.run(_RELATED, tenant=scope.tenant_id)
        self._note("related", sorted((row["is_own"], row["name"], sorted(row["evidence"])) for row in related))

    def _read_names(self, deadline: Deadline) -> None:
        """Note which names are found, and what is around those that all tenants' texts hold."""
        for query in (None, "ada byron", self._word):
            page = self._graph.reader.find(self.scope, query, deadline, cursor=None, limit=100)
            found = [(each.name, each.passage_count, each.document_count) for each in page.entities]
            self._note("names", query, found, page.truncated)
        for name in ("ada byron", "bob cole"):
            self._note("around", name, _or_unknown(_around, self._graph, self.scope, entity_id(name)))

    def _read_anew(self) -> None:
        """Read this tenant's chunks for the graph a second time, and note which they are."""
        filling = self._graph.filling
        filling.start(f"rules of {self.scope.tenant_id} at {len(self.seen)}")
        for _ in range(_MOST_ROUNDS):
            if not (chunks := filling.next_chunks(self.scope, 2)):
                break
            self._note("read anew", [(chunk.chunk_id, chunk.text) for chunk in chunks])
            filling.store(self.scope, chunks, LocalGraphExtractor().extract(self.scope, chunks, Deadline.after(20)))
        filling.store(self.scope, (), ())
        self._note("unread", self.scope in filling.unfilled(1_000))
        self._note("tokens", [self._graph.tokens.take(self.scope, 2) for _ in range(3)])

    def _note(self, *what: object) -> None:
        self.seen.append(repr(what).replace(self._word, "OWN").replace(self._run, ""))


class _OwnWordEmbedder(FakeEmbedder):
    """Gives every tenant's own word the same vectors, so that all tenants' chunks stand in the same places."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        return super().embed_passages([text.replace(self._word, "OWN") for text in texts], deadline)


class _RelatingExtractor(LocalGraphExtractor):
    """Finds that two people are related wherever both are named."""

    def extract(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], deadline: Deadline) -> list[ChunkGraph]:
        told = Relation("ada byron", "told", "bob cole")
        return [
            replace(
                graph, relations=[told] if {told.source, told.target} <= {each.key for each in graph.entities} else []
            )
            for graph in super().extract(scope, chunks, deadline)
        ]


def live_together(graph: Graph, expected: Sequence[Any] | None = None, count: int = len(NAMES)) -> list[list[Any]]:
    """Return what each of the tenants saw, all of them on one graph with the same ids, each at another moment.

    Parameters:
        expected: what each is to see; all end as soon as one sees something else. None lets them live to their end.
        count: tenants, two at least.
    """
    run = uuid.uuid4().hex[:12]
    lives = [TenantLife(graph, number, run, expected) for number in range(count)]
    turns = [life.steps() for life in lives]
    running, tick = set(range(len(turns))), 0
    while running:
        order = sorted(running, reverse=bool(tick % 2))
        for number in order:
            if tick >= OFFSETS[number] and next(turns[number], _DONE) is _DONE:
                running.discard(number)
        if expected is not None and any(life.seen != expected[: len(life.seen)] for life in lives):
            break
        tick += 1
    return [life.seen for life in lives]


def live_alone(graph: Graph, number: int) -> list[Any]:
    """Return what a tenant sees that shares its ids with nobody."""
    life = TenantLife(graph, number, uuid.uuid4().hex[:12])
    for _ in life.steps():
        pass
    return life.seen


_DONE = object()
_LOOKED = repr(("looked",))
"""Note behind each look."""


def _erase(graph: Graph, scope: TenantScope, erasure_id: str) -> Any:
    erasure = graph.erasures.get(scope, erasure_id)
    return erasure.scope == scope, erasure.id, erasure.status, erasure.before, erasure.after, erasure.awaited_files


def _around(graph: Graph, scope: TenantScope, entity: str) -> Any:
    view = graph.reader.read(scope, entity, Deadline.after(120), cursor=None, limit=100)
    neighbours = [
        (
            each.name,
            each.passage_count,
            each.weight,
            list(each.evidence),
            [repr(relation) for relation in each.relations],
        )
        for each in view.neighbours
    ]
    return view.entity, neighbours, view.passages, view.next_cursor, view.truncated


def _or_unknown(read: Callable[[Graph, TenantScope, str], Any], graph: Graph, scope: TenantScope, what: str) -> Any:
    try:
        return read(graph, scope, what)
    except NotFound:
        return "unknown"


def _document(graph: Graph, scope: TenantScope, document_id: str) -> Any:
    document = graph.documents.get(scope, document_id)
    history = [(each.version, each.status, each.chunk_count, each.error) for each in document.history]
    return document.title, document.version, document.status, document.chunk_count, history


def _held(graph: Graph, scope: TenantScope, document_id: str) -> Any:
    return graph.documents.uploads(scope, document_id), graph.documents.count(scope, document_id)


def _chunks(graph: Graph, scope: TenantScope, document_id: str) -> Any:
    page = graph.documents.chunks(scope, document_id, cursor=None, limit=100)
    return [(chunk.id, chunk.draft.text) for chunk in page.items]


def _one_job(graph: Graph, scope: TenantScope, job_id: str) -> Any:
    return _job(graph.jobs.get(scope, job_id))


def _run(graph: Graph, scope: TenantScope, job_id: str) -> Any:
    run = graph.agent_jobs.get(scope, job_id, asker="somebody")
    return run.status, run.request_id, run.reason, run.answer, _or_unknown(_foreign_run, graph, scope, job_id)


def _foreign_run(graph: Graph, scope: TenantScope, job_id: str) -> Any:
    return graph.agent_jobs.get(scope, job_id, asker="somebody else")


def _upload(graph: Graph, scope: TenantScope, job_id: str) -> Any:
    return graph.jobs.upload(scope, job_id).document_id


def _job(job: Job) -> Any:
    return job.id, job.status, job.counts, [(error.document_id, error.reason) for error in job.errors]
