"""Documents taken in step by step, as ingest and embed functions do it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from graphwell.adapters.local_graph_extractor import LocalGraphExtractor
from graphwell.adapters.neo4j_staging_repository import Neo4jStagingRepository
from graphwell.domain.chunks import ChunkDraft
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType, MetadataValue, PreparedDocument, StagedDocument, SubmittedDocument
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import EmbedTask
from graphwell.usecases.embed_chunks import EmbedChunks, EmbedOutcome
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.graph import FakeStaging
from tests.fakes.ingestion import FakeEmbedQueue, sending

FINGERPRINT = "fake-chunks|fake-model"


def prepared(
    document_id: str,
    *texts: str,
    title: str = "Title",
    fingerprint: str = FINGERPRINT,
    metadata: Mapping[str, MetadataValue] | None = None,
) -> PreparedDocument:
    """Return a document whose chunks are just these texts, one to a line."""
    chunks, start = [], 0
    for ordinal, text in enumerate(texts):
        chunks.append(ChunkDraft(ordinal, text, start, start + len(text)))
        start += len(text) + 1
    document = SubmittedDocument(document_id, title, "\n".join(texts), ContentType.PLAIN, metadata=metadata or {})
    return PreparedDocument(document, tuple(chunks), fingerprint)


def stage(
    staging: Neo4jStagingRepository, scope: TenantScope, *documents: PreparedDocument, job_id: str | None = None
) -> list[StagedDocument]:
    """Stage documents under a job, a new one when None."""
    return staging.stage(scope, job_id or uuid.uuid4().hex, documents)


def embed(staging: Neo4jStagingRepository, scope: TenantScope, chunk_ids: Sequence[str]) -> EmbedOutcome:
    """Do what one message of the embed queue asks for; nothing is sent in its place."""
    return embed_task(staging, EmbedTask(scope, chunk_ids))


def embed_task(staging: Neo4jStagingRepository, task: EmbedTask) -> EmbedOutcome:
    """Embed a task of the outbox; nothing is sent in its place."""
    send_nothing = sending(FakeStaging(), FakeEmbedQueue())
    return EmbedChunks(FakeEmbedder(), staging, LocalGraphExtractor(), send_nothing)(task, Deadline.after(20))


def ingest(staging: Neo4jStagingRepository, scope: TenantScope, *documents: PreparedDocument) -> list[StagedDocument]:
    """Stage documents and embed all their chunks."""
    staged = stage(staging, scope, *documents)
    for document in staged:
        embed(staging, scope, document.chunk_ids)
    return staged
