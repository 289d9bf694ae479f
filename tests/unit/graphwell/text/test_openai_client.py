"""What an OpenAI-compatible endpoint is held responsible for, and when it is left alone."""

from __future__ import annotations

import httpx2
import pytest

from graphwell.adapters.openai_client import OpenAIClient
from graphwell.domain.circuit_breaker import BreakerPolicy, BreakerState, CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import CircuitOpen, Unavailable
from tests.fakes.clock import FakeMonotonic
from tests.unit.graphwell.text.openai_endpoint import ScriptedEndpoint, completion, failure

FAILURES = 2


class Caller:
    """A client with its breaker and clock."""

    def __init__(self, endpoint: ScriptedEndpoint) -> None:
        self.clock = FakeMonotonic()
        self.retried: list[str] = []
        self.breaker = CircuitBreaker(
            "llm", BreakerPolicy(FAILURES, 60), clock=self.clock, on_retry=self.retried.append
        )
        self.endpoint = endpoint
        self._client = OpenAIClient(
            base_url="https://models.test/v1",
            api_key=lambda: "key",
            http_client=endpoint.client,
            sleep=endpoint.sleep,
            breaker=self.breaker,
        )

    def state(self) -> BreakerState:
        return self.breaker.state

    def call(self, left_s: float = 60.0, longest_s: float = 20.0) -> object:
        return self._client.call(
            lambda client: client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}]),
            Deadline.after(left_s, self.clock),
            longest_s,
        )

    def fail(self, times: int, **options: float) -> None:
        for _ in range(times):
            with pytest.raises(Unavailable):
                self.call(**options)


@pytest.mark.parametrize(
    "trouble",
    [failure(500), failure(429), failure(401), failure(404), httpx2.ConnectError("x"), httpx2.ReadTimeout("x")],
)
def test_an_endpoint_that_keeps_failing_is_left_alone(trouble: httpx2.Response | Exception) -> None:
    caller = Caller(ScriptedEndpoint(trouble))
    caller.fail(FAILURES)
    asked = len(caller.endpoint.requests)
    with pytest.raises(CircuitOpen):
        caller.call()
    assert len(caller.endpoint.requests) == asked


def test_the_attempts_of_one_call_are_one_failure() -> None:
    caller = Caller(ScriptedEndpoint(failure(500)))
    caller.fail(1)
    assert len(caller.endpoint.requests) == 3
    assert caller.retried == ["llm", "llm"]
    assert caller.state() is BreakerState.CLOSED


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_request_that_it_cannot_take_is_not_held_against_the_endpoint(status: int) -> None:
    caller = Caller(ScriptedEndpoint(failure(status)))
    caller.fail(FAILURES + 1)
    assert caller.state() is BreakerState.CLOSED


def test_a_silence_in_too_short_a_time_is_not_held_against_the_endpoint() -> None:
    caller = Caller(ScriptedEndpoint(httpx2.ReadTimeout("slow")))
    caller.fail(FAILURES + 1, left_s=5.0)
    assert caller.state() is BreakerState.CLOSED
    caller.fail(FAILURES, left_s=5.0, longest_s=3.0)
    assert caller.state() is BreakerState.OPEN


def test_after_its_time_one_call_finds_out_that_it_is_back() -> None:
    caller = Caller(ScriptedEndpoint(failure(401), failure(401), completion("Yes.")))
    caller.fail(FAILURES)
    caller.clock.reading_s += 60
    assert caller.call()
    assert caller.state() is BreakerState.CLOSED
