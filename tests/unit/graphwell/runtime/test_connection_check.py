"""A deployment whose environments could open more connections than Neo4j takes is refused."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphwell.domain.connection_plan import UNLIMITED_FUNCTIONS, ConnectionPlan
from graphwell.domain.errors import InvalidInput
from graphwell.runtime.connection_check import refuse_too_many_connections

MIGRATE = Path(__file__).parents[4] / "functions" / "migrate" / "app.py"
PROPERTIES = {
    "ConnectionCeiling": "608",
    "PoolSize": "8",
    "QueryEnvironments": "21",
    "IngestEnvironments": "10",
    "EmbedEnvironments": "10",
    "ExtractEnvironments": "5",
    "AgentEnvironments": "5",
}


def test_what_fits_is_taken() -> None:
    refuse_too_many_connections(PROPERTIES)  # 2 x 21 + 10 + 10 + 5 + 5 + 4 others = 76, by 8


@pytest.mark.parametrize("name", [name for name in PROPERTIES if name != "ConnectionCeiling"])
def test_one_more_of_anything_is_refused_with_what_would_fit(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"set Neo4jMaxPoolSize=\d+ or lower QueryMaximumConcurrency"):
        refuse_too_many_connections({**PROPERTIES, name: str(int(PROPERTIES[name]) + 1)})


def test_databases_on_one_server_share_its_connections() -> None:
    there = {"Neo4jUri": "neo4j+s://one", "PoolSize": "4"}
    apart = '{"large": {"uri": "neo4j+s://two", "database": "a"}, "huge": {"uri": "neo4j+s://two", "database": "b"}}'
    refuse_too_many_connections({**PROPERTIES, **there, "Neo4jDatabases": apart})  # 76 x 4 x 2
    together = apart.replace("two", "one")
    with pytest.raises(InvalidInput, match=r"4 to 3 of a server's databases .* set Neo4jMaxPoolSize=2 "):
        refuse_too_many_connections({**PROPERTIES, **there, "Neo4jDatabases": together})


@pytest.mark.parametrize("properties", [{}, {**PROPERTIES, "ConnectionCeiling": "0", "QueryEnvironments": "0"}])
def test_without_a_ceiling_nothing_is_checked(properties: dict[str, str]) -> None:
    refuse_too_many_connections(properties)


def test_no_pool_is_proposed_where_none_fits() -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_too_many_connections({**PROPERTIES, "ConnectionCeiling": "10"})
    assert "Neo4jMaxPoolSize" not in refused.value.detail


@given(st.integers(1, 1000), st.integers(1, 100), st.lists(st.integers(1, 100), min_size=1, max_size=4))
def test_a_plan_is_refused_when_it_is_above_and_the_proposed_pool_fits(
    ceiling: int, pool: int, limits: list[int]
) -> None:
    environments = {f"p{index}": limit for index, limit in enumerate(limits)}
    plan = ConnectionPlan(pool, environments)
    assert plan.connections == (sum(limits) + UNLIMITED_FUNCTIONS) * pool
    try:
        plan.refuse_above(ceiling)
    except InvalidInput as refused:
        assert plan.connections > ceiling
        proposed = re.search(r"set Neo4jMaxPoolSize=(\d+)", refused.detail)
        if proposed:
            ConnectionPlan(int(proposed[1]), environments).refuse_above(ceiling)
    else:
        assert plan.connections <= ceiling


def test_the_migration_refuses_before_it_reaches_for_neo4j() -> None:
    handler = runpy.run_path(str(MIGRATE))["handler"]
    context = SimpleNamespace(
        function_name="migrate", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="request"
    )
    event = {"RequestType": "Update", "ResourceProperties": {**PROPERTIES, "PoolSize": "9"}}
    with pytest.raises(InvalidInput, match="684 connections"):  # and no settings, of which there are none
        handler(event, context)
