"""Every route of the HTTP API as a function that describes its call; a client of either kind sends what it returns.

The reply types are those that the API itself is made of, so every field is there with its type. Parameters that are
left out are not sent. A test holds this file against `docs/openapi.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from devstack.client.session import ApiRequest, json_body
from graphwell.http.agent_models import AgentAcceptedReply, AgentJobReply, AgentReply
from graphwell.http.debug_models import DebugSearchReply
from graphwell.http.document_models import (
    ChunkPageReply,
    DocumentPageReply,
    DocumentWithHistoryReply,
    IngestReply,
    UploadReply,
)
from graphwell.http.graph_models import EntityPageReply, EntityViewReply
from graphwell.http.health_models import HealthReply, ReadinessReply
from graphwell.http.job_models import DryRunReply, EraseJobReply, EraseReply, JobPageReply, JobReply, RetryReply
from graphwell.http.search_models import QueryReply, SearchReply
from graphwell.http.tenant_models import StatisticsReply, TenantReply

ReplyT = TypeVar("ReplyT")
Filters = Mapping[str, Any]
Turns = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Call(Generic[ReplyT]):
    """A request, and what its reply is read as."""

    request: ApiRequest
    reply: TypeAdapter[ReplyT]


def search(
    query: str,
    *,
    top_k: int | None = None,
    mode: str | None = None,
    history: Turns | None = None,
    filters: Filters | None = None,
) -> Call[SearchReply]:
    """Find passages."""
    body = _body(query=query, top_k=top_k, mode=mode, history=history, filters=filters)
    return Call(ApiRequest("POST", "/v1/search", body=body), TypeAdapter(SearchReply))


def query(
    question: str,
    *,
    top_k: int | None = None,
    mode: str | None = None,
    history: Turns | None = None,
    filters: Filters | None = None,
) -> Call[QueryReply]:
    """Answer a question with citations."""
    body = _body(question=question, top_k=top_k, mode=mode, history=history, filters=filters)
    return Call(ApiRequest("POST", "/v1/query", body=body), TypeAdapter(QueryReply))


def query_stream(
    question: str,
    *,
    top_k: int | None = None,
    mode: str | None = None,
    history: Turns | None = None,
    filters: Filters | None = None,
) -> Call[QueryReply]:
    """Answer a question in parts; for a client's `stream`. The reply is what the last event holds."""
    body = _body(question=question, top_k=top_k, mode=mode, history=history, filters=filters)
    return Call(ApiRequest("POST", "/v1/query/stream", body=body), TypeAdapter(QueryReply))


def agent(
    question: str,
    *,
    top_k: int | None = None,
    mode: str | None = None,
    history: Turns | None = None,
    filters: Filters | None = None,
    budget: Mapping[str, float] | None = None,
) -> Call[AgentReply]:
    """Answer a question step by step, within a budget of `steps`, `tokens` and `seconds`, of which 25 at most."""
    body = _body(question=question, top_k=top_k, mode=mode, history=history, filters=filters, budget=budget)
    return Call(ApiRequest("POST", "/v1/agent", body=body), TypeAdapter(AgentReply))


def start_agent(
    question: str,
    *,
    budget: Mapping[str, float],
    top_k: int | None = None,
    mode: str | None = None,
    history: Turns | None = None,
    filters: Filters | None = None,
) -> Call[AgentAcceptedReply]:
    """Begin a run of the agent with a budget of more than 25 `seconds`; `job` reads its `result`."""
    request = agent(question, top_k=top_k, mode=mode, history=history, filters=filters, budget=budget).request
    return Call(replace(request, begins_work=True), TypeAdapter(AgentAcceptedReply))


def explain_search(
    query: str,
    *,
    top_k: int | None = None,
    mode: str | None = None,
    history: Turns | None = None,
    filters: Filters | None = None,
) -> Call[DebugSearchReply]:
    """Show every stage of a search; takes an administrator."""
    body = _body(query=query, top_k=top_k, mode=mode, history=history, filters=filters)
    return Call(ApiRequest("POST", "/v1/debug/search", body=body), TypeAdapter(DebugSearchReply))


def ingest(documents: Sequence[Mapping[str, Any]], *, idempotency_key: str | None = None) -> Call[IngestReply]:
    """Submit documents, each with `title` and `text`, and optionally `id`, `content_type`, `source` and `metadata`."""
    request = ApiRequest("POST", "/v1/documents", body=_body(documents=documents), idempotency_key=idempotency_key)
    return Call(request, TypeAdapter(IngestReply))


def documents(*, cursor: str | None = None, limit: int | None = None) -> Call[DocumentPageReply]:
    """List documents, newest first."""
    return Call(_get("/v1/documents", cursor=cursor, limit=limit), TypeAdapter(DocumentPageReply))


def document(document_id: str) -> Call[DocumentWithHistoryReply]:
    """Read what is known of a document."""
    return Call(_get(f"/v1/documents/{_part(document_id)}"), TypeAdapter(DocumentWithHistoryReply))


def chunks(document_id: str, *, cursor: str | None = None, limit: int | None = None) -> Call[ChunkPageReply]:
    """List the chunks of a document's live version."""
    path = f"/v1/documents/{_part(document_id)}/chunks"
    return Call(_get(path, cursor=cursor, limit=limit), TypeAdapter(ChunkPageReply))


def delete_document(document_id: str) -> Call[None]:
    """Delete a document with all that was made of it."""
    return Call(ApiRequest("DELETE", f"/v1/documents/{_part(document_id)}"), TypeAdapter(type(None)))


def preview_delete(document_id: str) -> Call[DryRunReply]:
    """Tell what deleting a document would remove."""
    path = f"/v1/documents/{_part(document_id)}"
    return Call(ApiRequest("DELETE", path, params={"dry_run": "true"}), TypeAdapter(DryRunReply))


def request_upload(
    filename: str,
    content_type: str,
    size: int,
    *,
    id: str | None = None,  # noqa: A002  the API's own name
    idempotency_key: str | None = None,
) -> Call[UploadReply]:
    """Ask where to put a file of so many bytes; `id` is that of the document it becomes."""
    body = _body(filename=filename, content_type=content_type, size=size, id=id)
    request = ApiRequest("POST", "/v1/uploads", body=body, idempotency_key=idempotency_key)
    return Call(request, TypeAdapter(UploadReply))


def jobs(
    *,
    status: str | None = None,
    stalled: bool | None = None,
    created_after: datetime | str | None = None,
    created_before: datetime | str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[JobPageReply]:
    """List jobs, newest first."""
    request = _get(
        "/v1/jobs",
        status=status,
        stalled=stalled,
        created_after=created_after,
        created_before=created_before,
        cursor=cursor,
        limit=limit,
    )
    return Call(request, TypeAdapter(JobPageReply))


def job(job_id: str) -> Call[EraseJobReply | AgentJobReply | JobReply]:
    """Read the state of a job."""
    return Call(_get(f"/v1/jobs/{_part(job_id)}"), TypeAdapter(EraseJobReply | AgentJobReply | JobReply))


def retry_job(job_id: str, *, idempotency_key: str | None = None) -> Call[RetryReply]:
    """Send a job's failed and idle work again."""
    request = ApiRequest("POST", f"/v1/jobs/{_part(job_id)}/retry", idempotency_key=idempotency_key)
    return Call(request, TypeAdapter(RetryReply))


def cancel_job(job_id: str) -> Call[AgentJobReply | JobReply]:
    """Stop what only this job waits for."""
    return Call(ApiRequest("POST", f"/v1/jobs/{_part(job_id)}/cancel"), TypeAdapter(AgentJobReply | JobReply))


def entities(*, query: str | None = None, cursor: str | None = None, limit: int | None = None) -> Call[EntityPageReply]:
    """Find names in the entity graph, best first."""
    return Call(_get("/v1/graph/entities", query=query, cursor=cursor, limit=limit), TypeAdapter(EntityPageReply))


def entity(entity_id: str, *, cursor: str | None = None, limit: int | None = None) -> Call[EntityViewReply]:
    """Read an entity with its neighbours and the passages that mention it."""
    path = f"/v1/graph/entities/{_part(entity_id)}"
    return Call(_get(path, cursor=cursor, limit=limit), TypeAdapter(EntityViewReply))


def tenant(tenant_id: str) -> Call[TenantReply]:
    """Read a tenant's settings; takes an administrator."""
    return Call(_get(f"/v1/tenants/{_part(tenant_id)}"), TypeAdapter(TenantReply))


def write_tenant(
    tenant_id: str, *, limits: Mapping[str, int] | None = None, metadata_keys: Mapping[str, str] | None = None
) -> Call[TenantReply]:
    """Write a tenant's settings, what is left out becoming the default; takes a platform administrator."""
    body = _body(limits=limits, metadata_keys=metadata_keys)
    return Call(ApiRequest("PUT", f"/v1/tenants/{_part(tenant_id)}", body=body), TypeAdapter(TenantReply))


def erase_tenant(tenant_id: str) -> Call[EraseReply]:
    """Begin to erase a tenant; an erase that is running is joined."""
    return Call(ApiRequest("DELETE", f"/v1/tenants/{_part(tenant_id)}"), TypeAdapter(EraseReply))


def preview_erase(tenant_id: str) -> Call[DryRunReply]:
    """Tell what erasing a tenant would remove."""
    path = f"/v1/tenants/{_part(tenant_id)}"
    return Call(ApiRequest("DELETE", path, params={"dry_run": "true"}), TypeAdapter(DryRunReply))


def statistics(tenant_id: str) -> Call[StatisticsReply]:
    """Read a tenant's counts."""
    return Call(_get(f"/v1/tenants/{_part(tenant_id)}/stats"), TypeAdapter(StatisticsReply))


def health() -> Call[HealthReply]:
    """Tell whether the API answers."""
    return Call(_get("/v1/health"), TypeAdapter(HealthReply))


def readiness() -> Call[ReadinessReply]:
    """Tell whether all parts answer, part by part to an administrator. An unhealthy whole is an `ApiError`."""
    return Call(_get("/v1/health/ready"), TypeAdapter(ReadinessReply))


def _body(**values: Any) -> bytes:
    return json_body({name: value for name, value in values.items() if value is not None})


def _get(path: str, **values: Any) -> ApiRequest:
    return ApiRequest("GET", path, params={name: _text(value) for name, value in values.items() if value is not None})


def _text(value: Any) -> str | int:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _part(value: str) -> str:
    return quote(value, safe="")
