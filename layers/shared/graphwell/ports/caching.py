"""Keeping answers under the meaning of their questions, and making each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from graphwell.domain.passages import AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.embedding import Vector


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A question that was answered.

    Parameters:
        id: names its entry in the cache.
        text: as it was asked.
        cosine: to the question that it was found for.
        answer_key: where the `AnswerCache` has its answer.
    """

    id: str
    text: str
    cosine: float
    answer_key: str


@dataclass(frozen=True, slots=True)
class AnsweredText:
    """A question with what finds it again.

    Parameters:
        stamp: names all that its answer depends on but the question.
        corpus_version: that the answer was made of.
        answer_key: where the `AnswerCache` has the answer.
    """

    text: str
    vector: Vector
    stamp: str
    corpus_version: int
    answer_key: str


class QuestionCache(Protocol):
    """Finds answered questions by their vectors. A bounded number a tenant: the least recently used one goes first.

    Questions of another stamp, or of another tenant, are never found.
    """

    def nearest(self, scope: TenantScope, stamp: str, vector: Vector) -> Sequence[KeptQuestion]:
        """Return the few kept questions with the nearest vectors, nearest first.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """

    def take(self, scope: TenantScope, kept: KeptQuestion) -> AnswerWithPassages | None:
        """Return the answer of a kept question, None when it went meanwhile; the question counts as used.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """

    def put(self, scope: TenantScope, answered: AnsweredText) -> None:
        """Keep a question whose answer is kept; not after its corpus version was forgotten.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """


class Claim(Enum):
    """What somebody who wants to make an answer is to do."""

    MAKE = auto()
    """Make it, and let the others know: nobody else does."""
    WAIT = auto()
    """Somebody makes it; ask again."""
    READ = auto()
    """It is there."""
    GO_ALONE = auto()
    """Whoever made it could not keep it; make it, whatever others do."""


class AnswerLock(Protocol):
    """Lets one of many equal questions be answered for all. It only saves work: nothing relies on it."""

    def claim(self, key: str, owner: str) -> Claim:
        """Return what to do about the answer that is to lie under a key. A claim to make it ends by itself soon.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """

    def release(self, key: str, owner: str, *, kept: bool) -> None:
        """End a claim, if it is still this owner's.

        Parameters:
            kept: whether the answer lies under the key now; if not, all who wait make their own.

        Raises:
            Unavailable: the cache does not answer; the claim ends by itself.
        """
