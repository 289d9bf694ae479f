"""Searching, answering, and keeping answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from graphwell.domain.bm25 import TermCounts
from graphwell.domain.context import Context
from graphwell.domain.conversation import Turn
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import Unavailable
from graphwell.domain.filters import Filters
from graphwell.domain.passages import Answer, AnswerWithPassages, Hit, Message, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.embedding import Vector


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What the index is asked.

    Parameters:
        text: the question, as typed.
        vector: its embedding; None leaves the vector leg out.
        legs: the legs that take part.
        candidates: hits wanted of each leg.
        filters: what the document of every hit must satisfy.
        least: live hits that each leg gives at least where there are as many, whatever stands in their way; half of
            `candidates` in any case.
    """

    text: str
    vector: Vector | None
    legs: frozenset[SearchMode]
    candidates: int
    filters: Filters = ()
    least: int = 0


@dataclass(frozen=True, slots=True)
class LegReport:
    """What one leg was asked, and what became of its hits.

    Parameters:
        index: name of the index.
        statement: the leg's part of the statement.
        text: what it looks for: Lucene's query, or the text whose vector is compared.
        asked: hits asked of the index, more than wanted where it had to be asked again.
        given: hits that the index gave.
        not_live: of these, chunks of versions that readers do not see.
        refused: of these, chunks whose document's metadata does not pass the filters after all.
    """

    index: str
    statement: str
    text: str
    asked: int
    given: int
    not_live: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class IndexReply:
    """Hits, best first in each leg, and what each leg was asked; one that had nothing to look for is left out.

    Parameters:
        as_of_ms: moment, in milliseconds by the server's clock, whose live versions were found.
    """

    hits: Sequence[Hit] = ()
    legs: Mapping[SearchMode, LegReport] = field(default_factory=dict)
    as_of_ms: int = 0


class PassageIndex(Protocol):
    """Vector and fulltext search over live chunks."""

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:
        """Return the number that grows with every change a reader of the tenant can see; 0 for an unknown tenant.

        Raises:
            Unavailable: the index does not answer.
        """

    def is_current(
        self, scope: TenantScope, corpus_version: int, passages: Sequence[Passage], deadline: Deadline
    ) -> bool:
        """Tell whether all passages are of versions that are live now, and the tenant's corpus version is still this.

        Raises:
            Unavailable: the index does not answer.
        """

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> IndexReply:
        """Return the hits of all legs in one round trip; only chunks of a document's live version count.

        Raises:
            IndexFault: a leg refuses to search, and nobody knows which; asked alone, the other may answer.
            Unavailable: the index does not answer.
        """


class ExactNeighbours(Protocol):
    """Finds what is nearest without an index, as a measure of one."""

    def cosines(self, scope: TenantScope, vector: Vector, count: int, deadline: Deadline) -> Sequence[float]:
        """Return the cosines of the live chunks that are nearest to a vector, highest first.

        Raises:
            DeadlineExceeded: the tenant has too many chunks for the time.
            Unavailable: the store does not answer.
        """


class TermCounter(Protocol):
    """Knows the terms of a language."""

    def count(self, question: str, texts: Sequence[str]) -> list[TermCounts]:
        """Return how often each term of the question, and each two that follow each other, stand in each text."""

    def terms(self, text: str) -> frozenset[str]:
        """Return the distinct terms of a text."""


Tell = Callable[[str], None]
"""Takes the next part of an answer; the parts in their order are its text."""


class AnswerCutShort(Unavailable):
    """The model stopped in the middle. `answer` is what was told of it, whole sentences that cite."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("The model stopped in the middle of its answer; ask again.")
        self.answer = answer


class Answerer(Protocol):
    """Answers a question from passages alone."""

    @property
    def identity(self) -> str:
        """Name of the rules or model in force; another name may answer differently."""

    def prompt(self, question: str, context: Context) -> Sequence[Message]:
        """Return what a model would be sent to answer this, without sending it; nothing where no model is asked."""

    def answer(self, question: str, context: Context, deadline: Deadline) -> Answer:
        """Return an answer whose citations quote the context's passages, or a refusal with `grounded` False.

        Raises:
            Unavailable: the model does not answer.
        """

    def stream(self, question: str, context: Context, deadline: Deadline, tell: Tell) -> Answer:
        """Return the same, and tell its text while it is made.

        Nothing is told that the answer will not hold: of a refusal nothing at all. So a part may be told only when
        its citations are checked and whatever follows leaves it as it is.

        Raises:
            AnswerCutShort: the model stopped after something was told.
            Unavailable: the model does not answer, and nothing was told.
        """


class QuestionRewriter(Protocol):
    """Makes a question in a conversation understandable without it."""

    @property
    def identity(self) -> str:
        """Name of the rules or model in force; another name may word the question differently."""

    def stand_alone(self, question: str, history: Sequence[Turn], deadline: Deadline) -> str:
        """Return the question in words that need no earlier turn.

        Raises:
            Unavailable: the model does not answer.
        """


class Reranker(Protocol):
    """Ranks passages by reading each together with the question."""

    @property
    def identity(self) -> str:
        """Name of the model; another name may rank differently."""

    def rerank(self, question: str, passages: Sequence[Passage], deadline: Deadline) -> list[Passage]:
        """Return the same passages, best first, with the reranker's scores.

        Raises:
            Unavailable: the model does not answer; keep the order as it is.
        """


class AnswerCache(Protocol):
    """Keeps finished answers for a while under keys that name all they depend on."""

    def get(self, key: str) -> AnswerWithPassages | None:
        """Return the answer under a key, None when there is none.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """

    def put(self, scope: TenantScope, key: str, corpus_version: int, answer: AnswerWithPassages) -> bool:
        """Keep an answer that was made of a corpus version; not after that version was forgotten, nor one too large.

        Returns:
            Whether it was kept.

        Raises:
            Unavailable: the cache does not answer; go on without it.
        """

    def forget(self, scope: TenantScope, before_version: int) -> None:
        """Remove all answers made of older corpus versions, which nobody can be given any more.

        Raises:
            Unavailable: the cache does not answer; what is in it ends by itself within the hour.
        """
