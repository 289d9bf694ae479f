"""A chat model behind `POST /chat/completions` of an OpenAI-compatible endpoint, for all that ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from graphwell.adapters.chat_completions import usage_of
from graphwell.adapters.openai_client import OpenAIClient
from graphwell.domain.deadline import Deadline
from graphwell.domain.model_use import ModelCall, TellUse
from graphwell.domain.passages import Usage

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

Result = TypeVar("Result")


class OpenAIChat:
    """One connection, key and breaker for whatever the model is called for; what its replies took is told.

    Parameters:
        model: its name.
        client: calls its endpoint.
        tell_use: told the tokens that each reply took.
    """

    def __init__(self, model: str, client: OpenAIClient, tell_use: TellUse = lambda _call, _usage: None) -> None:
        self.model = model
        self._client = client
        self._tell_use = tell_use

    def complete(
        self,
        kind: ModelCall,
        create: Callable[[openai.OpenAI], ChatCompletion],
        deadline: Deadline,
        longest_s: float,
    ) -> tuple[ChatCompletion, Usage]:
        """Return a completion, and what it took.

        Parameters:
            kind: what the model is called for.
            create: asks for the completion, by the client that it is given.
            longest_s: longest that the call may take with all its attempts, whatever time its caller has.

        Raises:
            Unavailable: see `OpenAIClient.call`.
        """
        reply = self.call(create, deadline, longest_s)
        usage = usage_of(reply, self.model)
        self.tell_use(kind, usage)
        return reply, usage

    def call(self, request: Callable[[openai.OpenAI], Result], deadline: Deadline, longest_s: float) -> Result:
        """Return what `request` returns, which tells by itself what it took; see `OpenAIClient.call`."""
        return self._client.call(request, deadline, longest_s)

    def tell_use(self, kind: ModelCall, usage: Usage) -> None:
        """Tell what a reply took."""
        self._tell_use(kind, usage)
