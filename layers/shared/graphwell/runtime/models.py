"""The wiring of the models that a process calls: those that embed, word, plan, read names and rank anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from graphwell.runtime.settings import Settings

if TYPE_CHECKING:
    from graphwell.adapters.openai_chat import OpenAIChat
    from graphwell.domain.circuit_breaker import CircuitBreaker
    from graphwell.domain.embedding_plan import EmbeddingIdentity
    from graphwell.domain.model_use import TellUse
    from graphwell.ports import Answerer, Embedder, GraphExtractor, QuestionRewriter, Reranker, TokenBudget, ToolModel

# ruff: noqa: PLC0415  # an import costs cold-start time, so each part imports its own when it is built


class Models:
    """Builds what calls models; connections wait for the first call. Without a chat model what needs one is None.

    Parameters:
        settings: those of the process.
        breakers: gives one before each kind of model, by its name.
    """

    def __init__(self, settings: Settings, breakers: Callable[[], Mapping[str, CircuitBreaker]]) -> None:
        self._settings = settings
        self._breakers = breakers

    # -- embedding

    @property
    def embedding_identity(self) -> EmbeddingIdentity:
        """The configured embedding model."""
        from graphwell.domain.embedding_plan import EmbeddingIdentity

        if self._settings.embedding_provider == "onnx":
            from graphwell.adapters.onnx_embedder import DIMENSIONS, MODEL

            return EmbeddingIdentity(MODEL, DIMENSIONS)
        return EmbeddingIdentity(self._settings.embedding_model, self._settings.embedding_dimensions)

    @property
    def next_identity(self) -> EmbeddingIdentity | None:
        """The model that indexes are to move to; None to stay."""
        from graphwell.domain.embedding_plan import EmbeddingIdentity

        if not self._settings.next_embedding_model:
            return None
        return EmbeddingIdentity(self._settings.next_embedding_model, self._settings.next_embedding_dimensions)

    @cached_property
    def embedders(self) -> Sequence[Embedder]:
        """The configured embedding model, and the one that indexes are to move to."""
        further = self.next_identity
        if further is None:
            return [self._embedder]
        base_url = self._settings.next_embedding_base_url
        return [self._embedder, self._openai_embedder(further, base_url, "next_embedding")]

    @cached_property
    def _embedder(self) -> Embedder:
        if self._settings.embedding_provider == "onnx":
            from graphwell.adapters.onnx_embedder import OnnxEmbedder

            return OnnxEmbedder(self._settings.onnx_model_dir)
        return self._openai_embedder(self.embedding_identity, self._settings.embedding_base_url, "embedding")

    def _openai_embedder(self, identity: EmbeddingIdentity, base_url: str, breaker: str) -> Embedder:
        from graphwell.adapters.openai_embedder import OpenAIEmbedder

        return OpenAIEmbedder(
            model=identity.model,
            dimensions=identity.dimensions,
            base_url=base_url or None,
            api_key=self._api_key(),
            breaker=self._breakers()[breaker],
            tell_use=_telling_use(self._settings.embedding_million_tokens_usd),
            longest_query_s=self._settings.embedding_query_timeout_s,
        )

    # -- chat

    @cached_property
    def answerer(self) -> Answerer | None:
        """What words answers."""
        if self._chat is None:
            return None
        from graphwell.adapters.openai_answerer import OpenAIAnswerer

        return OpenAIAnswerer(self._chat, longest_s=self._settings.llm_timeout_s)

    @cached_property
    def rewriter(self) -> QuestionRewriter | None:
        """What words questions of a conversation."""
        if self._chat is None:
            return None
        from graphwell.adapters.openai_rewriter import OpenAIRewriter

        return OpenAIRewriter(self._chat)

    @cached_property
    def planner(self) -> ToolModel | None:
        """What plans the agent's runs."""
        if self._chat is None:
            return None
        from graphwell.adapters.openai_tool_model import OpenAIToolModel

        return OpenAIToolModel(self._chat, longest_s=self._settings.llm_timeout_s)

    def graph_extractor(self, budget: Callable[[int], TokenBudget]) -> GraphExtractor:
        """Return what reads names out of chunks: rules, and the chat model where it may.

        Parameters:
            budget: gives the tokens a day of a database's tenants, by their number.
        """
        if self._chat is None or not self._settings.graph_tokens_a_day:
            from graphwell.adapters.local_graph_extractor import LocalGraphExtractor

            return LocalGraphExtractor()
        from graphwell.adapters.openai_graph_extractor import OpenAIGraphExtractor

        return OpenAIGraphExtractor(self._chat, budget(self._settings.graph_tokens_a_day))

    @cached_property
    def _chat(self) -> OpenAIChat | None:
        settings = self._settings
        if not settings.llm_model:
            return None
        from graphwell.adapters.openai_chat import OpenAIChat
        from graphwell.adapters.openai_client import OpenAIClient

        client = OpenAIClient(
            base_url=settings.llm_base_url or None, api_key=self._api_key(), breaker=self._breakers()["llm"]
        )
        prices = settings.llm_million_prompt_tokens_usd, settings.llm_million_completion_tokens_usd
        return OpenAIChat(settings.llm_model, client, _telling_use(*prices))

    # -- ranking

    @cached_property
    def reranker(self) -> Reranker | None:
        """What ranks passages anew; None without a model for it."""
        if not self._settings.rerank_url:
            return None
        from graphwell.adapters.http_reranker import HttpReranker

        return HttpReranker(
            url=self._settings.rerank_url,
            model=self._settings.rerank_model,
            api_key=self._api_key("rerank_api_key"),
            breaker=self._breakers()["rerank"],
        )

    def _api_key(self, field: str = "api_key") -> Callable[[], str]:
        """Return what gives one client its key; each asks again by itself when its key is refused."""
        from graphwell.adapters.secrets_manager import RotatedSecret

        secret = RotatedSecret(self._settings.model_secret)
        return lambda: secret().get(field, "")


def _telling_use(prompt_usd: float, completion_usd: float = 0) -> TellUse:
    """Return what tells the tokens of a model with these prices a million."""
    from graphwell.domain.model_use import TokenPrices
    from graphwell.runtime.measures import record_model_use

    return partial(record_model_use, TokenPrices(prompt_usd, completion_usd))
