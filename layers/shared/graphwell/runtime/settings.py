"""Every setting of the functions, read from the environment once and checked at start."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graphwell.domain.issuers import ClaimNames, Issuer
from graphwell.domain.tenancy import TENANT_ID_PATTERN
from graphwell.runtime.environment import FromEnvironment
from graphwell.runtime.place import DEFAULT_SHARD
from graphwell.runtime.trusted_issuers import first_issuer


class ClaimSettings(BaseModel):
    """The claims in which an issuer puts tenant and roles."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    tenant_id: str = "tenant_id"
    roles: str = "roles"
    tenants: str = "tenants"


class IssuerSettings(BaseModel):
    """One more issuer whose tokens are accepted; an entry of the JSON list in GRAPHWELL_MORE_ISSUERS."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    issuer: str = Field(min_length=1, description="The exact `iss` of its tokens.")
    audience: str = Field(min_length=1, description="The exact `aud`.")
    jwks_url: str = Field(pattern=r"^https?://\S+$", description="Address of its public keys.")
    claims: ClaimSettings = ClaimSettings()
    role_names: dict[str, str] = Field(default_factory=dict, description="Its names of our roles.")
    platform_admin: bool = Field(False, description="Whether its tokens may hold the role platform_admin.")


class DatabaseSettings(BaseModel):
    """A database for tenants of its own; an entry of the JSON object in GRAPHWELL_NEO4J_DATABASES."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    uri: str = Field(description="Its address, as of `neo4j_uri`.")
    database: str = Field("neo4j", description="Name of the database there.")
    tenants: tuple[Annotated[str, Field(pattern=TENANT_ID_PATTERN)], ...] = Field((), description="Who is in it.")


DatabaseName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class ReplySettings(FromEnvironment):
    """How the functions behind the API are called, and what they tell."""

    allowed_origin: str = Field("", description="Origin of the web application that may call; empty for none.")
    base_path: str = Field("", description="First part of paths under a domain of the API's own; empty for none.")


class TokenSettings(FromEnvironment):
    """What the authorizer needs to know."""

    token_issuer: str = Field(description="`iss` of accepted tokens.")
    token_audience: str = Field(description="`aud` of accepted tokens.")
    jwks_url: str = Field(description="Address of the issuer's public keys.")
    more_issuers: tuple[IssuerSettings, ...] = Field(
        (), description="JSON list of further issuers; see IssuerSettings."
    )

    @property
    def issuers(self) -> list[Issuer]:
        """Every trusted issuer; subjects of the further ones carry their issuer, so that equal ids stay apart."""
        first = first_issuer(self.token_issuer, self.token_audience, self.jwks_url)
        return [first, *(_further(issuer) for issuer in self.more_issuers)]


def _further(issuer: IssuerSettings) -> Issuer:
    return Issuer(
        issuer.issuer,
        issuer.audience,
        issuer.jwks_url,
        claims=ClaimNames(**issuer.claims.model_dump()),
        role_names=issuer.role_names,
        platform_admin=issuer.platform_admin,
        prefix=f"{issuer.issuer}|",
    )


class Settings(TokenSettings):
    """What the functions that touch data need to know."""

    stage: str = Field("dev", description="Name of the deployment, a dimension of metrics.")
    tracing: Literal["none", "xray", "otlp"] = Field("none", description="Who is told where the time goes.")
    otlp_endpoint: str = Field("", description="Address of an OpenTelemetry collector, up to and without /v1/traces.")

    neo4j_uri: str = Field(description="bolt:// or neo4j:// address, with +s for TLS.")
    neo4j_database: str = Field("neo4j", description="Name of the database.")
    neo4j_secret: str = Field(description="Secrets Manager id of {username, password}.")
    neo4j_databases: dict[DatabaseName, DatabaseSettings] = Field(
        {}, description="JSON object of further databases by name; see DatabaseSettings."
    )
    neo4j_databases_secret: str = Field(
        "", description="Secrets Manager id of {name: {username, password}} of the further databases."
    )
    neo4j_max_pool_size: int = Field(8, ge=1, description="Connections an environment; one request runs at a time.")
    neo4j_acquisition_timeout_s: float = Field(5, gt=0, description="Longest wait for a pooled connection.")
    neo4j_connect_timeout_s: float = Field(2, gt=0, description="Longest that TCP, TLS and Bolt may take to agree.")
    neo4j_query_timeout_s: float = Field(60, gt=0, description="Longest that a read may take with all its attempts.")
    neo4j_max_retry_time_s: float = Field(10, ge=0, description="Of a write; the gateway gives up at 29 s.")
    neo4j_liveness_check_s: float = Field(30, ge=0, description="Idle time after which a connection is tested.")
    neo4j_max_lifetime_s: float = Field(300, gt=0, description="Below the 350 s idle limit of a load balancer.")

    valkey_url: str = Field("", description="redis:// or rediss:// address; empty means no cache.")
    valkey_secret: str = Field("", description="Secrets Manager id of {username, password}; empty for none.")

    recall_sample_share: float = Field(
        0.001, ge=0, le=1, description="Share of searches whose vectors are compared exactly, for `sampled_recall`."
    )

    semantic_min_cosine: float = Field(
        0.9, ge=0, le=1, description="Least cosine of questions that may share an answer; 1 shares none."
    )

    breaker_failures: int = Field(5, ge=1, description="Failures in a row after which a part is left alone.")
    breaker_open_s: float = Field(60, gt=0, description="How long it is left alone before it is tried again.")

    rate_limits: bool = Field(True, description="Whether requests are counted against limits.")

    embed_queue_url: str = Field("", description="Queue of chunks to embed.")
    embed_workers: int = Field(10, ge=1, description="Batches that are embedded at once.")
    embed_dlq_url: str = Field("", description="Its dead-letter queue.")
    extract_queue_url: str = Field("", description="Queue of uploaded files.")
    extract_dlq_url: str = Field("", description="Its dead-letter queue.")
    agent_queue_url: str = Field("", description="Queue of the agent's runs that are jobs.")
    agent_dlq_url: str = Field("", description="Its dead-letter queue.")
    bucket: str = Field("", description="Bucket of uploaded files.")
    idempotency_table: str = Field("", description="Table of idempotency records.")
    job_retention_days: int = Field(30, ge=1, le=3650, description="How long a finished job can be read.")

    embedding_provider: Literal["openai", "onnx"] = Field("openai", description="Who embeds.")
    embedding_model: str = Field("text-embedding-3-small", description="Model name, recorded with the index.")
    embedding_dimensions: int = Field(1536, ge=1, le=4096, description="Length of a vector.")
    embedding_base_url: str = Field("", description="OpenAI-compatible address; empty for OpenAI itself.")
    embedding_query_timeout_s: float = Field(3, gt=0, description="Longest that embedding a question may take.")
    embedding_million_tokens_usd: float = Field(
        0.02, ge=0, description="Dollars a million tokens of the embedding models, for `embed_chunks_cost_usd`."
    )
    next_embedding_model: str = Field("", description="Model that the index is to move to; empty to stay.")
    next_embedding_dimensions: int = Field(1536, ge=1, le=4096, description="Length of its vectors.")
    next_embedding_base_url: str = Field("", description="OpenAI-compatible address; empty for OpenAI itself.")
    onnx_model_dir: Path = Field(Path("/opt/model"), description="Folder with model.onnx and tokenizer.json.")

    llm_model: str = Field("", description="Chat model; empty answers by extraction.")
    llm_base_url: str = Field("", description="OpenAI-compatible address; empty for OpenAI itself.")
    llm_timeout_s: float = Field(20, gt=0, description="Longest that the chat model may take for an answer.")
    llm_million_prompt_tokens_usd: float = Field(
        0.15, ge=0, description="Dollars a million tokens that the chat model reads, for `answer_cost_usd`."
    )
    llm_million_completion_tokens_usd: float = Field(
        0.60, ge=0, description="Dollars a million tokens that the chat model writes."
    )
    graph_tokens_a_day: int = Field(
        0, ge=0, description="Tokens a tenant and day that the chat model may take for the graph; 0 leaves it to rules."
    )
    model_secret: str = Field("", description="Secrets Manager id of {api_key, rerank_api_key}; empty for none.")

    rerank_url: str = Field("", description="Cohere-compatible /rerank address; empty keeps the order of the search.")
    rerank_model: str = Field("rerank-v3.5", description="Model that ranks.")

    extract_memory_mib: int = Field(1024, ge=256, description="Most memory of the process that reads a file.")
    extract_time_s: float = Field(100, gt=0, description="Longest that reading one file may take.")

    chunk_tokens: int = Field(256, ge=32, le=8000, description="Largest chunk, in tokens of the embedding model.")
    chunk_overlap_tokens: int = Field(0, ge=0, le=4000, description="Tokens that neighbouring chunks share.")

    @model_validator(mode="after")
    def _name_the_collector(self) -> Self:
        if self.tracing == "otlp" and urlsplit(self.otlp_endpoint).scheme not in {"http", "https"}:
            raise ValueError("tracing=otlp needs otlp_endpoint, such as http://localhost:4318.")
        return self

    @model_validator(mode="after")
    def _give_each_tenant_one_database(self) -> Self:
        if DEFAULT_SHARD in self.neo4j_databases:
            raise ValueError(f"neo4j_databases: {DEFAULT_SHARD} is the name of the one in neo4j_uri; take another.")
        tenants = Counter(tenant for entry in self.neo4j_databases.values() for tenant in entry.tenants)
        twice = sorted(tenant for tenant, count in tenants.items() if count > 1)
        if twice:
            raise ValueError(f"neo4j_databases: name each tenant once; {', '.join(twice)} is there more often.")
        return self

    @model_validator(mode="after")
    def _refuse_plaintext(self) -> Self:
        further = {f"neo4j_databases.{name}": entry.uri for name, entry in self.neo4j_databases.items()}
        for name, address in {"neo4j_uri": self.neo4j_uri, **further, "valkey_url": self.valkey_url}.items():
            if address and not _is_private(address):
                raise ValueError(f"{name} must use TLS with a verified certificate: {', '.join(_TLS_SCHEMES)}.")
        return self


_TLS_SCHEMES = ("neo4j+s", "bolt+s", "rediss", "valkeys")
"""Schemes whose clients verify the server's certificate and name; +ssc is not among them, since it verifies nothing."""

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "host.docker.internal"}
"""Hosts to which no wire leads; the last is the machine itself, as containers on it call it."""


def _is_private(address: str) -> bool:
    """Return whether nobody on the way can read or change what goes to an address; options could undo what TLS does."""
    parts = urlsplit(address)
    return not parts.query and (parts.scheme in _TLS_SCHEMES or parts.hostname in _THIS_MACHINE)


@cache
def load_settings() -> Settings:
    """Return the settings of this process."""
    return Settings.read()
