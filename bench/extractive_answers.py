"""How well the extractive answerer answers: `python -m bench.extractive_answers`.

Answers: xquad_en, hotpotqa_100 and musique_100, by whether a sentence holds the gold string; bench/questions over the
FastAPI documentation, by whether its page is a right one. Passages come from the search use case over an index in
memory, ten a question. The rules before and after are told in one run; bench/refusals.py is about refusals.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

from bench.local_stack import COLLECTIONS
from bench.memory_index import MemoryCollection, Source, folder_as_sources, records_as_sources
from graphwell.domain.context import assemble
from graphwell.domain.extraction import RULES, Finding, Rules, find_answers
from graphwell.domain.passages import Passage
from graphwell.domain.reading import LOOK_AHEAD, passages_to_read

TOP_K = 10
MOST_QUESTIONS = 400
RESULT = Path(__file__).with_name("results") / "extractive_answers.json"
OWN_QUESTIONS = Path(__file__).with_name("questions") / "fastapi.jsonl"
OWN_DOCUMENTS = COLLECTIONS / "documents" / "fastapi"
BY_GOLD_STRING = ("xquad_en", "hotpotqa_100", "musique_100")

BEFORE = Rules(least_share=0.6, said_weight=1.0, focus_weight=1.0, standing_weight=0.0, least_evidence=0.4)
"""Every sentence chosen by itself, all words alike; refused by the words that are found alone."""

GRID = [
    replace(RULES, said_weight=said, focus_weight=focus, least_share=share)
    for said, focus, share in itertools.product((0.25, 0.5, 1.0), (0.25, 0.5, 1.0), (0.4, 0.45, 0.5, 0.6))
]


@dataclass(frozen=True)
class Asked:
    """A question, the passages found for it best first, and which sentences answer it; None of them when none can."""

    question: str
    group: str
    passages: Sequence[Passage]
    is_right: Callable[[Finding], bool] | None
    standing: float | None = None

    def answer(self, rules: Rules, *, look_ahead: bool = True) -> list[Finding]:
        """Return the sentences chosen, best first."""
        read = passages_to_read(self.question, self.passages, TOP_K) if look_ahead else self.passages[:TOP_K]
        found = find_answers(self.question, assemble(read).passages, rules, standing=self.standing)
        return sorted(found, key=lambda each: -each.score)


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def collection(name: str) -> list[Asked]:
    """Return a collection's questions with what search finds for them; a fixed sample where there are many."""
    questions = lines(COLLECTIONS / name / "queries.jsonl")
    questions = [question for question in questions if question["answer"] not in {"yes", "no"}]
    questions = random.Random(1).sample(questions, min(MOST_QUESTIONS, len(questions)))
    return _asked(name, records_as_sources(lines(COLLECTIONS / name / "corpus.jsonl")), questions)


def own_questions() -> list[Asked]:
    """Return the project's own questions over the FastAPI documentation; some have no right page."""
    return _asked("fastapi", folder_as_sources(OWN_DOCUMENTS), lines(OWN_QUESTIONS))


def _asked(name: str, sources: Sequence[Source], questions: Sequence[Mapping[str, Any]]) -> list[Asked]:
    found = MemoryCollection(name, sources)
    return [
        Asked(text, question.get("domain", name), result.passages, judge(question), result.standing)
        for question in questions
        for text in [question.get("question") or question["text"]]
        for result in [found.found(text, TOP_K + LOOK_AHEAD)]
    ]


def judge(question: Mapping[str, Any]) -> Callable[[Finding], bool] | None:
    """Return what tells whether a sentence answers a question; None when none can."""
    if "pages" in question:
        pages = frozenset(question["pages"])
        return (lambda found: found.passage.document_id in pages) if pages else None
    gold = question["answer"].casefold()
    return lambda found: gold in found.sentence.text.casefold()


def answer_shares(asked: Sequence[Asked], rules: Rules, *, look_ahead: bool = True) -> dict[str, float]:
    """Return the shares of answerable questions whose best sentence, and any sentence, is right, and more."""
    best, anywhere, precision, sentences, times_ms = [], [], [], [], []
    for item in asked:
        if item.is_right is None:
            continue
        began = time.perf_counter()
        found = item.answer(rules, look_ahead=look_ahead)
        times_ms.append((time.perf_counter() - began) * 1000)
        right = [item.is_right(finding) for finding in found]
        best.append(bool(right) and right[0])
        anywhere.append(any(right))
        precision.append(fmean(right) if right else 0.0)
        sentences.append(len(found))
    cuts = quantiles(times_ms, n=20)
    return {
        "best_sentence": fmean(best),
        "any_sentence": fmean(anywhere),
        "share_of_sentences": fmean(precision),
        "refused": fmean(count == 0 for count in sentences),
        "sentences": fmean(sentences),
        "p50_ms": cuts[9],
        "p95_ms": cuts[18],
    }


def chosen_elsewhere(collections: Mapping[str, Sequence[Asked]]) -> dict[str, dict[str, Any]]:
    """Return, for each collection, the rules that are best on the mean of the others, and what they do on it."""
    worth = {rules: {name: _worth(asked, rules) for name, asked in collections.items()} for rules in GRID}
    chosen = {}
    for name, asked in collections.items():
        others = [other for other in collections if other != name]
        rules = max(GRID, key=lambda rules: fmean(worth[rules][other] for other in others))
        chosen[name] = {
            "rules": {"said": rules.said_weight, "focus": rules.focus_weight, "share": rules.least_share},
            **answer_shares(asked, rules),
        }
    return chosen


def _worth(asked: Sequence[Asked], rules: Rules) -> float:
    shares = answer_shares(asked, replace(rules, least_coverage=0.0, least_evidence=-math.inf))
    return shares["best_sentence"] + shares["any_sentence"] + shares["share_of_sentences"]


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-grid", action="store_true", help="leave out choosing the rules anew")
    options = parser.parse_args()
    answering = {"fastapi": own_questions(), **{name: collection(name) for name in BY_GOLD_STRING}}
    report: dict[str, Any] = {
        "before": {name: answer_shares(asked, BEFORE, look_ahead=False) for name, asked in answering.items()},
        "after": {name: answer_shares(asked, RULES) for name, asked in answering.items()},
    }
    if not options.without_grid:
        report["chosen_elsewhere"] = chosen_elsewhere(answering)
    text = json.dumps(json.loads(json.dumps(report), parse_float=lambda value: round(float(value), 4)), indent=1)
    print(text)
    RESULT.write_text(text + "\n")


if __name__ == "__main__":
    main()
