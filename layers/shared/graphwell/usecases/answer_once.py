"""Let one of many equal questions be answered for all of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.ports import AnswerLock, Claim

FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 0.25
_GROWTH = 1.5

PATIENCE = 0.5
"""Share of the time that is left which is spent on waiting at most; the rest is for making the answer."""


@dataclass(slots=True)
class Turn:
    """Whose turn it is to make an answer.

    Parameters:
        made_by_another: whether the answer is there already.
        kept: to be set once the answer lies where the others look for it.
    """

    made_by_another: bool = False
    kept: bool = False


class AnswerOnce:
    """Makes all but the first of equal questions wait for the first one's answer, as long as they have time.

    The first who dies, or cannot keep its answer, holds up nobody for long, and without the lock each makes its own.

    Parameters:
        wait: waits for a number of seconds.
    """

    def __init__(self, lock: AnswerLock, wait: Callable[[float], None] = time.sleep) -> None:
        self._lock = lock
        self._wait = wait

    @contextmanager
    def turn(self, key: str, deadline: Deadline) -> Iterator[Turn]:
        """Wait until the answer under a key is there, or it is the caller's turn to make it."""
        owner = uuid.uuid4().hex
        claim = self._claim(key, owner, deadline)
        turn = Turn(made_by_another=claim is Claim.READ)
        try:
            yield turn
        finally:
            if claim is Claim.MAKE:
                with suppress(Unavailable):
                    self._lock.release(key, owner, kept=turn.kept)

    def _claim(self, key: str, owner: str, deadline: Deadline) -> Claim:
        patience_s = deadline.remaining_s() * PATIENCE
        wait_s = FIRST_WAIT_S
        try:
            claim = self._lock.claim(key, owner)
            while claim is Claim.WAIT and patience_s > 0:
                began_s = deadline.clock()
                self._wait(wait_s)
                claim = self._lock.claim(key, owner)
                # A lock that is slow takes of the time as well.
                patience_s -= max(wait_s, deadline.clock() - began_s)
                wait_s = min(wait_s * _GROWTH, LONGEST_WAIT_S)
        except Unavailable:
            return Claim.GO_ALONE
        return claim
