"""What a run of the agent looks like in the API: as a reply, and as a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from graphwell.domain.agent.jobs import AgentJob


def agent_job(job: AgentJob) -> dict[str, Any]:
    """Return a run in the form of a job; it has no documents, and its reply when there is an answer."""
    return {
        "id": job.id,
        "status": job.status,
        "stalled": job.stalled(datetime.now(UTC)),
        "documents": dict.fromkeys(("total", "unchanged", "pending", "done", "failed", "cancelled"), 0),
        "chunks": {"total": 0, "embedded": 0},
        "errors": [] if job.reason is None else [{"document_id": "", "reason": job.reason}],
        "created_at": job.created_at,
        "moved_at": job.moved_at,
        "result": None if job.answer is None else agent_reply(job.answer, job.answer["degraded"], job.request_id),
    }


def agent_reply(fields: Mapping[str, Any], degraded: Sequence[str], asked_in: str) -> dict[str, Any]:
    """Return the fields of an `AgentReply`.

    Parameters:
        fields: those of an `AgentAnswer`, nested.
        asked_in: id of the request that asked.
    """
    answer = fields["content"]["answer"]
    return {
        "answer": answer["text"],
        "grounded": answer["grounded"],
        "citations": answer["citations"],
        "passages": fields["content"]["passages"],
        "cache": {"hit": None},
        "degraded": degraded,
        "usage": answer["usage"],
        "request_id": asked_in,
        "steps": [{**step, "tokens": _tokens(step["usage"])} for step in fields["steps"]],
        "stopped": fields["stopped"],
    }


def _tokens(usage: Mapping[str, Any]) -> int:
    return int(usage["prompt_tokens"] + usage["completion_tokens"])
