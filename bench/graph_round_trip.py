"""The walk against a real Neo4j: what one round trip to a neighbourhood takes, and that it finds what it finds offline.

python -m bench.graph_round_trip

Collections are tenants of one database. Each question is searched as it ships, then the neighbourhood of its best
passages is fetched by one statement, tenant and limits inside it, and the walk is done over what came back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

from bench.chunk_sizes import NO_HURRY_S
from bench.graph.entity_index import EntityIndex
from bench.loaded_index import LoadedIndex, loaded_index
from bench.ranking.collections import StoredCollection, load_stored
from devstack.evaluation.metrics import Judgements, judged_ranking, percentile, recall
from graphwell.adapters.neo4j_passage_index import Neo4jPassageIndex
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.chunks import chunk_id
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph import walk
from graphwell.domain.graph.names import comparable
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.rank_candidates import RankCandidates, Ranking
from graphwell.usecases.search import CANDIDATES

RESULT = Path(__file__).parent / "results" / "graph_round_trip.json"
NAMES = ("musique_100", "hotpotqa_100")
CHUNKS_A_TRANSACTION = 16
"""As many as one message of the embed queue refers to."""
_WARM_UP = 20
MAX_MENTIONS = 200
"""Chunks that an entity is followed to at most: what more of them mention is not expanded at all."""

_CONSTRAINT = "CREATE CONSTRAINT entity_key IF NOT EXISTS FOR (e:Entity) REQUIRE (e.tenant_id, e.key) IS UNIQUE"

# Constraints chunk_id, entity_key. Entities in the order of their keys, so that no two transactions deadlock.
_WRITE = """
UNWIND $rows AS row
MERGE (e:Entity {tenant_id: $tenant_id, key: row.key}) ON CREATE SET e.name = row.name
WITH e, row
UNWIND row.chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id})
MERGE (c)-[:MENTIONS]->(e)"""

# Constraint chunk_id, then relationships alone. The degree is read before an entity is followed, so a name that is
# everywhere costs nothing; both ends are checked for the tenant.
_NEIGHBOURHOOD = """
CYPHER 25
UNWIND $starts AS start
MATCH (c:Chunk {tenant_id: $tenant_id, id: start.id})-[:MENTIONS]->(e:Entity)
WHERE e.tenant_id = $tenant_id AND NOT $question CONTAINS ' ' + e.key + ' '
  AND 1 < COUNT { (e)<-[:MENTIONS]-() } <= $max_mentions
CALL (e) {
  MATCH (e)<-[:MENTIONS]-(n:Chunk)-[:PART_OF]->(d:Document)
  WHERE n.tenant_id = $tenant_id AND d.tenant_id = $tenant_id AND n.version = d.version
  RETURN collect(n) AS chunks, count(DISTINCT n.document_id) AS holders
}
WITH start, c, e, chunks, holders WHERE 1 < holders <= $max_holders
WITH start, c, e, chunks, holders, start.strength / (1 + log(holders - 1)) AS strength
UNWIND chunks AS n
WITH * WHERE n.document_id <> c.document_id
ORDER BY strength DESC, start.id, e.key
WITH n, collect([start.id, e.key, e.name, holders])[0] AS bridge, max(strength) AS strength
ORDER BY strength DESC, n.id
WITH collect({chunk: n, bridge: bridge}) AS reached
WITH [r IN reached WHERE r.chunk.id IN $known] AS known, [r IN reached WHERE NOT r.chunk.id IN $known][..$most] AS added
RETURN [r IN known | [r.chunk.id, r.bridge]] AS known,
       [r IN added | [r.chunk.id, r.bridge, r.chunk.document_id, r.chunk.title, r.chunk.text,
                      vector.similarity.cosine(r.chunk.embedding, $vector)]] AS added"""


@dataclass(frozen=True)
class Found:
    """What a question found: the documents without and with the walk, and how long both steps took."""

    before: Sequence[str]
    after: Sequence[str]
    search_ms: float
    walk_ms: float
    reached: int


class GraphSearch:
    """Hybrid search with the walk behind it, over one database."""

    def __init__(self, index: LoadedIndex) -> None:
        self._index = index
        self._passages = Neo4jPassageIndex(index.client)
        self._rank = RankCandidates(PorterTermCounter())

    def __call__(self, tenant: str, question: str, vector: list[float]) -> Found:
        """Return what a tenant's question finds."""
        began = time.perf_counter()
        deadline = Deadline.after(NO_HURRY_S)
        legs = frozenset((SearchMode.VECTOR, SearchMode.FULLTEXT))
        query = SearchQuery(question, vector, legs, CANDIDATES)
        hits = list(self._passages.search(TenantScope(tenant), query, deadline).hits)
        ranking = self._rank(question, hits, SearchMode.HYBRID)
        searched = time.perf_counter()
        order = ranking.best_first()
        best = [(ranking.candidates[place].passage, ranking.scores[place]) for place in order]
        chunks = [passage.chunk_id for passage, _ in best]
        begun = walk.starts(question, [walk.Leading(each.chunk_id, each.title, score) for each, score in best])
        bridges, added = self._neighbourhood(tenant, question, vector, begun, chunks)
        paths = walk.best_paths(question, begun, bridges)
        joined = self._rank(question, [*hits, *added], SearchMode.HYBRID)
        ids = [hit.passage.chunk_id for hit in joined.candidates]
        evidence = walk.graph_evidence(paths, ids)
        totals = [score + extra for score, extra in zip(joined.scores, evidence, strict=True)]
        after = Ranking(joined.candidates, totals)
        done = time.perf_counter()
        return Found(
            _documents(ranking), _documents(after), (searched - began) * 1000, (done - searched) * 1000, len(added)
        )

    def _neighbourhood(
        self, tenant: str, question: str, vector: list[float], begun: Sequence[walk.Start], known: Sequence[str]
    ) -> tuple[list[walk.Bridge], list[Hit]]:
        [record] = self._index.client.read(
            _NEIGHBOURHOOD,
            tenant_id=tenant,
            starts=[{"id": start.chunk_id, "strength": start.strength} for start in begun],
            question=f" {comparable(question)} ",
            known=list(known),
            vector=vector,
            max_mentions=MAX_MENTIONS,
            max_holders=walk.MAX_HOLDERS,
            most=walk.MAX_REACHED,
        )
        reached = [(chunk, bridge) for chunk, bridge, *_ in [*record["known"], *record["added"]]]
        bridges = [walk.Bridge(start, key, name, holders, chunk) for chunk, (start, key, name, holders) in reached]
        hits = [
            Hit(Passage(document, chunk, title, text, 0, len(text), 0.0), SearchMode.FULLTEXT, rank, 2 * similarity - 1)
            for rank, (chunk, _, document, title, text, similarity) in enumerate(record["added"], start=1)
        ]
        return bridges, hits


def _documents(ranking: Ranking) -> list[str]:
    return list(dict.fromkeys(ranking.candidates[place].passage.document_id for place in ranking.best_first()))


def main() -> None:
    """Fill a database, ask every question and write the figures."""
    report: dict[str, Any] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "collections": {}}
    with loaded_index() as index:
        index.run(_CONSTRAINT)
        collections = {name: load_stored(name) for name in NAMES}
        for name, stored in collections.items():
            index.add(name, stored.chunks, stored.vectors)
            report["collections"][name] = write_mentions(index, name, stored)
        index.settle()
        search = GraphSearch(index)
        for name, stored in collections.items():
            report["collections"][name] |= asked(search, name, stored)
            print(name, json.dumps(report["collections"][name], indent=1), flush=True)
    RESULT.write_text(json.dumps(report, indent=1) + "\n")


def write_mentions(index: LoadedIndex, tenant: str, stored: StoredCollection) -> dict[str, Any]:
    """Write a tenant's entities and mentions in transactions as small as those of the embed queue."""
    found = EntityIndex(stored)
    ids = [chunk_id(chunk.document, 1, chunk.ordinal) for chunk in stored.chunks]
    batches = []
    for first in range(0, len(ids), CHUNKS_A_TRANSACTION):
        rows: dict[str, dict[str, Any]] = {}
        for place in range(first, min(first + CHUNKS_A_TRANSACTION, len(ids))):
            for entity in found.entities[place]:
                rows.setdefault(entity.key, {"key": entity.key, "name": entity.name, "chunk_ids": []})
                rows[entity.key]["chunk_ids"].append(ids[place])
        batches.append([rows[key] for key in sorted(rows)])
    began = time.perf_counter()
    for batch in batches:
        index.run(_WRITE, tenant_id=tenant, rows=batch)
    taken_ms = (time.perf_counter() - began) * 1000
    return {"chunks": len(ids), "write_ms_a_chunk": round(taken_ms / len(ids), 2)}


def asked(search: GraphSearch, tenant: str, stored: StoredCollection) -> dict[str, Any]:
    """Ask every question of a tenant, after twenty that warm the caches."""
    questions = list(zip(stored.questions.items(), stored.question_vectors, strict=True))
    for (_, question), vector in questions[:_WARM_UP]:
        search(tenant, question, vector.tolist())
    found = {query: search(tenant, question, vector.tolist()) for (query, question), vector in questions}
    walks = [each.walk_ms for each in found.values()]
    searches = [each.search_ms for each in found.values()]
    return {
        "questions": len(found),
        "recall@5 hybrid": _recall({query: each.before for query, each in found.items()}, stored.judgements, 5),
        "recall@5 walk": _recall({query: each.after for query, each in found.items()}, stored.judgements, 5),
        "recall@10 hybrid": _recall({query: each.before for query, each in found.items()}, stored.judgements, 10),
        "recall@10 walk": _recall({query: each.after for query, each in found.items()}, stored.judgements, 10),
        "search_ms": {"p50": round(median(searches), 1), "p95": round(percentile(searches, 0.95), 1)},
        "walk_ms": {"p50": round(median(walks), 1), "p95": round(percentile(walks, 0.95), 1)},
        "with_walk_over_search": round((median(searches) + median(walks)) / median(searches), 2),
        "passages_added": round(fmean(each.reached for each in found.values()), 1),
    }


def _recall(rankings: dict[str, Sequence[str]], judgements: dict[str, Judgements] | Any, depth: int) -> float:
    return round(
        fmean(
            recall(judged_ranking(ranking, judgements[query]), judgements[query], depth=depth)
            for query, ranking in rankings.items()
        ),
        4,
    )


if __name__ == "__main__":
    main()
