"""Wiring that a mistake in would show only when a part is away."""

from __future__ import annotations

from typing import Any

import pytest

from devstack.ports import choose_ports
from graphwell.domain.circuit_breaker import BreakerState
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import EmbeddingIdentity
from graphwell.domain.errors import CircuitOpen, Unavailable
from graphwell.domain.tenancy import TenantScope
from graphwell.runtime.container import Container
from graphwell.runtime.settings import Settings


def settings_with(**others: Any) -> Settings:
    return Settings.model_construct(
        token_issuer="", token_audience="", jwks_url="", neo4j_uri="bolt://127.0.0.1", neo4j_secret="", **others
    )


def test_each_embedding_model_has_a_breaker_of_its_own() -> None:
    (port,) = choose_ports(["nobody"], {}).values()
    settings = settings_with(
        embedding_provider="openai",
        next_embedding_model="next",
        next_embedding_dimensions=8,
        next_embedding_base_url=f"http://127.0.0.1:{port}",
        breaker_failures=1,
    )
    container = Container(settings)
    following = container.of(TenantScope("acme")).embedders.find(EmbeddingIdentity("next", 8))
    assert following is not None
    with pytest.raises(Unavailable):
        following.embed_query("question", Deadline.after(10))
    with pytest.raises(CircuitOpen):
        following.embed_query("question", Deadline.after(10))
    assert container.breakers["next_embedding"].state is BreakerState.OPEN
    assert container.breakers["embedding"].state is BreakerState.CLOSED
