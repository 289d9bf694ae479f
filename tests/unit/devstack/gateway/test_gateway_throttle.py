"""Token buckets admit what rate and burst say."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from devstack.gateway.api_view import ThrottleSetting
from devstack.gateway.throttle import Throttle, TokenBucket


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_burst_passes_and_the_next_request_does_not() -> None:
    bucket = TokenBucket(1.0, 3, Clock())

    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_tokens_come_back_at_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(2.0, 1, clock)
    bucket.take()

    clock.now_s = 0.4
    assert not bucket.take()
    clock.now_s = 0.5
    assert bucket.take()


@given(st.floats(0.5, 50), st.integers(1, 20), st.lists(st.floats(0.001, 2), min_size=1, max_size=100))
def test_no_more_pass_than_burst_and_rate_allow(rate: float, burst: int, pauses_s: list[float]) -> None:
    clock = Clock()
    bucket = TokenBucket(rate, burst, clock)
    passed = 0
    for pause_s in pauses_s:
        passed += bucket.take()
        clock.now_s += pause_s

    assert min(burst, len(pauses_s), 1) <= passed <= burst + rate * clock.now_s + 1e-6


def test_a_method_with_a_limit_of_its_own_has_its_own_bucket() -> None:
    throttle = Throttle([ThrottleSetting("/*", "*", 1, 1), ThrottleSetting("/a", "GET", 1, 2)], Clock())

    assert [throttle.admits("GET", "/a") for _ in range(3)] == [True, True, False]
    assert [throttle.admits("POST", "/a"), throttle.admits("GET", "/b")] == [True, False]


def test_without_settings_everything_passes() -> None:
    assert all(Throttle([], Clock()).admits("GET", "/a") for _ in range(1000))
