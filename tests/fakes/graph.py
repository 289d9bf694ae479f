"""A store of documents in memory that keeps to the rules of the ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphwell.domain.chunks import chunk_id, embedding_text
from graphwell.domain.documents import (
    PreparedDocument,
    StagedDocument,
    StagingDecision,
    VersionContent,
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
    vectors: dict[str, Vector] = field(default_factory=dict)
    error: str | None = None


class FakeStaging:
    """The `StagingRepository` port. While `down`, nothing is written or read."""

    def __init__(self, *, down: bool = False) -> None:
        self.down = down
        self.versions: dict[DocumentKey, list[StoredVersion]] = {}
        self.job_ids: list[str] = []

    def stage(self, scope: TenantScope, job_id: str, documents: Sequence[PreparedDocument]) -> list[StagedDocument]:
        """Keep new versions."""
        self._answer()
        self.job_ids.append(job_id)
        return [self._stage(scope, prepared) for prepared in documents]

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

    def give_up(self, scope: TenantScope, chunk_ids: Sequence[str], reason: str) -> None:
        """Mark the staged versions of chunks as failed."""
        self._answer()
        for document_id, version in self._versions_of(scope, chunk_ids):
            self.fail(scope, document_id, version.number, reason)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The graph does not answer.")

    def _stage(self, scope: TenantScope, prepared: PreparedDocument) -> StagedDocument:
        history = self.versions.setdefault((scope.tenant_id, prepared.document.id), [])
        state = _state(history)
        decision = state.decide(_content(prepared))
        if decision is StagingDecision.CREATE:
            history.append(StoredVersion(len(history) + 1, prepared))
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
    )


def _content(prepared: PreparedDocument) -> VersionContent:
    return VersionContent(prepared.document.content_hash, prepared.fingerprint)
