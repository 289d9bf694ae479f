"""Whether unanswerable questions are told from answerable ones: `python -m bench.refusals`.

Unanswerable are the questions of mtrag_un that its authors call so, those of bench/questions without a page, and every
question of xquad_en, hotpotqa_100 and musique_100 once the documents that answer it are taken away. Told is the shipped
rule next to the question's coverage alone, and both with thresholds that are chosen on the other collections.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.extractive_answers import BY_GOLD_STRING, OWN_DOCUMENTS, OWN_QUESTIONS, TOP_K, lines
from bench.local_stack import COLLECTIONS
from bench.memory_index import MemoryCollection, folder_as_sources, records_as_sources
from devstack.evaluation.collection import load_collection
from graphwell.domain.context import assemble
from graphwell.domain.extraction import RULES, question_coverage
from graphwell.domain.reading import LOOK_AHEAD, passages_to_read
from graphwell.usecases.search import SearchResult

RESULT = Path(__file__).with_name("results") / "refusals.json"
REFUSALS = "mtrag_un"
MOST_QUESTIONS = 250
THRESHOLDS = [round(0.2 + 0.02 * step, 2) for step in range(70)]


@dataclass(frozen=True)
class Judged:
    """A question as the rules see it: the share of it that is found, and how far the best passage stands out."""

    coverage: float
    standing: float
    is_answerable: bool


Evidence = Callable[[Judged], float]


def coverage_alone(question: Judged) -> float:
    """Return what the rule before this one went by."""
    return question.coverage


def with_standing(question: Judged) -> float:
    """Return what the shipped rule goes by."""
    return question.coverage + RULES.standing_weight * question.standing


def main() -> None:
    """Measure, print, and keep the figures."""
    collections = {REFUSALS: unanswerable(), "fastapi": own()}
    collections |= {name: without_their_documents(name) for name in BY_GOLD_STRING}
    report = {
        name: {
            "questions": len(questions),
            "coverage": told(questions, coverage_alone, RULES.least_coverage),
            "shipped": told(questions, with_standing, RULES.least_evidence),
            "coverage_chosen_elsewhere": elsewhere(collections, name, coverage_alone),
            "shipped_chosen_elsewhere": elsewhere(collections, name, with_standing),
        }
        for name, questions in collections.items()
    }
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    for name, figures in report.items():
        print(name, json.dumps(figures))


def unanswerable() -> list[Judged]:
    """Return the questions of mtrag_un."""
    folder = COLLECTIONS / REFUSALS
    found = MemoryCollection(REFUSALS, records_as_sources(lines(folder / "corpus.jsonl")))
    kinds = {"ANSWERABLE": True, "UNANSWERABLE": False}
    return [
        judged(question["text"], found.found(question["text"], TOP_K + LOOK_AHEAD), kinds[question["answerability"]])
        for question in lines(folder / "queries.jsonl")
        if question["answerability"] in kinds
    ]


def own() -> list[Judged]:
    """Return the project's own questions over the FastAPI documentation."""
    found = MemoryCollection("fastapi", folder_as_sources(OWN_DOCUMENTS))
    return [
        judged(question["question"], found.found(question["question"], TOP_K + LOOK_AHEAD), bool(question["pages"]))
        for question in lines(OWN_QUESTIONS)
    ]


def without_their_documents(name: str) -> list[Judged]:
    """Return the questions of a collection twice: as they are, and without the documents that answer them."""
    folder = COLLECTIONS / name
    found = MemoryCollection(name, records_as_sources(lines(folder / "corpus.jsonl")))
    judgements = load_collection(folder).judgements
    questions = [question for question in lines(folder / "queries.jsonl") if question["answer"] not in {"yes", "no"}]
    sample = random.Random(1).sample(questions, min(MOST_QUESTIONS, len(questions)))
    return [
        judged(question["text"], found.found_without(question["text"], TOP_K + LOOK_AHEAD, documents), not documents)
        for question in sample
        for relevant in [frozenset(each for each, grade in judgements[question["id"]].items() if grade > 0)]
        for documents in (frozenset[str](), relevant)
    ]


def judged(question: str, found: SearchResult, is_answerable: bool) -> Judged:
    """Return what the rules see of a question."""
    read = passages_to_read(question, found.passages, TOP_K)
    return Judged(question_coverage(question, assemble(read).passages), found.standing or 0.0, is_answerable)


def told(questions: Iterable[Judged], evidence: Evidence, threshold: float) -> dict[str, float]:
    """Return how often answerable questions are answered and unanswerable ones refused."""
    outcomes: dict[bool, list[bool]] = {True: [], False: []}
    for question in questions:
        outcomes[question.is_answerable].append((evidence(question) >= threshold) is question.is_answerable)
    answered, refused = fmean(outcomes[True]), fmean(outcomes[False])
    return {
        "answered": round(answered, 3),
        "refused": round(refused, 3),
        "balanced": round((answered + refused) / 2, 3),
    }


def elsewhere(collections: Mapping[str, Sequence[Judged]], name: str, evidence: Evidence) -> dict[str, Any]:
    """Return the same with the threshold that is best on the mean of the other collections."""
    others = [questions for other, questions in collections.items() if other != name]
    threshold = max(THRESHOLDS, key=lambda each: fmean(told(other, evidence, each)["balanced"] for other in others))
    return {"threshold": threshold, **told(collections[name], evidence, threshold)}


if __name__ == "__main__":
    main()
