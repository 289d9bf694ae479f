"""What of a conversation helps to find what its last question asks: `python -m bench.conversation`.

nDCG@10 and recall@10 of hybrid search on mtrag_un, over an index in memory: the question alone, with what is said
before it, and as the search takes it (`domain/conversation.py`). Questions that open a conversation are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

from bench.chunk_sizes import ndcg
from bench.extractive_answers import lines
from bench.local_stack import COLLECTIONS
from bench.memory_index import MemoryCollection, records_as_sources
from devstack.evaluation.collection import load_collection
from graphwell.domain.conversation import Role, Turn, in_words_of

RESULT = Path(__file__).with_name("results") / "conversation.json"
DEPTH = 50
CUTOFF = 10

Way = Callable[[str, Sequence[Turn]], str]


def _asked_before(history: Sequence[Turn], turns: int) -> list[str]:
    return [turn.content for turn in history if turn.role is Role.USER][-turns:]


WAYS: dict[str, Way] = {
    "question alone": lambda question, _: question,
    "as searched": in_words_of,
    "with the question before it": lambda question, history: "\n".join([*_asked_before(history, 1), question]),
    "with the two before it": lambda question, history: "\n".join([*_asked_before(history, 2), question]),
    "with all before it": lambda question, history: "\n".join([*_asked_before(history, len(history)), question]),
}


def main() -> None:
    """Measure, print, and keep the figures."""
    folder = COLLECTIONS / "mtrag_un"
    judgements = load_collection(folder).judgements
    searched = MemoryCollection("mtrag_un", records_as_sources(lines(folder / "corpus.jsonl")))
    questions = [
        question
        for question in lines(folder / "queries.jsonl")
        if question["history"] and any(grade > 0 for grade in judgements.get(question["id"], {}).values())
    ]
    report: dict[str, dict[str, float]] = {}
    for name, way in WAYS.items():
        gains, recalls = [], []
        for question in questions:
            history = [Turn(Role(turn["role"]), turn["text"]) for turn in question["history"]]
            found = searched.passages(way(question["text"], history), DEPTH)
            ranking = list(dict.fromkeys(passage.document_id for passage in found))
            judged = judgements[question["id"]]
            relevant = {document for document, grade in judged.items() if grade > 0}
            gains.append(ndcg(ranking, judged))
            recalls.append(len(relevant.intersection(ranking[:CUTOFF])) / len(relevant))
        report[name] = {"ndcg@10": round(fmean(gains), 4), "recall@10": round(fmean(recalls), 4)}
        print(name, report[name], flush=True)
    RESULT.write_text(json.dumps({"questions": len(questions), **report}, indent=1) + "\n")


if __name__ == "__main__":
    main()
