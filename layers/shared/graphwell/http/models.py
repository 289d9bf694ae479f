"""Request and response bodies. Their names and keys are the contract with callers outside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PlainValidator, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from graphwell.domain.conversation import MAX_TURNS, Role
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
from graphwell.domain.filters import MAX_VALUES
from graphwell.domain.jobs import JobStatus
from graphwell.domain.metadata_keys import MAX_KEY_LENGTH, MAX_KEYS, MetadataType
from graphwell.domain.passages import MAX_QUESTION_LENGTH, SearchMode
from graphwell.domain.rate_limits import MAX_LIMIT, RateLimits

MAX_DOCUMENTS = 100
MAX_TOP_K = 100


def documented(**keywords: Any) -> Any:
    """Return a field whose JSON schema has these keywords; the domain checks them, and says what to change."""
    return Field(json_schema_extra=keywords)


_Question = Annotated[StrictStr, documented(minLength=1, maxLength=MAX_QUESTION_LENGTH)]
_DocumentId = Annotated[StrictStr, documented(pattern=DOCUMENT_ID_PATTERN)]


class RequestModel(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


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


class JobDocumentsReply(BaseModel):
    """Documents of a job by state."""

    total: int
    unchanged: int
    pending: int
    done: int
    failed: int
    cancelled: int


class JobChunksReply(BaseModel):
    """Chunks of a job."""

    total: int
    embedded: int


class JobErrorReply(BaseModel):
    """Why a document cannot be indexed."""

    document_id: str
    reason: str


class JobReply(BaseModel):
    """A job; `stalled` when work is left that has not moved for some minutes and that no queue holds."""

    id: str
    status: JobStatus
    stalled: bool
    documents: JobDocumentsReply
    chunks: JobChunksReply
    errors: list[JobErrorReply]
    created_at: datetime
    moved_at: datetime


class RetryReply(JobReply):
    """The job after a retry; `send_again` has the documents that only their sender can bring in."""

    send_again: list[JobErrorReply]


class ErasedReply(BaseModel):
    """Things of an erased tenant by kind, before and after."""

    before: dict[str, int]
    after: dict[str, int]


class EraseJobReply(JobReply):
    """The job of a tenant's erase; it stays when all else has gone."""

    erased: ErasedReply
    finished_at: datetime | None


class EraseReply(BaseModel):
    """The job that erases a tenant, and what there was by kind when it began."""

    job_id: str
    status: JobStatus
    counts: dict[str, int]


class DryRunReply(BaseModel):
    """What would go, by kind."""

    dry_run: Literal[True] = True
    counts: dict[str, int]


class JobPageReply(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobReply]
    next_cursor: str | None


class TurnBody(RequestModel):
    """Something said earlier in the conversation; `text` is taken for `content` as well."""

    role: Role
    content: Annotated[
        StrictStr,
        Field(
            validation_alias=AliasChoices("content", "text"),
            json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION_LENGTH},
        ),
    ]


_History = Annotated[list[TurnBody], Field(max_length=MAX_TURNS)]


_FILTER_VALUE = {"type": ["string", "number", "boolean"]}
_FILTER_VALUES = {"type": "array", "items": _FILTER_VALUE, "minItems": 1, "maxItems": MAX_VALUES}
_Filters = Annotated[
    dict[StrictStr, Any],
    Field(
        description="Conditions on documents, all of which must hold, by `document_id` and `metadata.KEY`.",
        json_schema_extra={
            "additionalProperties": {
                "anyOf": [
                    _FILTER_VALUE,
                    _FILTER_VALUES,
                    {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": False,
                        "properties": {
                            "eq": _FILTER_VALUE,
                            "in": _FILTER_VALUES,
                            "gte": {"type": ["string", "number"]},
                            "lte": {"type": ["string", "number"]},
                        },
                    },
                ]
            },
            "examples": [{"document_id": ["handbook", "menu"], "metadata.year": {"gte": 2020, "lte": 2022}}],
        },
    ),
]


class SearchBody(RequestModel):
    """A search; `history` holds the conversation before it, oldest turn first."""

    query: _Question
    top_k: Annotated[StrictInt, Field(ge=1, le=MAX_TOP_K)] = 10
    mode: SearchMode = SearchMode.HYBRID
    history: _History = Field(default_factory=list)
    filters: _Filters = Field(default_factory=dict)


class PassageReply(BaseModel):
    """A passage; `text` is the document's text from `start` to `end`, and `score` compares within one reply only."""

    document_id: str
    chunk_id: str
    title: str
    text: str
    score: float
    start: int
    end: int
    headings: list[str]
    page: int | None


class SearchReply(BaseModel):
    """Passages, best first."""

    passages: list[PassageReply]
    timings_ms: dict[str, float]
    degraded: list[str]
    request_id: str


class QueryBody(RequestModel):
    """A question to answer; `history` holds the conversation before it, oldest turn first."""

    question: _Question
    top_k: Annotated[StrictInt, Field(ge=1, le=MAX_TOP_K)] = 10
    mode: SearchMode = SearchMode.HYBRID
    history: _History = Field(default_factory=list)
    filters: _Filters = Field(default_factory=dict)


class CitationReply(BaseModel):
    """A quotation: `quote` is the document's text from `start` to `end`, verbatim."""

    document_id: str
    chunk_id: str
    quote: str
    start: int
    end: int
    page: int | None


class CacheReply(BaseModel):
    """How the answer was found in a cache; null when it was made for this request."""

    hit: Literal["exact", "semantic"] | None


class UsageReply(BaseModel):
    """Model tokens that the answer took when it was made."""

    prompt_tokens: int
    completion_tokens: int
    model: str | None


class QueryReply(BaseModel):
    """An answer; `grounded` is false and `citations` empty when the documents do not answer the question."""

    answer: str
    grounded: bool
    citations: list[CitationReply]
    passages: list[PassageReply]
    cache: CacheReply
    degraded: list[str]
    usage: UsageReply
    request_id: str


class PassagesEvent(BaseModel):
    """The first event of a streamed answer: the passages that it is made of, best first, cited or not."""

    passages: list[PassageReply]


class DeltaEvent(BaseModel):
    """The next part of a streamed answer's text: whole sentences whose citations hold."""

    text: str


_Limit = Annotated[StrictInt, Field(ge=1, le=MAX_LIMIT)]
_DEFAULTS = RateLimits()


class LimitSettings(RequestModel):
    """Limits of each principal of a tenant, and of the whole tenant; one left out is the default."""

    requests_per_minute: _Limit = _DEFAULTS.requests_per_minute
    requests_per_hour: _Limit = _DEFAULTS.requests_per_hour
    model_requests_per_minute: _Limit = _DEFAULTS.model_requests_per_minute
    tenant_requests_per_minute: _Limit = _DEFAULTS.tenant_requests_per_minute
    tenant_requests_per_hour: _Limit = _DEFAULTS.tenant_requests_per_hour
    tenant_model_requests_per_minute: _Limit = _DEFAULTS.tenant_model_requests_per_minute


class TenantBody(RequestModel):
    """The settings of a tenant; `metadata_keys` are those that can be filtered by, with the type of their values."""

    limits: LimitSettings = LimitSettings()
    metadata_keys: Annotated[
        dict[Annotated[StrictStr, documented(minLength=1, maxLength=MAX_KEY_LENGTH)], MetadataType],
        documented(maxProperties=MAX_KEYS),
    ] = Field(default_factory=dict)


class TenantReply(BaseModel):
    """The settings of a tenant, defaults included; `metadata_keys_applied` is false while filters cannot be used yet.

    That is after keys were declared, until all documents that were there before are under them.
    """

    id: str
    limits: LimitSettings
    metadata_keys: dict[str, MetadataType]
    metadata_keys_applied: bool


class EmbeddingReply(BaseModel):
    """The model that vectors come from."""

    model: str
    dimensions: int


class StatisticsReply(BaseModel):
    """What a tenant amounts to; `bytes` is the text of its live documents, `moving_to` the next embedding model."""

    id: str
    documents: int
    versions: int
    chunks: int
    jobs: int
    bytes: int
    corpus_version: int
    embedding: EmbeddingReply
    moving_to: EmbeddingReply | None
    moved_chunks: int
