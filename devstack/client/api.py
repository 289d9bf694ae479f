"""The routes of the HTTP API as methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from devstack.client import calls
from devstack.client.calls import Call
from devstack.client.models import (
    AgentBegun,
    AgentJobState,
    AgentReply,
    AnswerReply,
    DocumentPage,
    EntityPage,
    EntityState,
    EraseBegun,
    ErasePreview,
    JobPage,
    JobState,
    Reply,
    RetriedJob,
    SearchExplanation,
    SearchReply,
    Statistics,
    Submission,
    UploadPlace,
)
from devstack.client.session import ApiRequest, ApiSession
from devstack.client.typed import streamed
from devstack.errors import DevstackError
from graphwell.http.search_models import DeltaEvent, QueryReply

ReplyT = TypeVar("ReplyT", bound=Reply)


class GraphwellClient:
    """One stack's API. Safe to use from several threads; close it, or use it in a with statement.

    Every method raises `ApiError` when the API refuses the call and `DevstackError` when it cannot be reached.

    Parameters:
        session: sends the requests.
    """

    def __init__(self, session: ApiSession) -> None:
        self._session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def submit_documents(self, body: bytes, *, idempotency_key: str) -> Submission:
        """Submit documents for indexing.

        Parameters:
            body: the request as JSON, `{"documents": [...]}`.
            idempotency_key: the same for every try of this submission, and for nothing else.
        """
        request = ApiRequest("POST", "/v1/documents", body=body, idempotency_key=idempotency_key)
        return self._parsed(Submission, self._session.send(request).body)

    def documents(self, *, cursor: str | None = None) -> DocumentPage:
        """Return one page of the tenant's documents, newest first."""
        return self._sent(DocumentPage, calls.documents(cursor=cursor))

    def request_upload(
        self, *, filename: str, content_type: str, size_bytes: int, document_id: str, idempotency_key: str
    ) -> UploadPlace:
        """Return where to put a file that becomes a document."""
        call = calls.request_upload(filename, content_type, size_bytes, id=document_id, idempotency_key=idempotency_key)
        return self._sent(UploadPlace, call)

    def put_file(self, place: UploadPlace, content: bytes) -> None:
        """Put a file where `request_upload` said."""
        self._session.put(place.url, place.headers, content)

    def job(self, job_id: str) -> JobState:
        """Return the state of one job."""
        return self._sent(JobState, calls.job(job_id))

    def jobs(self, **filters: Any) -> JobPage:
        """Return one page of the tenant's jobs, newest first.

        Parameters:
            filters: as `calls.jobs` takes them.
        """
        return self._sent(JobPage, calls.jobs(**filters))

    def retry_job(self, job_id: str, *, idempotency_key: str) -> RetriedJob:
        """Send a job's failed and idle work again.

        Parameters:
            idempotency_key: the same for every try of this call, and for nothing else.
        """
        return self._sent(RetriedJob, calls.retry_job(job_id, idempotency_key=idempotency_key))

    def cancel_job(self, job_id: str) -> JobState:
        """Stop what only this job waits for."""
        return self._sent(JobState, calls.cancel_job(job_id))

    def search(self, query: str, **options: Any) -> SearchReply:
        """Return the passages that fit the query best, best first; see `timed_search`."""
        return self.timed_search(query, **options)[0]

    def timed_search(
        self,
        query: str,
        *,
        top_k: int | None = None,
        mode: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> tuple[SearchReply, float]:
        """Search, and return the reply with the seconds that its HTTP call took, without tries before it."""
        call = calls.search(query, top_k=top_k, mode=mode, filters=filters)
        reply = self._session.send(call.request)
        return self._parsed(SearchReply, reply.body), reply.elapsed_s

    def explain_search(
        self,
        query: str,
        *,
        top_k: int | None = None,
        mode: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> SearchExplanation:
        """Return what each stage of a search does; takes an administrator."""
        call = calls.explain_search(query, top_k=top_k, mode=mode, filters=filters)
        return self._sent(SearchExplanation, call)

    def answer(
        self,
        question: str,
        *,
        top_k: int | None = None,
        mode: str | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> AnswerReply:
        """Return an answer to the question with its citations; `history` is the conversation before it."""
        call = calls.query(question, top_k=top_k, mode=mode, history=history, filters=filters)
        return self._sent(AnswerReply, call)

    def answer_in_parts(
        self,
        question: str,
        hear: Callable[[str], None],
        *,
        top_k: int | None = None,
        mode: str | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> AnswerReply:
        """Return what `answer` does.

        Parameters:
            hear: told each part of the answer's text when it comes; of a refusal nothing.
        """
        reply: AnswerReply | None = None
        call = calls.query_stream(question, top_k=top_k, mode=mode, history=history, filters=filters)
        for event in streamed(self._session, call):
            if isinstance(event, DeltaEvent):
                hear(event.text)
            elif isinstance(event, QueryReply):
                reply = self._parsed(AnswerReply, event.model_dump(mode="json"))
        assert reply is not None  # noqa: S101  # a stream without its last event is an error
        return reply

    def answer_by_steps(
        self,
        question: str,
        *,
        top_k: int | None = None,
        mode: str | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        filters: Mapping[str, Any] | None = None,
        budget: Mapping[str, float] | None = None,
    ) -> AgentReply:
        """Return the agent's answer to the question, with its citations and steps.

        Parameters:
            budget: any of `steps`, `tokens` and `seconds`.
        """
        call = calls.agent(question, top_k=top_k, mode=mode, history=history, filters=filters, budget=budget)
        return self._sent(AgentReply, call)

    def begin_steps(
        self,
        question: str,
        *,
        budget: Mapping[str, float],
        top_k: int | None = None,
        mode: str | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> AgentBegun:
        """Begin a run with a budget of more than 25 seconds."""
        call = calls.start_agent(question, top_k=top_k, mode=mode, history=history, filters=filters, budget=budget)
        return self._sent(AgentBegun, call)

    def run(self, job_id: str) -> AgentJobState:
        """Return the state of such a run."""
        return self._sent(AgentJobState, calls.job(job_id))

    def entities(self, query: str, *, limit: int) -> EntityPage:
        """Return names that share a word with the query, best first."""
        return self._sent(EntityPage, calls.entities(query=query, limit=limit))

    def entity(self, entity_id: str, *, limit: int) -> EntityState:
        """Return an entity with so many of its neighbours and passages at most."""
        return self._sent(EntityState, calls.entity(entity_id, limit=limit))

    def erase_preview(self, tenant: str) -> ErasePreview:
        """Return what erasing a tenant would remove."""
        return self._sent(ErasePreview, calls.preview_erase(tenant))

    def erase(self, tenant: str) -> EraseBegun:
        """Begin to erase a tenant; an erase that is running is joined."""
        return self._sent(EraseBegun, calls.erase_tenant(tenant))

    def statistics(self, tenant: str) -> Statistics:
        """Return a tenant's counts."""
        return self._sent(Statistics, calls.statistics(tenant))

    def _sent(self, model: type[ReplyT], call: Call[Any]) -> ReplyT:
        return self._parsed(model, self._session.send(call.request).body)

    def _parsed(self, model: type[ReplyT], body: Any) -> ReplyT:
        try:
            return model.model_validate(body)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "its form"
            raise DevstackError(
                f"{self._session.connection.url} gave a reply that this version does not understand ({place}); "
                "use the `graphwell` command of the version that is deployed."
            ) from error
