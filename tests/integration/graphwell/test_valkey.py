"""The cache over a real Valkey, and over none."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Sequence

import pytest

from devstack.endpoints import Endpoints
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import TTL_S, ValkeyAnswerCache
from graphwell.adapters.valkey_breaker_board import ValkeyBreakerBoard
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_health import BreakersHealth, ValkeyHealth
from graphwell.domain.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker
from graphwell.domain.errors import CircuitOpen, Unavailable
from graphwell.domain.passages import Answer, AnswerWithPassages, Citation, Passage, Usage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Ailing
from tests.fakes.clock import FakeMonotonic

ACME = TenantScope("acme")
CONTENT = AnswerWithPassages(
    Answer("An answer.", True, (Citation("d", "d~1~0", "Text", 3, 7),), Usage(1, 2, "model")),
    (Passage("d", "d~1~0", "Title", "Text é \U0001f600", 3, 11, 0.5, ("One",), 2),),
)
QUICKLY_S = 5.0
"""Far below a request's time, far above two attempts of 0.25 s on a busy machine."""


@pytest.fixture(scope="module")
def client(endpoints: Endpoints) -> ValkeyClient:
    return ValkeyClient(endpoints.valkey_url, dict)


@pytest.fixture
def key() -> str:
    return f"answer:{uuid.uuid4().hex}"


def test_an_answer_is_read_back_as_it_was_kept(client: ValkeyClient, key: str) -> None:
    cache = ValkeyAnswerCache(client, SystemClock())
    assert cache.get(key) is None
    cache.put(ACME, key, 1, CONTENT)
    assert cache.get(key) == CONTENT


def test_an_answer_is_kept_for_an_hour_at_most(client: ValkeyClient, key: str) -> None:
    ValkeyAnswerCache(client, SystemClock()).put(ACME, key, 1, CONTENT)
    assert 0 < client().ttl(key) <= TTL_S


def test_a_value_of_another_kind_under_the_key_is_unavailable_not_a_crash(client: ValkeyClient, key: str) -> None:
    client().rpush(key, "x")
    with pytest.raises(Unavailable):
        ValkeyAnswerCache(client, SystemClock()).get(key)


def test_a_server_that_answers_is_healthy(client: ValkeyClient) -> None:
    assert ValkeyHealth(client).check() == {}


def test_a_connection_that_was_cut_is_opened_again(client: ValkeyClient, key: str) -> None:
    cache = ValkeyAnswerCache(client, SystemClock())
    cache.put(ACME, key, 1, CONTENT)
    ValkeyClient(client._url, dict)().client_kill_filter(_type="normal", skipme=True)
    assert cache.get(key) == CONTENT


def test_a_server_that_refuses_is_unavailable_quickly(key: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        cache = ValkeyAnswerCache(ValkeyClient(f"redis://127.0.0.1:{probe.getsockname()[1]}", dict), SystemClock())
        started = time.monotonic()
        with pytest.raises(Unavailable):
            cache.get(key)
        assert time.monotonic() - started < QUICKLY_S


def test_a_server_that_accepts_and_says_nothing_is_unavailable_quickly(key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = ValkeyAnswerCache(ValkeyClient(f"redis://127.0.0.1:{silent.getsockname()[1]}", dict), SystemClock())
        started = time.monotonic()
        with pytest.raises(Unavailable):
            cache.put(ACME, key, 1, CONTENT)
        assert time.monotonic() - started < QUICKLY_S


def test_a_server_that_says_nothing_is_left_alone_and_asked_again_later(endpoints: Endpoints) -> None:
    clock = FakeMonotonic()
    breaker = CircuitBreaker("valkey", BreakerPolicy(failures=2, open_s=60), clock=clock)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = ValkeyClient(f"redis://127.0.0.1:{silent.getsockname()[1]}", dict, breaker)
        for _ in range(2):
            with pytest.raises(Unavailable):
                client.run(lambda redis: redis.ping())
        with pytest.raises(CircuitOpen):
            client.run(lambda redis: redis.ping())
        client.close()
        client._url = endpoints.valkey_url
    clock.reading_s += 60
    assert client.run(lambda redis: redis.ping())
    assert breaker.state is BreakerState.CLOSED


def test_after_a_failover_the_new_primary_is_asked() -> None:
    """The address leads to another server each time; the first has become a replica, and keeps its connections."""
    with socket.create_server(("127.0.0.1", 0)) as address:
        replies = (b"-READONLY You can't write against a read only replica.\r\n", b"+OK\r\n")
        threading.Thread(target=_answer_writes, args=(address, replies), daemon=True).start()
        breaker = CircuitBreaker("valkey", BreakerPolicy(failures=1))
        client = ValkeyClient(f"redis://127.0.0.1:{address.getsockname()[1]}", dict, breaker)
        assert client.run(lambda redis: redis.set("key", "value"))
        assert breaker.state is BreakerState.CLOSED
        client.close()


def _answer_writes(address: socket.socket, replies: Sequence[bytes]) -> None:
    """Give each connection in turn a server that answers SET in its own way."""
    others = {b"PING": b"+PONG\r\n"}

    def serve(connection: socket.socket, to_a_write: bytes) -> None:
        with connection, connection.makefile("rb") as sent:
            while header := sent.readline():
                parts = [sent.read(int(sent.readline()[1:]) + 2).strip() for _ in range(int(header[1:]))]
                connection.sendall(to_a_write if parts[0] == b"SET" else others.get(parts[0], b"+OK\r\n"))

    for reply in replies:
        threading.Thread(target=serve, args=(address.accept()[0], reply), daemon=True).start()


def test_a_command_that_is_wrong_is_not_held_against_the_server(endpoints: Endpoints, key: str) -> None:
    breaker = CircuitBreaker("valkey", BreakerPolicy(failures=1))
    client = ValkeyClient(endpoints.valkey_url, dict, breaker)
    client.run(lambda redis: redis.rpush(key, "x"))
    with pytest.raises(Unavailable):
        client.run(lambda redis: redis.get(key))
    assert breaker.state is BreakerState.CLOSED


def test_environments_show_their_open_breakers_to_all(client: ValkeyClient) -> None:
    client().delete("breakers")
    now = [1_000.0]
    here, there = (ValkeyBreakerBoard(client, kept_for_s=120, now_s=lambda: now[0]) for _ in range(2))
    assert BreakersHealth(here).check() == {}
    for board in (here, there, there):
        board.show("neo4j", is_open=True)
    here.show("llm", is_open=True)
    assert here.open_breakers() == {"neo4j": 2, "llm": 1}
    with pytest.raises(Ailing) as ailing:
        BreakersHealth(here).check()
    assert ailing.value.detail == {"neo4j": 2, "llm": 1}

    here.show("llm", is_open=False)
    now[0] += 100
    there.show("neo4j", is_open=True)
    now[0] += 100
    assert here.open_breakers() == {"neo4j": 1}  # the other environment is gone, or would have told it again
    now[0] += 100
    assert here.open_breakers() == {}
    assert client().zcard("breakers") == 0
