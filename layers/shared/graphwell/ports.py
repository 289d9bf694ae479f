"""What the use cases need of the outside world; adapters implement these, tests fake them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from graphwell.domain.chunks import Chunk, ChunkDraft
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType, DocumentRecord, PreparedDocument, StagedDocument
from graphwell.domain.jobs import Job
from graphwell.domain.passages import Answer, AnswerWithPassages, Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope

Item = TypeVar("Item")

Vector = Sequence[float]
"""An embedding of unit length."""


class Clock(Protocol):
    """Time of day."""

    def now(self) -> datetime:
        """Return the present as an aware UTC time."""


class Embedder(Protocol):
    """Turns text into vectors of one model."""

    @property
    def model(self) -> str:
        """Name of the model, recorded with the index."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    def embed_query(self, text: str, deadline: Deadline) -> Vector:
        """Return the vector of a question.

        Raises:
            Unavailable: the model does not answer.
        """

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Return one vector a text, in order; a text's vector never depends on its batch-mates.

        Raises:
            Unavailable: the model does not answer.
        """


class Chunker(Protocol):
    """Cuts text into chunks along its structure."""

    @property
    def fingerprint(self) -> str:
        """Name of the rules and sizes in force; equal fingerprints cut equal text equally."""

    def split(self, text: str, content_type: ContentType) -> list[ChunkDraft]:
        """Return the chunks of a text in order; every chunk's text is exactly `text[start:end]`."""


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """Text that came out of a file or of markup.

    Parameters:
        text: structured text; HTML and office files come out as Markdown.
        content_type: plain or Markdown.
        title: the title that the file itself carries, None when it has none.
    """

    text: str
    content_type: ContentType
    title: str | None


class TextExtractor(Protocol):
    """Gets structured text out of HTML and files."""

    def extract(self, data: bytes, media_type: str) -> ExtractedText:
        """Return the text of a file.

        Parameters:
            data: the file's bytes.
            media_type: its media type without parameters, such as `text/html`.

        Raises:
            UnusableDocument: the type is not supported, the bytes are not of that type, or there is no text in it.
        """


class Answerer(Protocol):
    """Answers a question from passages alone."""

    @property
    def identity(self) -> str:
        """Name of the rules or model in force; another name may answer differently."""

    def answer(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> Answer:
        """Return an answer whose citations quote the passages, or a refusal with `grounded` False.

        Raises:
            Unavailable: the model does not answer.
        """


@dataclass(frozen=True, slots=True)
class EmbeddingIdentity:
    """The model that an index's vectors come from."""

    model: str
    dimensions: int


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


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What the index is asked.

    Parameters:
        text: the question, as typed.
        vector: its embedding; None leaves the vector leg out.
        legs: the legs that take part.
        candidates: hits wanted of each leg.
    """

    text: str
    vector: Vector | None
    legs: frozenset[SearchMode]
    candidates: int


class PassageIndex(Protocol):
    """Vector and fulltext search over live chunks."""

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:
        """Return the number that grows with every change a reader of the tenant can see; 0 for an unknown tenant.

        Raises:
            Unavailable: the index does not answer.
        """

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> list[Hit]:
        """Return the hits of all legs in one round trip; only chunks of a document's live version count.

        Raises:
            Unavailable: the index does not answer.
        """


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a listing; `next_cursor` is None on the last one."""

    items: Sequence[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class UnembeddedChunk:
    """A staged chunk that waits for its vector; `text` is what to embed."""

    chunk_id: str
    document_id: str
    version: int
    text: str


class StagingRepository(Protocol):
    """Writes versions that nobody sees until they are whole."""

    def stage(self, scope: TenantScope, job_id: str, documents: Sequence[PreparedDocument]) -> list[StagedDocument]:
        """Write new versions with their chunks and the job that follows them, all or nothing; readers see no change.

        Safe to repeat under the same job id: the second time joins the versions of the first.
        """

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[UnembeddedChunk]:
        """Return those of the chunks that are staged and still without a vector."""

    def store_vectors(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], vectors: Sequence[Vector]) -> None:
        """Write one vector a chunk; readers see no change until `activate`. Safe to repeat."""

    def activate(self, scope: TenantScope, chunk_ids: Sequence[str]) -> int:
        """Make those of the chunks' versions live whose chunks all have vectors. Safe to repeat.

        A version older than the live one is retired instead.

        Returns:
            How many versions went live.
        """

    def fail(self, scope: TenantScope, document_id: str, version: int, reason: str) -> None:
        """Mark a staged version as failed for good; the live version stays."""


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

    def delete(self, scope: TenantScope, document_id: str) -> None:
        """Take a document with all its versions out of sight at once; maintenance removes what it held.

        Raises:
            NotFound: there is none of that id.
        """


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a client was told where to put."""

    job_id: str
    document_id: str
    filename: str
    media_type: str


class JobRepository(Protocol):
    """Jobs, their progress, and the uploads they wait for."""

    def await_upload(self, scope: TenantScope, upload: Upload) -> None:
        """Record a job that waits for one uploaded file."""

    def upload(self, scope: TenantScope, job_id: str) -> Upload:
        """Return what was agreed on for a job's file.

        Raises:
            NotFound: there is no such job, or it waits for no file.
        """

    def fail_upload(self, scope: TenantScope, job_id: str, reason: str) -> None:
        """Record that the uploaded file of a job cannot be indexed."""

    def get(self, scope: TenantScope, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFound: there is none of that id.
        """

    def page(self, scope: TenantScope, *, cursor: str | None, limit: int) -> Page[Job]:
        """Return jobs, newest first.

        Raises:
            InvalidInput: the cursor is not one that this listing gave.
        """


@dataclass(frozen=True, slots=True)
class StaleVersion:
    """A staged version that stopped moving.

    Parameters:
        attempts: how often its work was sent again.
        chunk_ids: what to send again, at least one id: a version whose chunks are all embedded waits for activation.
    """

    scope: TenantScope
    document_id: str
    version: int
    attempts: int
    chunk_ids: Sequence[str]


class MaintenanceRepository(Protocol):
    """Work over all tenants, for the reconciler alone; what it hands out carries the tenant's scope."""

    def claim_stale(self, idle_for: timedelta, limit: int) -> Sequence[StaleVersion]:
        """Return staged versions that have not moved for `idle_for`, counting an attempt for each."""

    def remove_retired(self, older_than: timedelta, limit: int) -> int:
        """Remove the chunks of versions that left service `older_than` ago, and deleted documents with them.

        Returns:
            How many chunks went.
        """


@dataclass(frozen=True, slots=True)
class EmbedTask:
    """One queue message: references only, never text."""

    scope: TenantScope
    chunk_ids: Sequence[str]


class EmbedQueue(Protocol):
    """Carries embed tasks to the workers, at least once, in any order."""

    def send(self, tasks: Sequence[EmbedTask]) -> None:
        """Send all tasks.

        Raises:
            Unavailable: some were not taken; those that were may be sent again.
        """

    def is_empty(self) -> bool:
        """Tell whether no task waits or is being worked on, as far as the queue can tell.

        Raises:
            Unavailable: the queue does not answer.
        """


class AnswerCache(Protocol):
    """Keeps finished answers for a while under keys that name all they depend on."""

    def get(self, key: str) -> AnswerWithPassages | None:
        """Return the answer under a key, None when there is none.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """

    def put(self, key: str, answer: AnswerWithPassages) -> None:
        """Keep an answer.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """Where and how a client puts a file: an HTTP PUT to `url` with just these `headers`, before `expires_at`."""

    url: str
    headers: Mapping[str, str]
    expires_at: datetime


class UploadStore(Protocol):
    """Holds uploaded files, one a job, until they are taken in."""

    def presign(self, scope: TenantScope, job_id: str, *, media_type: str, size_bytes: int) -> UploadTarget:
        """Return where the client puts a file of just that size and type."""

    def fetch(self, scope: TenantScope, job_id: str) -> bytes:
        """Return the file of a job.

        Raises:
            NotFound: there is none.
            Unavailable: the store does not answer.
        """

    def remove(self, scope: TenantScope, job_id: str) -> None:
        """Remove the file of a job; safe to repeat."""


class HealthProbe(Protocol):
    """One part the service stands on."""

    @property
    def name(self) -> str:
        """Short name of the part."""

    @property
    def vital(self) -> bool:
        """Tell whether nothing works without it."""

    def check(self) -> Mapping[str, str | int | float]:
        """Return details of a healthy part, such as its version.

        Raises:
            Exception: of any kind, when the part does not answer as it should.
        """
