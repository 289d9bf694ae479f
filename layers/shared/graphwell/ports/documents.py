"""Documents: staged, read, maintained; and the schema that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from graphwell.domain.chunks import Chunk, embedding_text
from graphwell.domain.documents import DocumentRecord, PreparedDocument, StagedDocument
from graphwell.domain.embedding_plan import EmbeddingIdentity
from graphwell.domain.erasure import Counts
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.embedding import Vector

if TYPE_CHECKING:  # a start that writes no graph does not load what reads names
    from graphwell.domain.graph.chunk_graph import ChunkGraph

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a listing; `next_cursor` is None on the last one."""

    items: Sequence[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class UnembeddedChunk:
    """A staged chunk that waits for its vector and its part of the graph.

    Parameters:
        body: its own text.
        title: of its document.
        headings: of the sections that it stands in, outermost first.
    """

    chunk_id: str
    body: str
    title: str = ""
    headings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What to embed."""
        return embedding_text(self.title, self.headings, self.body)


class StagingRepository(Protocol):
    """Writes versions that nobody sees until they are whole."""

    def stage(
        self,
        scope: TenantScope,
        job_id: str,
        documents: Sequence[PreparedDocument],
        *,
        arrived_at: datetime | None = None,
    ) -> list[StagedDocument]:
        """Write new versions with their chunks and the job that follows them, all or nothing; readers see no change.

        Safe to repeat under the same job id: the second time joins the versions of the first. The job of an uploaded
        file stages once: a second time writes and returns nothing, whatever became of the document since.

        Parameters:
            arrived_at: when the file that they are made of came; None for documents that are staged as they come.

        Raises:
            Conflict: the job was cancelled; nothing was written.
            UnreadableFile: a document was changed or deleted after `arrived_at`; nothing was written.
        """

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[UnembeddedChunk]:
        """Return those of the chunks that are staged and still without a vector."""

    def store_vectors(
        self,
        scope: TenantScope,
        chunks: Sequence[UnembeddedChunk],
        vectors: Sequence[Vector],
        *,
        graphs: Sequence[ChunkGraph] = (),
        alone: bool = False,
    ) -> None:
        """Write one vector a chunk, and its part of the graph; readers see no change until `activate`. Safe to repeat.

        Parameters:
            graphs: what each chunk says of entities; none at all when nothing is to be written of them.
            alone: there is none of the model beside, though the index may be about to switch to it.

        Raises:
            Unavailable: the index did switch; try again by what it holds now.
        """

    def activate(self, scope: TenantScope, chunk_ids: Sequence[str], *, task_id: str | None = None) -> int:
        """Make those of the chunks' versions live whose chunks all have vectors. Safe to repeat.

        A version older than the live one is retired instead.

        Parameters:
            task_id: the task of the outbox that asked for these chunks; its place is freed.

        Returns:
            How many versions went live.
        """

    def fail(self, scope: TenantScope, document_id: str, version: int, reason: str) -> None:
        """Mark a staged version as failed; the live version stays, and its chunks wait `FAILED_KEPT` for a retry."""

    def give_up(self, scope: TenantScope, chunk_ids: Sequence[str], reason: str) -> None:
        """Mark the staged versions that these chunks belong to as failed. Safe to repeat."""


class DocumentRepository(Protocol):
    """Documents as readers see them."""

    def get(self, scope: TenantScope, document_id: str) -> DocumentRecord:
        """Return a document with its history.

        Raises:
            NotFound: there is none of that id.
        """

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[DocumentRecord]:
        """Return documents, newest first.

        Raises:
            InvalidInput: the cursor is not one that this listing gave.
        """

    def chunks(self, scope: TenantScope, document_id: str, *, cursor: str | None, limit: int) -> Page[Chunk]:
        """Return the chunks of the live version in order.

        Raises:
            NotFound: there is no document of that id.
            InvalidInput: the cursor is not one that this listing gave, or another version is live since.
        """

    def count(self, scope: TenantScope, document_id: str) -> Counts:
        """Return how many versions and chunks a document holds, those that readers do not see included, and how many
        entities no other document mentions.

        Raises:
            NotFound: there is none of that id.
        """

    def uploads(self, scope: TenantScope, document_id: str) -> Sequence[str]:
        """Return the jobs of the files that a document was made of; not of those that are still to come."""

    def delete(self, scope: TenantScope, document_id: str) -> int:
        """Take a document with all its versions out of sight at once; maintenance removes what it held.

        Returns:
            The corpus version since then.

        Raises:
            NotFound: there is none of that id.
        """


@dataclass(frozen=True, slots=True)
class StaleVersion:
    """A staged version that stopped moving.

    Parameters:
        attempts: how often its work was put back.
    """

    scope: TenantScope
    document_id: str
    version: int
    attempts: int


class MaintenanceRepository(Protocol):
    """Work over all tenants, for the reconciler alone; what it hands out carries the tenant's scope."""

    def claim_stale(self, idle_for: timedelta, limit: int) -> Sequence[StaleVersion]:
        """Return staged versions that no task is about and that have not moved for `idle_for`.

        An attempt is counted for each.
        """

    def remove_retired(self, older_than: timedelta, limit: int) -> int:
        """Remove the chunks of versions that left service `older_than` ago, and deleted documents with them.

        Parameters:
            limit: chunks, and documents, that go at most.

        Returns:
            How many chunks went.
        """


class SchemaMigrator(Protocol):
    """Creates and checks the store's schema."""

    def migrate(self, embedding: EmbeddingIdentity) -> None:
        """Create what is missing; safe to repeat.

        Raises:
            IncompatibleIndex: the server is too old, or the index holds another model's vectors.
        """

    def verify(self, embedding: EmbeddingIdentity) -> None:
        """Check that the stored index fits.

        Raises:
            IncompatibleIndex: it does not, or there is none.
        """
