"""Whatever happens in whatever order, the graph holds what a simple model says."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from graphwell.adapters.neo4j_document_repository import Neo4jDocumentRepository
from graphwell.adapters.neo4j_embed_outbox import Neo4jEmbedOutbox
from graphwell.adapters.neo4j_job_repository import Neo4jJobRepository
from graphwell.adapters.neo4j_maintenance_repository import Neo4jMaintenanceRepository
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.domain.errors import Conflict
from graphwell.domain.jobs import FAILED_KEPT
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask
from tests.fakes.clock import FakeClock
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import prepared
from tests.integration.graphwell.ingestion_model import Model, Texts
from tests.integration.graphwell.state_machines import run_machine
from tests.integration.graphwell.store import Store

DOCUMENTS = ("a", "b")
CONTENTS: tuple[Texts, ...] = (("one",), ("two", "three"), ("four", "five", "six"))
IDLE = timedelta(minutes=3)
GRACE = timedelta(minutes=1)
LIMIT = 100_000

WINDOW = 1_000

Message = tuple[tuple[str, ...], str | None]
"""Chunks, and the task of the outbox that they are of."""


class Ingestion(RuleBasedStateMachine):
    """A tenant's ingestion, step by step, with a crash or a second delivery wherever there can be one."""

    queue = Bundle("queue")
    jobs = Bundle("jobs")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.scope = TenantScope(f"m-{uuid.uuid4().hex}")
        self.model = Model()
        self.client = store.client
        self.staging = Neo4jStagingRepository(store.client, self.clock)
        self.documents = Neo4jDocumentRepository(store.client, self.clock)
        self.job_store = Neo4jJobRepository(store.client, self.clock)
        self.maintenance = Neo4jMaintenanceRepository(store.client, self.clock)
        self.outbox = Neo4jEmbedOutbox(store.client, self.clock)

    @rule(target=jobs, contents=st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from(CONTENTS), min_size=1))
    def submit_and_crash_before_sending(self, contents: dict[str, Texts]) -> str:
        return self._submit(contents)[0]

    @rule(target=queue, contents=st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from(CONTENTS), min_size=1))
    def submit_and_send(self, contents: dict[str, Texts]) -> Any:
        self._submit(contents)
        return multiple(*self._send())

    @rule(message=consumes(queue))
    def deliver(self, message: Message) -> None:
        self._work_on(message)

    @rule(message=queue)
    def deliver_and_keep_the_message(self, message: Message) -> None:
        self._work_on(message)

    @rule(message=queue)
    def crash_between_vectors_and_activation(self, message: Message) -> None:
        self._write_vectors(message[0])

    @rule(message=consumes(queue))
    def fail_on_the_last_try(self, message: Message) -> None:
        chunk_ids, task_id = message
        self.staging.give_up(self.scope, chunk_ids, "It failed.")
        self.staging.activate(self.scope, chunk_ids, task_id=task_id)
        self.model.fail(chunk_ids)

    @rule(document_id=st.sampled_from(DOCUMENTS))
    def delete(self, document_id: str) -> None:
        if document_id in self.model.documents and self.model.documents[document_id].known:
            self.documents.delete(self.scope, document_id)
            self.model.delete(document_id)

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = self._any_job(data)
        self.job_store.cancel(self.scope, job_id)
        self.model.cancel(job_id)

    @precondition(lambda self: self.model.jobs)
    @rule(target=queue, data=st.data())
    def retry(self, data: st.DataObject) -> Any:
        job_id = self._any_job(data)
        if self.model.jobs[job_id].cancelled:
            with pytest.raises(Conflict):
                self.job_store.retry(self.scope, job_id)
            return multiple()
        before = self._send()
        chunk_ids, lost = self.model.retry(job_id)
        retried = self.job_store.retry(self.scope, job_id)
        assert list(retried.chunk_ids) == chunk_ids
        assert [error.document_id for error in retried.lost] == lost
        return multiple(*before, *self._send())

    @rule(target=queue)
    def reconcile(self) -> Any:
        put_back = self._put_back()
        staged = [each for document in self.model.documents.values() for each in document.versions]
        assert put_back == sorted(
            (each.document_id, each.number, tuple(each.missing)) for each in staged if each.status == "staged"
        )
        self._clear()
        return multiple(*self._send())

    @invariant()
    def readers_see_what_the_model_says(self) -> None:
        known = {name: each for name, each in self.model.documents.items() if each.known}
        listed = self.documents.page(self.scope, cursor=None, limit=100).items
        assert {record.id: (record.version, record.status) for record in listed} == {
            name: (each.live.number if each.live else 0, each.versions[-1].status) for name, each in known.items()
        }
        for name, document in known.items():
            chunks = self.documents.chunks(self.scope, name, cursor=None, limit=100).items
            assert tuple(chunk.draft.text for chunk in chunks) == (document.live.texts if document.live else ())

    @invariant()
    def jobs_say_what_the_model_says(self) -> None:
        found = self.job_store.page(self.scope, cursor=None, limit=100).items
        assert {
            job.id: (job.counts, job.cancelled, sorted(error.document_id for error in job.errors)) for job in found
        } == {job_id: (job.counts(), job.cancelled, job.failed_documents()) for job_id, job in self.model.jobs.items()}

    def teardown(self) -> None:
        """Let everything come to its end: what was accepted is live or has a reason, and nothing else is left."""
        for _ in range(2):
            for _, _, chunk_ids in self._put_back():
                self._work_on((chunk_ids, None))
        self.readers_see_what_the_model_says()
        self.jobs_say_what_the_model_says()
        assert all(job.counts().pending == 0 for job in self.model.jobs.values())
        self.clock.advance(FAILED_KEPT)
        self._clear()
        live = [each.live for each in self.model.documents.values() if each.live]
        left = self.client.run(
            "MATCH (c:Chunk {tenant_id: $tenant_id}) RETURN c.embedding IS NULL OR c.embedded_at IS NULL AS bare",
            tenant_id=self.scope.tenant_id,
        )
        assert len(left) == sum(len(version.texts) for version in live)
        assert not any(chunk["bare"] for chunk in left)
        self.client.run("MATCH (n {tenant_id: $tenant_id}) DETACH DELETE n", tenant_id=self.scope.tenant_id)

    def _submit(self, contents: dict[str, Texts]) -> tuple[str, list[str]]:
        job_id = uuid.uuid4().hex
        self.clock.advance(timedelta(seconds=1))
        staged = self.staging.stage(self.scope, job_id, [prepared(name, *contents[name]) for name in sorted(contents)])
        told = self.model.submit(job_id, {name: contents[name] for name in sorted(contents)})
        assert [(each.id, each.version, each.unchanged) for each in staged] == told
        return job_id, [identifier for each in staged for identifier in each.chunk_ids]

    def _write_vectors(self, chunk_ids: Any) -> None:
        chunks = self.staging.unembedded(self.scope, chunk_ids)
        self.staging.store_vectors(self.scope, chunks, [vector_of(chunk.text) for chunk in chunks])
        self.model.embed(chunk_ids)

    def _work_on(self, message: Message) -> None:
        chunk_ids, task_id = message
        self._write_vectors(chunk_ids)
        self.staging.activate(self.scope, chunk_ids, task_id=task_id)
        self.model.activate(chunk_ids)

    def _send(self) -> list[Message]:
        """Return what the queue is told, cut into messages of two chunks each: those of one document lie in several.

        In the order of their chunks: the ids of tasks are random, and a run must be the same when it is repeated.
        """
        sent: list[EmbedTask] = []
        self.outbox.send_waiting(self.scope, WINDOW, sent.extend)
        return [
            (tuple(task.chunk_ids[first : first + 2]), task.id)
            for task in sorted(sent, key=lambda task: list(task.chunk_ids))
            for first in range(0, len(task.chunk_ids), 2)
        ]

    def _put_back(self) -> list[tuple[str, int, tuple[str, ...]]]:
        """Take all that is on its way for lost, as the reconciler does in the end, and return what is left to do."""
        self._send()
        self.clock.advance(IDLE + timedelta(seconds=1))
        self.outbox.remove_lost(IDLE, LIMIT)
        return sorted(
            (each.document_id, each.version, tuple(self.outbox.put_back(self.scope, each.document_id, each.version)))
            for each in self.maintenance.claim_stale(IDLE, LIMIT)
            if each.scope == self.scope
        )

    def _clear(self) -> None:
        self.clock.advance(GRACE + timedelta(seconds=1))
        self.maintenance.remove_retired(GRACE, LIMIT)
        self.model.clear()

    def _any_job(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(list(self.model.jobs)))


def test_the_graph_holds_what_the_model_says(store: Store) -> None:
    run_machine(partial(Ingestion, store))
