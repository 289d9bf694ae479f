"""What the agent sees without a model: of questions of several hops, against a plain search of the same size.

python -m bench.agent

Nothing but the retrieval is measured: how many of the documents that a question needs are among those that a run has
seen, whatever is answered from them. A plain search is given as many passages of that question as the run has seen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

from bench.extractive_answers import lines
from bench.local_stack import COLLECTIONS
from bench.memory_graph import MemoryGraph
from bench.memory_index import NO_HURRY_S, SCOPE, MemoryCollection, records_as_sources
from devstack.evaluation.collection import Collection, load_collection
from devstack.evaluation.metrics import percentile, recall
from graphwell.adapters.extractive_answerer import ExtractiveAnswerer
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.agent.budget import LONGEST_WAIT_S, Budget
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import SearchMode
from graphwell.ports import Declaration
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.run_agent import RunAgent
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.agent import FakeNames
from tests.fakes.documents import FakeDocuments

RESULT = Path(__file__).with_name("results") / "agent.json"
NAMES = ("musique_100", "hotpotqa_100")
TOP_K = 10
STEPS = (1, 4, 8, 16)
MODES = (SearchMode.HYBRID, SearchMode.GRAPH)


@dataclass(frozen=True)
class Asked:
    """What one question came to.

    Parameters:
        seen: documents that the run has seen, best first.
        passages: passages that it has seen.
        searched: documents of a plain search for as many passages.
        duration_ms: of the steps, those of one turn side by side counted one by one.
    """

    seen: Sequence[str]
    passages: int
    searched: Sequence[str]
    duration_ms: float
    stopped: str


def main() -> None:
    """Ask every question with several budgets, and write the figures."""
    report: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "top_k": TOP_K,
        "collections": {},
    }
    for name in NAMES:
        collection = load_collection(COLLECTIONS / name)
        index = MemoryCollection(name, records_as_sources(lines(COLLECTIONS / name / "corpus.jsonl")))
        search = Search(
            index.embedder,
            index.index,
            PorterTermCounter(),
            lambda _: Declaration(),
            partial(MemoryGraph, index.index),
        )
        find_passages = FindPassages(search, rewriter=None, reranker=None)
        report["collections"][name] = {
            mode: {str(steps): measured(collection, find_passages, mode, steps) for steps in STEPS} for mode in MODES
        }
        print(name, json.dumps(report["collections"][name], indent=1), flush=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n")


def measured(collection: Collection, find_passages: FindPassages, mode: SearchMode, steps: int) -> dict[str, Any]:
    """Ask every question of a collection with a budget of so many steps."""
    agent = RunAgent(
        find_passages,
        FakeDocuments(),
        FakeNames(),
        model=None,
        answerer=ExtractiveAnswerer(),
        fallback=None,
    )
    budget = Budget(steps=steps, seconds=LONGEST_WAIT_S)
    asked = {query.id: ask(agent, find_passages, query.text, mode, budget) for query in collection.queries}
    grades = collection.judgements

    def mean_recall(rankings: dict[str, Sequence[str]], depth: int = 10_000) -> float:
        return round(fmean(recall(found, grades[query], depth=depth) for query, found in rankings.items()), 4)

    seen = {query: each.seen for query, each in asked.items()}
    plain = {query: each.searched for query, each in asked.items()}
    times = [each.duration_ms for each in asked.values()]
    return {
        "questions": len(asked),
        "passages_seen": round(fmean(each.passages for each in asked.values()), 1),
        "recall": mean_recall(seen),
        "recall_plain_of_same_size": mean_recall(plain),
        "recall@10": mean_recall(seen, 10),
        "recall@10_plain": mean_recall(plain, 10),
        "steps_ms": {"p50": round(median(times), 1), "p95": round(percentile(times, 0.95), 1)},
        "stopped": dict(Counter(each.stopped for each in asked.values())),
    }


def ask(agent: RunAgent, find_passages: FindPassages, question: str, mode: SearchMode, budget: Budget) -> Asked:
    """Return what a question comes to, with the agent and with one search."""
    no_hurry = Deadline.after(NO_HURRY_S)
    result = agent(SCOPE, SearchRequest(question, TOP_K, mode), no_hurry, budget)
    seen = list(dict.fromkeys(chunk for step in result.steps for chunk in step.found))
    plain = find_passages(SCOPE, SearchRequest(question, len(seen), mode), no_hurry)
    return Asked(
        list(dict.fromkeys(chunk.split("~")[0] for chunk in seen)),
        len(seen),
        list(dict.fromkeys(passage.document_id for passage in plain.passages)),
        sum(step.duration_ms for step in result.steps),
        result.stopped,
    )


if __name__ == "__main__":
    main()
