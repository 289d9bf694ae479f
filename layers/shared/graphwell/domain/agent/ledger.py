"""What a run has asked and spent, and when it has to stop."""

from __future__ import annotations

from collections.abc import Sequence

from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.calls import Look
from graphwell.domain.agent.steps import Step, StepKind, Stop

USELESS_TURNS = 2
"""Turns in a row without a new passage after which a run looks no further: one may be bad luck."""

_FREE = frozenset((StepKind.PLAN, StepKind.ANSWER))
"""Steps that take tokens and time, but are none of the budget's steps."""


class Ledger:
    """Writes down each step, and tells when to stop; the first reason stays.

    Parameters:
        budget: what may be spent.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._asked: set[tuple[StepKind, str]] = set()
        self._steps: list[Step] = []
        self._useless_turns = 0
        self.stopped: Stop | None = None

    @property
    def steps(self) -> Sequence[Step]:
        """All steps so far, in order."""
        return tuple(self._steps)

    @property
    def steps_left(self) -> int:
        """Steps that may still be taken."""
        return self._budget.steps - sum(step.kind not in _FREE for step in self._steps)

    @property
    def tokens_spent(self) -> int:
        """Tokens that all steps took."""
        return sum(step.tokens for step in self._steps)

    @property
    def tokens_left(self) -> int:
        """Tokens of the whole run that are left; below zero when a reply was longer than anybody could know."""
        return self._budget.tokens - self.tokens_spent

    def stop(self, reason: Stop) -> None:
        """Look no further."""
        if self.stopped is None:
            self.stopped = reason

    def is_new(self, look: Look) -> bool:
        """Tell whether something is asked for the first time, and remember that it was."""
        if look.key in self._asked:
            return False
        self._asked.add(look.key)
        return True

    def ask_again(self, look: Look) -> None:
        """Let something be asked once more: a document has more to read."""
        self._asked.discard(look.key)

    def note(self, step: Step) -> None:
        """Write a step down."""
        self._steps.append(step)

    def admits_turn(self, next_tokens: int) -> bool:
        """Tell whether the model may be asked once more; if not, the run stops.

        Parameters:
            next_tokens: tokens that it would be sent, at most.
        """
        if self.steps_left <= 0:
            self.stop(Stop.STEPS)
        elif self.tokens_spent + next_tokens > self._budget.looking_tokens:
            self.stop(Stop.TOKENS)
        return self.stopped is None

    def end_turn(self, *, asked: int, repeated: int, new: int) -> None:
        """Take what a turn came to, and stop when it shows that more of them lead nowhere.

        Parameters:
            asked: calls of the turn.
            repeated: of these, calls that were made before.
            new: passages that nobody had seen before.
        """
        self._useless_turns = 0 if new else self._useless_turns + 1
        if asked == 0:
            self.stop(Stop.DONE)
        elif repeated == asked:
            self.stop(Stop.REPEATED)
        elif self._useless_turns >= USELESS_TURNS:
            self.stop(Stop.USELESS)
        elif self.steps_left <= 0:
            self.stop(Stop.STEPS)
