"""Documents in memory, as readers see them."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.adapters.cursors import decode_cursor
from graphwell.domain.chunks import Chunk
from graphwell.domain.documents import DocumentRecord
from graphwell.domain.erasure import Counts
from graphwell.domain.errors import NotFound
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Page


class FakeDocuments:
    """The `DocumentRepository` port; `records` and `chunks_of` are keyed by tenant and document id.

    `error` is raised by every call when it is set.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], DocumentRecord] = {}
        self.chunks_of: dict[tuple[str, str], list[Chunk]] = {}
        self.uploads_of: dict[tuple[str, str], list[str]] = {}
        self.corpus_version = 1
        self.error: Exception | None = None

    def get(self, scope: TenantScope, document_id: str) -> DocumentRecord:
        """Return a document."""
        self._answer()
        try:
            return self.records[scope.tenant_id, document_id]
        except KeyError:
            raise NotFound(f"There is no document {document_id!r} in this tenant.") from None

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[DocumentRecord]:
        """Return the tenant's first documents, whatever page is asked for."""
        self._answer()
        if cursor is not None:
            decode_cursor(cursor)
        own = [record for (tenant_id, _), record in self.records.items() if tenant_id == scope.tenant_id]
        return Page(own[:limit], None)

    def chunks(self, scope: TenantScope, document_id: str, *, cursor: str | None, limit: int) -> Page[Chunk]:  # noqa: ARG002
        """Return the first chunks of a document, whatever page is asked for."""
        self.get(scope, document_id)
        return Page(self.chunks_of.get((scope.tenant_id, document_id), [])[:limit], None)

    def count(self, scope: TenantScope, document_id: str) -> Counts:
        """Return how many chunks a document has."""
        self.get(scope, document_id)
        return {"documents": 1, "chunks": len(self.chunks_of.get((scope.tenant_id, document_id), []))}

    def uploads(self, scope: TenantScope, document_id: str) -> Sequence[str]:
        """Return the jobs of a document's files."""
        self._answer()
        return self.uploads_of.get((scope.tenant_id, document_id), [])

    def delete(self, scope: TenantScope, document_id: str) -> int:
        """Forget a document."""
        self.get(scope, document_id)
        del self.records[scope.tenant_id, document_id]
        self.corpus_version += 1
        return self.corpus_version

    def _answer(self) -> None:
        if self.error is not None:
            raise self.error
