"""The time that a caller gives, passed down through every call."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass

from graphwell.domain.ambient import held_in
from graphwell.domain.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock after which the result is of no use.

    Parameters:
        at_s: reading of `clock` at which it passes.
        clock: monotonic clock in seconds.
    """

    at_s: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """Return the deadline that passes in `seconds` from now."""
        return cls(clock() + seconds, clock)

    @classmethod
    def current(cls) -> Deadline | None:
        """Return the deadline of the invocation that this code runs in; None outside of one, as in a shell."""
        return _CURRENT.get()

    def held(self) -> AbstractContextManager[None]:
        """Make this the current deadline for all that is called within."""
        return held_in(_CURRENT, self)

    def within(self, seconds: float) -> Deadline:
        """Return this deadline, or the one that passes in `seconds` from now if that is earlier."""
        return Deadline(min(self.at_s, self.clock() + seconds), self.clock)

    def before(self, seconds: float) -> Deadline:
        """Return the deadline that passes so long before this one."""
        return Deadline(self.at_s - seconds, self.clock)

    def remaining_s(self) -> float:
        """Return the seconds that are left.

        Raises:
            DeadlineExceeded: none are left.
        """
        left = self.at_s - self.clock()
        if left <= 0:
            raise DeadlineExceeded("The request took longer than it may; ask again, or ask for less.")
        return left

    def half(self) -> Deadline:
        """Return the deadline that passes when half of what is left is used up.

        Raises:
            DeadlineExceeded: nothing is left.
        """
        return Deadline.after(self.remaining_s() / 2, self.clock)


_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)
"""For the calls that are not handed one: an invocation bounds whatever it causes."""
