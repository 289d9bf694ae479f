"""When a part is left alone and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Event, Thread

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from graphwell.domain.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker
from graphwell.domain.errors import CircuitOpen
from tests.fakes.clock import FakeMonotonic

POLICY = BreakerPolicy(failures=3, open_s=60)


class Away(Exception):
    """The part does not do its work."""


class Nonsense(Exception):
    """The part was asked for something that it cannot do."""


def is_away(error: Exception) -> bool:
    return isinstance(error, Away)


class Bench:
    """A breaker, its clock and what it reported."""

    def __init__(self, policy: BreakerPolicy = POLICY) -> None:
        self.clock = FakeMonotonic()
        self.changes: list[tuple[str, BreakerState]] = []
        self.breaker = CircuitBreaker(
            "part", policy, clock=self.clock, on_change=lambda name, state: self.changes.append((name, state))
        )

    def state(self) -> BreakerState:
        return self.breaker.state

    def succeed(self) -> str:
        return self.breaker.call(lambda: "done", is_failure=is_away)

    def fail(self, error: Exception | None = None) -> None:
        def work() -> None:
            raise error or Away

        with pytest.raises(type(error or Away())):
            self.breaker.call(work, is_failure=is_away)

    def is_refused(self) -> bool:
        asked: list[bool] = []
        try:
            self.breaker.call(lambda: asked.append(True), is_failure=is_away)
        except CircuitOpen:
            assert asked == []
            return True
        return False


@pytest.fixture
def bench() -> Bench:
    return Bench()


def open_breaker(bench: Bench) -> None:
    for _ in range(POLICY.failures):
        bench.fail()


def test_a_part_that_fails_too_often_is_left_alone(bench: Bench) -> None:
    open_breaker(bench)
    assert bench.state() is BreakerState.OPEN
    assert bench.is_refused()
    assert bench.changes == [("part", BreakerState.OPEN)]


def test_a_success_between_failures_starts_the_count_anew(bench: Bench) -> None:
    for _ in range(5):
        for _ in range(POLICY.failures - 1):
            bench.fail()
        assert bench.succeed() == "done"
    assert bench.state() is BreakerState.CLOSED


def test_what_a_caller_did_wrong_neither_opens_nor_closes(bench: Bench) -> None:
    bench.fail()
    for _ in range(10):
        bench.fail(Nonsense())
    bench.fail()
    assert bench.state() is BreakerState.CLOSED
    bench.fail()
    assert bench.state() is BreakerState.OPEN
    bench.clock.reading_s += POLICY.open_s
    bench.fail(Nonsense())
    assert bench.state() is BreakerState.HALF_OPEN


def test_a_refusal_says_when_to_come_back(bench: Bench) -> None:
    open_breaker(bench)
    bench.clock.reading_s += 12.5
    with pytest.raises(CircuitOpen) as refusal:
        bench.succeed()
    assert (refusal.value.part, refusal.value.retry_after_s) == ("part", 48)


def test_after_its_time_one_success_closes_it(bench: Bench) -> None:
    open_breaker(bench)
    bench.clock.reading_s += POLICY.open_s
    assert bench.state() is BreakerState.HALF_OPEN
    assert bench.succeed() == "done"
    assert bench.state() is BreakerState.CLOSED
    assert bench.changes[-1] == ("part", BreakerState.CLOSED)


def test_after_its_time_one_failure_opens_it_for_as_long_again(bench: Bench) -> None:
    open_breaker(bench)
    bench.clock.reading_s += POLICY.open_s
    bench.fail()
    assert bench.is_refused()
    bench.clock.reading_s += POLICY.open_s
    assert not bench.is_refused()
    assert [state for _, state in bench.changes] == [BreakerState.OPEN, BreakerState.OPEN, BreakerState.CLOSED]


def test_a_probe_that_fails_spares_the_work(bench: Bench) -> None:
    open_breaker(bench)
    bench.clock.reading_s += POLICY.open_s

    def probe() -> None:
        raise Away

    worked: list[bool] = []
    with pytest.raises(Away):
        bench.breaker.call(lambda: worked.append(True), is_failure=is_away, probe=probe)
    assert worked == []
    assert bench.state() is BreakerState.OPEN


def test_a_probe_that_succeeds_closes_it_whatever_the_work_does(bench: Bench) -> None:
    open_breaker(bench)
    bench.clock.reading_s += POLICY.open_s

    def work() -> None:
        assert bench.state() is BreakerState.CLOSED
        raise Nonsense

    with pytest.raises(Nonsense):
        bench.breaker.call(work, is_failure=is_away, probe=lambda: None)
    assert bench.state() is BreakerState.CLOSED


def test_work_that_fails_behind_a_probe_that_succeeded_is_one_failure(bench: Bench) -> None:
    """A database that has just started answers a probe long before it answers its first search."""
    open_breaker(bench)
    bench.clock.reading_s += POLICY.open_s

    def work() -> None:
        raise Away

    for failures in range(1, POLICY.failures + 1):
        with pytest.raises(Away):
            bench.breaker.call(work, is_failure=is_away, probe=lambda: None)
        expected = BreakerState.OPEN if failures == POLICY.failures else BreakerState.CLOSED
        assert bench.state() is expected


def test_a_closed_breaker_does_not_probe(bench: Bench) -> None:
    def probe() -> None:
        raise AssertionError

    assert bench.breaker.call(lambda: 1, is_failure=is_away, probe=probe) == 1


def test_only_one_call_finds_out_and_holds_up_no_other(bench: Bench) -> None:
    open_breaker(bench)
    bench.clock.reading_s += POLICY.open_s
    inside, finish = Event(), Event()

    def work() -> None:
        inside.set()
        finish.wait()

    prober = Thread(target=lambda: bench.breaker.call(work, is_failure=is_away))
    prober.start()
    inside.wait()
    assert bench.is_refused()
    finish.set()
    prober.join()
    assert not bench.is_refused()


def test_calls_run_at_the_same_time(bench: Bench) -> None:
    together = Barrier(3, timeout=30)
    threads = [Thread(target=lambda: bench.breaker.call(together.wait, is_failure=is_away)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken


class Model(RuleBasedStateMachine):
    """The breaker beside the rules in their plainest form."""

    @initialize(failures=st.integers(1, 4), open_s=st.integers(1, 100))
    def start(self, failures: int, open_s: int) -> None:
        self.bench = Bench(BreakerPolicy(failures, open_s))
        self.policy = self.bench.breaker._policy
        self.failed_in_a_row = 0
        self.closed_until_s = -1.0

    @property
    def _is_open(self) -> bool:
        return self.bench.clock.reading_s < self.closed_until_s

    @property
    def _is_half_open(self) -> bool:
        return not self._is_open and self.closed_until_s >= 0

    def _call(self, call: Callable[[], object]) -> bool:
        if self._is_open:
            assert self.bench.is_refused()
            return False
        call()
        return True

    @rule()
    def succeed(self) -> None:
        if self._call(self.bench.succeed):
            self.failed_in_a_row, self.closed_until_s = 0, -1.0

    @rule()
    def fail(self) -> None:
        half_open = self._is_half_open
        if self._call(self.bench.fail):
            self.failed_in_a_row += 1
            if half_open or self.failed_in_a_row >= self.policy.failures:
                self.closed_until_s = self.bench.clock.reading_s + self.policy.open_s

    @rule()
    def ask_nonsense(self) -> None:
        self._call(lambda: self.bench.fail(Nonsense()))

    @rule(seconds=st.integers(0, 60))
    def wait(self, seconds: int) -> None:
        self.bench.clock.reading_s += seconds

    @invariant()
    def shows_its_state(self) -> None:
        expected = (
            BreakerState.OPEN
            if self._is_open
            else BreakerState.HALF_OPEN
            if self._is_half_open
            else BreakerState.CLOSED
        )
        assert self.bench.state() is expected


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_only_calls_that_go_through_are_timed() -> None:
    timed: list[str] = []

    @contextmanager
    def around(name: str) -> Iterator[None]:
        timed.append(name)
        yield

    breaker = CircuitBreaker("part", BreakerPolicy(failures=1), clock=FakeMonotonic(), around=around)
    assert breaker.call(lambda: "done", is_failure=is_away) == "done"

    def fail() -> str:
        raise Away

    with pytest.raises(Away):
        breaker.call(fail, is_failure=is_away)
    with pytest.raises(CircuitOpen):
        breaker.call(fail, is_failure=is_away)
    assert timed == ["part", "part"]
