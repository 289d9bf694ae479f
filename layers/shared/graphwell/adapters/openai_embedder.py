"""Embeds through an OpenAI-compatible endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphwell.adapters.chat_completions import usage_of
from graphwell.adapters.openai_client import OpenAIClient, RequestRefused
from graphwell.domain.circuit_breaker import CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import TextRefused, Unavailable
from graphwell.domain.model_use import ModelCall, TellUse
from graphwell.ports import Vector

if TYPE_CHECKING:
    import httpx2
    import openai
    from openai.types import CreateEmbeddingResponse

_BYTES_PER_TOKEN = 2.5
"""Low estimate over scripts for byte-level vocabularies, so that a batch is never larger than it is taken for."""


_PLAIN_TEXT = "text"
"""What every embedding model takes: an endpoint that refuses it refuses no text, but the way in which it is asked."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one request may hold; the defaults are OpenAI's limits (API reference, "Create embeddings")."""

    inputs: int = 2048
    tokens: int = 300_000


class OpenAIEmbedder:
    """Embedder port on `POST /embeddings`.

    One request at a time: an endpoint has as many from ingestion as embedding functions run at once, which the queue's
    MaximumConcurrency bounds.
    """

    def __init__(
        self,
        *,
        model: str,
        dimensions: int,
        base_url: str | None,
        api_key: Callable[[], str],
        limits: BatchLimits | None = None,
        http_client: httpx2.Client | None = None,
        sleep: Callable[[float], None] | None = None,
        breaker: CircuitBreaker | None = None,
        tell_use: TellUse = lambda _call, _usage: None,
        longest_query_s: float = 3.0,
    ) -> None:
        """Take the model and where it is served; see `OpenAIClient` for the rest.

        Parameters:
            dimensions: length of every vector; a reply of another length is refused.
            limits: what one request may hold.
            tell_use: told the tokens that each reply took.
            longest_query_s: longest that embedding a question may take: without its vector, words alone find passages.
        """
        self._model = model
        self._tell_use = tell_use
        self._dimensions = dimensions
        self._limits = limits or BatchLimits()
        self._longest_query_s = longest_query_s
        self._client = OpenAIClient(
            base_url=base_url, api_key=api_key, http_client=http_client, sleep=sleep, breaker=breaker
        )

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._dimensions

    def embed_query(self, text: str, deadline: Deadline) -> Vector:
        """Return the vector of a question.

        Raises:
            Unavailable: the model does not answer, or not with such a vector.
        """
        return self._embed(ModelCall.EMBED_QUESTION, [text], deadline, self._longest_query_s)[0]

    def embed_passages(self, texts: Sequence[str], deadline: Deadline) -> list[Vector]:
        """Return one vector a text, in order, in as few requests as the limits allow.

        Raises:
            TextRefused: the model does not take one of the texts, as one longer than it reads.
            Unavailable: the model does not answer, or not with such vectors.
        """
        vectors: list[Vector] = []
        for batch in _batches(texts, self._limits):
            vectors += self._embed_or_name(batch, len(vectors), deadline)
        return vectors

    def _embed_or_name(self, texts: Sequence[str], position: int, deadline: Deadline) -> list[Vector]:
        """Return the vectors of a batch; of one that is refused, find the text for which it is by halving it.

        Endpoints do not say in one way which text they mean, and only they have the tokenizer that counts its tokens.
        """
        try:
            return self._embed(ModelCall.EMBED_CHUNKS, texts, deadline)
        except RequestRefused as refusal:
            if len(texts) == 1:
                raise self._refused(texts[0], position, deadline) from refusal
        half = len(texts) // 2
        first = self._embed_or_name(texts[:half], position, deadline)
        return first + self._embed_or_name(texts[half:], position + half, deadline)

    def _refused(self, text: str, position: int, deadline: Deadline) -> TextRefused:
        """Return the refusal of a text; raises that of the endpoint when it takes no other either."""
        self._embed(ModelCall.EMBED_CHUNKS, [_PLAIN_TEXT], deadline)
        return TextRefused(
            position,
            f"The embedding model refuses a text of {len(text):,} characters, title and headings included; if that is"
            " more than it reads, shorten the title or lower ChunkTokens, and send the document again.",
        )

    def _embed(
        self, call: ModelCall, texts: Sequence[str], deadline: Deadline, longest_s: float = math.inf
    ) -> list[Vector]:
        def request(client: openai.OpenAI) -> CreateEmbeddingResponse:
            # Only text-embedding-3 models can be asked for a length; others answer 400 to it.
            if self._model.startswith("text-embedding-3"):
                return client.embeddings.create(
                    model=self._model, input=list(texts), dimensions=self._dimensions, encoding_format="float"
                )
            return client.embeddings.create(model=self._model, input=list(texts), encoding_format="float")

        reply = self._client.call(request, deadline, longest_s)
        self._tell_use(call, usage_of(reply, self._model))
        return self._vectors(reply, len(texts))

    def _vectors(self, reply: CreateEmbeddingResponse, count: int) -> list[Vector]:
        # The library checks no reply against its types, and a gateway's error page can come with status 200.
        items = {getattr(item, "index", None): getattr(item, "embedding", None) for item in _items(reply)}
        if items.keys() != set(range(count)):
            raise Unavailable("The embedding endpoint left texts without a vector; check that it is OpenAI-compatible.")
        return [self._unit(items[index]) for index in range(count)]

    def _unit(self, vector: object) -> Vector:
        if not isinstance(vector, list) or not all(isinstance(value, float | int) for value in vector):
            raise Unavailable("The embedding endpoint answered with something else than a list of numbers.")
        if len(vector) != self._dimensions:
            raise Unavailable(
                f"The embedding endpoint answered with {len(vector)} dimensions, not {self._dimensions};"
                " set GRAPHWELL_EMBEDDING_DIMENSIONS to what the model gives."
            )
        length = math.sqrt(math.fsum(value * value for value in vector))
        if not math.isfinite(length) or length == 0:
            raise Unavailable("The embedding endpoint answered with a vector that has no direction; try again.")
        return [value / length for value in vector]


def _items(reply: object) -> list[object]:
    data = getattr(reply, "data", None)
    return data if isinstance(data, list) else []


def _batches(texts: Sequence[str], limits: BatchLimits) -> Iterator[list[str]]:
    """Yield consecutive texts that fit into one request; a text too large for any goes alone."""
    batch: list[str] = []
    tokens = 0.0
    for text in texts:
        size = len(text.encode()) / _BYTES_PER_TOKEN
        if batch and (len(batch) == limits.inputs or tokens + size > limits.tokens):
            yield batch
            batch, tokens = [], 0.0
        batch.append(text)
        tokens += size
    if batch:
        yield batch
