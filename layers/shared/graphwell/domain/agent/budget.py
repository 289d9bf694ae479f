"""What a run of the agent may spend."""

from __future__ import annotations

from dataclasses import dataclass

from graphwell.domain.errors import InvalidInput

MAX_STEPS = 32
LEAST_TOKENS = 2_000
MAX_TOKENS = 400_000
LONGEST_WAIT_S = 25
"""Seconds that a caller waits for a run's reply; the gateway ends a request at 29. A longer run is a job."""

MAX_SECONDS = 300
"""Of a run that is a job; the function that works on it may take half a minute more."""

ANSWER_SHARE = 0.4
"""Share of the tokens and of the seconds that is kept for the answer: what was found is of no use without one."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend at most; the first of the three to be used up ends the looking.

    Parameters:
        steps: searches, expansions and readings, the first search among them.
        tokens: that a language model reads and writes over the whole run, its answer included.
        seconds: of the whole run.
    """

    steps: int = 8
    tokens: int = 60_000
    seconds: float = 20

    @property
    def looking_tokens(self) -> int:
        """Tokens that may be spent before the answer."""
        return int(self.tokens * (1 - ANSWER_SHARE))

    @property
    def is_waited_for(self) -> bool:
        """Whether a run with it ends within the request that asks for it."""
        return self.seconds <= LONGEST_WAIT_S


DEFAULT_BUDGET = Budget()


def accept_budget(budget: Budget, field: str = "budget") -> Budget:
    """Return a budget that is within the bounds.

    Raises:
        InvalidInput: it is not.
    """
    bounds = (
        ("steps", budget.steps, 1, MAX_STEPS),
        ("tokens", budget.tokens, LEAST_TOKENS, MAX_TOKENS),
        ("seconds", budget.seconds, 1, MAX_SECONDS),
    )
    for name, value, least, most in bounds:
        if not least <= value <= most:
            raise InvalidInput(f"{field}.{name}", f"From {least} to {most} are accepted.")
    return budget
