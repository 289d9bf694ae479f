"""Vector and fulltext search in Neo4j, both legs in one statement, the tenant's filter inside each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from graphwell.adapters.filter_terms import cypher_filters, filter_parameters
from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_live_versions import SWITCHES, live_at
from graphwell.adapters.neo4j_schema import FULLTEXT_INDEX, VECTOR_INDEXES, VECTOR_PROPERTIES
from graphwell.domain.deadline import Deadline
from graphwell.domain.embedding_plan import Slot
from graphwell.domain.errors import IndexFault
from graphwell.domain.filters import Filters, passes
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import IndexReply, LegReport, SearchQuery

MAX_CANDIDATES = 1600
"""Most hits ever asked of a leg: a document replaced that often within a minute is found late, not never."""

VECTOR_BREADTH, FULLTEXT_BREADTH = 200, 100
"""Hits that an index looks for at least, of which the best are kept. Of a tenant of 100,000 chunks among as many others
the vector index finds .988 of the true ten best at LIMIT 60, .996 at 100 and all at 200, which takes a sixth longer
(docs/retrieval.md)."""

_WIDENING = 4
"""How many times as many hits a leg is asked for when chunks that are not live, staged or replaced, fill it."""

# Index chunk_embedding or chunk_embedding_b, filtered by tenant, document and metadata inside it; `_leg` puts in which,
# and a request's filters. Of chunks with one score those are kept that come first by id, so that a cut is repeatable.
_VECTOR_LEG = """
  MATCH (c:Chunk)
    SEARCH c IN (
      VECTOR INDEX %s FOR $vector WHERE c.tenant_id = $tenant_id LIMIT $vector_breadth
    ) SCORE AS score
  RETURN c, score, score AS similarity, 'vector' AS leg ORDER BY score DESC, c.id LIMIT $candidates"""

# Index chunk_text, narrowed inside Lucene by the tenant's term and those of filters; the tenant's equality is checked
# since terms are analysed.
# Of a question that the analyzer leaves no word of, only the tenant's term is left, which scores 0 everywhere.
_FULLTEXT_LEG = f"""
  CALL db.index.fulltext.queryNodes('{FULLTEXT_INDEX}', $lucene, {{limit: $fulltext_breadth}}) YIELD node AS c, score
  WHERE c.tenant_id = $tenant_id AND score > 0
  RETURN c, score, null AS similarity, 'fulltext' AS leg ORDER BY score DESC, c.id LIMIT $candidates"""

# Each chunk comes once, with the legs that found it.
_CHUNKS = """
WITH c, collect([leg, score]) AS legs, max(similarity) AS similarity"""

# Constraint document_version. Metadata decides in the end whether a document passes filters; indexes only narrow.
_METADATA = """
OPTIONAL MATCH (v:DocumentVersion {tenant_id: $tenant_id, document_id: c.document_id, version: c.version})
WITH c, legs, similarity, v.metadata AS metadata"""
_NO_METADATA = ", null AS metadata"

# The version of each document that was live when the statement began, whose chunks were in both indexes by then and
# stay for longer than any query: a pointer that moves meanwhile changes nothing. No chunk has version 0.
# A chunk of another version stays in without its properties, which tells how much of a leg went to such hits.
# What the vector leg did not find is compared with the question's vector here, or has no similarity where there is no
# such vector.
# One record holds them all: the driver reads from its socket twice a record, so that 200 of them cost it 3.5 ms of
# processor time where one costs 1.
_LIVE_HITS = f"""
MATCH (c)-[:PART_OF]->(d:Document {{tenant_id: $tenant_id}})
WITH d, collect({{chunk: c, legs: legs, similarity: similarity, metadata: metadata}}) AS hits
WITH {SWITCHES} AS live, hits
WITH {live_at("datetime.transaction().epochMillis")} AS live, hits
UNWIND hits AS hit
WITH CASE WHEN hit.chunk.version = live THEN hit.chunk END AS c, hit.legs AS legs, hit.similarity AS similarity,
     hit.metadata AS metadata
WITH collect([
  legs, coalesce(similarity, vector.similarity.cosine(c.%s, $vector)), c.document_id, c.id, c.title, c.text,
  c.start, c.end, c.headings, c.page, coalesce(c.page_breaks, []), metadata
]) AS found
RETURN found, datetime.transaction().epochMillis AS as_of_ms"""


# Constraint tenant_id.
_CORPUS_VERSION = "MATCH (t:Tenant {id: $tenant_id}) RETURN t.corpus_version AS corpus_version"

# Constraints tenant_id, chunk_id. A search takes the versions that were live by the server's clock, which may have been
# set back since the last switch: then it finds what was live before it, though the corpus version is the new one.
_IS_CURRENT = """
MATCH (t:Tenant {id: $tenant_id})
RETURN t.corpus_version = $corpus_version
  AND coalesce(t.switched_at, 0) < datetime.transaction().epochMillis
  AND COUNT {
    UNWIND $chunk_ids AS chunk_id
    MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id})-[:PART_OF]->(d:Document) WHERE c.version = d.version
    RETURN c
  } = size($chunk_ids) AS current"""


_TENANT = "c.tenant_id = $tenant_id"


def _leg(leg: SearchMode, slot: Slot, filters: Filters) -> str:
    if leg is SearchMode.FULLTEXT:
        return _FULLTEXT_LEG
    return (_VECTOR_LEG % VECTOR_INDEXES[slot]).replace(_TENANT, _TENANT + cypher_filters(filters))


def _statement(legs: Iterable[SearchMode], filters: Filters, slot: Slot = Slot.A) -> str:
    parts = "\n UNION ALL".join(
        _leg(leg, slot, filters) for leg in (SearchMode.VECTOR, SearchMode.FULLTEXT) if leg in legs
    )
    live_hits = _LIVE_HITS % VECTOR_PROPERTIES[slot]
    return f"CYPHER 25\nCALL () {{{parts}\n}}{_CHUNKS}{_METADATA if filters else _NO_METADATA}{live_hits}"


class Neo4jPassageIndex:
    """The `PassageIndex` port over one Neo4j database.

    Parameters:
        slot: where the vectors lie that are searched.
    """

    def __init__(self, client: Neo4jClient, slot: Slot = Slot.A) -> None:
        self._client = client
        self._slot = slot

    def corpus_version(self, scope: TenantScope, deadline: Deadline) -> int:
        """Return the number that grows with every visible change; see the port."""
        records = self._client.read(_CORPUS_VERSION, deadline, tenant_id=scope.tenant_id)
        return int(records[0]["corpus_version"]) if records else 0

    def is_current(
        self, scope: TenantScope, corpus_version: int, passages: Sequence[Passage], deadline: Deadline
    ) -> bool:
        """Tell whether all passages are of live versions, and the corpus version is still this; see the port."""
        records = self._client.read(
            _IS_CURRENT,
            deadline,
            tenant_id=scope.tenant_id,
            corpus_version=corpus_version,
            chunk_ids=list({passage.chunk_id for passage in passages}),
        )
        return any(record["current"] for record in records)

    def search(self, scope: TenantScope, query: SearchQuery, deadline: Deadline) -> IndexReply:
        """Return the hits of all legs in one round trip, more only where replaced chunks crowd a leg; see the port."""
        lucene = lucene_query(scope, query.text, query.filters) if SearchMode.FULLTEXT in query.legs else None
        vector = query.vector if SearchMode.VECTOR in query.legs else None
        texts = {}
        if vector is not None:
            texts[SearchMode.VECTOR] = query.text
        if lucene is not None:
            texts[SearchMode.FULLTEXT] = lucene
        if not texts:
            return IndexReply()
        statement, candidates = _statement(texts, query.filters, self._slot), query.candidates
        while True:
            given, as_of_ms = self._found(
                statement,
                deadline,
                tenant_id=scope.tenant_id,
                vector=vector,
                lucene=lucene,
                candidates=candidates,
                vector_breadth=max(candidates, VECTOR_BREADTH),
                fulltext_breadth=max(candidates, FULLTEXT_BREADTH),
                **filter_parameters(query.filters),
            )
            found = [_passed(chunk, query.filters) for chunk in given]
            hits = _ranked(found, query.candidates)
            if candidates >= MAX_CANDIDATES or not _starved(found, hits, candidates, query):
                reports = {leg: _report(leg, self._slot, query, text, candidates, found) for leg, text in texts.items()}
                return IndexReply(hits, reports, as_of_ms)
            candidates = min(_WIDENING * candidates, MAX_CANDIDATES)

    def _found(self, statement: str, deadline: Deadline, **parameters: Any) -> tuple[list[_Found], int]:
        from neo4j.exceptions import Neo4jError  # noqa: PLC0415

        try:
            [record] = self._client.read(statement, deadline, **parameters)
        except Neo4jError as error:  # the server answers, so an index is missing, offline or broken
            raise IndexFault("A search index does not answer; try again shortly.") from error
        return [_Found(*fields) for fields in record["found"]], record["as_of_ms"]


class _Found(NamedTuple):
    """A chunk as the statement returns it, with leg and score of each hit.

    `chunk_id` is None when it is not live, or its document does not pass the filters.
    """

    legs: list[tuple[str, float]]
    similarity: float | None
    document_id: str
    chunk_id: str | None
    title: str
    text: str
    start: int
    end: int
    headings: list[str]
    page: int | None
    page_breaks: list[int]
    metadata: str | None
    is_refused: bool = False


def _passed(found: _Found, filters: Filters) -> _Found:
    if not filters or found.chunk_id is None:
        return found
    metadata = json.loads(found.metadata or "{}")
    if passes(filters, found.document_id, metadata):
        return found
    return found._replace(chunk_id=None, is_refused=True)


def _report(  # noqa: PLR0917  # all that a leg was given and gave
    leg: SearchMode, slot: Slot, query: SearchQuery, text: str, asked: int, found: list[_Found]
) -> LegReport:
    index = VECTOR_INDEXES[slot] if leg is SearchMode.VECTOR else FULLTEXT_INDEX
    statement = _leg(leg, slot, query.filters)
    given = [chunk for chunk in found if any(name == leg for name, _ in chunk.legs)]
    refused = sum(chunk.is_refused for chunk in given)
    not_live = sum(chunk.chunk_id is None for chunk in given) - refused
    return LegReport(index, statement, text, asked, len(given), not_live, refused)


def _starved(found: list[_Found], hits: list[Hit], asked: int, query: SearchQuery) -> bool:
    """Tell whether a leg gave all it was asked for, and too few of them are live."""
    given = Counter(leg for chunk in found for leg, _ in chunk.legs)
    live = Counter(hit.leg.value for hit in hits)
    least = max(query.candidates / 2, query.least)
    return any(count >= asked and live[leg] < least for leg, count in given.items())


def _ranked(found: list[_Found], wanted: int) -> list[Hit]:
    """Number the live hits of each leg from 1, best first, and keep as many as are wanted."""
    scored: dict[str, list[tuple[float, str, Passage, float | None]]] = {leg: [] for leg in SearchMode}
    for chunk in found:
        if chunk.chunk_id is not None:
            passage, similarity = _passage(chunk, chunk.chunk_id), cosine_of(chunk.similarity)
            for leg, score in chunk.legs:
                scored[leg].append((-score, chunk.chunk_id, passage, similarity))
    return [
        Hit(passage, SearchMode(leg), rank, similarity)
        for leg, live in scored.items()
        for rank, (_, _, passage, similarity) in enumerate(sorted(live, key=itemgetter(0, 1))[:wanted], start=1)
    ]


def cosine_of(similarity: float | None) -> float | None:
    """Return the cosine that Neo4j maps to 0 to 1 (Cypher manual, "Vector functions")."""
    return None if similarity is None else 2 * similarity - 1


def _passage(found: _Found, chunk_id: str) -> Passage:
    return Passage(
        document_id=found.document_id,
        chunk_id=chunk_id,
        title=found.title,
        text=found.text,
        start=found.start,
        end=found.end,
        score=0.0,
        headings=tuple(found.headings),
        page=found.page,
        page_breaks=tuple(found.page_breaks),
    )
