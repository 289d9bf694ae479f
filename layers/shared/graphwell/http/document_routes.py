"""Documents: ingest, list, read, delete, and their chunks."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from graphwell.domain.chunks import Chunk
from graphwell.domain.documents import DOCUMENT_ID_PATTERN, check_document_id
from graphwell.domain.errors import PayloadTooLarge
from graphwell.http.access import EditorScope, GuardedRoute, ReaderScope
from graphwell.http.document_models import (
    ChunkPageReply,
    DocumentPageReply,
    DocumentWithHistoryReply,
    IngestBody,
    IngestReply,
    NewDocument,
)
from graphwell.http.dry_run import DryRun, dry_run_reply
from graphwell.http.idempotency import IdempotencyKey, Once
from graphwell.http.job_models import DryRunReply
from graphwell.runtime.container import Container
from graphwell.usecases.ingest_documents import AcceptedDocuments, Submission

MAX_BODY_BYTES = 4 * 1024 * 1024

DocumentId = Annotated[str, Path(json_schema_extra={"pattern": DOCUMENT_ID_PATTERN})]
Cursor = Annotated[str | None, Query(max_length=1024)]
Limit = Annotated[int, Query(ge=1, le=100)]


async def _refuse_large_body(request: Request) -> None:
    if len(await request.body()) > MAX_BODY_BYTES:
        raise PayloadTooLarge("A request holds at most 4 MB; send fewer documents at once, or upload large files.")


def document_router(container: Container) -> APIRouter:
    """Return the routes over documents."""
    router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=GuardedRoute)
    once = Once(container, "documents.ingest")

    @router.post(
        "",
        status_code=HTTPStatus.ACCEPTED,
        response_model=IngestReply,
        summary="Ingest documents",
        dependencies=[Depends(_refuse_large_body)],
    )
    def ingest(body: IngestBody, scope: EditorScope, request: Request, idempotency_key: IdempotencyKey = None) -> Any:
        def work(job_id: str | None) -> dict[str, Any]:
            submissions = [_submission(document) for document in body.documents]
            return _accepted(container.of(scope).ingest_documents(scope, submissions, job_id=job_id))

        return once(request, scope, idempotency_key, work, body=body.model_dump)

    @router.get("", response_model=DocumentPageReply, summary="List documents, newest first")
    def page(scope: ReaderScope, cursor: Cursor = None, limit: Limit = 50) -> Any:
        found = container.of(scope).documents.page(scope, cursor=cursor, limit=limit)
        return {"documents": [asdict(document) for document in found.items], "next_cursor": found.next_cursor}

    # A slash in an id, however it was encoded, must reach the check that says what to do about it.
    @router.get("/{document_id:path}/chunks", response_model=ChunkPageReply, summary="Read a document's chunks")
    def chunks(document_id: DocumentId, scope: ReaderScope, cursor: Cursor = None, limit: Limit = 50) -> Any:
        found = container.of(scope).documents.chunks(
            scope, check_document_id(document_id, "id"), cursor=cursor, limit=limit
        )
        return {"chunks": [_chunk(chunk) for chunk in found.items], "next_cursor": found.next_cursor}

    @router.get("/{document_id:path}", response_model=DocumentWithHistoryReply, summary="Read a document's state")
    def read(document_id: DocumentId, scope: ReaderScope) -> Any:
        return asdict(container.of(scope).documents.get(scope, check_document_id(document_id, "id")))

    @router.delete(
        "/{document_id:path}",
        status_code=HTTPStatus.NO_CONTENT,
        response_model=None,
        responses={HTTPStatus.OK: {"model": DryRunReply, "description": "What would go, with dry_run"}},
        summary="Delete a document",
    )
    def delete(document_id: DocumentId, scope: EditorScope, *, dry_run: DryRun = False) -> Response:
        identifier = check_document_id(document_id, "id")
        if dry_run:
            return dry_run_reply(container.of(scope).delete_document.preview(scope, identifier))
        container.of(scope).delete_document(scope, identifier)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _submission(document: NewDocument) -> Submission:
    return Submission(
        title=document.title,
        text=document.text,
        id=document.id,
        content_type=document.content_type,
        source=document.source,
        metadata=document.metadata,
    )


def _accepted(accepted: AcceptedDocuments) -> dict[str, Any]:
    return {
        "job_id": accepted.job_id,
        "documents": [
            {"id": entry.id, "version": entry.version, "status": "unchanged" if entry.unchanged else "queued"}
            for entry in accepted.documents
        ],
    }


def _chunk(chunk: Chunk) -> dict[str, Any]:
    return {"id": chunk.id, **asdict(chunk.draft)}
