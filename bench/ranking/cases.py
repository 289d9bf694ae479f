"""Questions with what the shipped legs find for them, in the arrays that ways to rank are tried on."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import Stemmer
from numpy.typing import NDArray

from bench.chunk_sizes import Matrix
from bench.ranking.collections import StoredCollection
from devstack.evaluation.metrics import Judgements, judged_ranking, ndcg
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.bm25 import K1, B
from graphwell.usecases.search import CANDIDATES

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
_WORD = re.compile(r"[^\W_]+")
ABSENT = 1_000_000
"""Rank of a candidate in a leg that did not find it."""


class TermTable:
    """The terms of every chunk of a collection, as the shipped counter reads them."""

    def __init__(self, stored: StoredCollection) -> None:
        self.counter = PorterTermCounter()
        self.titles = [self.counter.terms(chunk.title) for chunk in stored.chunks]
        self.texts = [self.counter.terms(chunk.text) for chunk in stored.chunks]
        self.fields = (
            [_frequencies(chunk.title, terms) for chunk, terms in zip(stored.chunks, self.titles, strict=True)],
            [_frequencies(chunk.text, terms) for chunk, terms in zip(stored.chunks, self.texts, strict=True)],
        )
        self._sentences: dict[int, list[frozenset[str]]] = {}

    def sentences(self, row: int, text: str) -> list[frozenset[str]]:
        """Return the terms of each sentence of a chunk, read once."""
        if row not in self._sentences:
            self._sentences[row] = [self.counter.terms(sentence) for sentence in text.split(". ")]
        return self._sentences[row]


_STEMMER = Stemmer.Stemmer("porter")


def _frequencies(text: str, terms: frozenset[str]) -> Counter[str]:
    return Counter(stem for stem in _STEMMER.stemWords(_WORD.findall(text.lower())) if stem in terms)


class FulltextLeg:
    """BM25 over title and text as two fields that are added, as Lucene scores them, by the tenant's statistics."""

    def __init__(self, table: TermTable) -> None:
        self._size = len(table.texts)
        self._fields = [_postings(field) for field in table.fields]

    def best(self, terms: Sequence[str], limit: int) -> Places:
        """Return the rows of the best chunks, best first; those that hold no term are left out."""
        scores = np.zeros(self._size)
        for postings in self._fields:
            for term in terms:
                if term in postings:
                    rows, weights = postings[term]
                    scores[rows] += weights
        order = np.argsort(-scores, kind="stable")[:limit]
        return order[scores[order] > 0]


def _postings(field: Sequence[Counter[str]]) -> dict[str, tuple[Places, Numbers]]:
    lengths = np.array([terms.total() for terms in field], dtype=np.float64)
    damping = K1 * (1 - B + B * lengths / max(lengths.mean(), 1.0))
    holding: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, terms in enumerate(field):
        for term, frequency in terms.items():
            holding[term].append((row, frequency))
    postings = {}
    for term, found in holding.items():
        rows, frequencies = np.array(found).T
        postings[term] = (rows, _rarity(len(found), len(field)) * frequencies / (frequencies + damping[rows]))
    return postings


def _rarity(holding: int, texts: int) -> float:
    return float(np.log(1 + (texts - holding + 0.5) / (holding + 0.5)))


@dataclass(frozen=True)
class Counts:
    """How often what a question asks for stands in each candidate, one a row, and how long each is."""

    terms: Numbers
    pairs: Numbers
    lengths: Numbers


@dataclass(frozen=True)
class Case:
    """A question and its candidates: the chunks that either leg found, those of the vector leg first.

    Parameters:
        place: of the question in the collection.
        terms: of the question, in order.
        rows: the candidates' rows in the collection.
        vector_ranks, text_ranks: rank from 1 in each leg, or `ABSENT`.
        titles, texts: counts of both fields.
    """

    stored: StoredCollection
    table: TermTable
    place: int
    terms: Sequence[str]
    judgements: Judgements
    rows: Places
    vector_ranks: Places
    text_ranks: Places
    titles: Counts
    texts: Counts

    @cached_property
    def question(self) -> str:
        """The words of the question."""
        return list(self.stored.questions.values())[self.place]

    @cached_property
    def documents(self) -> list[str]:
        """The document of each candidate."""
        return [self.stored.documents[row] for row in self.rows]

    @cached_property
    def vectors(self) -> Matrix:
        """The vector of each candidate."""
        return self.stored.vectors[self.rows]

    @cached_property
    def cosines(self) -> Numbers:
        """The similarity of each candidate to the question, whichever leg found it."""
        return np.asarray(self.vectors @ self.stored.question_vectors[self.place], dtype=np.float64)

    def ranking(self, scores: Numbers) -> list[str]:
        """Return the judged documents, each where its best chunk stands; of equals the earlier candidate is first."""
        order = np.argsort(-scores, kind="stable").tolist()
        return judged_ranking(list(dict.fromkeys(self.documents[place] for place in order)), self.judgements)

    def ndcg(self, scores: Numbers) -> float:
        """Return nDCG@10 of a ranking."""
        return ndcg(self.ranking(scores), self.judgements)


def cases_of(stored: StoredCollection, limit: int) -> Iterator[Case]:
    """Yield a case for every judged question, `limit` at most and evenly spaced."""
    table = TermTable(stored)
    leg = FulltextLeg(table)
    questions = list(enumerate(stored.questions.items()))
    for place, (query_id, question) in questions[:: -(-len(questions) // limit)]:
        nearest = np.argsort(-(stored.vectors @ stored.question_vectors[place]), kind="stable")[:CANDIDATES]
        terms = table.counter.ordered_terms(question)
        matching = leg.best(terms, CANDIDATES)
        rows = np.array(list(dict.fromkeys([*nearest.tolist(), *matching.tolist()])), dtype=np.int64)
        found = (rows, _ranks(rows, nearest), _ranks(rows, matching))
        yield _case(stored, table, place, terms, stored.judgements[query_id], *found)


def with_rows(case: Case, added: Sequence[int]) -> Case:
    """Return a case that has further candidates, which no leg found."""
    rows = np.array([*case.rows.tolist(), *added], dtype=np.int64)
    absent = np.full(len(added), ABSENT)
    ranks = (np.concatenate([case.vector_ranks, absent]), np.concatenate([case.text_ranks, absent]))
    return _case(case.stored, case.table, case.place, case.terms, case.judgements, rows, *ranks)


def _case(  # noqa: PLR0917  # all that a case is made from
    stored: StoredCollection,
    table: TermTable,
    place: int,
    terms: Sequence[str],
    judgements: Judgements,
    rows: Places,
    vector_ranks: Places,
    text_ranks: Places,
) -> Case:
    question = list(stored.questions.values())[place]
    titles = _counts(table.counter, question, terms, [stored.chunks[row].title for row in rows])
    texts = _counts(table.counter, question, terms, [stored.chunks[row].text for row in rows])
    return Case(stored, table, place, terms, judgements, rows, vector_ranks, text_ranks, titles, texts)


def _ranks(rows: Places, ranked: Places) -> Places:
    places = Counter({row: rank for rank, row in enumerate(ranked.tolist(), start=1)})
    return np.array([places[row] or ABSENT for row in rows.tolist()])


def _counts(counter: PorterTermCounter, question: str, terms: Sequence[str], texts: Sequence[str]) -> Counts:
    counted = counter.count(question, texts)
    pairs = list(pairwise(terms))
    shape = (len(texts), -1) if texts else (0, 0)
    return Counts(
        np.array([[count.frequencies.get(term, 0) for term in terms] for count in counted], float).reshape(shape),
        np.array([[count.pairs.get(pair, 0) for pair in pairs] for count in counted], float).reshape(shape),
        np.array([count.length for count in counted], dtype=np.float64),
    )
