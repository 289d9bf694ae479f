"""A store of documents in memory that keeps to the rules of the ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from graphwell.domain.chunks import chunk_id, embedding_text
from graphwell.domain.documents import (
    PreparedDocument,
    StagedDocument,
    StagingDecision,
    VersionState,
    VersionStatus,
)
from graphwell.domain.errors import Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import UnembeddedChunk, Vector

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
    """The `StagingRepository` port. While `down`, nothing is written or read. Jobs in `uploads` stage once."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.versions: dict[DocumentKey, list[StoredVersion]] = {}
        self.job_ids: list[str] = []
        self.uploads: set[str] = set()

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
        if job_id in self.uploads and job_id in self.job_ids:
            return []
        for prepared in documents:
            _state(self._history(scope, prepared)).refuse_overtaken(arrived_at)
        self.job_ids.append(job_id)
        return [self._stage(scope, prepared, arrived_at) for prepared in documents]

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[UnembeddedChunk]:
        """Return the staged chunks without a vector."""
        self._answer()
        found = []
        for document_id, version in self._versions_of(scope, chunk_ids):
            prepared = version.prepared
            for draft in prepared.chunks:
                identifier = chunk_id(document_id, version.number, draft.ordinal)
                if identifier in chunk_ids and identifier not in version.vectors:
                    text = embedding_text(prepared.document.title, draft.headings, draft.text)
                    found.append(UnembeddedChunk(identifier, text))
        return found

    def store_vectors(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], vectors: Sequence[Vector]) -> None:
        """Keep the vectors."""
        self._answer()
        for chunk, vector in zip(chunks, vectors, strict=True):
            for _, version in self._versions_of(scope, [chunk.chunk_id]):
                version.vectors[chunk.chunk_id] = vector

    def activate(self, scope: TenantScope, chunk_ids: Sequence[str]) -> int:
        """Make complete versions live."""
        self._answer()
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

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The graph does not answer.")

    def _history(self, scope: TenantScope, prepared: PreparedDocument) -> list[StoredVersion]:
        return self.versions.get((scope.tenant_id, prepared.document.id), [])

    def _stage(self, scope: TenantScope, prepared: PreparedDocument, arrived_at: datetime | None) -> StagedDocument:
        history = self.versions.setdefault((scope.tenant_id, prepared.document.id), [])
        decision = _state(history).decide(prepared.document.content_hash, prepared.fingerprint)
        if decision is StagingDecision.CREATE:
            history.append(StoredVersion(len(history) + 1, prepared, accepted_at=arrived_at))
        unchanged = decision is StagingDecision.KEEP
        ids = [chunk_id(prepared.document.id, len(history), draft.ordinal) for draft in prepared.chunks]
        return StagedDocument(prepared.document.id, len(history), unchanged, () if unchanged else tuple(ids))

    def _versions_of(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[tuple[str, StoredVersion]]:
        """Return the staged versions that the chunks belong to, each once."""
        wanted = dict.fromkeys(tuple(identifier.split("~")[:2]) for identifier in chunk_ids)
        return [
            (document_id, version)
            for document_id, number in wanted
            for version in self.versions.get((scope.tenant_id, document_id), [])
            if version.number == int(number) and version.status is VersionStatus.STAGED
        ]


def _state(history: Sequence[StoredVersion]) -> VersionState:
    if not history:
        return VersionState(0, None, None, None)
    newest = history[-1]
    prepared = newest.prepared
    return VersionState(
        newest.number, newest.status, prepared.document.content_hash, prepared.fingerprint, newest.accepted_at
    )
