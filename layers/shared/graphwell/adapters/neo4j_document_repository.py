"""Documents as readers see them, in Neo4j."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphwell.adapters.cursors import page_of, page_parameters
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.chunks import Chunk, ChunkDraft
from graphwell.domain.documents import ContentType, DocumentRecord, DocumentVersion, VersionStatus
from graphwell.domain.erasure import Counts
from graphwell.domain.errors import InvalidInput, NotFound
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Clock, Page

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

# What readers are shown of a document: its live version's properties, or the newest one's while none is live.
_SHOWN = """
MATCH (newest:DocumentVersion {tenant_id: $tenant_id, document_id: d.id, version: d.latest_version})
OPTIONAL MATCH (live:DocumentVersion {tenant_id: $tenant_id, document_id: d.id, version: d.version})
WITH d, newest, coalesce(live, newest) AS shown"""

_RECORD = """
d.id AS id, d.created_at AS created_at, d.version AS version, newest.status AS status,
shown.title AS title, shown.source AS source, shown.content_type AS content_type, shown.metadata AS metadata,
shown.chunk_count AS chunk_count, coalesce(shown.activated_at, shown.accepted_at) AS updated_at"""

# Constraints document_id, document_version; a composite index is used only when each of its properties is asked for,
# hence `version > 0`.
_GET = f"""
MATCH (d:Document {{tenant_id: $tenant_id, id: $document_id}}) WHERE d.deleted_at IS NULL{_SHOWN}
MATCH (v:DocumentVersion {{tenant_id: $tenant_id, document_id: d.id}}) WHERE v.version > 0 AND v.status <> 'deleted'
WITH d, newest, shown, v ORDER BY v.version DESC
RETURN {_RECORD}, collect(v {{.version, .status, .chunk_count, .accepted_at, .activated_at, .error}}) AS history"""

# Index document_created.
_PAGE = f"""
MATCH (d:Document {{tenant_id: $tenant_id}})
WHERE d.deleted_at IS NULL AND d.created_at <= $before
  AND (d.created_at < $before OR $after_id IS NULL OR d.id > $after_id)
WITH d ORDER BY d.created_at DESC, d.id LIMIT $limit{_SHOWN}
RETURN {_RECORD} ORDER BY created_at DESC, id"""

# Constraint document_id, then the document's own chunks.
_CHUNKS = """
MATCH (d:Document {tenant_id: $tenant_id, id: $document_id}) WHERE d.deleted_at IS NULL
WITH d, d.version AS live
OPTIONAL MATCH (d)<-[:PART_OF]-(c:Chunk)
WHERE c.version = live AND c.ordinal > $after
WITH live, c ORDER BY c.ordinal LIMIT $limit
RETURN live, c {.id, .document_id, .version, .ordinal, .text, .start, .end, .headings, .page, .page_breaks} AS chunk"""

# Constraints document_id, document_version, tenant_id. Out of sight at once: no chunk has version 0. What a version was
# until then stays with it: a job that failed has failed, also once its document is deleted.
_DELETE = """
MATCH (d:Document {tenant_id: $tenant_id, id: $document_id}) WHERE d.deleted_at IS NULL
SET d.version = 0, d.deleted_at = $now
REMOVE d.live
WITH d
MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: d.id}) WHERE v.version > 0 AND v.status <> 'deleted'
SET v.ended_as = v.status, v.status = 'deleted', v.retired_at = $now
WITH DISTINCT d
MATCH (t:Tenant {id: $tenant_id})
SET t.corpus_version = t.corpus_version + 1
RETURN t.corpus_version AS corpus_version"""

# Constraint document_version, then the document's own chunks.
_COUNT = """
MATCH (d:Document {tenant_id: $tenant_id, id: $document_id}) WHERE d.deleted_at IS NULL
RETURN 1 AS documents,
  COUNT { MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: d.id}) WHERE v.version > 0 } AS versions,
  COUNT { MATCH (d)<-[:PART_OF]-(:Chunk) } AS chunks,
  COUNT {
    MATCH (d)<-[:PART_OF]-(:Chunk)-[:MENTIONS]->(e:Entity)
    WHERE NOT EXISTS { MATCH (e)<-[:MENTIONS]-(other:Chunk) WHERE other.document_id <> d.id }
    RETURN DISTINCT e
  } AS entities"""

# Index job_upload. What is still awaited becomes another version.
_UPLOADS = """
MATCH (j:Job {tenant_id: $tenant_id, upload_document_id: $document_id}) WHERE NOT coalesce(j.awaits_upload, false)
RETURN j.id AS job_id"""

_CHUNK_CURSOR = re.compile(r"([0-9]{1,9})-([0-9]{1,9})\Z")


class Neo4jDocumentRepository:
    """The `DocumentRepository` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def get(self, scope: TenantScope, document_id: str) -> DocumentRecord:
        """Return a document with its history; see the port."""
        records = self._client.read(_GET, tenant_id=scope.tenant_id, document_id=document_id)
        if not records:
            raise _unknown(document_id)
        return _document(records[0].data(), tuple(_version(entry) for entry in records[0]["history"]))

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[DocumentRecord]:
        """Return documents, newest first; see the port."""
        records = self._client.read(_PAGE, tenant_id=scope.tenant_id, **page_parameters(cursor, limit))
        return page_of([_document(record.data()) for record in records], limit)

    def chunks(self, scope: TenantScope, document_id: str, *, cursor: str | None, limit: int) -> Page[Chunk]:
        """Return the chunks of the live version in order; see the port."""
        version, after = _decode_chunk_cursor(cursor) if cursor is not None else (None, -1)
        records = self._client.read(
            _CHUNKS, tenant_id=scope.tenant_id, document_id=document_id, after=after, limit=limit + 1
        )
        if not records:
            raise _unknown(document_id)
        if version is not None and version != records[0]["live"]:
            raise InvalidInput("cursor", "The document has changed since; start again from its first page.")
        found = [_chunk(record["chunk"]) for record in records if record["chunk"] is not None]
        more = len(found) > limit
        return Page(found[:limit], _chunk_cursor(found[limit - 1]) if more else None)

    def count(self, scope: TenantScope, document_id: str) -> Counts:
        """Return how much a document holds; see the port."""
        records = self._client.read(_COUNT, tenant_id=scope.tenant_id, document_id=document_id)
        if not records:
            raise _unknown(document_id)
        counts: Counts = records[0].data()
        return counts

    def uploads(self, scope: TenantScope, document_id: str) -> Sequence[str]:
        """Return the jobs of a document's files; see the port."""
        records = self._client.read(_UPLOADS, tenant_id=scope.tenant_id, document_id=document_id)
        return [record["job_id"] for record in records]

    def delete(self, scope: TenantScope, document_id: str) -> int:
        """Take a document out of sight at once; see the port."""
        now = self._clock.now()

        def work(tx: ManagedTransaction) -> int | None:
            deleted = tx.run(_DELETE, tenant_id=scope.tenant_id, document_id=document_id, now=now).single()
            return int(deleted["corpus_version"]) if deleted else None

        corpus_version = self._client.write(work)
        if corpus_version is None:
            raise _unknown(document_id)
        return corpus_version


def _unknown(document_id: str) -> NotFound:
    return NotFound(f"There is no document {document_id!r} in this tenant.")


def _chunk_cursor(last: Chunk) -> str:
    return f"{last.version}-{last.draft.ordinal}"


def _decode_chunk_cursor(cursor: str) -> tuple[int, int]:
    """Return version and ordinal of the last chunk of a page."""
    match = _CHUNK_CURSOR.match(cursor)
    if match is None:
        raise InvalidInput("cursor", "This is no cursor of this listing; take `next_cursor` of the previous page.")
    return int(match[1]), int(match[2])


def _document(row: Mapping[str, Any], history: tuple[DocumentVersion, ...] = ()) -> DocumentRecord:
    return DocumentRecord(
        id=row["id"],
        title=row["title"],
        source=row["source"],
        content_type=ContentType(row["content_type"]),
        metadata=json.loads(row["metadata"]),
        version=row["version"],
        status=VersionStatus(row["status"]),
        chunk_count=row["chunk_count"],
        created_at=row["created_at"].to_native(),
        updated_at=row["updated_at"].to_native(),
        history=history,
    )


def _version(row: Mapping[str, Any]) -> DocumentVersion:
    return DocumentVersion(
        version=row["version"],
        status=VersionStatus(row["status"]),
        chunk_count=row["chunk_count"],
        accepted_at=row["accepted_at"].to_native(),
        activated_at=row["activated_at"].to_native() if row["activated_at"] else None,
        error=row["error"],
    )


def _chunk(row: Mapping[str, Any]) -> Chunk:
    draft = ChunkDraft(
        row["ordinal"],
        row["text"],
        row["start"],
        row["end"],
        tuple(row["headings"]),
        row["page"],
        tuple(row["page_breaks"] or ()),
    )
    return Chunk(row["id"], row["document_id"], row["version"], draft)
