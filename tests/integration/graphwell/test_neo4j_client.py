"""Deadlines, and a server that is away, silent, or back."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from neo4j.exceptions import ClientError

from devstack.endpoints import Endpoints
from devstack.testing import RunningServices
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_pool_use import PoolUse
from graphwell.domain.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import CircuitOpen, DeadlineExceeded, Unavailable
from graphwell.domain.tenancy import TenantScope
from tests.fakes.clock import FakeMonotonic
from tests.integration.graphwell.store import POOL, Store

ENDLESS = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN count(a + b) AS n"
EMBED_TIMEOUT_S = 60.0
"""Of the function; without a keep-alive the driver waits for twice as long."""

QUICKLY_S = 10.0
"""Far below the gateway's 29 s, far above what a refused connection takes on a busy machine."""


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_query_ends_at_its_deadline(store: Store) -> None:
    with pytest.raises(DeadlineExceeded):
        store.client.read(ENDLESS, Deadline.after(0.5))


def test_a_deadline_that_has_passed_is_not_even_asked(store: Store) -> None:
    with pytest.raises(DeadlineExceeded):
        store.client.read("RETURN 1", Deadline.after(0, FakeMonotonic()))


def test_after_a_missed_deadline_the_client_goes_on(store: Store) -> None:
    with pytest.raises(DeadlineExceeded):
        store.client.read(ENDLESS, Deadline.after(0.2))
    assert store.client.read("RETURN 1 AS one", Deadline.after(10))[0]["one"] == 1


def test_each_connection_that_is_taken_tells_how_the_pool_stands(endpoints: Endpoints) -> None:
    told: list[PoolUse] = []
    account = (endpoints.neo4j_username, endpoints.neo4j_password)
    client = Neo4jClient(
        endpoints.neo4j_uri, "neo4j", lambda: account, replace(POOL, max_size=2), on_acquire=told.append
    )

    def inside(_tx: object) -> None:
        client.read("RETURN 1")

    client.write(inside)
    client.read("RETURN 1")
    assert [(use.in_use, use.idle) for use in told] == [(1, 0), (2, 0), (1, 1)]
    assert all(use.waited_s > 0 for use in told)

    client.close()


def test_a_wait_for_a_connection_that_was_in_vain_is_told(endpoints: Endpoints) -> None:
    told: list[PoolUse] = []
    account = (endpoints.neo4j_username, endpoints.neo4j_password)
    pool = replace(POOL, max_size=1, acquisition_timeout_s=0.2, max_retry_time_s=0)
    client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: account, pool, on_acquire=told.append)
    with pytest.raises(Unavailable):
        client.write(lambda _tx: client.ask("RETURN 1", 5))
    assert [(use.in_use, use.idle) for use in told] == [(1, 0), (1, 0)]
    assert told[1].waited_s >= 0.2
    client.close()


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_is_away_is_unavailable_quickly(closed_port: int, scheme: str) -> None:
    client = Neo4jClient(
        f"{scheme}://127.0.0.1:{closed_port}", "neo4j", lambda: ("neo4j", "x"), replace(POOL, max_retry_time_s=1)
    )
    started = time.monotonic()
    with pytest.raises(Unavailable):
        client.read("RETURN 1", Deadline.after(20))
    with pytest.raises(Unavailable):
        client.write(lambda tx: tx.run("RETURN 1").consume())
    assert time.monotonic() - started < QUICKLY_S
    client.close()


@contextmanager
def paused(services: RunningServices) -> Iterator[None]:
    """Stop the server for the length of a with block; it keeps its connections and says nothing."""
    server = psutil.Process(services.pid("neo4j") or 0)
    server.suspend()
    try:
        while any(psutil.Process(thread.id).status() != psutil.STATUS_STOPPED for thread in server.threads()):
            time.sleep(0.01)  # a thread that runs on another processor may still answer
        yield
    finally:
        server.resume()


def test_a_server_that_is_paused_is_unavailable_before_a_function_would_end(
    services: RunningServices, endpoints: Endpoints
) -> None:
    account = (endpoints.neo4j_username, endpoints.neo4j_password)
    client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: account, replace(POOL, max_retry_time_s=1))
    assert client.read("RETURN 1 AS one")[0]["one"] == 1
    started = time.monotonic()
    with paused(services), pytest.raises(Unavailable):
        client.write(lambda tx: tx.run("RETURN 1").consume())
    assert time.monotonic() - started < EMBED_TIMEOUT_S
    assert client.read("RETURN 1 AS one")[0]["one"] == 1
    client.close()


class Guarded:
    """A client whose breaker's clock a test sets."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.clock = FakeMonotonic()
        self._breaker = CircuitBreaker("neo4j", BreakerPolicy(failures=2, open_s=60), clock=self.clock)
        account = (endpoints.neo4j_username, endpoints.neo4j_password)
        pool = replace(POOL, connect_timeout_s=1, query_timeout_s=1)
        self.client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: account, pool, self._breaker)

    def state(self) -> BreakerState:
        return self._breaker.state


@pytest.fixture
def guarded(store: Store, endpoints: Endpoints) -> Iterator[Guarded]:  # noqa: ARG001  # the server is up
    guarded = Guarded(endpoints)
    yield guarded
    guarded.client.close()


def test_a_silent_server_holds_a_read_no_longer_than_it_may_take_and_is_then_left_alone(
    services: RunningServices, guarded: Guarded, store: Store
) -> None:
    guarded.client.ask("RETURN 1", QUICKLY_S)
    began = time.monotonic()
    with paused(services):
        for _ in range(2):
            with pytest.raises(Unavailable):
                guarded.client.read("RETURN 1", Deadline.after(60))
        with pytest.raises(CircuitOpen):
            guarded.client.read("RETURN 1", Deadline.after(60))
    assert time.monotonic() - began < QUICKLY_S
    store.client.read("RETURN 1")  # it has caught up
    guarded.clock.reading_s += 60
    assert guarded.client.read("RETURN 1 AS one", Deadline.after(60))[0]["one"] == 1
    assert guarded.state() is BreakerState.CLOSED


def test_an_invocation_bounds_what_is_given_no_deadline(services: RunningServices, store: Store) -> None:
    store.client.read("RETURN 1")
    began = time.monotonic()
    with paused(services), Deadline.after(0.5).held():
        with pytest.raises(DeadlineExceeded):
            store.client.read("RETURN 1")
        with pytest.raises(DeadlineExceeded):
            store.client.write(lambda tx: tx.run("RETURN 1").consume())
    assert time.monotonic() - began < QUICKLY_S
    assert store.client.read("RETURN 1 AS one")[0]["one"] == 1


def test_a_statement_that_is_wrong_is_not_held_against_the_server(guarded: Guarded) -> None:
    for _ in range(5):
        with pytest.raises(ClientError):
            guarded.client.read("THIS IS NO CYPHER")
    assert guarded.state() is BreakerState.CLOSED


def test_what_a_transaction_asks_of_others_is_not_held_against_the_server(guarded: Guarded) -> None:
    """Tasks are sent to the queue while their transaction is open."""

    def work(_tx: object) -> None:
        raise Unavailable("The queue does not answer.")

    for _ in range(5):
        with pytest.raises(Unavailable, match="queue"):
            guarded.client.write(work)
    assert guarded.state() is BreakerState.CLOSED


def test_a_query_that_is_slow_for_its_caller_is_not_held_against_the_server(store: Store) -> None:
    breaker = CircuitBreaker("neo4j", BreakerPolicy(failures=1))
    client = Neo4jClient(store.client._uri, "neo4j", store.client._credentials, POOL, breaker)
    with pytest.raises(DeadlineExceeded):
        client.read(ENDLESS, Deadline.after(0.5))
    assert breaker.state is BreakerState.CLOSED
    client.close()


def test_a_cluster_address_reads_what_was_just_written(store: Store, endpoints: Endpoints, scope: TenantScope) -> None:
    uri = endpoints.neo4j_uri.replace("bolt://", "neo4j://")
    client = Neo4jClient(uri, "neo4j", store.client._credentials, POOL)
    client.write(lambda tx: tx.run("CREATE (:Note {id: $id})", id=scope.tenant_id).consume())
    for replica_ok in (False, True):
        found = client.read("MATCH (n:Note {id: $id}) RETURN count(n) AS n", replica_ok=replica_ok, id=scope.tenant_id)
        assert found[0]["n"] == 1
    client.write(lambda tx: tx.run("MATCH (n:Note) DELETE n").consume())
    client.close()


def test_a_closed_client_opens_again(store: Store) -> None:
    store.client.close()
    assert store.client.read("RETURN 1 AS one")[0]["one"] == 1
