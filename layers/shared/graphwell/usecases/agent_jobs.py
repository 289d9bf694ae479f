"""Runs of the agent that take longer than a request: accept them, and work on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from graphwell.domain.agent.answer import AgentAnswer
from graphwell.domain.agent.budget import accept_budget
from graphwell.domain.agent.jobs import MAX_TRIES, AgentQuestion, AgentTask, BegunRun, RunOver
from graphwell.domain.conversation import accept_history
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import GraphwellError, Unavailable
from graphwell.domain.filters import accept_filters
from graphwell.domain.origin import Origin
from graphwell.domain.passages import MAX_QUESTION_LENGTH
from graphwell.domain.tenancy import TenantScope
from graphwell.domain.text import accept_text
from graphwell.ports import AgentJobs, AgentQueue, ReadDeclaration
from graphwell.usecases.run_agent import RunAgent
from graphwell.usecases.search import SearchRequest

_DIED = f"It was begun {MAX_TRIES} times, and never came to its end; ask again, or for less."
_UNSENT = "The queue did not take it."


class StartAgentJob:
    """Refuses at once what a run would, and records the others for whoever works on them."""

    def __init__(self, jobs: AgentJobs, queue: AgentQueue, read_keys: ReadDeclaration) -> None:
        self._jobs = jobs
        self._queue = queue
        self._read_keys = read_keys

    def __call__(self, scope: TenantScope, question: AgentQuestion, *, asker: str, request_id: str) -> str:
        """Return the id of the job that a question's run is.

        Parameters:
            asker: key of whoever may read it; see `asker_key`.

        Raises:
            InvalidInput: see `RunAgent`.
            Conflict: the tenant is being erased.
            Unavailable: the graph or the queue does not answer; nothing will be worked on.
        """
        accept_budget(question.budget)
        accept_text(question.text, "question", max_length=MAX_QUESTION_LENGTH)
        accept_history(question.history)
        if question.filters:
            accept_filters(question.filters, self._read_keys(scope).keys)
        job_id = uuid.uuid4().hex
        self._jobs.create(scope, job_id, question, asker=asker, request_id=request_id)
        try:
            self._queue.send(AgentTask(scope, job_id, Origin.current()))
        except Unavailable:
            # Whether it took the message or not, the run is over.
            with suppress(Unavailable):
                self._jobs.fail(scope, job_id, _UNSENT)
            raise
        return job_id


class WorkAgentJob:
    """Safe to run twice: what has ended stays as it is. Each try has the whole budget of the question.

    Parameters:
        jobs: where questions and answers are.
        run_agent: returns what runs, by the model that serves at that moment.
    """

    def __init__(self, jobs: AgentJobs, run_agent: Callable[[], RunAgent]) -> None:
        self._jobs = jobs
        self._run_agent = run_agent

    def __call__(self, task: AgentTask, deadline: Deadline) -> AgentAnswer | None:
        """Work on a run; what makes it impossible is recorded as its job's reason.

        Returns:
            The answer; None where there is none, as for a run that is over.

        Raises:
            Unavailable: a part does not answer; try again.
        """
        scope, job_id = task.scope, task.job_id
        begun = self._jobs.begin(scope, job_id)
        if begun is None:
            return None
        if begun.tries > MAX_TRIES:
            self._jobs.fail(scope, job_id, _DIED)
            return None
        try:
            answer = self._run_agent()(
                scope,
                _request(begun),
                deadline,
                begun.question.budget,
                still_wanted=partial(self._still_wanted, scope, job_id),
            )
        except RunOver:
            return None
        except Unavailable as error:
            if begun.tries < MAX_TRIES:
                raise
            self._jobs.fail(scope, job_id, f"It was tried {begun.tries} times, at last so: {error.detail}")
            return None
        except GraphwellError as error:
            self._jobs.fail(scope, job_id, error.detail)
            return None
        self._jobs.finish(scope, job_id, answer)
        return answer

    def _still_wanted(self, scope: TenantScope, job_id: str) -> None:
        """Raise `RunOver` for a run that has ended; one of which nobody can tell goes on."""
        with suppress(Unavailable):
            if not self._jobs.is_open(scope, job_id):
                raise RunOver


def _request(begun: BegunRun) -> SearchRequest:
    question = begun.question
    return SearchRequest(
        question.text, question.top_k, question.mode, "question", history=question.history, filters=question.filters
    )
