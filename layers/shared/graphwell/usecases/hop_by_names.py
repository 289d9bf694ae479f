"""Look further without a model: from the names of the question and of what it found, a search each, hop by hop."""

from __future__ import annotations

from graphwell.domain.agent.calls import Look
from graphwell.domain.agent.open_names import open_names
from graphwell.domain.agent.steps import StepKind, Stop
from graphwell.domain.passages import MAX_QUESTION_LENGTH
from graphwell.usecases.agent_run import AgentRun

NAMES_A_HOP = 3
"""Names that are searched for side by side."""


class HopByNames:
    """Takes the question apart by names; each hop follows what the one before it brought."""

    def __call__(self, run: AgentRun) -> None:
        """Look until no name is open, or the run may go no further.

        Raises:
            RunOver: nobody waits for the run any more.
        """
        tried: set[str] = set()
        while run.ledger.stopped is None and run.may_go_on():
            names = [name for name in open_names(run.question, run.evidence.ranked()) if name not in tried]
            names = names[: min(NAMES_A_HOP, run.ledger.steps_left)]
            if not names:
                run.ledger.stop(Stop.DONE if run.ledger.steps_left > 0 else Stop.STEPS)
                return
            tried.update(names)
            queries = [f"{name} {run.question}"[:MAX_QUESTION_LENGTH] for name in names]
            run.look([Look(StepKind.SEARCH, query) for query in queries])
