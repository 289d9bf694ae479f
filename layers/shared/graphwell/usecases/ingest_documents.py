"""Take documents in: check, cut into chunks, stage, and queue the embedding."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from graphwell.domain.chunks import with_pages
from graphwell.domain.documents import (
    MAX_METADATA_LENGTH,
    MAX_SOURCE_LENGTH,
    MAX_TEXT_LENGTH,
    MAX_TITLE_LENGTH,
    ContentType,
    MetadataValue,
    PreparedDocument,
    StagedDocument,
    SubmittedDocument,
    check_document_id,
)
from graphwell.domain.errors import InvalidInput, Unavailable, UnusableDocument
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_keys, accept_text
from graphwell.ports import Chunker, StagingRepository, TextExtractor
from graphwell.usecases.send_tasks import SendTasks

MAX_METADATA_KEYS = 8
MAX_METADATA_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Submission:
    """A document as a caller sends it; nothing in it has been checked yet."""

    title: str
    text: str
    id: str | None = None
    content_type: ContentType = ContentType.PLAIN
    source: str | None = None
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    page_starts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AcceptedDocuments:
    """The job that follows the documents, and what became of each, in the order they were sent."""

    job_id: str
    documents: Sequence[StagedDocument]


class IngestDocuments:
    """Accepts all documents of a request or none.

    What is accepted survives any crash from then on: it is committed before the queue is told, and the reconciler
    sends what the queue never got.

    Parameters:
        embedding_model: part of the fingerprint, so that another model makes new versions.
    """

    def __init__(
        self,
        extractor: TextExtractor,
        chunker: Chunker,
        repository: StagingRepository,
        send_tasks: SendTasks,
        embedding_model: str,
    ) -> None:
        self._extractor = extractor
        self._chunker = chunker
        self._repository = repository
        self._send_tasks = send_tasks
        self._fingerprint = f"{chunker.fingerprint}|{embedding_model}"

    def __call__(
        self,
        scope: TenantScope,
        submissions: Sequence[Submission],
        *,
        job_id: str | None = None,
        arrived_at: datetime | None = None,
    ) -> AcceptedDocuments:
        """Stage documents and queue their chunks.

        Parameters:
            submissions: in the order of the request; errors name their place in it.
            job_id: the job that follows them, a new one when None.
            arrived_at: when the file that they are made of came; None for documents of a request.

        Raises:
            InvalidInput: one of the documents cannot be accepted; nothing was written.
            UnreadableFile: a document was changed after `arrived_at`; nothing was written.
            Unavailable: the graph does not answer; nothing was written.
        """
        job_id = job_id or uuid.uuid4().hex
        prepared = [self._prepare(entry, f"documents[{place}]") for place, entry in enumerate(submissions)]
        _refuse_duplicates(prepared)
        staged = self._repository.stage(scope, job_id, prepared, arrived_at=arrived_at)
        # Accepted even if the queue is away: it is committed, and the reconciler sends what stays behind.
        with suppress(Unavailable):
            self._send_tasks(scope)
        return AcceptedDocuments(job_id, staged)

    def _prepare(self, entry: Submission, path: str) -> PreparedDocument:
        title = accept_text(entry.title, f"{path}.title", max_length=MAX_TITLE_LENGTH)
        text = accept_text(entry.text, f"{path}.text", max_length=MAX_TEXT_LENGTH)
        content_type = entry.content_type
        if content_type is ContentType.HTML:
            text, content_type = self._from_html(text, f"{path}.text")
        document = SubmittedDocument(
            id=_content_id(title, text) if entry.id is None else check_document_id(entry.id, f"{path}.id"),
            title=title,
            text=text,
            content_type=content_type,
            source=entry.source and accept_text(entry.source, f"{path}.source", max_length=MAX_SOURCE_LENGTH),
            metadata=_accept_metadata(entry.metadata, f"{path}.metadata"),
            page_starts=entry.page_starts,
        )
        chunks = with_pages(self._chunker.split(text, content_type), entry.page_starts)
        if not chunks:
            raise InvalidInput(f"{path}.text", "The text has nothing to search; send at least one word.")
        return PreparedDocument(document, chunks, self._fingerprint)

    def _from_html(self, markup: str, path: str) -> tuple[str, ContentType]:
        try:
            extracted = self._extractor.extract(markup.encode(), ContentType.HTML.value)
        except UnusableDocument as error:
            raise InvalidInput(path, error.detail) from error
        return extracted.text, extracted.content_type


def _content_id(title: str, text: str) -> str:
    """Return an id made of the content, so that sending it again without an id is no second document."""
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()[:32]


def _refuse_duplicates(documents: Sequence[PreparedDocument]) -> None:
    seen: dict[str, int] = {}
    for place, prepared in enumerate(documents):
        first = seen.setdefault(prepared.document.id, place)
        if first != place:
            raise InvalidInput(
                f"documents[{place}].id",
                f"This is the same document id as of documents[{first}]; send each document once.",
            )


def _accept_metadata(metadata: Mapping[str, MetadataValue], path: str) -> dict[str, MetadataValue]:
    if len(metadata) > MAX_METADATA_KEYS:
        raise InvalidInput(path, f"At most {MAX_METADATA_KEYS} keys are accepted; this has {len(metadata)}.")
    names = accept_keys(metadata, path, max_length=MAX_METADATA_KEY_LENGTH)
    return {
        name: _accept_metadata_value(value, f"{path}.{name}")
        for name, value in zip(names, metadata.values(), strict=True)
    }


def _accept_metadata_value(value: MetadataValue, path: str) -> MetadataValue:
    if isinstance(value, str):
        return value and accept_text(value, path, max_length=MAX_METADATA_LENGTH)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(path, "A number must be finite; leave the key out or send a text.")
    return value
