"""A model that plays a script, and a graph of names, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from graphwell.domain.agent.calls import ToolCall
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import NotFound, Unavailable
from graphwell.domain.graph.entities import entity_id as id_of
from graphwell.domain.graph.names import normal_form
from graphwell.domain.graph.reading import EntityPage, EntitySummary, EntityView, Neighbour, StatedRelation
from graphwell.domain.passages import Passage, Usage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import ModelTurn, ToolReply

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


class FakeNames:
    """The `GraphReader` port; `beside` holds the neighbours of each name. While `down`, it does not answer."""

    def __init__(self) -> None:
        self.beside: dict[str, Sequence[Neighbour]] = {}
        self.asked: list[tuple[TenantScope, str]] = []
        self.down = False

    def find(
        self,
        scope: TenantScope,
        query: str | None,
        deadline: Deadline,
        *,
        cursor: str | None,  # noqa: ARG002
        limit: int,
    ) -> EntityPage:
        """Return the names that hold a query."""
        self._answer(scope, query or "", deadline)
        names = [name for name in self.beside if (query or "").lower() in name.lower()]
        return EntityPage([self._summary(name) for name in names[:limit]], None, truncated=False)

    def read(
        self,
        scope: TenantScope,
        entity_id: str,
        deadline: Deadline,
        *,
        cursor: str | None,  # noqa: ARG002
        limit: int,
    ) -> EntityView:
        """Return a name with its neighbours."""
        self._answer(scope, entity_id, deadline)
        for name, neighbours in self.beside.items():
            if self._summary(name).id == entity_id:
                return EntityView(self._summary(name), neighbours[:limit], (), None, truncated=False)
        raise NotFound(f"There is no entity {entity_id!r} in this tenant.")

    def _answer(self, scope: TenantScope, asked: str, deadline: Deadline) -> None:
        deadline.remaining_s()
        if self.down:
            raise Unavailable("The graph does not answer.")
        self.asked.append((scope, asked))

    def _summary(self, name: str) -> EntitySummary:
        return EntitySummary(id_of(normal_form(name)), name, 1, 1)


def neighbour(name: str, *relations: StatedRelation) -> Neighbour:
    """Return a name beside another."""
    return Neighbour(id_of(normal_form(name)), name, 1, 1, (), relations)
