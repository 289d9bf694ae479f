"""The tokens of a day are a tenant's own, and are taken once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from graphwell.adapters.neo4j_token_budget import Neo4jTokenBudget
from graphwell.domain.tenancy import TenantScope
from tests.fakes.clock import FakeClock
from tests.integration.graphwell.store import Store


def test_tokens_are_taken_until_there_are_none_and_are_back_the_next_day(store: Store, scope: TenantScope) -> None:
    clock = FakeClock()
    budget = Neo4jTokenBudget(store.client, clock, 100)
    assert [budget.take(scope, tokens) for tokens in (60, 50, 40, 1)] == [True, False, True, False]
    assert budget.take(TenantScope(f"{scope.tenant_id}-2"), 100)
    clock.advance(timedelta(days=1))
    assert budget.take(scope, 100)


def test_those_who_take_at_once_take_no_more_than_there_is(store: Store, scope: TenantScope) -> None:
    budget = Neo4jTokenBudget(store.client, FakeClock(), 10)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: budget.take(scope, 3), range(12))) == 3
