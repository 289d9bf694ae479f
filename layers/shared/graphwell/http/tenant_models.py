"""Bodies and replies of a tenant's settings and statistics."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StrictInt, StrictStr

from graphwell.domain.metadata_keys import MAX_KEY_LENGTH, MAX_KEYS, MetadataType
from graphwell.domain.rate_limits import MAX_LIMIT, RateLimits
from graphwell.http.request_model import RequestModel, documented

_Limit = Annotated[StrictInt, Field(ge=1, le=MAX_LIMIT)]

_DEFAULTS = RateLimits()


class LimitSettings(RequestModel):
    """Limits of each principal of a tenant, and of the whole tenant; one left out is the default."""

    requests_per_minute: _Limit = _DEFAULTS.requests_per_minute
    requests_per_hour: _Limit = _DEFAULTS.requests_per_hour
    model_requests_per_minute: _Limit = _DEFAULTS.model_requests_per_minute
    tenant_requests_per_minute: _Limit = _DEFAULTS.tenant_requests_per_minute
    tenant_requests_per_hour: _Limit = _DEFAULTS.tenant_requests_per_hour
    tenant_model_requests_per_minute: _Limit = _DEFAULTS.tenant_model_requests_per_minute


class TenantBody(RequestModel):
    """The settings of a tenant; `metadata_keys` are those that can be filtered by, with the type of their values."""

    limits: LimitSettings = LimitSettings()
    metadata_keys: Annotated[
        dict[Annotated[StrictStr, documented(minLength=1, maxLength=MAX_KEY_LENGTH)], MetadataType],
        documented(maxProperties=MAX_KEYS),
    ] = Field(default_factory=dict)


class TenantReply(BaseModel):
    """The settings of a tenant, defaults included; `metadata_keys_applied` is false while filters cannot be used yet.

    That is after keys were declared, until all documents that were there before are under them.
    """

    id: str
    limits: LimitSettings
    metadata_keys: dict[str, MetadataType]
    metadata_keys_applied: bool


class EmbeddingReply(BaseModel):
    """The model that vectors come from."""

    model: str
    dimensions: int


class StatisticsReply(BaseModel):
    """What a tenant amounts to; `bytes` is the text of its live documents, `moving_to` the next embedding model."""

    id: str
    documents: int
    versions: int
    chunks: int
    jobs: int
    bytes: int
    corpus_version: int
    embedding: EmbeddingReply
    moving_to: EmbeddingReply | None
    moved_chunks: int
