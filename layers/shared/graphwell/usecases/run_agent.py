"""Answer a question that one search does not: plan, search, expand, read, answer, within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import ANSWER_SHARE, DEFAULT_BUDGET, Budget, accept_budget
from graphwell.domain.agent.calls import Look
from graphwell.domain.agent.evidence import Evidence
from graphwell.domain.agent.ledger import Ledger
from graphwell.domain.agent.steps import StepKind, Stop
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import AnswerWithPassages
from graphwell.domain.reading import passages_to_show
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Answerer, DocumentRepository, GraphReader, ToolModel
from graphwell.usecases.agent_run import AgentRun
from graphwell.usecases.answer_run import AnswerRun
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.hop_by_names import HopByNames
from graphwell.usecases.look_up import Found, LookUp
from graphwell.usecases.plan_by_model import PlanByModel
from graphwell.usecases.search import SearchRequest
from graphwell.usecases.timing import in_ms


class RunAgent:
    """Searches for the question, lets a model, or names alone, look further, and answers from all that was seen.

    The answer is made by the same answerers, of passages alone, as that of a single search: what the planning model
    writes is never part of it. The tenant and the filters are those of the request in every step.

    Parameters:
        model: plans; None where names alone lead on.
        answerer, fallback: see `AnswerRun`.
    """

    def __init__(
        self,
        find_passages: FindPassages,
        documents: DocumentRepository,
        graph: GraphReader,
        *,
        model: ToolModel | None,
        answerer: Answerer,
        fallback: Answerer | None,
    ) -> None:
        self._find_passages = find_passages
        self._documents = documents
        self._graph = graph
        self._plan = PlanByModel(model) if model else None
        self._hop = HopByNames()
        self._answer = AnswerRun(answerer, fallback)

    def __call__(
        self,
        scope: TenantScope,
        request: SearchRequest,
        deadline: Deadline,
        budget: Budget = DEFAULT_BUDGET,
        *,
        still_wanted: Callable[[], None] = lambda: None,
    ) -> AgentAnswer:
        """Return the answer to a question.

        Parameters:
            request: the question; `top_k` passages are wanted of each step, and shown.
            still_wanted: called before each turn and before the answer; raises `RunOver` when nobody waits for it.

        Raises:
            RunOver: see `still_wanted`.
            InvalidInput: the question is no acceptable text, a filter does not fit the tenant's metadata keys, or the
                budget is out of bounds.
            Unavailable: the index does not answer.
        """
        deadline = deadline.within(accept_budget(budget).seconds)
        looking = deadline.within(deadline.remaining_s() * (1 - ANSWER_SHARE))
        began = time.perf_counter()
        first = self._find_passages(scope, request, deadline)
        evidence = Evidence()
        look_up = LookUp(
            scope,
            replace(request, query=first.question),
            evidence,
            find_passages=self._find_passages,
            documents=self._documents,
            graph=self._graph,
        )
        run = AgentRun(first.question, Ledger(budget), evidence, look_up, looking=looking, still_wanted=still_wanted)
        look = Look(StepKind.SEARCH, first.question)
        run.ledger.is_new(look)
        run.gather(look, Found(first.passages, degraded=first.degraded), in_ms(time.perf_counter() - began))
        is_model_away = not self._look_further(run)
        still_wanted()
        answer = self._answer(run, request.top_k, first.standing, deadline, is_model_away=is_model_away)
        read = evidence.ranked()
        content = AnswerWithPassages(answer, passages_to_show(read, answer.citations, request.top_k))
        return AgentAnswer(content, run.ledger.steps, run.ledger.stopped or Stop.DONE, tuple(run.degraded))

    def _look_further(self, run: AgentRun) -> bool:
        """Look until the run stops; return whether the model, where there is one, answered to the end."""
        if self._plan is not None:
            try:
                self._plan(run, run.evidence.ranked())
            except Unavailable:
                run.miss(["llm"])
                self._hop(run)
                return False
        else:
            self._hop(run)
        return True
