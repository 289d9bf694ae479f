"""The calls of tools that a model may make; whatever else it sends is refused, and told why."""

from __future__ import annotations

import json
from dataclasses import dataclass

from graphwell.domain.agent.steps import StepKind
from graphwell.domain.errors import InvalidInput
from graphwell.domain.text import accept_text

MAX_ARGUMENTS_LENGTH = 4_000
"""Characters of a call's arguments as the model wrote them."""

MAX_CALLS_A_TURN = 8
"""Calls of one turn that are looked at; more are a model that lost its way."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that the model may call. It takes one text: no tool has a parameter for a tenant.

    Parameters:
        kind: the step that a call of it is; its value is the tool's name.
        purpose: what it does, for the model.
        argument, meaning: name of its one argument, and what to give.
        max_length: most characters of it.
    """

    kind: StepKind
    purpose: str
    argument: str
    meaning: str
    max_length: int

    @property
    def name(self) -> str:
        """The name that the model calls."""
        return self.kind.value


TOOLS = (
    Tool(
        StepKind.SEARCH,
        "Finds passages by their meaning and their words.",
        "query",
        "What to look for: a question or its words, which can be understood alone.",
        500,
    ),
    Tool(
        StepKind.EXPAND,
        "Gives the names that stand together with a name, and passages that hold it.",
        "name",
        "Name of a person, place, organisation, work or thing, as a passage writes it.",
        200,
    ),
    Tool(
        StepKind.READ,
        "Reads on in a document that a passage was found in, from its beginning; called again, what follows.",
        "document",
        "The document's id, as a passage shows it.",
        200,
    ),
)
_BY_NAME = {tool.name: tool for tool in TOOLS}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as a model made it, of which nothing is known to be sound.

    Parameters:
        id: by which the model knows the reply to it.
        arguments: what should be a JSON object.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Look:
    """A call that can be made: `text` is the query, the name or the document's id."""

    kind: StepKind
    text: str

    @property
    def key(self) -> tuple[StepKind, str]:
        """What equal calls have in common: case and white space do not make another question, but another document."""
        return self.kind, self.text if self.kind is StepKind.READ else " ".join(self.text.casefold().split())


class CallRefused(Exception):
    """A call cannot be made; the message tells the model what to change, and repeats nothing of the call."""


def accept_call(call: ToolCall) -> Look:
    """Return what a call asks for.

    Raises:
        CallRefused: there is no such tool, or its arguments are not those it takes.
    """
    tool = _BY_NAME.get(call.name)
    if tool is None:
        raise CallRefused(f"There is no such tool; call one of {', '.join(_BY_NAME)}.")
    wanted = f'{tool.name} takes {{"{tool.argument}": "..."}} and nothing else.'
    if len(call.arguments) > MAX_ARGUMENTS_LENGTH:
        raise CallRefused(f"The arguments are too long; {wanted}")
    try:
        arguments = json.loads(call.arguments)
    except (ValueError, RecursionError):
        raise CallRefused(f"The arguments are no JSON; {wanted}") from None
    if not isinstance(arguments, dict) or arguments.keys() != {tool.argument}:
        raise CallRefused(wanted)
    value = arguments[tool.argument]
    if not isinstance(value, str):
        raise CallRefused(wanted)
    try:
        return Look(tool.kind, accept_text(value, tool.argument, max_length=tool.max_length).strip())
    except InvalidInput as error:
        raise CallRefused(f"{tool.argument}: {error.detail}") from None
