"""Bodies and replies of documents and uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainValidator, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from graphwell.domain.documents import (
    DOCUMENT_ID_PATTERN,
    MAX_SOURCE_LENGTH,
    MAX_TEXT_LENGTH,
    MAX_TITLE_LENGTH,
    ContentType,
    MetadataValue,
    VersionStatus,
)
from graphwell.domain.files import MAX_FILE_SIZE_BYTES, MAX_FILENAME_LENGTH, MEDIA_TYPES
from graphwell.http.request_model import RequestModel, documented

MAX_DOCUMENTS = 100

_DocumentId = Annotated[StrictStr, documented(pattern=DOCUMENT_ID_PATTERN)]


def _scalar(value: Any) -> MetadataValue:
    """Return a metadata value; one error names its field, where a union of types would give one for each type."""
    if isinstance(value, str | int | float | bool):
        return value
    raise PydanticCustomError("metadata_value", "A metadata value is a text, a number, true or false")


class NewDocument(RequestModel):
    """A document to ingest."""

    title: Annotated[StrictStr, documented(minLength=1, maxLength=MAX_TITLE_LENGTH)]
    text: Annotated[StrictStr, documented(minLength=1, maxLength=MAX_TEXT_LENGTH)]
    id: _DocumentId | None = None
    content_type: ContentType = ContentType.PLAIN
    source: Annotated[StrictStr, documented(maxLength=MAX_SOURCE_LENGTH)] | None = None
    metadata: dict[StrictStr, Annotated[MetadataValue, PlainValidator(_scalar)]] = Field(default_factory=dict)


class IngestBody(RequestModel):
    """Documents to ingest."""

    documents: Annotated[list[NewDocument], Field(min_length=1, max_length=MAX_DOCUMENTS)]


class AcceptedDocument(BaseModel):
    """What became of one document: `unchanged` when readers see its content already."""

    id: str
    version: int
    status: Literal["queued", "unchanged"]


class IngestReply(BaseModel):
    """The job that follows the documents."""

    job_id: str
    documents: list[AcceptedDocument]


class UploadBody(RequestModel):
    """A file that is about to be uploaded."""

    filename: Annotated[StrictStr, documented(minLength=1, maxLength=MAX_FILENAME_LENGTH)]
    content_type: Annotated[StrictStr, documented(enum=MEDIA_TYPES)]
    size: Annotated[StrictInt, documented(minimum=1, maximum=MAX_FILE_SIZE_BYTES)]
    id: _DocumentId | None = None


class UploadReply(BaseModel):
    """Put the file to `url` with these headers before `expires_at`; the job follows it."""

    job_id: str
    document_id: str
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime


class VersionReply(BaseModel):
    """One version in a document's history."""

    version: int
    status: VersionStatus
    chunk_count: int
    accepted_at: datetime
    activated_at: datetime | None
    error: str | None


class DocumentReply(BaseModel):
    """A document; `version` is the one readers see, 0 while the first is being embedded."""

    id: str
    title: str
    source: str | None
    content_type: ContentType
    metadata: dict[str, MetadataValue]
    version: int
    status: VersionStatus
    chunk_count: int
    created_at: datetime
    updated_at: datetime


class DocumentWithHistoryReply(DocumentReply):
    """A document with its versions, newest first."""

    history: list[VersionReply]


class DocumentPageReply(BaseModel):
    """Documents, newest first."""

    documents: list[DocumentReply]
    next_cursor: str | None


class ChunkReply(BaseModel):
    """A chunk of a document's live version; offsets count code points of the document's text."""

    id: str
    ordinal: int
    text: str
    start: int
    end: int
    headings: list[str]
    page: int | None


class ChunkPageReply(BaseModel):
    """Chunks in order."""

    chunks: list[ChunkReply]
    next_cursor: str | None
