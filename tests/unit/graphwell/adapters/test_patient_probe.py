"""Finding out whether a part is back that takes longer than a request can wait."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from graphwell.adapters.patient_probe import PatientProbe
from graphwell.domain.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker
from graphwell.domain.errors import CircuitOpen, Unavailable
from tests.fakes.clock import FakeMonotonic


class Server:
    """Answers once it is `released`, with an error while it is `away`; `asked` counts the questions."""

    def __init__(self) -> None:
        self.released = Event()
        self.away = False
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1
        self.released.wait()
        if self.away:
            raise Unavailable("It does not answer.")


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.released.set()


def test_a_slow_answer_refuses_who_waited_and_serves_the_next(server: Server) -> None:
    probe = PatientProbe("neo4j", server.ask)
    for _ in range(2):
        with pytest.raises(CircuitOpen):
            probe()
    server.released.set()
    probe()
    assert server.asked == 1
    probe()
    assert server.asked == 2


def test_a_breaker_stays_half_open_while_nobody_knows_and_opens_when_it_is_told(server: Server) -> None:
    clock = FakeMonotonic()
    breaker = CircuitBreaker("neo4j", BreakerPolicy(failures=1, open_s=60), clock=clock)
    probe = PatientProbe("neo4j", server.ask)

    def call() -> str:
        return breaker.call(lambda: "done", is_failure=lambda error: not isinstance(error, CircuitOpen), probe=probe)

    def state() -> BreakerState:
        return breaker.state

    def fail() -> None:
        raise Unavailable("It does not answer.")

    with pytest.raises(Unavailable):
        breaker.call(fail, is_failure=lambda _error: True)
    clock.reading_s += 60
    with pytest.raises(CircuitOpen):
        call()
    assert state() is BreakerState.HALF_OPEN

    server.away = True
    server.released.set()
    with pytest.raises(Unavailable):
        call()
    assert state() is BreakerState.OPEN

    server.away = False
    clock.reading_s += 60
    assert call() == "done"
    assert state() is BreakerState.CLOSED
