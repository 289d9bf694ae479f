"""Let a language model plan a run: it calls tools, turn by turn, until it has found enough or may go no further."""

from __future__ import annotations

import time
from collections.abc import Sequence

from graphwell.domain.agent.calls import MAX_CALLS_A_TURN, CallRefused, Look, ToolCall, accept_call
from graphwell.domain.agent.steps import Step, StepKind
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import Passage
from graphwell.ports import ModelTurn, ToolConversation, ToolModel, ToolReply
from graphwell.usecases.agent_run import AgentRun
from graphwell.usecases.timing import in_ms

_REPEATS_RULES = "This repeats your rules; look for what the question asks."


class PlanByModel:
    """Asks the model what to look for, and tells it what that brought.

    The model sees the question, passages, names and errors; what it writes beside its calls is read by nobody.
    """

    def __init__(self, model: ToolModel) -> None:
        self._model = model

    def __call__(self, run: AgentRun, found: Sequence[Passage]) -> None:
        """Plan a run to its end.

        Parameters:
            found: what the search for the question itself brought.

        Raises:
            RunOver: nobody waits for the run any more.
            Unavailable: the model does not answer; what it had looked up stays in the run.
        """
        conversation = self._model.begin(run.question, found)
        while run.may_go_on() and run.ledger.admits_turn(conversation.next_tokens):
            turn = _turn(run, conversation)
            if turn is None:
                return
            calls = turn.calls[:MAX_CALLS_A_TURN]
            brought = run.look([_accepted(call, conversation) for call in calls])
            if not calls:
                return
            conversation.reply(
                [
                    ToolReply(call, each.passages, each.names, each.error)
                    for call, each in zip(calls, brought, strict=True)
                ]
            )


def _turn(run: AgentRun, conversation: ToolConversation) -> ModelTurn | None:
    """Return the model's turn; None when the time for looking ended in it."""
    began = time.perf_counter()
    try:
        turn = conversation.turn(run.looking)
    except Unavailable as error:
        run.ledger.note(Step(StepKind.PLAN, duration_ms=in_ms(time.perf_counter() - began), error=error.detail))
        if run.is_out_of_time():
            return None
        raise
    run.ledger.note(Step(StepKind.PLAN, duration_ms=in_ms(time.perf_counter() - began), usage=turn.usage))
    return turn


def _accepted(call: ToolCall, conversation: ToolConversation) -> Look | CallRefused:
    """Return a call as it can be made, or why it cannot."""
    try:
        look = accept_call(call)
    except CallRefused as refusal:
        return refusal
    # Steps are shown to the asker: they are no way out for what the model was told.
    return CallRefused(_REPEATS_RULES) if conversation.reveals(look.text) else look
