"""`python -m bench.peers`: what graphwell and its peers find, alone in an index and as tenants of one among 500 others.

All have the same documents and the same embedding model. The peers store a vector for each whole document, and refuse
a filter in hybrid search, so in the shared index a question's ranking is what they find of its tenant among their hits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from bench.chunk_sizes import Matrix
from bench.loaded_index import LoadedIndex, loaded_index
from bench.local_stack import CHECKOUT
from bench.peers.documents import WholeDocument, small_tenants, whole_documents
from bench.ranking.collections import NAMES, StoredCollection, load_stored
from bench.search_overhead import RAW_FULLTEXT, RAW_VECTOR
from devstack.evaluation.metrics import judged_ranking, ndcg, percentile, recall
from graphwell.adapters.lucene_query import lucene_query, question_words
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.onnx_embedder import DIMENSIONS
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.rank_candidates import RankCandidates
from graphwell.usecases.search import CANDIDATES

RESULT = CHECKOUT / "bench" / "results" / "peers.json"
PYTHON = CHECKOUT / ".venv-peers" / "bin" / "python"
PEERS = ("neo4j-graphrag", "langchain-neo4j", "llama-index")
SHARED = "Shared"
BOTH = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})

_ADD = """
UNWIND $rows AS row
CALL (row) {
  CREATE (c:$(row.label) {id: row.id, text: row.text, tenant_id: row.tenant_id})
  WITH c CALL db.create.setNodeVectorProperty(c, 'embedding', row.vector)
}"""


@dataclass(frozen=True)
class Asked:
    """A judged question with its vector."""

    id: str
    text: str
    vector: list[float]


def main() -> None:
    """Measure all, print a table and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--queries", type=int, default=10_000, help="of each collection at most, evenly spaced")
    parser.add_argument("--python", type=Path, default=PYTHON, help="interpreter of the peers' environment")
    options = parser.parse_args()
    collections = {name: load_stored(name) for name in NAMES}
    questions = {name: _questions(stored, options.queries) for name, stored in collections.items()}
    report: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "queries": {name: len(asked) for name, asked in questions.items()},
        "shared": shared(collections, questions, options.python),
        "alone": {},
    }
    _keep(report)
    for name, stored in collections.items():
        report["alone"][name] = alone(stored, questions[name], options.python)
        _keep(report)
    print(json.dumps(report["summary"], indent=1))


def _keep(report: dict[str, Any]) -> None:
    """Write what is measured so far, so that a run that is cut short leaves its figures."""
    report["summary"] = summary(report)
    RESULT.write_text(json.dumps(report, indent=1) + "\n")


def alone(stored: StoredCollection, asked: Sequence[Asked], python: Path) -> dict[str, Any]:
    """Return the figures of every library on an index that holds one collection."""
    with loaded_index() as index:
        index.add(stored.name, stored.chunks, stored.vectors)
        documents, vectors = whole_documents(stored.name)
        _add_whole(index, "Alone", stored.name, documents, vectors)
        _index_whole(index, "Alone")
        index.settle()
        figures = {"graphwell": _graphwell(index, stored, asked)}
        for peer in PEERS:
            figures[peer] = _scored(stored, _ask_peer(index, "Alone", peer, asked, python))
        print(stored.name, json.dumps(figures), flush=True)
        return figures


def shared(
    collections: Mapping[str, StoredCollection], questions: Mapping[str, Sequence[Asked]], python: Path
) -> dict[str, Any]:
    """Return the figures of every library on one index that holds all collections and the small tenants."""
    with loaded_index() as index:
        for name, stored in collections.items():
            index.add(name, stored.chunks, stored.vectors)
            _add_whole(index, SHARED, name, *whole_documents(name))
        for tenant, chunks, vectors in small_tenants():
            index.add(tenant, chunks, vectors)
            _add_whole(index, SHARED, tenant, [WholeDocument(chunk.document, chunk.text) for chunk in chunks], vectors)
        _index_whole(index, SHARED)
        index.settle()
        figures: dict[str, Any] = {}
        for name, stored in collections.items():
            figures[name] = {"graphwell": _graphwell(index, stored, questions[name])}
            for peer in PEERS:
                figures[name][peer] = _scored(stored, _ask_peer(index, SHARED, peer, questions[name], python))
            print("shared", name, json.dumps(figures[name]), flush=True)
        return figures


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ratios that are wanted, of what is measured so far."""
    alone_figures, shared_figures = report["alone"], report["shared"]
    differences = [
        shared_figures[name]["graphwell"]["ndcg@10"] - by["graphwell"]["ndcg@10"] for name, by in alone_figures.items()
    ]
    return {
        "alone_over_best_peer": _over_best_peer(alone_figures),
        "shared_over_best_peer": _over_best_peer(shared_figures),
        "largest_difference_to_alone": round(max(map(abs, differences), default=0.0), 4),
        "filtered_hybrid_over_raw_legs": round(
            fmean(by["graphwell"]["index_over_raw"] for by in shared_figures.values()), 2
        ),
    }


def _over_best_peer(setting: Mapping[str, Any]) -> dict[str, float]:
    ratios = {
        name: round(by["graphwell"]["ndcg@10"] / max(by[peer]["ndcg@10"] for peer in PEERS), 4)
        for name, by in setting.items()
    }
    return {**ratios, "mean": round(fmean(ratios.values()), 4)} if ratios else {}


def _questions(stored: StoredCollection, limit: int) -> list[Asked]:
    every = [
        Asked(query_id, text, vector.tolist())
        for (query_id, text), vector in zip(stored.questions.items(), stored.question_vectors, strict=True)
    ]
    return every[:: -(-len(every) // limit)]


def _graphwell(index: LoadedIndex, stored: StoredCollection, asked: Sequence[Asked]) -> dict[str, Any]:
    """Return quality, and the time of the shipped statement over that of both legs asked raw one after the other."""
    search = Neo4jPassageIndex(index.client)
    rank = RankCandidates(PorterTermCounter())
    scope = TenantScope(stored.name)
    rankings: dict[str, list[str]] = {}
    index_ms, raw_ms = [], []
    for question in [*asked[:10], *asked]:
        query = SearchQuery(question.text, question.vector, BOTH, CANDIDATES)
        started = time.perf_counter()
        hits = search.search(scope, query, Deadline.after(30)).hits
        between = time.perf_counter()
        _raw(index, scope, question)
        index_ms.append((between - started) * 1000)
        raw_ms.append((time.perf_counter() - between) * 1000)
        found = rank(question.text, hits, SearchMode.HYBRID).passages(2 * CANDIDATES)
        rankings[question.id] = list(dict.fromkeys(passage.document_id for passage in found))
    p50, raw_p50 = percentile(index_ms[10:], 0.5), percentile(raw_ms[10:], 0.5)
    return {
        **_quality(stored, rankings),
        "p50_ms": round(p50, 2),
        "raw_p50_ms": round(raw_p50, 2),
        "index_over_raw": round(p50 / raw_p50, 2),
    }


def _raw(index: LoadedIndex, scope: TenantScope, question: Asked) -> None:
    parameters = {
        "tenant_id": scope.tenant_id,
        "vector": question.vector,
        "lucene": lucene_query(scope, question.text),
    }
    with index.driver.session(default_access_mode="READ") as session:
        for leg in (RAW_VECTOR, RAW_FULLTEXT):
            list(session.run(leg, parameters))


def _ask_peer(index: LoadedIndex, label: str, peer: str, asked: Sequence[Asked], python: Path) -> dict[str, Any]:
    """Return a peer's rankings by question, and its times."""
    request = {
        "peer": peer,
        "uri": index.uri,
        "login": index.login,
        "label": label,
        "vector_index": f"{label.lower()}_vector",
        "fulltext_index": f"{label.lower()}_text",
        "dimensions": DIMENSIONS,
        # Plain lower-case words: some of them would read an operator in a question.
        "questions": [{"id": q.id, "text": " ".join(question_words(q.text)), "vector": q.vector} for q in asked],
    }
    done = subprocess.run(
        [python, CHECKOUT / "bench" / "peers" / "ask.py"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{peer}: {done.stderr.strip()[-2000:]}")
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def _scored(stored: StoredCollection, reply: Mapping[str, Any]) -> dict[str, float]:
    """Return quality and p50 of a peer; its hits in other tenants are left out of its rankings."""
    prefix = f"{stored.name}/"
    rankings = {
        query_id: [document.removeprefix(prefix) for document in found if document.startswith(prefix)]
        for query_id, found in reply["rankings"].items()
    }
    return {**_quality(stored, rankings), "p50_ms": round(percentile(reply["times_ms"], 0.5), 2)}


def _quality(stored: StoredCollection, rankings: Mapping[str, Sequence[str]]) -> dict[str, float]:
    judged = [
        (judged_ranking(found, stored.judgements[query]), stored.judgements[query]) for query, found in rankings.items()
    ]
    return {
        "ndcg@10": round(fmean(ndcg(found, judgements) for found, judgements in judged), 4),
        "recall@10": round(fmean(recall(found, judgements) for found, judgements in judged), 4),
    }


def _add_whole(
    index: LoadedIndex, label: str, tenant: str, documents: Sequence[WholeDocument], vectors: Matrix
) -> None:
    rows = [
        {"label": label, "id": f"{tenant}/{document.id}", "text": document.text, "tenant_id": tenant, "vector": vector}
        for document, vector in zip(documents, np.asarray(vectors).tolist(), strict=True)
    ]
    for start in range(0, len(rows), 500):
        index.run(_ADD, rows=rows[start : start + 500])


def _index_whole(index: LoadedIndex, label: str) -> None:
    """Make the peers' two indexes as their own helpers do: cosine, default quantisation, the english analyzer."""
    index.run(
        f"CREATE VECTOR INDEX {label.lower()}_vector FOR (c:{label}) ON c.embedding"
        " OPTIONS {indexConfig: {`vector.dimensions`: $dimensions, `vector.similarity_function`: 'cosine'}}",
        dimensions=DIMENSIONS,
    )
    index.run(
        f"CREATE FULLTEXT INDEX {label.lower()}_text FOR (c:{label}) ON EACH [c.text]"
        " OPTIONS {indexConfig: {`fulltext.analyzer`: 'english'}}"
    )


if __name__ == "__main__":
    main()
