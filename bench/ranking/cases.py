"""Questions with what the shipped legs find for them, in the arrays that ways to rank are tried on."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import Stemmer
from numpy.typing import NDArray

from bench.chunk_sizes import Matrix
from bench.ranking.collections import StoredCollection
from devstack.evaluation.metrics import relevant_documents
from graphwell.adapters.lucene_query import question_words
from graphwell.adapters.porter_term_counter import _STOP_WORDS as STOP_WORDS
from graphwell.domain.bm25 import K1, B
from graphwell.usecases.search import CANDIDATES

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
ABSENT = 1_000_000
"""Rank of a candidate in a leg that did not find it."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class TermTable:
    """Stems of every chunk of a collection, as numbers.

    Parameters:
        titles, texts: the stems of each chunk in order, stop words left out.
        numbers: by stem.
    """

    titles: Sequence[Places]
    texts: Sequence[Places]
    numbers: dict[str, int]

    @classmethod
    def of(cls, stored: StoredCollection) -> TermTable:
        """Read all chunks of a collection."""
        numbers: dict[str, int] = {}
        stems: dict[str, str] = {}
        stemmer = Stemmer.Stemmer("porter")

        def read(text: str) -> Places:
            found = []
            for word in _WORD.findall(text.lower()):
                if word not in STOP_WORDS:
                    stem = stems.get(word) or stems.setdefault(word, stemmer.stemWord(word))
                    found.append(numbers.setdefault(stem, len(numbers)))
            return np.array(found, dtype=np.int64)

        titles = [read(chunk.title) for chunk in stored.chunks]
        return cls(titles, [read(chunk.text) for chunk in stored.chunks], numbers)

    def question(self, text: str) -> list[int]:
        """Return the question's distinct terms that any chunk holds, in order."""
        stemmer = Stemmer.Stemmer("porter")
        stems = (stemmer.stemWord(word) for word in question_words(text) if word not in STOP_WORDS)
        return list(dict.fromkeys(self.numbers[stem] for stem in stems if stem in self.numbers))


class LuceneLeg:
    """BM25 over title and text as two fields that are added, as the fulltext index scores them."""

    def __init__(self, table: TermTable) -> None:
        self._size = len(table.texts)
        self._fields = [_postings(field) for field in (table.titles, table.texts)]

    def best(self, terms: Sequence[int], limit: int) -> Places:
        """Return the rows of the best chunks, best first; those that hold no term are left out."""
        scores = np.zeros(self._size)
        for postings in self._fields:
            for term in terms:
                if term in postings:
                    rows, weights = postings[term]
                    scores[rows] += weights
        order = np.argsort(-scores, kind="stable")[:limit]
        return order[scores[order] > 0]


def _postings(field: Sequence[Places]) -> dict[int, tuple[Places, Numbers]]:
    lengths = np.array([len(terms) for terms in field], dtype=np.float64)
    damping = K1 * (1 - B + B * lengths / max(lengths.mean(), 1.0))
    entries: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, terms in enumerate(field):
        for term, frequency in Counter(terms.tolist()).items():
            entries[term].append((row, frequency))
    postings = {}
    for term, found in entries.items():
        rows, frequencies = np.array(found).T
        idf = np.log(1 + (len(field) - len(found) + 0.5) / (len(found) + 0.5))
        postings[term] = (rows, idf * frequencies / (frequencies + damping[rows]))
    return postings


@dataclass(frozen=True)
class Case:
    """A question and its candidates: the chunks that either leg found, those of the vector leg first.

    Parameters:
        terms: the question's terms in order.
        rows: the candidates' rows in the collection.
        documents: of each candidate, numbered from 0.
        gains: by document number.
        ideal: discounted gain of the best ranking.
        vector_ranks, text_ranks: rank from 1 in each leg, or `ABSENT`.
        cosines: similarity of each candidate to the question, whichever leg found it.
        title_counts, text_counts: how often each term stands in each candidate's title and text.
        lengths: words of each candidate's text; title_lengths: of its title.
    """

    collection: StoredCollection
    table: TermTable
    question: str
    vector: Matrix
    bare_vector: Matrix
    terms: Sequence[int]
    rows: Places
    documents: Places
    gains: Numbers
    ideal: float
    vector_ranks: Places
    text_ranks: Places
    cosines: Numbers
    title_counts: Numbers
    text_counts: Numbers
    lengths: Numbers
    title_lengths: Numbers


def cases_of(stored: StoredCollection, table: TermTable) -> Iterator[Case]:
    """Yield a case for every judged question."""
    leg = LuceneLeg(table)
    for place, (query_id, question) in enumerate(stored.questions.items()):
        vector = stored.question_vectors[place]
        similarities = stored.vectors @ vector
        nearest = np.argsort(-similarities, kind="stable")[:CANDIDATES]
        terms = table.question(question)
        matching = leg.best(terms, CANDIDATES)
        rows = np.array(list(dict.fromkeys([*nearest.tolist(), *matching.tolist()])), dtype=np.int64)
        judged = stored.judgements[query_id]
        names = [stored.documents[row] for row in rows]
        numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
        grades = np.array([judged.get(name, 0.0) for name in numbers])
        yield Case(
            stored,
            table,
            question,
            vector,
            stored.bare_vectors[place],
            terms,
            rows,
            np.array([numbers[name] for name in names]),
            grades,
            _discounted(sorted((judged[name] for name in relevant_documents(judged)), reverse=True)[:10]),
            _ranks(rows, nearest),
            _ranks(rows, matching),
            similarities[rows].astype(np.float64),
            _counts(table.titles, rows, terms),
            _counts(table.texts, rows, terms),
            np.array([len(table.texts[row]) for row in rows], dtype=np.float64),
            np.array([len(table.titles[row]) for row in rows], dtype=np.float64),
        )


def ndcg_of(case: Case, scores: Numbers) -> float:
    """Return nDCG@10 of documents ranked by their best chunk; of equals the earlier candidate is first."""
    order = case.documents[np.argsort(-scores, kind="stable")]
    ranked = list(dict.fromkeys(order.tolist()))
    grades = [float(case.gains[document]) for document in ranked if case.gains[document] >= 0][:10]
    return _discounted(grades) / case.ideal


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / float(np.log2(rank + 1)) for rank, gain in enumerate(gains, start=1) if gain)


def _ranks(rows: Places, ranked: Places) -> Places:
    places = {row: rank for rank, row in enumerate(ranked.tolist(), start=1)}
    return np.array([places.get(row, ABSENT) for row in rows.tolist()])


def _counts(field: Sequence[Places], rows: Places, terms: Sequence[int]) -> Numbers:
    wanted = np.array(terms, dtype=np.int64)
    return np.array(
        [[np.count_nonzero(field[row] == term) for term in wanted] for row in rows], dtype=np.float64
    ).reshape(len(rows), len(terms))
