"""Finding out whether a part is back that takes longer than a request can wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import wait
from threading import Event

import pytest

from graphwell.adapters.patient_probe import FRESH_S, WAIT_S, PatientProbe
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


def told(probe: PatientProbe) -> None:
    """Ask until the outcome is known; the thread that has it may be a moment behind."""
    until_s = time.monotonic() + 10
    while True:
        try:
            return probe()
        except CircuitOpen:
            assert time.monotonic() < until_s


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
    told(probe)
    assert server.asked == 1
    probe()
    assert server.asked == 2


def test_only_who_asks_waits_for_the_answer(server: Server) -> None:
    probe = PatientProbe("neo4j", server.ask)
    with pytest.raises(CircuitOpen):
        probe()
    began_s = time.monotonic()
    for _ in range(100):
        with pytest.raises(CircuitOpen):
            probe()
    assert time.monotonic() - began_s < 10 * WAIT_S  # not a hundred times as long
    assert server.asked == 1


def test_an_outcome_that_nobody_heard_of_for_long_is_asked_for_again(server: Server) -> None:
    clock = FakeMonotonic()
    probe = PatientProbe("neo4j", server.ask, clock)
    with pytest.raises(CircuitOpen):
        probe()
    server.away = True
    server.released.set()
    wait([probe._asking] if probe._asking else [])
    server.away = False
    clock.reading_s += FRESH_S + 1
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
    until_s = time.monotonic() + 10
    while state() is BreakerState.HALF_OPEN and time.monotonic() < until_s:
        with pytest.raises(Unavailable):
            call()
    assert state() is BreakerState.OPEN

    server.away = False
    clock.reading_s += 60
    assert call() == "done"
    assert state() is BreakerState.CLOSED
