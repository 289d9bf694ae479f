"""Ask the legs of a search, and do without the one that does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphwell.domain.circuit_breaker import BreakerState, CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import CircuitOpen, IndexFault, Unavailable
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import IndexReply, PassageIndex, SearchQuery


class AskLegs:
    """Asks all legs in one round trip as long as all of them work.

    One statement for both cannot tell which of them failed. So after a fault each is asked by itself, and one that
    keeps failing is left out from the start until its breaker lets it be tried again.

    Parameters:
        breakers: those of the legs by name; of their own when None.
    """

    def __init__(self, index: PassageIndex, breakers: Mapping[str, CircuitBreaker] | None = None) -> None:
        self._index = index
        self._breakers = breakers or {leg: CircuitBreaker(leg) for leg in SearchMode}

    def __call__(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> tuple[IndexReply, Sequence[str]]:
        """Return the reply, and the names of legs that are missing from it.

        Raises:
            IndexFault: no leg answers.
            Unavailable: the index as a whole does not answer.
        """
        if all(self._breakers[leg].state is BreakerState.CLOSED for leg in query.legs):
            try:
                reply = self._index.search(scope, query, deadline)
            except IndexFault:
                if len(query.legs) == 1:
                    raise
            else:
                for leg in query.legs:
                    self._breakers[leg].succeeded()
                return reply, ()
        return self._one_by_one(scope, query, deadline)

    def _one_by_one(
        self, scope: TenantScope, query: SearchQuery, deadline: Deadline
    ) -> tuple[IndexReply, Sequence[str]]:
        replies: list[IndexReply] = []
        missing: list[str] = []
        failure: Unavailable = IndexFault("No search index answers; try again shortly.")
        for leg in sorted(query.legs):
            alone = replace(query, legs=frozenset({leg}))
            try:
                replies.append(
                    self._breakers[leg].call(
                        lambda alone=alone: self._index.search(scope, alone, deadline),  # type: ignore[misc]  # bound now
                        is_failure=lambda error: isinstance(error, IndexFault),
                    )
                )
            except (IndexFault, CircuitOpen) as error:
                if isinstance(error, CircuitOpen) and error.part != leg:
                    raise
                missing.append(leg)
                failure = error
        if len(missing) == len(query.legs):
            raise failure
        hits = [hit for reply in replies for hit in reply.hits]
        reports = {leg: report for reply in replies for leg, report in reply.legs.items()}
        return IndexReply(hits, reports, max(reply.as_of_ms for reply in replies)), missing
