"""A store of documents in memory that keeps to the rules of the ports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from graphwell.domain.chunks import chunk_id
from graphwell.domain.documents import (
    PreparedDocument,
    StagedDocument,
    StagingDecision,
    VersionContent,
    VersionState,
    VersionStatus,
)
from graphwell.domain.embed_batches import WaitingChunk, embed_batches
from graphwell.domain.errors import Conflict, Unavailable
from graphwell.domain.graph.chunk_graph import ChunkGraph
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask, UnembeddedChunk, Vector

DocumentKey = tuple[str, str]


@dataclass
class StoredVersion:
    """One version of a document, with the vectors it has so far."""

    number: int
    prepared: PreparedDocument
    status: VersionStatus = VersionStatus.STAGED
    accepted_at: datetime | None = None
    vectors: dict[str, Vector] = field(default_factory=dict)
    error: str | None = None


class FakeStaging:
    """The `StagingRepository` port. While `down`, nothing is written or read. Jobs in `uploads` stage once, those in
    `cancelled` never.

    `waiting` and `sent` are the tasks of its outbox, oldest first; `alone` tells of the last vectors whether they were
    written as the only ones; `graphs` has what chunks say.
    """

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.waiting: list[EmbedTask] = []
        self.sent: list[EmbedTask] = []
        self.versions: dict[DocumentKey, list[StoredVersion]] = {}
        self.job_ids: list[str] = []
        self.uploads: set[str] = set()
        self.cancelled: set[str] = set()
        self.alone = False
        self.graphs: dict[str, ChunkGraph] = {}

    def stage(
        self,
        scope: TenantScope,
        job_id: str,
        documents: Sequence[PreparedDocument],
        *,
        arrived_at: datetime | None = None,
    ) -> list[StagedDocument]:
        """Keep new versions."""
        self._answer()
        if job_id in self.cancelled:
            raise Conflict("The job was cancelled.")
        if job_id in self.uploads and job_id in self.job_ids:
            return []
        for prepared in documents:
            _state(self._history(scope, prepared)).refuse_overtaken(arrived_at)
        self.job_ids.append(job_id)
        before = {key: len(history) for key, history in self.versions.items()}
        staged = [self._stage(scope, prepared, arrived_at) for prepared in documents]
        self.write_tasks(
            scope,
            [
                WaitingChunk(identifier, outcome.id, outcome.version, len(chunk.text.encode()))
                for outcome, prepared in zip(staged, documents, strict=True)
                if outcome.version > before.get((scope.tenant_id, outcome.id), 0)
                for identifier, chunk in zip(outcome.chunk_ids, prepared.chunks, strict=True)
            ],
        )
        return staged

    def write_tasks(self, scope: TenantScope, chunks: Sequence[WaitingChunk]) -> None:
        """Keep tasks that wait to be sent."""
        for batch in embed_batches(chunks):
            number = len(self.waiting) + len(self.sent)
            self.waiting.append(EmbedTask(scope, tuple(chunk.id for chunk in batch), f"task-{number}"))

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[UnembeddedChunk]:
        """Return the staged chunks without a vector."""
        self._answer()
        found = []
        for document_id, version in self._versions_of(scope, chunk_ids):
            prepared = version.prepared
            for draft in prepared.chunks:
                identifier = chunk_id(document_id, version.number, draft.ordinal)
                if identifier in chunk_ids and identifier not in version.vectors:
                    found.append(UnembeddedChunk(identifier, draft.text, prepared.document.title, draft.headings))
        return found

    def store_vectors(
        self,
        scope: TenantScope,
        chunks: Sequence[UnembeddedChunk],
        vectors: Sequence[Vector],
        *,
        graphs: Sequence[ChunkGraph] = (),
        alone: bool = False,
    ) -> None:
        """Keep the vectors and graphs."""
        self._answer()
        self.alone = alone
        self.graphs |= {chunk.chunk_id: graph for chunk, graph in zip(chunks, graphs, strict=bool(graphs))}
        for chunk, vector in zip(chunks, vectors, strict=True):
            for _, version in self._versions_of(scope, [chunk.chunk_id]):
                version.vectors[chunk.chunk_id] = vector

    def activate(self, scope: TenantScope, chunk_ids: Sequence[str], *, task_id: str | None = None) -> int:
        """Make complete versions live."""
        self._answer()
        self.waiting = [task for task in self.waiting if task.id != task_id or task.scope != scope]
        self.sent = [task for task in self.sent if task.id != task_id or task.scope != scope]
        complete = [
            version
            for _, version in self._versions_of(scope, chunk_ids)
            if len(version.vectors) == len(version.prepared.chunks)
        ]
        for version in complete:
            version.status = VersionStatus.ACTIVE
        return len(complete)

    def fail(self, scope: TenantScope, document_id: str, version: int, reason: str) -> None:
        """Mark a version as failed."""
        self._answer()
        stored = self.versions[scope.tenant_id, document_id][version - 1]
        stored.status, stored.error = VersionStatus.FAILED, reason

    def give_up(self, scope: TenantScope, chunk_ids: Sequence[str], reason: str) -> None:
        """Mark the staged versions of chunks as failed."""
        self._answer()
        for document_id, version in self._versions_of(scope, chunk_ids):
            self.fail(scope, document_id, version.number, reason)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The graph does not answer.")

    def _history(self, scope: TenantScope, prepared: PreparedDocument) -> list[StoredVersion]:
        return self.versions.get((scope.tenant_id, prepared.document.id), [])

    def _stage(self, scope: TenantScope, prepared: PreparedDocument, arrived_at: datetime | None) -> StagedDocument:
        history = self.versions.setdefault((scope.tenant_id, prepared.document.id), [])
        state = _state(history)
        decision = state.decide(_content(prepared))
        if decision is StagingDecision.CREATE:
            history.append(StoredVersion(len(history) + 1, prepared, accepted_at=arrived_at))
        unchanged = decision is StagingDecision.KEEP
        if unchanged:
            return StagedDocument(prepared.document.id, state.live_version, unchanged, ())
        ids = [chunk_id(prepared.document.id, len(history), draft.ordinal) for draft in prepared.chunks]
        return StagedDocument(prepared.document.id, len(history), unchanged, tuple(ids))

    def _versions_of(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[tuple[str, StoredVersion]]:
        """Return the staged versions that the chunks belong to, each once."""
        wanted = dict.fromkeys(tuple(identifier.split("~")[:2]) for identifier in chunk_ids)
        return [
            (document_id, version)
            for document_id, number in wanted
            for version in self.versions.get((scope.tenant_id, document_id), [])
            if version.number == int(number) and version.status is VersionStatus.STAGED
        ]


class FakeOutbox:
    """The `EmbedOutbox` port over the tasks of a `FakeStaging`; `lost` of those that were sent never come back."""

    def __init__(self, staging: FakeStaging, *, lost: int = 0) -> None:
        self._staging = staging
        self._lost = lost
        self.older_than: timedelta | None = None

    def send_waiting(self, scope: TenantScope, window: int, send: Callable[[Sequence[EmbedTask]], None]) -> int:
        """Send the oldest tasks of a tenant."""
        store = self._staging
        room = max(0, window - sum(task.scope == scope for task in store.sent))
        tasks = [task for task in store.waiting if task.scope == scope][:room]
        if tasks:
            send(tasks)
        store.waiting = [task for task in store.waiting if task not in tasks]
        store.sent.extend(tasks)
        return len(tasks)

    def put_back(self, scope: TenantScope, document_id: str, version: int) -> Sequence[str]:
        """Write tasks for what is left of a version."""
        stored = self._staging.versions[scope.tenant_id, document_id][version - 1]
        ids = [chunk_id(document_id, version, place) for place in range(len(stored.prepared.chunks))]
        left = [identifier for identifier in ids if identifier not in stored.vectors]
        self._staging.write_tasks(scope, [WaitingChunk(each, document_id, version, 1) for each in left])
        return left

    def idle_tenants(self, limit: int) -> Sequence[TenantScope]:
        """Return tenants with waiting tasks and none on its way."""
        busy = {task.scope for task in self._staging.sent}
        waiting = dict.fromkeys(task.scope for task in self._staging.waiting)
        return [scope for scope in waiting if scope not in busy][:limit]

    def remove_lost(self, older_than: timedelta, limit: int) -> int:
        """Forget tasks that were sent."""
        self.older_than = older_than
        removed = min(self._lost, limit)
        del self._staging.sent[:removed]
        return removed


def _state(history: Sequence[StoredVersion]) -> VersionState:
    if not history:
        return VersionState()
    newest = history[-1]
    live = next((version for version in reversed(history) if version.status is VersionStatus.ACTIVE), None)
    return VersionState(
        newest.number,
        newest.status,
        _content(newest.prepared),
        live_version=live.number if live else 0,
        live=_content(live.prepared) if live else None,
        changed_at=newest.accepted_at,
    )


def _content(prepared: PreparedDocument) -> VersionContent:
    return VersionContent(prepared.document.content_hash, prepared.fingerprint)
