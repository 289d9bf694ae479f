"""What plans the agent's runs: a model that calls tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graphwell.domain.agent.calls import ToolCall
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import Passage, Usage


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What a model did in its turn: the tools that it calls, none when it has found enough, and what that took."""

    calls: Sequence[ToolCall]
    usage: Usage


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a call came to.

    Parameters:
        call: which call.
        passages: what it found, best first.
        names: names that it found, those that tell most first.
        error: why it found nothing; None where nothing went wrong.
    """

    call: ToolCall
    passages: Sequence[Passage] = ()
    names: Sequence[str] = ()
    error: str | None = None


class ToolConversation(Protocol):
    """One run's talk with a model; used by one thread at a time."""

    @property
    def next_tokens(self) -> int:
        """Tokens that the next turn would send, at most."""

    def reveals(self, text: str) -> bool:
        """Tell whether a text repeats what the model was told as rules."""

    def turn(self, deadline: Deadline) -> ModelTurn:
        """Return what the model does next.

        Raises:
            DeadlineExceeded: the time is used up.
            Unavailable: the model does not answer.
        """

    def reply(self, replies: Sequence[ToolReply]) -> None:
        """Say what each call of the last turn came to."""


class ToolModel(Protocol):
    """A language model that calls tools. It is told of no tenant, so it cannot name one."""

    def begin(self, question: str, found: Sequence[Passage]) -> ToolConversation:
        """Return a talk about a question, for which these passages were found already."""
