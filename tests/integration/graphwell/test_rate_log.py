"""The shared log of requests over a real Valkey: exact whoever asks at once, and the limits over a real Neo4j."""

from __future__ import annotations

import multiprocessing
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devstack.endpoints import Endpoints
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_tenant_settings import Neo4jTenantSettings
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_rate_log import _TAKE, _TAKE_SHA, ValkeyRateLog
from graphwell.domain.errors import Unavailable
from graphwell.domain.rate_limits import Budget, RateClass, RateLimits, RateVerdict, Window
from graphwell.domain.tenancy import TenantScope
from tests.integration.graphwell.store import Store

PROCESSES, THREADS, REQUESTS_EACH = 4, 13, 40


@pytest.fixture
def client(endpoints: Endpoints) -> ValkeyClient:
    return ValkeyClient(endpoints.valkey_url, dict)


@pytest.fixture
def log(client: ValkeyClient) -> ValkeyRateLog:
    return ValkeyRateLog(client)


def _budget(*windows: Window, owner: str = "user-1", rate_class: RateClass = RateClass.STANDARD) -> Budget:
    return Budget((owner, rate_class), windows)


def _hammer(url: str, tenant_id: str, process: int) -> int:
    """Return how many requests of this process were taken, sent by threads with a client each."""

    def work(thread: int) -> int:
        log = ValkeyRateLog(ValkeyClient(url, dict))
        budgets = RateLimits().budgets(f"user-{(process + thread) % 2}", RateClass.STANDARD)
        taken = 0
        for _ in range(REQUESTS_EACH):
            taken += log.take(TenantScope(tenant_id), budgets).allowed
        return taken

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(work, range(THREADS)))


def test_fifty_clients_in_four_processes_are_counted_exactly(endpoints: Endpoints, scope: TenantScope) -> None:
    """2,080 requests of two principals at once: 100 of each are taken, not one more or less."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as processes:
        runs = [processes.submit(_hammer, endpoints.valkey_url, scope.tenant_id, number) for number in range(PROCESSES)]
        assert sum(run.result(timeout=120) for run in runs) == 2 * RateLimits().requests_per_minute


def test_a_tenants_ceiling_is_exact_over_its_principals(log: ValkeyRateLog, scope: TenantScope) -> None:
    limits = RateLimits(tenant_model_requests_per_minute=25)
    taken = [log.take(scope, limits.budgets(f"user-{number % 20}", RateClass.MODEL)).allowed for number in range(60)]
    assert taken == [True] * 25 + [False] * 35


def test_a_request_refused_by_one_budget_is_counted_in_none(log: ValkeyRateLog, scope: TenantScope) -> None:
    mine, ours = _budget(Window(5, 60)), _budget(Window(1, 60), owner="")
    assert log.take(scope, [mine, ours]).allowed
    refused = log.take(scope, [mine, ours])
    assert (refused.allowed, refused.limit, refused.remaining) == (False, 1, 0)
    assert 58 <= refused.reset_s <= 60
    assert log.take(scope, [mine]).remaining == 3


def test_room_comes_back_as_the_oldest_request_leaves(log: ValkeyRateLog, scope: TenantScope) -> None:
    budgets = [_budget(Window(2, 1))]
    assert [log.take(scope, budgets).allowed for _ in range(3)] == [True, True, False]
    threading.Event().wait(1.05)
    assert log.take(scope, budgets).remaining == 1


def test_the_verdict_is_told_the_same_way_as_by_the_local_log(log: ValkeyRateLog, scope: TenantScope) -> None:
    windows = (Window(3, 60), Window(4, 3600))
    verdict = log.take(scope, [_budget(*windows)])
    assert verdict == RateVerdict(allowed=True, limit=3, remaining=2, reset_s=60, policy=windows)


_AGES_S = st.integers(0, 7_000).filter(lambda age_s: min(abs(age_s - 60), abs(age_s - 3600)) > 5)
"""Ages that the time a test takes moves over no window's edge."""


@given(ages_s=st.lists(_AGES_S, max_size=60), limit=st.integers(1, 40), seconds=st.sampled_from([60, 3600]))
@settings(max_examples=60, deadline=None)
def test_what_is_left_of_a_log_is_counted_to_the_last_entry(
    endpoints: Endpoints, ages_s: Sequence[int], limit: int, seconds: int
) -> None:
    redis = ValkeyClient(endpoints.valkey_url, dict)()
    key, now_s = "rate:{7465737473}:standard:tenant", redis.time()[0]
    redis.delete(key)
    for age_s in sorted(ages_s, reverse=True):
        redis.lpush(key, (now_s - age_s) * 1000 - 500)
    used = sum(age_s < seconds for age_s in ages_s)
    verdict = ValkeyRateLog(ValkeyClient(endpoints.valkey_url, dict)).take(
        TenantScope("tests"), [_budget(Window(limit, seconds), owner="")]
    )
    assert verdict.allowed is (used < limit)
    assert verdict.remaining == max(0, limit - used - verdict.allowed)


def test_a_clock_set_back_neither_locks_out_nor_lets_in(client: ValkeyClient, scope: TenantScope) -> None:
    redis, log = client(), ValkeyRateLog(client)
    budgets = [_budget(Window(2, 60), owner="")]
    assert log.take(scope, budgets).allowed
    key = f"rate:{{{scope.tenant_id.encode().hex()}}}:standard:tenant"
    redis.lset(key, 0, str((redis.time()[0] + 30) * 1000))
    assert [log.take(scope, budgets).allowed for _ in range(2)] == [True, False]


def test_logs_are_short_lived_and_name_no_one(client: ValkeyClient, scope: TenantScope) -> None:
    budgets = RateLimits(requests_per_hour=3, requests_per_minute=3).budgets("jane@example.com", RateClass.MODEL)
    for _ in range(5):
        ValkeyRateLog(client).take(scope, budgets)
    keys = list(client().scan_iter(match=f"rate:{{{scope.tenant_id.encode().hex()}}}:*", count=1000))
    assert len(keys) == 4
    assert not any(b"jane" in key for key in keys)
    assert all(0 < client().pttl(key) <= 3_600_000 for key in keys)
    assert all(client().llen(key) <= 3 for key in keys)


def test_tenants_whose_names_look_alike_are_counted_apart(log: ValkeyRateLog, scope: TenantScope) -> None:
    for tenant in (f"{scope.tenant_id}-A", f"{scope.tenant_id}-a", f"{scope.tenant_id}_a"):
        assert log.take(TenantScope(tenant), [_budget(Window(1, 60))]).allowed


def test_the_script_is_loaded_again_after_the_server_lost_it(
    client: ValkeyClient, log: ValkeyRateLog, scope: TenantScope
) -> None:
    assert log.take(scope, [_budget(Window(5, 60))]).remaining == 4
    client().script_flush()
    assert log.take(scope, [_budget(Window(5, 60))]).remaining == 3


def test_the_script_is_known_by_its_digest(client: ValkeyClient) -> None:
    assert client().script_load(_TAKE) == _TAKE_SHA


def test_a_server_that_refuses_is_unavailable(scope: TenantScope) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        log = ValkeyRateLog(ValkeyClient(f"redis://127.0.0.1:{probe.getsockname()[1]}", dict))
        with pytest.raises(Unavailable):
            log.take(scope, [_budget(Window(1, 60))])


@pytest.fixture
def tenant_settings(neo4j_client: Neo4jClient, store: Store) -> Neo4jTenantSettings:  # noqa: ARG001
    return Neo4jTenantSettings(neo4j_client, SystemClock())


def test_limits_are_read_back_as_they_were_set(tenant_settings: Neo4jTenantSettings, scope: TenantScope) -> None:
    assert tenant_settings.limits(scope) is None
    for limits in (RateLimits(requests_per_minute=7), RateLimits(tenant_requests_per_hour=9)):
        tenant_settings.set_limits(scope, limits)
        assert tenant_settings.limits(scope) == limits
    assert tenant_settings.limits(TenantScope(scope.tenant_id.upper())) is None


def test_a_tenant_that_only_has_documents_has_no_limits_set(
    tenant_settings: Neo4jTenantSettings, neo4j_client: Neo4jClient, scope: TenantScope
) -> None:
    neo4j_client.run("CREATE (:Tenant {id: $id, corpus_version: 3})", id=scope.tenant_id)
    assert tenant_settings.limits(scope) is None
    tenant_settings.set_limits(scope, RateLimits())
    found = neo4j_client.run("MATCH (t:Tenant {id: $id}) RETURN t.corpus_version AS version", id=scope.tenant_id)
    assert [record["version"] for record in found] == [3]
