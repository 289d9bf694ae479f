"""POST /v1/agent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request

from graphwell.domain.agent.budget import Budget
from graphwell.domain.agent.steps import Step
from graphwell.http.access import AskingScope, GuardedRoute
from graphwell.http.agent_models import AgentBody, AgentReply
from graphwell.http.request_context import deadline
from graphwell.http.search_routes import query_reply, query_request
from graphwell.runtime.container import Container
from graphwell.runtime.measures import record_agent
from graphwell.usecases.answer_question import AnsweredQuestion


def agent_router(container: Container) -> APIRouter:
    """Return the route that answers step by step; a coroutine that blocks, as those of `search_router` are."""
    router = APIRouter(prefix="/v1", tags=["search"], route_class=GuardedRoute)

    @router.post("/agent", response_model=AgentReply, summary="Answer a question step by step")
    async def agent(body: AgentBody, scope: AskingScope, request: Request) -> Any:
        budget = Budget(**body.budget.model_dump())
        result = container.of(scope).run_agent(scope, query_request(body), deadline(request), budget)
        record_agent(result.steps, result.stopped)
        return {
            **query_reply(request, AnsweredQuestion(result.content, None, result.degraded)),
            "steps": [_step(step) for step in result.steps],
            "stopped": result.stopped,
        }

    return router


def _step(step: Step) -> dict[str, Any]:
    return {**asdict(step), "tokens": step.tokens}
