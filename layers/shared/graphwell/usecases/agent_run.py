"""One run of the agent: what it looks up, side by side where it can, and what it has gathered."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from graphwell.domain.agent.calls import CallRefused, Look
from graphwell.domain.agent.evidence import Evidence
from graphwell.domain.agent.ledger import Ledger
from graphwell.domain.agent.steps import Step, StepKind, Stop
from graphwell.domain.deadline import Deadline
from graphwell.usecases.in_parallel import in_parallel
from graphwell.usecases.look_up import Found, LookUp
from graphwell.usecases.timing import in_ms

_REPEATED = "This was asked before in this run; ask something else."
_NO_STEP_LEFT = "No step is left in the budget."
_REFUSED = Look(StepKind.REFUSED, "")


class AgentRun:
    """What whoever plans a run works with.

    Parameters:
        question: as it stands alone.
        looking: when the looking has to end; what is left then is for the answer.
        still_wanted: raises `RunOver` when nobody waits for the run any more.
    """

    def __init__(
        self,
        question: str,
        ledger: Ledger,
        evidence: Evidence,
        look_up: LookUp,
        *,
        looking: Deadline,
        still_wanted: Callable[[], None],
    ) -> None:
        self.question = question
        self.ledger = ledger
        self.evidence = evidence
        self.looking = looking
        self.degraded: list[str] = []
        self.still_wanted = still_wanted
        self._look_up = look_up

    def look(self, calls: Sequence[Look | CallRefused]) -> list[Found]:
        """Return what each call brings, in order; they are made at once, noted, and counted as a turn.

        What is refused or was asked before is not made, but takes a step; what no step is left for is not even noted.
        """
        room = max(0, self.ledger.steps_left)
        errors = [self._objection(call) for call in calls[:room]]
        made = [call for call, error in zip(calls, errors, strict=False) if isinstance(call, Look) and error is None]
        results = iter(in_parallel([partial(self._timed, look) for look in made]))
        found: list[Found] = []
        new = 0
        for call, error in zip(calls, errors, strict=False):
            brought, duration_ms = next(results) if error is None else (Found(error=error), 0.0)
            new += self.gather(call if isinstance(call, Look) else _REFUSED, brought, duration_ms)
            found.append(brought)
        self.ledger.end_turn(asked=len(calls), repeated=errors.count(_REPEATED), new=new)
        return found + [Found(error=_NO_STEP_LEFT)] * (len(calls) - len(found))

    def _objection(self, call: Look | CallRefused) -> str | None:
        """Return why a call is not made; None when it is."""
        if isinstance(call, CallRefused):
            return str(call)
        return None if self.ledger.is_new(call) else _REPEATED

    def gather(self, look: Look, found: Found, duration_ms: float) -> int:
        """Note what a call brought, and return how many of its passages were not seen before."""
        new = len(self.evidence.add(found.passages))
        self.ledger.note(
            Step(
                look.kind,
                look.text,
                found=tuple(passage.chunk_id for passage in found.passages),
                new=new,
                names=tuple(found.names),
                duration_ms=duration_ms,
                error=found.error,
            )
        )
        if found.has_more:
            self.ledger.ask_again(look)
        self.miss(found.degraded)
        return new

    def miss(self, parts: Sequence[str]) -> None:
        """Note parts that were missing, each once."""
        self.degraded += [part for part in parts if part not in self.degraded]

    def may_go_on(self) -> bool:
        """Tell whether there is time for another turn.

        Raises:
            RunOver: nobody waits for it.
        """
        self.still_wanted()
        return not self.is_out_of_time()

    def is_out_of_time(self) -> bool:
        """Tell whether the looking has to end; if so, the run stops."""
        if self.looking.at_s <= self.looking.clock():
            self.ledger.stop(Stop.SECONDS)
        return self.ledger.stopped is Stop.SECONDS

    def _timed(self, look: Look) -> tuple[Found, float]:
        began = time.perf_counter()
        found = self._look_up(look, self.looking)
        return found, in_ms(time.perf_counter() - began)
