"""POST /v1/agent."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from graphwell.domain.agent.budget import Budget, accept_budget
from graphwell.domain.agent.jobs import AgentQuestion, asker_key
from graphwell.domain.jobs import JobStatus
from graphwell.http.access import AskingScope, GuardedRoute, missing_parts
from graphwell.http.agent_models import AgentAcceptedReply, AgentBody, AgentReply
from graphwell.http.agent_replies import agent_reply
from graphwell.http.request_context import deadline, principal, request_id
from graphwell.http.search_routes import query_request
from graphwell.runtime.container import Container
from graphwell.runtime.measures import record_agent, record_answer


def agent_router(container: Container) -> APIRouter:
    """Return the route that answers step by step; a coroutine that blocks, as those of `search_router` are."""
    router = APIRouter(prefix="/v1", tags=["search"], route_class=GuardedRoute)

    @router.post(
        "/agent",
        response_model=AgentReply | AgentAcceptedReply,
        responses={
            HTTPStatus.OK: {"model": AgentReply, "description": "The answer"},
            HTTPStatus.ACCEPTED: {"model": AgentAcceptedReply, "description": "A job, with a budget above 25 s"},
        },
        summary="Answer a question step by step",
    )
    async def agent(body: AgentBody, scope: AskingScope, request: Request, response: Response) -> Any:
        budget = accept_budget(Budget(**body.budget.model_dump()))
        asked = query_request(body)
        if not budget.is_waited_for:
            question = AgentQuestion(asked.query, asked.top_k, asked.mode, asked.history, asked.filters, budget)
            job_id = container.of(scope).start_agent_job(
                scope, question, asker=asker_key(principal(request).subject), request_id=request_id(request)
            )
            response.status_code = HTTPStatus.ACCEPTED
            return {"job_id": job_id, "status": JobStatus.QUEUED, "request_id": request_id(request)}
        result = container.of(scope).run_agent(scope, asked, deadline(request), budget)
        degraded = [*missing_parts(request), *result.degraded]
        record_agent(result.steps, result.stopped)
        record_answer(None, grounded=result.content.answer.grounded, degraded=degraded)
        return agent_reply(asdict(result), degraded, request_id(request))

    return router
