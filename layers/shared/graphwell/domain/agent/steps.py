"""What an agent's run was made of, as it is told to whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from graphwell.domain.passages import SearchMode, Usage

AGENT_MODE = SearchMode.GRAPH
"""How a run searches unless it is told otherwise."""

_NOTHING = Usage()


class StepKind(StrEnum):
    """What was done in a step."""

    PLAN = "plan"
    """The model was asked what to look for."""
    SEARCH = "search"
    EXPAND = "expand"
    READ = "read"
    REFUSED = "refused"
    """The model called something that there is not, or in a form that no tool takes."""
    ANSWER = "answer"


class Stop(StrEnum):
    """Why a run looked no further."""

    DONE = "done"
    """Nothing was left to look for, as the model or the names say."""
    STEPS = "steps"
    TOKENS = "tokens"
    SECONDS = "seconds"
    """That part of the budget is used up."""
    REPEATED = "repeated"
    """The model asked for nothing but what it had asked before."""
    USELESS = "useless"
    """Turn after turn brought no new passage."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run.

    Parameters:
        asked: the query, name or document; empty where there is none, or where it is not to be repeated.
        found: chunks of the passages that it brought, in order.
        new: how many of these no step before had brought; in the same turn, the one that was called first.
        names: names that an expansion gave.
        duration_ms: time that it took.
        usage: what a language model read and wrote in it.
        error: why it brought nothing; None where nothing went wrong.
    """

    kind: StepKind
    asked: str = ""
    found: tuple[str, ...] = ()
    new: int = 0
    names: tuple[str, ...] = ()
    duration_ms: float = 0.0
    usage: Usage = _NOTHING
    error: str | None = None

    @property
    def tokens(self) -> int:
        """Tokens that a language model read and wrote in it."""
        return self.usage.prompt_tokens + self.usage.completion_tokens
