"""How many requests a principal and a tenant may send: sliding windows, counted together or not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Self

from graphwell.domain.errors import InvalidInput

MINUTE_S = 60
HOUR_S = 3600

MAX_LIMIT = 100_000
"""Most requests a window may allow; each one costs about 11 bytes of the log that counts it."""


class RateClass(StrEnum):
    """What a request costs: `MODEL` ones call a language model and are counted a second time, in tighter windows."""

    STANDARD = "standard"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits of a tenant: of each of its principals, and of all of them together.

    Parameters:
        requests_per_minute: of one principal.
        requests_per_hour: of one principal.
        model_requests_per_minute: of one principal, on routes that call a language model.
        tenant_requests_per_minute: of the whole tenant.
        tenant_requests_per_hour: of the whole tenant.
        tenant_model_requests_per_minute: of the whole tenant, on routes that call a language model.

    Raises:
        InvalidInput: a limit is not a whole number from 1 to `MAX_LIMIT`.
    """

    requests_per_minute: int = 100
    requests_per_hour: int = 1_000
    model_requests_per_minute: int = 10
    tenant_requests_per_minute: int = 1_000
    tenant_requests_per_hour: int = 20_000
    tenant_model_requests_per_minute: int = 100

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 1 <= getattr(self, field.name) <= MAX_LIMIT:
                raise InvalidInput(f"limits.{field.name}", f"A limit is a whole number from 1 to {MAX_LIMIT}.")

    def share(self, part: float) -> Self:
        """Return a part of every limit, at least 1."""
        return replace(
            self, **{field.name: max(1, math.floor(getattr(self, field.name) * part)) for field in fields(self)}
        )

    def budgets(self, subject: str, rate_class: RateClass) -> tuple[Budget, ...]:
        """Return what one request of a principal is counted in.

        Parameters:
            subject: the principal, unique among all issuers.
        """
        standard = (
            Budget(
                (subject, RateClass.STANDARD),
                (Window(self.requests_per_minute, MINUTE_S), Window(self.requests_per_hour, HOUR_S)),
            ),
            Budget(
                ("", RateClass.STANDARD),
                (Window(self.tenant_requests_per_minute, MINUTE_S), Window(self.tenant_requests_per_hour, HOUR_S)),
            ),
        )
        if rate_class is RateClass.STANDARD:
            return standard
        return (
            *standard,
            Budget((subject, RateClass.MODEL), (Window(self.model_requests_per_minute, MINUTE_S),)),
            Budget(("", RateClass.MODEL), (Window(self.tenant_model_requests_per_minute, MINUTE_S),)),
        )


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` requests in any stretch of `seconds`, wherever it begins."""

    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Budget:
    """Windows over one log of requests.

    Parameters:
        owner: (subject, class) whose requests the log holds; the empty subject is the tenant itself.
        windows: what must have room.
    """

    owner: tuple[str, RateClass]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class WindowState:
    """What a log says of a window.

    Parameters:
        window: the window.
        used: requests in it, this one among them if it was taken.
        frees_in_s: seconds until its oldest request leaves it; the whole window while it is empty.
    """

    window: Window
    used: int
    frees_in_s: float


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """Whether a request may go on, and what the caller is told about it.

    Parameters:
        allowed: whether every window had room.
        limit: of the window with the least room left.
        remaining: requests that this window still has room for.
        reset_s: whole seconds until it has room for one more.
        policy: every window as (limit, seconds).
        is_partial: whether one environment counted by itself, since the log of all did not answer.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    policy: tuple[Window, ...]
    is_partial: bool = False

    @classmethod
    def of(cls, states: Sequence[WindowState], *, allowed: bool) -> Self:
        """Return the verdict that the states of all windows of a request make.

        A refused request names the window that it must wait for longest.

        Parameters:
            states: at least one.
        """
        if allowed:
            tightest = min(states, key=lambda state: (state.window.limit - state.used, -state.frees_in_s))
        else:
            full = [state for state in states if state.used >= state.window.limit]
            tightest = max(full, key=lambda state: state.frees_in_s)
        return cls(
            allowed=allowed,
            limit=tightest.window.limit,
            remaining=max(0, tightest.window.limit - tightest.used),
            reset_s=max(1, math.ceil(tightest.frees_in_s)),
            policy=tuple(state.window for state in states),
        )
