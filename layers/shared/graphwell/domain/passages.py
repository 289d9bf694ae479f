"""What a search finds and what an answer cites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MAX_QUESTION_LENGTH = 10_000
"""Characters of a question."""


class SearchMode(StrEnum):
    """Which legs take part in a search; of a hit, which of them found it."""

    HYBRID = "hybrid"
    VECTOR = "vector"
    FULLTEXT = "fulltext"
    GRAPH = "graph"
    """A hybrid search, and a walk from what it finds to passages that share names with it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk found for a query.

    Parameters:
        text: exactly the source text from `start` to `end` (code points).
        score: how well it fits the question, comparable within one reply only. Of a hybrid search, standard deviations
            above the candidates' mean and the evidence of titles on top; of the vector leg the cosine; of the fulltext
            leg BM25.
        page, page_breaks: see `ChunkDraft`.
    """

    document_id: str
    chunk_id: str
    title: str
    text: str
    start: int
    end: int
    score: float
    headings: tuple[str, ...] = ()
    page: int | None = None
    page_breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage as one leg ranks it, best first in its leg; the fulltext index's own score, which knows other tenants'
    words, is left out.

    Parameters:
        rank: from 1 in its leg.
        similarity: cosine to the question, whichever leg found the passage; None when no vector was asked for.
    """

    passage: Passage
    leg: SearchMode
    rank: int
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer's words stand: `quote` is exactly the document's text from `start` to `end`."""

    document_id: str
    chunk_id: str
    quote: str
    start: int
    end: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Model tokens that an answer took; zero without a model."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its evidence. `grounded` is False, and `citations` empty, when the passages do not answer."""

    text: str
    grounded: bool
    citations: Sequence[Citation]
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Message:
    """Part of what a language model is sent."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class AnswerWithPassages:
    """An answer and the passages that it was made from, best first."""

    answer: Answer
    passages: Sequence[Passage]
