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
from graphwell.domain.passages import Answer, Hit, Passage, SearchMode
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

    def answer(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> Answer:
        """Return an answer whose citations quote the passages, or a refusal with `grounded` False.

        Raises:
            Unavailable: the model does not answer.
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
class ChunkText:
    """A chunk that waits for its vector."""

    chunk_id: str
    text: str


@dataclass(frozen=True, slots=True)
class StaleWork:
    """Staged chunks that stopped moving, and the job they belong to."""

    scope: TenantScope
    job_id: str
    document_id: str
    version: int
    attempts: int
    chunk_ids: Sequence[str]


class DocumentRepository(Protocol):
    """Documents, their versions and chunks."""

    def stage(self, scope: TenantScope, job_id: str, documents: Sequence[PreparedDocument]) -> list[StagedDocument]:
        """Write new versions with their chunks and add them to the job, all or nothing; nothing becomes visible yet."""

    def unembedded(self, scope: TenantScope, chunk_ids: Sequence[str]) -> list[ChunkText]:
        """Return those of the chunks that are staged and still without a vector, with the text to embed."""

    def store_vectors(self, scope: TenantScope, vectors: Mapping[str, Vector]) -> list[str]:
        """Write vectors and activate every version that is now complete, in one transaction; safe to repeat.

        Returns:
            Ids of the documents that were activated.
        """

    def fail(self, scope: TenantScope, document_id: str, version: int, reason: str) -> None:
        """Mark a staged version as failed for good; the live version stays."""

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
            InvalidInput: the cursor is not one that this listing gave.
        """

    def delete(self, scope: TenantScope, document_id: str) -> None:
        """Take a document out of sight and remove it with all its versions and chunks.

        Raises:
            NotFound: there is none of that id.
        """

    def stale_work(self, idle_for: timedelta, limit: int) -> Sequence[StaleWork]:
        """Return staged versions of any tenant that have not moved for `idle_for`, and mark them as moved now."""

    def remove_superseded(self, older_than: timedelta, limit: int) -> int:
        """Remove chunks of versions that left service `older_than` ago; return how many went."""


class JobRepository(Protocol):
    """Jobs and the uploads they wait for."""

    def create(self, scope: TenantScope, job_id: str, *, unchanged: int) -> None:
        """Record a job whose documents are all there already."""

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
class EmbedTask:
    """One queue message: references only, never text."""

    scope: TenantScope
    job_id: str
    chunk_ids: Sequence[str]


class EmbedQueue(Protocol):
    """Carries embed tasks to the workers, at least once, in any order."""

    def send(self, tasks: Sequence[EmbedTask]) -> None:
        """Send all tasks.

        Raises:
            Unavailable: some were not taken; those that were may be sent again.
        """
