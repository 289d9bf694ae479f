"""The routes of the HTTP API as methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from devstack.client.models import AnswerReply, JobPage, JobState, Reply, SearchReply, Submission
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

    def job(self, job_id: str) -> JobState:
        """Return the state of one job."""
        path = f"/v1/jobs/{quote(job_id, safe='')}"
        return self._parsed(JobState, self._session.send(ApiRequest("GET", path)).body)

    def jobs(self, *, cursor: str | None = None) -> JobPage:
        """Return one page of the tenant's jobs, newest first."""
        params = {"cursor": cursor} if cursor else {}
        return self._parsed(JobPage, self._session.send(ApiRequest("GET", "/v1/jobs", params=params)).body)

    def search(self, query: str, *, top_k: int | None = None, mode: str | None = None) -> SearchReply:
        """Return the passages that fit the query best, best first."""
        return self.timed_search(query, top_k=top_k, mode=mode)[0]

    def timed_search(self, query: str, *, top_k: int | None, mode: str | None) -> tuple[SearchReply, float]:
        """Search, and return the reply with the seconds that its HTTP call took, without tries before it."""
        body = _without_nulls(query=query, top_k=top_k, mode=mode)
        reply = self._session.send(ApiRequest("POST", "/v1/search", body=json_body(body)))
        return self._parsed(SearchReply, reply.body), reply.elapsed_s

    def answer(
        self, question: str, *, top_k: int | None = None, history: Sequence[Mapping[str, Any]] | None = None
    ) -> AnswerReply:
        """Return an answer to the question with its citations; `history` is the conversation before it."""
        body = _without_nulls(question=question, top_k=top_k, history=history)
        return self._parsed(AnswerReply, self._session.send(ApiRequest("POST", "/v1/query", body=json_body(body))).body)

    def _parsed(self, model: type[ReplyT], body: Any) -> ReplyT:
        try:
            return model.model_validate(body)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"])) or "its form"
            raise DevstackError(
                f"{self._session.connection.url} gave a reply that this version does not understand ({place}); "
                "use the `graphwell` command of the version that is deployed."
            ) from error


def _without_nulls(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
