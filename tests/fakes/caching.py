"""A cache of questions and a lock in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphwell.domain.errors import Unavailable
from graphwell.domain.passages import AnswerWithPassages
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import AnsweredText, Claim, KeptQuestion, Vector
from tests.fakes.search import FakeAnswerCache


class FakeQuestionCache:
    """The `QuestionCache` port over an answer cache; `kept` holds questions by scope, `used` lists those taken.

    While `down`, it does not answer.
    """

    def __init__(self, answers: FakeAnswerCache, *, down: bool = False) -> None:
        self._answers = answers
        self.down = down
        self.kept: list[tuple[TenantScope, AnsweredText]] = []
        self.used: list[str] = []

    def nearest(self, scope: TenantScope, stamp: str, vector: Vector) -> Sequence[KeptQuestion]:
        """Return all questions of the stamp, nearest first."""
        self._answer()
        found = [
            KeptQuestion(
                each.answer_key,
                each.text,
                sum(x * y for x, y in zip(each.vector, vector, strict=True)),
                each.answer_key,
            )
            for owner, each in self.kept
            if owner == scope and each.stamp == stamp
        ]
        return sorted(found, key=lambda kept: -kept.cosine)

    def take(self, scope: TenantScope, kept: KeptQuestion) -> AnswerWithPassages | None:  # noqa: ARG002
        """Return the answer of a question."""
        self._answer()
        self.used.append(kept.text)
        return self._answers.get(kept.answer_key)

    def put(self, scope: TenantScope, answered: AnsweredText) -> None:
        """Keep a question."""
        self._answer()
        self.kept.append((scope, answered))

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The cache does not answer.")


class FakeAnswerLock:
    """The `AnswerLock` port; gives the claims of `claims` first, then lets everybody make their answer.

    `released` lists whether each released claim's answer was kept. While `down`, it does not answer.
    """

    def __init__(self, *claims: Claim | Callable[[], Claim], down: bool = False) -> None:
        self.claims = list(claims)
        self.down = down
        self.released: list[bool] = []

    def claim(self, key: str, owner: str) -> Claim:  # noqa: ARG002
        """Return the next claim."""
        self._answer()
        claim = self.claims.pop(0) if self.claims else Claim.MAKE
        return claim if isinstance(claim, Claim) else claim()

    def release(self, key: str, owner: str, *, kept: bool) -> None:  # noqa: ARG002
        """Note a release."""
        self._answer()
        self.released.append(kept)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("The cache does not answer.")
