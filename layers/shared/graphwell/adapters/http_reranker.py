"""Ranks passages with a model behind a Cohere-compatible `/rerank` endpoint, left alone for a while when it fails."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Passage

if TYPE_CHECKING:
    import httpx2

LONGEST_S = 3.0
"""A reranking that takes longer costs more than it brings."""

AWAY_FOR_S = 30.0
"""How long an endpoint that failed is left alone: each try costs a request up to `LONGEST_S`."""

_UNAUTHORIZED = 401


class HttpReranker:
    """The `Reranker` port on `POST <url>` with {model, query, documents, top_n}, as Cohere's version 2 takes it."""

    def __init__(
        self,
        *,
        url: str,
        model: str,
        api_key: Callable[[], str],
        transport: httpx2.BaseTransport | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take where to call.

        Parameters:
            url: whole address, such as https://api.cohere.com/v2/rerank.
            api_key: gives the key; asked at the first call, and again when the endpoint refuses the last one.
            transport: sends the requests; None for the network.
            now_s: monotonic seconds.
        """
        self._url = url
        self._model = model
        self._api_key = api_key
        self._transport = transport
        self._now_s = now_s
        self._client: httpx2.Client | None = None
        self._key: str | None = None
        self._away_until_s = -math.inf
        self.identity = f"rerank:{model}"

    def rerank(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> list[Passage]:
        """Return the passages by the model's relevance; those that it leaves out come last, in their order.

        Raises:
            Unavailable: the endpoint failed within `AWAY_FOR_S`, does not answer in time, or not with a ranking.
        """
        if self._now_s() < self._away_until_s:
            raise Unavailable("The reranker failed a moment ago and is left alone.")
        timeout_s = min(deadline.remaining_s(), LONGEST_S)
        try:
            scores = _scores(self._ask(question, passages, timeout_s), len(passages))
        except Unavailable:
            self._away_until_s = self._now_s() + AWAY_FOR_S
            raise
        order = sorted(range(len(passages)), key=lambda place: (-scores.get(place, -math.inf), place))
        return [replace(passages[place], score=scores.get(place, 0.0)) for place in order]

    def _ask(self, question: str, passages: Sequence[Passage], timeout_s: float) -> Any:
        import httpx2  # noqa: PLC0415  only deployments with a reranker pay for it

        if self._client is None:
            self._client = httpx2.Client(transport=self._transport)
        body = {
            "model": self._model,
            "query": question,
            "documents": [f"{passage.title}\n{passage.text}" for passage in passages],
            "top_n": len(passages),
        }
        if self._key is None:
            self._key = self._api_key()
        try:
            response = self._client.post(self._url, json=body, headers=self._headers(), timeout=timeout_s)
            if response.status_code == _UNAUTHORIZED and (key := self._api_key()) != self._key:
                self._key = key
                response = self._client.post(self._url, json=body, headers=self._headers(), timeout=timeout_s)
            if response.is_success:
                return response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable("The reranker does not answer.") from RuntimeError(type(error).__name__)
        raise Unavailable(f"The reranker answered with status {response.status_code}.")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}


def _scores(reply: Any, count: int) -> dict[int, float]:
    """Return the score of each place in the list that was sent.

    Raises:
        Unavailable: the reply holds no ranking of that list.
    """
    results = reply.get("results") if isinstance(reply, dict) else None
    scores: dict[int, float] = {}
    for result in results if isinstance(results, list) else []:
        place, score = (result.get(name) if isinstance(result, dict) else None for name in ("index", "relevance_score"))
        if not isinstance(place, int) or not isinstance(score, int | float) or not math.isfinite(score):
            raise Unavailable("The reranker answered in no form that Cohere's has.")
        if not 0 <= place < count or place in scores:
            raise Unavailable("The reranker ranked what it was not given.")
        scores[place] = float(score)
    if not scores:
        raise Unavailable("The reranker answered without a ranking; check its URL and model.")
    return scores
