"""Replies of the API as typed values; unknown keys are kept, so that a reply prints as it came."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

FINISHED_STATUSES = frozenset({"succeeded", "partially_failed", "failed", "cancelled"})


class Reply(BaseModel):
    """Base of all replies."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def raw(self) -> dict[str, Any]:
        """Return the reply as the server sent it."""
        return self.model_dump(exclude_unset=True)


class AcceptedDocument(Reply):
    """One document of a submission; status is `queued` or `unchanged`."""

    id: str
    version: int
    status: str


class Submission(Reply):
    """Reply of POST /v1/documents; job_id may be None when every document was there already."""

    job_id: str | None = None
    documents: tuple[AcceptedDocument, ...]


class UploadPlace(Reply):
    """Reply of POST /v1/uploads: where a file goes, with which headers, and the job that follows it."""

    job_id: str
    document_id: str
    url: str
    headers: dict[str, str] = {}


class DocumentCounts(Reply):
    """Documents of a job by state; `done` and `unchanged` ones are searchable."""

    total: int = 0
    unchanged: int = 0
    pending: int = 0
    done: int = 0
    failed: int = 0


class ChunkCounts(Reply):
    """Chunks of a job."""

    total: int = 0
    embedded: int = 0


class DocumentError(Reply):
    """Why one document of a job failed."""

    document_id: str
    reason: str


class ErasedCounts(Reply):
    """Things of an erased tenant by kind, before and after."""

    before: dict[str, int] = {}
    after: dict[str, int] = {}


class JobState(Reply):
    """Reply of GET /v1/jobs/{id}."""

    id: str
    status: str
    stalled: bool = False
    documents: DocumentCounts = DocumentCounts()
    chunks: ChunkCounts = ChunkCounts()
    errors: tuple[DocumentError, ...] = ()
    erased: ErasedCounts = ErasedCounts()

    @property
    def is_finished(self) -> bool:
        """Whether the job's state can no longer change by itself."""
        return self.status in FINISHED_STATUSES


class RetriedJob(JobState):
    """Reply of POST /v1/jobs/{id}/retry; `send_again` has the documents that only their sender can bring in."""

    send_again: tuple[DocumentError, ...] = ()


class ErasePreview(Reply):
    """Reply of DELETE /v1/tenants/{id}?dry_run=true."""

    counts: dict[str, int]


class EraseBegun(Reply):
    """Reply of DELETE /v1/tenants/{id}."""

    job_id: str


class EmbeddingState(Reply):
    """The model that vectors come from."""

    model: str
    dimensions: int


class Statistics(Reply):
    """Reply of GET /v1/tenants/{id}/stats."""

    documents: int
    versions: int
    chunks: int
    jobs: int
    bytes: int
    corpus_version: int
    embedding: EmbeddingState
    moving_to: EmbeddingState | None = None
    moved_chunks: int = 0


class JobPage(Reply):
    """Reply of GET /v1/jobs, newest first."""

    jobs: tuple[JobState, ...] = ()
    next_cursor: str | None = None


class DocumentState(Reply):
    """A document of GET /v1/documents."""

    id: str
    title: str = ""


class DocumentPage(Reply):
    """Reply of GET /v1/documents, newest first."""

    documents: tuple[DocumentState, ...] = ()
    next_cursor: str | None = None


class PassageReply(Reply):
    """A passage of a search or an answer; offsets count characters of the document's text."""

    document_id: str
    chunk_id: str
    title: str = ""
    text: str = ""
    score: float = 0.0
    start: int = 0
    end: int = 0
    headings: tuple[str, ...] = ()
    source: str | None = None


class SearchReply(Reply):
    """Reply of POST /v1/search, best passage first."""

    passages: tuple[PassageReply, ...]
    degraded: tuple[Any, ...] = ()


class EntityName(Reply):
    """A name of GET /v1/graph/entities."""

    id: str
    name: str
    passage_count: int = 0
    document_count: int = 0


class EntityPage(Reply):
    """Reply of GET /v1/graph/entities, best first."""

    entities: tuple[EntityName, ...] = ()
    next_cursor: str | None = None
    truncated: bool = False


class EntityRelation(Reply):
    """What passages state of two entities; `out` is from the one that was read to the other."""

    name: str
    direction: str
    weight: int = 0
    evidence: tuple[str, ...] = ()


class EntityNeighbour(Reply):
    """An entity beside the one that was read."""

    id: str
    name: str
    passage_count: int = 0
    weight: int = 0
    evidence: tuple[str, ...] = ()
    relations: tuple[EntityRelation, ...] = ()


class EntityPassage(Reply):
    """A passage that mentions the entity that was read."""

    document_id: str
    chunk_id: str
    title: str = ""
    quote: str = ""
    start: int = 0
    end: int = 0
    page: int | None = None
    about: bool = False


class EntityState(EntityName):
    """Reply of GET /v1/graph/entities/{id}, the strongest neighbour first."""

    neighbours: tuple[EntityNeighbour, ...] = ()
    passages: tuple[EntityPassage, ...] = ()
    next_cursor: str | None = None
    truncated: bool = False


class LegHit(Reply):
    """A chunk as one leg ranks it."""

    rank: int
    chunk_id: str
    similarity: float | None = None


class LegExplanation(Reply):
    """What one leg was asked and gave; `alone_ms` is its time without the other."""

    index: str
    text: str
    asked: int
    given: int
    not_live: int
    alone_ms: float
    hits: tuple[LegHit, ...] = ()


class PathExplanation(Reply):
    """The passage that led to a candidate, and the name that both hold; a passage that paths begin from has no name."""

    start: str
    entity: str | None = None
    holders: int | None = None


class CandidateExplanation(Reply):
    """A candidate with the parts of its score; what the mode does without is None."""

    rank: int
    chunk_id: str
    title: str
    outcome: str
    score: float
    similarity: float | None = None
    similarity_z: float | None = None
    bm25_words: float | None = None
    bm25_pairs: float | None = None
    bm25_z: float | None = None
    title_evidence: float | None = None
    repetition: float | None = None
    path_evidence: float | None = None
    path: PathExplanation | None = None
    ranks: dict[str, int]
    reranked: int | None = None


class QuestionExplanation(Reply):
    """The question as typed and as searched for, and whose words these are."""

    asked: str
    searched: str
    wording: str


class ComparedQuestion(Reply):
    """A question whose answer is kept, and what tells it apart from the one that was asked."""

    question: str
    cosine: float
    difference: str | None = None
    detail: str = ""


class CacheExplanation(Reply):
    """What the answer cache has for the question."""

    hit: str | None = None
    corpus_version: int
    answers: bool
    compared: tuple[ComparedQuestion, ...] = ()


class PromptMessage(Reply):
    """Part of what a model would be sent."""

    role: str
    content: str


class PromptExplanation(Reply):
    """Who would answer, and what it would be sent."""

    answerer: str
    messages: tuple[PromptMessage, ...] = ()


class BlockExplanation(Reply):
    """Neighbouring chunks that are given as one passage."""

    number: int
    chunk_ids: tuple[str, ...]


class DroppedExplanation(Reply):
    """A chunk that is not given, and why."""

    chunk_id: str
    reason: str


class ContextExplanation(Reply):
    """What the answerer would be given."""

    blocks: tuple[BlockExplanation, ...] = ()
    dropped: tuple[DroppedExplanation, ...] = ()
    tokens: int
    budget_tokens: int


class SearchExplanation(Reply):
    """Reply of POST /v1/debug/search."""

    question: QuestionExplanation
    mode: str
    top_k: int
    legs: dict[str, LegExplanation]
    weights: dict[str, float]
    candidates: tuple[CandidateExplanation, ...]
    context: ContextExplanation
    cache: CacheExplanation
    prompt: PromptExplanation
    timings_ms: dict[str, float]
    degraded: tuple[str, ...] = ()


class CitationReply(Reply):
    """Where an answer's words stand in a document."""

    document_id: str
    chunk_id: str
    quote: str
    start: int
    end: int
    page: int | None = None


class AnswerReply(Reply):
    """Reply of POST /v1/query."""

    answer: str
    grounded: bool
    citations: tuple[CitationReply, ...] = ()
    passages: tuple[PassageReply, ...] = ()
    degraded: tuple[Any, ...] = ()
    request_id: str | None = None


class StepReply(Reply):
    """A step of an agent's run."""

    kind: str
    asked: str = ""
    found: tuple[str, ...] = ()
    new: int = 0
    names: tuple[str, ...] = ()
    duration_ms: float = 0.0
    tokens: int = 0
    error: str | None = None


class AgentReply(AnswerReply):
    """Reply of POST /v1/agent."""

    steps: tuple[StepReply, ...] = ()
    stopped: str = ""


class AgentBegun(Reply):
    """Reply of POST /v1/agent to a run that is a job."""

    job_id: str


class AgentJobState(JobState):
    """Reply of GET /v1/jobs/{id} for such a run."""

    result: AgentReply | None = None
