"""The log of one environment: sliding windows, all or none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphwell.adapters.local_rate_log import MAX_LOGS, LocalRateLog
from graphwell.domain.rate_limits import Budget, RateClass, Window
from graphwell.domain.tenancy import TenantScope

SCOPE = TenantScope("acme")


def _budget(*windows: Window, owner: str = "user-1") -> Budget:
    return Budget((owner, RateClass.STANDARD), windows)


@given(
    steps_s=st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0, 61.0]), max_size=80),
    windows=st.lists(st.builds(Window, st.integers(1, 9), st.sampled_from([2, 10, 60])), min_size=1, max_size=3),
)
def test_no_stretch_of_time_holds_more_than_its_limit_and_none_is_refused_in_vain(
    steps_s: list[float], windows: list[Window]
) -> None:
    now_s = 0.0
    log = LocalRateLog(lambda: now_s)
    taken: list[float] = []
    for step_s in steps_s:
        now_s += step_s
        has_room = all(sum(now_s - window.seconds < at for at in taken) < window.limit for window in windows)
        verdict = log.take(SCOPE, [_budget(*windows)])
        assert verdict.allowed is has_room
        if verdict.allowed:
            taken.append(now_s)


@given(limit=st.integers(1, 5), quarters=st.lists(st.integers(0, 80), min_size=6, max_size=12))
def test_a_refused_request_is_taken_after_the_time_it_was_told(limit: int, quarters: list[int]) -> None:
    now_s = 0.0
    log = LocalRateLog(lambda: now_s)
    budgets = [_budget(Window(limit, 60)), _budget(Window(limit, 60), owner="")]
    for quarter in quarters:
        now_s += quarter / 4
        verdict = log.take(SCOPE, budgets)
        if not verdict.allowed:
            now_s += verdict.reset_s
            assert log.take(SCOPE, budgets).allowed


def test_a_request_refused_by_one_budget_is_counted_in_none() -> None:
    log = LocalRateLog(lambda: 0.0)
    mine, ours = _budget(Window(5, 60)), _budget(Window(1, 60), owner="")
    assert log.take(SCOPE, [mine, ours]).allowed
    assert not log.take(SCOPE, [mine, ours]).allowed
    assert log.take(SCOPE, [mine]).remaining == 3


def test_tenants_are_counted_apart() -> None:
    log = LocalRateLog(lambda: 0.0)
    for tenant in ("acme", "Acme", "ac-me", "ac_me"):
        assert log.take(TenantScope(tenant), [_budget(Window(1, 60))]).allowed


def test_memory_is_bounded() -> None:
    log = LocalRateLog(lambda: 0.0)
    for number in range(MAX_LOGS + 10):
        log.take(SCOPE, [_budget(Window(1, 60), owner=f"user-{number}")])
    assert len(log._logs) == MAX_LOGS
