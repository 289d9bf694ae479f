"""Ranks passages with a model behind a Cohere-compatible `/rerank` endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Passage

if TYPE_CHECKING:
    import httpx2

LONGEST_S = 3.0
"""A reranking that takes longer costs more than it brings."""

_FAIR_TIME_S = 1.0
"""With less time than this a call that fails says nothing about the endpoint."""

_UNAUTHORIZED = 401
_FAULTS_OF_THE_REQUEST = {400, 413, 422}


class _Refused(Unavailable):
    """The endpoint works, but not on this request, such as one with too many words."""


class HttpReranker:
    """The `Reranker` port on `POST <url>` with {model, query, documents, top_n}, as Cohere's version 2 takes it."""

    def __init__(
        self,
        *,
        url: str,
        model: str,
        api_key: Callable[[], str],
        transport: httpx2.BaseTransport | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Take where to call.

        Parameters:
            url: whole address, such as https://api.cohere.com/v2/rerank.
            api_key: gives the key; asked at the first call, and again when the endpoint refuses the last one.
            transport: sends the requests; None for the network.
            breaker: that of this endpoint; one of its own when None.
        """
        self._url = url
        self._model = model
        self._api_key = api_key
        self._transport = transport
        self._breaker = breaker or CircuitBreaker("rerank")
        self._client: httpx2.Client | None = None
        self._key: str | None = None
        self.identity = f"rerank:{model}"

    def rerank(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> list[Passage]:
        """Return the passages by the model's relevance; those that it leaves out come last, in their order, with
        no better score.

        Raises:
            Unavailable: the endpoint does not answer in time, or not with a ranking, or is left alone after that.
        """
        soon = deadline.within(LONGEST_S)
        is_fair = soon.remaining_s() >= _FAIR_TIME_S
        scores = self._breaker.call(
            lambda: _scores(self._ask(question, passages, soon), len(passages)),
            is_failure=lambda error: is_fair and isinstance(error, Unavailable) and not isinstance(error, _Refused),
        )
        order = sorted(range(len(passages)), key=lambda place: (-scores.get(place, -math.inf), place))
        least = min(0.0, *scores.values())
        return [replace(passages[place], score=scores.get(place, least)) for place in order]

    def _ask(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> Any:
        import httpx2  # noqa: PLC0415  only deployments with a reranker pay for it

        from graphwell.adapters.bounded_replies import bound_reply  # noqa: PLC0415

        if self._client is None:
            self._client = httpx2.Client(transport=self._transport, event_hooks={"response": [bound_reply]})
        body = {
            "model": self._model,
            "query": question,
            "documents": [f"{passage.title}\n{passage.text}" for passage in passages],
            "top_n": len(passages),
        }
        if self._key is None:
            self._key = self._api_key()
        try:
            response = self._post(self._client, body, deadline)
            if response.status_code == _UNAUTHORIZED and (key := self._api_key()) != self._key:
                self._key = key
                response = self._post(self._client, body, deadline)
            if response.is_success:
                return response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable("The reranker does not answer.") from RuntimeError(type(error).__name__)
        kind = _Refused if response.status_code in _FAULTS_OF_THE_REQUEST else Unavailable
        raise kind(f"The reranker answered with status {response.status_code}.")

    def _post(self, client: httpx2.Client, body: dict[str, Any], deadline: Deadline) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        with deadline.held():
            return client.post(self._url, json=body, headers=headers, timeout=deadline.remaining_s())


def _is_finite(score: float) -> bool:
    try:
        return math.isfinite(score)
    except OverflowError:  # a whole number beyond all floats
        return False


def _scores(reply: Any, count: int) -> dict[int, float]:
    """Return the score of each place in the list that was sent.

    Raises:
        Unavailable: the reply holds no ranking of that list.
    """
    results = reply.get("results") if isinstance(reply, dict) else None
    scores: dict[int, float] = {}
    for result in results if isinstance(results, list) else []:
        place, score = (result.get(name) if isinstance(result, dict) else None for name in ("index", "relevance_score"))
        if not isinstance(place, int) or not isinstance(score, int | float) or not _is_finite(score):
            raise Unavailable("The reranker answered in no form that Cohere's has.")
        if not 0 <= place < count or place in scores:
            raise Unavailable("The reranker ranked what it was not given.")
        scores[place] = float(score)
    if not scores:
        raise Unavailable("The reranker answered without a ranking; check its URL and model.")
    return scores
