"""Vector and fulltext search in Neo4j, both legs in one statement, the tenant's filter inside each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_INDEXES
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery

if TYPE_CHECKING:
    from neo4j import Record

MAX_CANDIDATES = 1600
"""Most hits ever asked of a leg: a document replaced that often within a minute is found late, not never."""

_WIDENING = 4
"""How many times as many hits a leg is asked for when chunks that are not live, staged or replaced, fill it."""

# Index chunk_embedding or chunk_embedding_b, filtered by tenant inside it.
_VECTOR_LEG = """
  MATCH (c:Chunk)
    SEARCH c IN (
      VECTOR INDEX %s FOR $vector WHERE c.tenant_id = $tenant_id LIMIT $candidates
    ) SCORE AS score
  RETURN c, score, 'vector' AS leg"""

# Index chunk_text, narrowed by the tenant's term inside Lucene; equality is checked since terms are analysed.
# Of a question that the analyzer leaves no word of, only the tenant's term is left, which scores 0 everywhere.
_FULLTEXT_LEG = f"""
  CALL db.index.fulltext.queryNodes('{FULLTEXT_INDEX}', $lucene, {{limit: $candidates}}) YIELD node AS c, score
  WHERE c.tenant_id = $tenant_id AND score > 0
  RETURN c, score, 'fulltext' AS leg"""

# The version of each document that was live when the statement began, whose chunks were in both indexes by then and
# stay for longer than any query: a pointer that moves meanwhile changes nothing. No chunk has version 0.
# A hit of another version stays in as a row without a chunk, which tells how much of a leg went to such hits.
_LIVE_HITS = """
MATCH (c)-[:PART_OF]->(d:Document {tenant_id: $tenant_id})
WITH d, collect({chunk: c, score: score, leg: leg}) AS hits
WITH coalesce(d.live, [d.version, 0]) AS live, hits
WITH head([i IN range(0, size(live) - 1, 2) WHERE live[i + 1] < datetime.transaction().epochMillis | live[i]]) AS live,
     hits
UNWIND hits AS hit
WITH CASE WHEN hit.chunk.version = live THEN hit.chunk END AS c, hit.score AS score, hit.leg AS leg
RETURN leg, score, c.id AS chunk_id, c.document_id AS document_id, c.title AS title, c.text AS text,
       c.start AS start, c.end AS end, c.headings AS headings, c.page AS page
ORDER BY score DESC, chunk_id"""


# Constraint tenant_id.
_CORPUS_VERSION = "MATCH (t:Tenant {id: $tenant_id}) RETURN t.corpus_version AS corpus_version"


def _statement(*legs: str) -> str:
    return "CYPHER 25\nCALL () {" + "\n UNION ALL".join(legs) + "\n}" + _LIVE_HITS


def _statements(vector_index: str) -> dict[frozenset[SearchMode], str]:
    vector_leg = _VECTOR_LEG % vector_index
    return {
        frozenset({SearchMode.VECTOR}): _statement(vector_leg),
        frozenset({SearchMode.FULLTEXT}): _statement(_FULLTEXT_LEG),
        frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}): _statement(vector_leg, _FULLTEXT_LEG),
    }


class Neo4jPassageIndex:
    """The `PassageIndex` port over one Neo4j database.

    Parameters:
        slot: where the vectors lie that are searched.
    """

    def __init__(self, client: Neo4jClient, slot: Slot = Slot.A) -> None:
        self._client = client
        self._statements = _statements(VECTOR_INDEXES[slot])

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:
        """Return the number that grows with every visible change; see the port."""
        records = self._client.read(_CORPUS_VERSION, deadline, tenant_id=scope.tenant_id)
        return int(records[0]["corpus_version"]) if records else 0

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> list[Hit]:
        """Return the hits of all legs in one round trip, more only where replaced chunks crowd a leg; see the port."""
        lucene = lucene_query(scope, query.text) if SearchMode.FULLTEXT in query.legs else None
        vector = query.vector if SearchMode.VECTOR in query.legs else None
        legs = frozenset(
            leg for leg, value in ((SearchMode.VECTOR, vector), (SearchMode.FULLTEXT, lucene)) if value is not None
        )
        if not legs:
            return []
        candidates = query.candidates
        while True:
            records = self._client.read(
                self._statements[legs],
                deadline,
                tenant_id=scope.tenant_id,
                vector=vector,
                lucene=lucene,
                candidates=candidates,
            )
            hits = _ranked(records, query.candidates)
            if candidates >= MAX_CANDIDATES or not _starved(records, hits, candidates, query.candidates):
                return hits
            candidates = min(_WIDENING * candidates, MAX_CANDIDATES)


def _starved(records: list[Record], hits: list[Hit], asked: int, wanted: int) -> bool:
    """Tell whether a leg gave all it was asked for, and less than half of what is wanted of it is live."""
    given = Counter(record["leg"] for record in records)
    live = Counter(hit.leg.value for hit in hits)
    return any(count >= asked and 2 * live[leg] < wanted for leg, count in given.items())


def _ranked(records: list[Record], wanted: int) -> list[Hit]:
    """Number the live records of each leg from 1, and keep as many as are wanted; they come best first."""
    ranks: Counter[str] = Counter()
    hits = []
    for record in records:
        leg = record["leg"]
        if record["chunk_id"] is None or ranks[leg] == wanted:
            continue
        ranks[leg] += 1
        hits.append(Hit(_passage(record), SearchMode(leg), ranks[leg]))
    return hits


def _passage(record: Record) -> Passage:
    return Passage(
        document_id=record["document_id"],
        chunk_id=record["chunk_id"],
        title=record["title"],
        text=record["text"],
        start=record["start"],
        end=record["end"],
        score=0.0,
        headings=tuple(record["headings"]),
        page=record["page"],
    )
