"""The one retry policy: three attempts, exponential waits with jitter, and none that would end past the deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tenacity import Retrying, nap, retry_if_exception, wait_random_exponential

from graphwell.domain.deadline import Deadline

if TYPE_CHECKING:
    from tenacity import RetryCallState

ATTEMPTS = 3

_SHORTEST_TRY_S = 0.05
"""An attempt with less time than this is not begun."""


def retrying(
    deadline: Deadline,
    *,
    may_pass: Callable[[BaseException], bool],
    first_wait_s: float,
    longest_wait_s: float,
    asked_wait_s: Callable[[BaseException], float | None] = lambda _error: None,
    sleep: Callable[[float], None] | None = None,
    on_retry: Callable[[], None] = lambda: None,
) -> Retrying:
    """Return what runs work that is safe to repeat until it succeeds; the last error is raised as it is.

    Parameters:
        may_pass: tells whether the same work can succeed later.
        first_wait_s, longest_wait_s: the first wait is at most the one, no wait is longer than the other.
        asked_wait_s: the wait that the other side asks for in an error, in place of ours.
        sleep: waits; `time.sleep` when None.
        on_retry: told before each further attempt.
    """
    backoff = wait_random_exponential(multiplier=first_wait_s, max=longest_wait_s)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = asked_wait_s(error) if error else None
        return float(backoff(state)) if asked_s is None else asked_s

    def stop(state: RetryCallState) -> bool:
        left_s = deadline.at_s - deadline.clock()
        return state.attempt_number >= ATTEMPTS or state.upcoming_sleep + _SHORTEST_TRY_S >= left_s

    return Retrying(
        retry=retry_if_exception(may_pass),
        stop=stop,
        wait=wait,
        reraise=True,
        sleep=sleep or nap.sleep,
        before_sleep=lambda _state: on_retry(),
    )
