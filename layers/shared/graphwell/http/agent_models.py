"""Bodies of POST /v1/agent."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt

from graphwell.domain.agent.budget import DEFAULT_BUDGET, LEAST_TOKENS, MAX_SECONDS, MAX_STEPS, MAX_TOKENS
from graphwell.domain.agent.steps import AGENT_MODE, StepKind, Stop
from graphwell.domain.jobs import JobStatus
from graphwell.domain.passages import SearchMode
from graphwell.http.job_models import JobReply
from graphwell.http.request_model import RequestModel, documented
from graphwell.http.search_models import QueryBody, QueryReply


class BudgetBody(RequestModel):
    """What a run may spend; what is left out has its default."""

    steps: Annotated[StrictInt, documented(minimum=1, maximum=MAX_STEPS)] = DEFAULT_BUDGET.steps
    tokens: Annotated[StrictInt, documented(minimum=LEAST_TOKENS, maximum=MAX_TOKENS)] = DEFAULT_BUDGET.tokens
    seconds: Annotated[float, Field(strict=True, allow_inf_nan=False), documented(minimum=1, maximum=MAX_SECONDS)] = (
        DEFAULT_BUDGET.seconds
    )


class AgentBody(QueryBody):
    """A question to answer step by step; `top_k` passages are wanted of each search, and shown."""

    mode: SearchMode = AGENT_MODE
    budget: BudgetBody = BudgetBody()


class StepReply(BaseModel):
    """A step of a run: what was asked, the ids of the chunks that it found, and how many of these were new.

    `names` are those that an expansion gave; `tokens` those that a model read and wrote in it.
    """

    kind: StepKind
    asked: str
    found: list[str]
    new: int
    names: list[str]
    duration_ms: float
    tokens: int
    error: str | None


class AgentReply(QueryReply):
    """An answer, the steps that led to it, and why no further one was taken; `usage` is that of all steps."""

    steps: list[StepReply]
    stopped: Stop


class AgentAcceptedReply(BaseModel):
    """The job that a run with a budget above 25 seconds is."""

    job_id: str
    status: JobStatus
    request_id: str


class AgentJobReply(JobReply):
    """The job of a run, which its asker alone can read, for a day.

    Of documents and chunks it counts none. `errors` says why it failed; `result` is the reply, None until there is one.
    """

    result: AgentReply | None
