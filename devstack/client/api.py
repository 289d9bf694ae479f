"""The routes of the HTTP API as methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from devstack.client.models import (
    AnswerReply,
    DocumentPage,
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
from devstack.client.session import ApiRequest, ApiSession, json_body
from devstack.errors import DevstackError

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
        params = {} if cursor is None else {"cursor": cursor}
        return self._parsed(DocumentPage, self._session.send(ApiRequest("GET", "/v1/documents", params=params)).body)

    def request_upload(
        self, *, filename: str, content_type: str, size_bytes: int, document_id: str, idempotency_key: str
    ) -> UploadPlace:
        """Return where to put a file that becomes a document."""
        body = {"filename": filename, "content_type": content_type, "size": size_bytes, "id": document_id}
        request = ApiRequest("POST", "/v1/uploads", body=json_body(body), idempotency_key=idempotency_key)
        return self._parsed(UploadPlace, self._session.send(request).body)

    def put_file(self, place: UploadPlace, content: bytes) -> None:
        """Put a file where `request_upload` said."""
        self._session.put(place.url, place.headers, content)

    def job(self, job_id: str) -> JobState:
        """Return the state of one job."""
        path = f"/v1/jobs/{quote(job_id, safe='')}"
        return self._parsed(JobState, self._session.send(ApiRequest("GET", path)).body)

    def jobs(self, **filters: str | None) -> JobPage:
        """Return one page of the tenant's jobs, newest first.

        Parameters:
            filters: `cursor`, `status`, `stalled`, `created_after`, `created_before` as the API takes them.
        """
        params = {name: value for name, value in filters.items() if value is not None}
        return self._parsed(JobPage, self._session.send(ApiRequest("GET", "/v1/jobs", params=params)).body)

    def retry_job(self, job_id: str, *, idempotency_key: str) -> RetriedJob:
        """Send a job's failed and idle work again.

        Parameters:
            idempotency_key: the same for every try of this call, and for nothing else.
        """
        path = f"/v1/jobs/{quote(job_id, safe='')}/retry"
        request = ApiRequest("POST", path, idempotency_key=idempotency_key)
        return self._parsed(RetriedJob, self._session.send(request).body)

    def cancel_job(self, job_id: str) -> JobState:
        """Stop what only this job waits for."""
        path = f"/v1/jobs/{quote(job_id, safe='')}/cancel"
        return self._parsed(JobState, self._session.send(ApiRequest("POST", path)).body)

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
        body = _without_nulls(query=query, top_k=top_k, mode=mode, filters=filters)
        reply = self._session.send(ApiRequest("POST", "/v1/search", body=json_body(body)))
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
        body = json_body(_without_nulls(query=query, top_k=top_k, mode=mode, filters=filters))
        request = ApiRequest("POST", "/v1/debug/search", body=body)
        return self._parsed(SearchExplanation, self._session.send(request).body)

    def answer(
        self,
        question: str,
        *,
        top_k: int | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> AnswerReply:
        """Return an answer to the question with its citations; `history` is the conversation before it."""
        body = _without_nulls(question=question, top_k=top_k, history=history, filters=filters)
        return self._parsed(AnswerReply, self._session.send(ApiRequest("POST", "/v1/query", body=json_body(body))).body)

    def erase_preview(self, tenant: str) -> ErasePreview:
        """Return what erasing a tenant would remove."""
        request = ApiRequest("DELETE", _tenant_path(tenant), params={"dry_run": "true"})
        return self._parsed(ErasePreview, self._session.send(request).body)

    def erase(self, tenant: str) -> EraseBegun:
        """Begin to erase a tenant; an erase that is running is joined."""
        return self._parsed(EraseBegun, self._session.send(ApiRequest("DELETE", _tenant_path(tenant))).body)

    def statistics(self, tenant: str) -> Statistics:
        """Return a tenant's counts."""
        path = f"{_tenant_path(tenant)}/stats"
        return self._parsed(Statistics, self._session.send(ApiRequest("GET", path)).body)

    def _parsed(self, model: type[ReplyT], body: Any) -> ReplyT:
        try:
            return model.model_validate(body)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "its form"
            raise DevstackError(
                f"{self._session.connection.url} gave a reply that this version does not understand ({place}); "
                "use the `graphwell` command of the version that is deployed."
            ) from error


def _tenant_path(tenant: str) -> str:
    return f"/v1/tenants/{quote(tenant, safe='')}"


def _without_nulls(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
