"""What calls of models take, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from graphwell.domain.passages import Usage

_MILLION = 1_000_000


class ModelCall(StrEnum):
    """What a model that is paid for by tokens is called for."""

    ANSWER = "answer"
    REWRITE = "rewrite"
    PLAN = "plan"
    EMBED_QUESTION = "embed_question"
    EMBED_CHUNKS = "embed_chunks"
    EXTRACT_GRAPH = "extract_graph"


TellUse = Callable[[ModelCall, Usage], None]
"""Takes what a reply says that it took; of a call that failed nobody knows."""


@dataclass(frozen=True, slots=True)
class TokenPrices:
    """Dollars for a million tokens that a model reads, and that it writes."""

    prompt_usd: float
    completion_usd: float = 0

    def cost_usd(self, usage: Usage) -> float:
        """Return what a call cost, in dollars."""
        return (usage.prompt_tokens * self.prompt_usd + usage.completion_tokens * self.completion_usd) / _MILLION
