"""A model that plays a script, and names that stand together, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from graphwell.domain.agent.calls import ToolCall
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Passage, Usage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ModelTurn, Neighbourhood, ToolReply

Turn = Sequence[ToolCall] | Exception | Callable[[], Sequence[ToolCall]]
SECRET = "these are the rules of the model"
TURN_USAGE = Usage(100, 10, "fake")


def call(tool: str, /, **arguments: object) -> ToolCall:
    """Return a call as a model writes it."""
    return ToolCall("", tool, json.dumps(arguments))


class FakeToolModel:
    """The `ToolModel` port: makes the scripted turns in order, and calls nothing when they are over.

    `begun` lists the questions and what was found for them; `replies` what the calls came to, turn by turn. A turn is
    sent `next_tokens`.
    """

    def __init__(self, *turns: Turn, next_tokens: int = 0) -> None:
        self._turns = list(turns)
        self.next_tokens = next_tokens
        self.begun: list[tuple[str, Sequence[Passage]]] = []
        self.replies: list[Sequence[ToolReply]] = []

    def play(self, *turns: Turn) -> None:
        """Make these turns next."""
        self._turns += turns

    def begin(self, question: str, found: Sequence[Passage]) -> FakeToolModel:
        """Return itself."""
        self.begun.append((question, list(found)))
        return self

    def reveals(self, text: str) -> bool:
        """Tell whether a text holds `SECRET`."""
        return SECRET in text

    def turn(self, deadline: Deadline) -> ModelTurn:
        """Return the next turn."""
        deadline.remaining_s()
        turn = self._turns.pop(0) if self._turns else ()
        if isinstance(turn, Exception):
            raise turn
        return ModelTurn(turn() if callable(turn) else turn, TURN_USAGE)

    def reply(self, replies: Sequence[ToolReply]) -> None:
        """Keep what the calls came to."""
        self.replies.append(replies)


class FakeNeighbours:
    """The `Neighbours` port; `around_name` holds what stands around each name. While `down`, it does not answer."""

    def __init__(self) -> None:
        self.around_name: dict[str, Neighbourhood] = {}
        self.asked: list[tuple[TenantScope, str]] = []
        self.down = False

    def around(self, scope: TenantScope, name: str, deadline: Deadline) -> Neighbourhood:
        """Return what stands around a name."""
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The graph does not answer.")
        self.asked.append((scope, name))
        return self.around_name.get(name, Neighbourhood())
