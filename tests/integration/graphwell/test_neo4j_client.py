"""Deadlines, and a server that is away."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

import psutil
import pytest

from devstack.endpoints import Endpoints
from devstack.testing import RunningServices
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, Unavailable
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


def test_a_server_that_is_paused_is_unavailable_before_a_function_would_end(
    services: RunningServices, endpoints: Endpoints
) -> None:
    account = (endpoints.neo4j_username, endpoints.neo4j_password)
    client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: account, replace(POOL, max_retry_time_s=1))
    assert client.read("RETURN 1 AS one")[0]["one"] == 1
    server = psutil.Process(services.pid("neo4j") or 0)
    server.suspend()
    started = time.monotonic()
    try:
        with pytest.raises(Unavailable):
            client.write(lambda tx: tx.run("RETURN 1").consume())
    finally:
        server.resume()
    assert time.monotonic() - started < EMBED_TIMEOUT_S
    assert client.read("RETURN 1 AS one")[0]["one"] == 1
    client.close()


def test_a_closed_client_opens_again(store: Store) -> None:
    store.client.close()
    assert store.client.read("RETURN 1 AS one")[0]["one"] == 1
