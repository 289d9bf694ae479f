"""The entity graph as readers see it, in Neo4j."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphwell.adapters.graph_cursors import Places, decode_places, encode_places, page_after
from graphwell.adapters.lucene_query import lucene_names
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.neo4j_live_versions import SWITCHES, live_at
from graphwell.adapters.neo4j_schema import ENTITY_INDEX
from graphwell.domain.chunks import page_at
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import IndexFault, NotFound
from graphwell.domain.graph.entities import entity_id as id_of
from graphwell.domain.graph.names import normal_form
from graphwell.domain.graph.quoting import quote_around
from graphwell.domain.graph.reading import (
    MAX_EVIDENCE,
    MAX_NAMES,
    MAX_NEIGHBOURS,
    MAX_PASSAGES,
    NEWEST_PASSAGES,
    EntityPage,
    EntitySummary,
    EntityView,
    Neighbour,
    Rank,
    Support,
    name_rank,
    neighbour_rank,
    relations_of,
)
from graphwell.domain.tenancy import TenantScope


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of the graph one call looks at; what a name has beyond is left out, and the reply says so.

    Parameters:
        passages: live passages of a name that are counted and looked through for neighbours.
        looked_at: mentions of a name that are gone through for these: staged and replaced versions lie between.
        names, neighbours: those of a listing in all.
        newest: live passages, of the newest documents, whose names are listed without a query.
        common: mentions that are counted where only the rarest of equally strong neighbours are kept.
    """

    passages: int = MAX_PASSAGES
    looked_at: int = 20_000
    names: int = MAX_NAMES
    neighbours: int = MAX_NEIGHBOURS
    newest: int = NEWEST_PASSAGES
    common: int = 20


# Of a chunk `c`, its document `d`; `c` stays only when it is of the version that was live when the statement began.
_LIVE = f"""
  MATCH (c)-[:PART_OF]->(d:Document {{tenant_id: $tenant_id}})
  WITH *, {SWITCHES} AS live
  WHERE c.version = {live_at("datetime.transaction().epochMillis")}"""

# From an entity `e` over its mentions.
_COUNTED = f"""
CALL (e) {{
  MATCH (e)<-[:MENTIONS]-(c:Chunk {{tenant_id: $tenant_id}})
  WITH c LIMIT $looked_at{_LIVE}
  WITH c, d LIMIT $passages
  RETURN count(c) AS passages, count(DISTINCT d) AS documents
}}"""

# Index entity_name, narrowed inside Lucene by the tenant's term; the tenant's equality is checked since terms are
# analysed. Constraint entity_id for the very name, in whatever form the index has it.
_NAMED = f"""
CALL () {{
  CALL db.index.fulltext.queryNodes('{ENTITY_INDEX}', $lucene, {{limit: $names}}) YIELD node AS e, score
  WHERE e.tenant_id = $tenant_id AND score > 0
  RETURN e
 UNION
  MATCH (e:Entity {{tenant_id: $tenant_id, id: $same_id}})
  RETURN e
}}{_COUNTED}
RETURN collect([e.id, e.name, passages, documents]) AS found, count(*) >= $names AS truncated"""

# Index document_created, then the documents' own chunks.
_NEWEST = f"""
CALL () {{
  MATCH (d:Document {{tenant_id: $tenant_id}}) WHERE d.created_at IS NOT NULL AND d.deleted_at IS NULL
  WITH d ORDER BY d.created_at DESC LIMIT $newest
  MATCH (d)<-[:PART_OF]-(c:Chunk {{tenant_id: $tenant_id}})
  WITH c LIMIT $looked_at{_LIVE}
  RETURN c LIMIT $newest
}}
WITH collect(c) AS chunks
UNWIND chunks AS c
MATCH (c)-[:MENTIONS]->(e:Entity {{tenant_id: $tenant_id}})
WITH size(chunks) >= $newest AS is_cut, e, count(c) AS common
ORDER BY common DESC, e.id LIMIT $names{_COUNTED}
RETURN collect([e.id, e.name, passages, documents]) AS found,
  count(*) >= $names OR true IN collect(is_cut) AS truncated"""

# Constraint entity_id, then the entity's own mentions.
_MENTIONS = f"""
MATCH (e:Entity {{tenant_id: $tenant_id, id: $entity_id}})
CALL (e) {{
  MATCH (e)<-[m:MENTIONS]-(c:Chunk {{tenant_id: $tenant_id}})
  WITH m, c LIMIT $looked_at{_LIVE}
  WITH m, c LIMIT $passages
  RETURN collect([CASE WHEN m.about THEN 0 ELSE 1 END, c.document_id, c.ordinal, c.id]) AS mentions
}}
RETURN e.name AS name, e.key AS key, mentions"""

# Constraints chunk_id, entity_id. What is mentioned with an entity is not stored, but follows from the chunks that
# mention it. What passages state of two entities is stored, with ids of all versions' chunks, the newest last; each of
# these chunks mentions both.
_NEIGHBOURS = f"""
CALL () {{
  UNWIND $chunk_ids AS chunk_id
  MATCH (c:Chunk {{tenant_id: $tenant_id, id: chunk_id}})-[:MENTIONS]->(e:Entity {{tenant_id: $tenant_id}})
  WHERE e.id <> $entity_id
  WITH e, collect(c.id) AS evidence
  WITH e, evidence, COUNT {{
    MATCH (e)<-[:MENTIONS]-(other:Chunk {{tenant_id: $tenant_id}}) RETURN other LIMIT $common
  }} AS mentions
  ORDER BY size(evidence) DESC, mentions, e.id LIMIT $neighbours
  RETURN e, evidence, null AS relation, null AS direction
 UNION ALL
  MATCH (:Entity {{tenant_id: $tenant_id, id: $entity_id}})-[r:RELATED]-(e:Entity {{tenant_id: $tenant_id}})
  WHERE e.id <> $entity_id
  WITH r, e LIMIT $neighbours
  RETURN e, r.evidence[-$passages..] AS evidence, r.name AS relation,
    CASE WHEN endNode(r) = e THEN 'out' ELSE 'in' END AS direction
}}
WITH e, collect([relation, direction, evidence]) AS ties{_COUNTED}
RETURN e.id AS id, e.name AS name, passages, ties"""

# Constraint chunk_id.
_PASSAGES = """
UNWIND $chunk_ids AS chunk_id
MATCH (c:Chunk {tenant_id: $tenant_id, id: chunk_id})
RETURN c {.id, .document_id, .title, .text, .start, .page, .page_breaks} AS chunk"""

_BOUNDS = Bounds()

_NAME_FORM: Rank = (0, 0, 0, 0, "", "")
_NEIGHBOUR_FORM: Rank = (0, 0, 0, 0, "", "")
_MENTION_FORM: Rank = (0, "", 0, "")
"""A rank of each listing, for its cursors."""


class Neo4jGraphReader:
    """The `GraphReader` port over one Neo4j database."""

    def __init__(self, client: Neo4jClient, bounds: Bounds = _BOUNDS) -> None:
        self._client = client
        self._bounds = bounds

    def find(
        self, scope: TenantScope, query: str | None, deadline: Deadline, *, cursor: str | None, limit: int
    ) -> EntityPage:
        """Return names that share a word with a query, best first; see the port."""
        subject = query or ""
        after = decode_places(cursor, subject, [_NAME_FORM])[0] if cursor is not None else ()
        found, truncated = self._names(scope, query, deadline)
        shown, last = page_after(found, lambda entity: name_rank(query, entity), after, limit)
        return EntityPage(shown, encode_places(subject, [last]), truncated)

    def read(
        self, scope: TenantScope, entity_id: str, deadline: Deadline, *, cursor: str | None, limit: int
    ) -> EntityView:
        """Return an entity, with a page of its neighbours and passages; see the port."""
        forms = (_NEIGHBOUR_FORM, _MENTION_FORM)
        places: Places = [(), ()] if cursor is None else decode_places(cursor, entity_id, forms)
        records = self._read(_MENTIONS, scope, deadline, entity_id=entity_id)
        mentions: list[Rank] = [tuple(mention) for record in records for mention in record["mentions"]]
        if not mentions:
            raise NotFound(f"There is no entity {entity_id!r} in this tenant.")
        chunk_ids = [mention[-1] for mention in mentions]
        neighbours = self._neighbours(scope, entity_id, chunk_ids, deadline) if places[0] is not None else []
        beside, last_beside = page_after(neighbours, neighbour_rank, places[0], limit)
        shown, last_shown = page_after(mentions, tuple, places[1], limit)
        documents = {mention[1] for mention in mentions}
        return EntityView(
            EntitySummary(entity_id, records[0]["name"], len(mentions), len(documents)),
            beside,
            self._passages(scope, records[0]["key"], shown, deadline),
            encode_places(entity_id, [last_beside, last_shown]),
            truncated=len(mentions) >= self._bounds.passages or len(neighbours) >= self._bounds.neighbours,
        )

    def _names(self, scope: TenantScope, query: str | None, deadline: Deadline) -> tuple[list[EntitySummary], bool]:
        if query is None:
            records = self._read(_NEWEST, scope, deadline)
        elif (lucene := lucene_names(scope, query)) is None:
            return [], False
        else:
            records = self._read(_NAMED, scope, deadline, lucene=lucene, same_id=id_of(normal_form(query)))
        found = [EntitySummary(*fields) for record in records for fields in record["found"]]
        return [entity for entity in found if entity.passage_count], any(record["truncated"] for record in records)

    def _neighbours(
        self, scope: TenantScope, entity_id: str, chunk_ids: Sequence[Any], deadline: Deadline
    ) -> list[Neighbour]:
        records = self._read(_NEIGHBOURS, scope, deadline, entity_id=entity_id, chunk_ids=chunk_ids)
        live = frozenset(chunk_ids)
        found = [_neighbour(record.data(), live) for record in records]
        return [each for each in found if each.passage_count and (each.weight or each.relations)]

    def _passages(self, scope: TenantScope, key: str, mentions: Sequence[Rank], deadline: Deadline) -> list[Support]:
        """Return passages in the order of mentions; without those whose chunk went meanwhile."""
        if not mentions:
            return []
        chunk_ids = [mention[-1] for mention in mentions]
        records = self._read(_PASSAGES, scope, deadline, chunk_ids=chunk_ids)
        chunks = {record["chunk"]["id"]: record["chunk"] for record in records}
        return [
            _support(chunks[chunk_id], key, about=not is_other)
            for (is_other, *_, chunk_id) in mentions
            if chunk_id in chunks
        ]

    def _read(self, statement: str, scope: TenantScope, deadline: Deadline, **parameters: Any) -> list[Any]:
        from neo4j.exceptions import Neo4jError  # noqa: PLC0415

        try:
            bounds = asdict(self._bounds)
            return self._client.read(statement, deadline, tenant_id=scope.tenant_id, **bounds, **parameters)
        except Neo4jError as error:  # the server answers, so an index is missing, offline or broken
            raise IndexFault("The index of names does not answer; try again shortly.") from error


def _neighbour(row: Mapping[str, Any], live: frozenset[str]) -> Neighbour:
    common = sorted(chunk_id for relation, _, evidence in row["ties"] if relation is None for chunk_id in evidence)
    stated = [
        (relation, direction, [chunk_id for chunk_id in evidence if chunk_id in live])
        for relation, direction, evidence in row["ties"]
        if relation is not None
    ]
    return Neighbour(row["id"], row["name"], row["passages"], len(common), common[:MAX_EVIDENCE], relations_of(stated))


def _support(chunk: Mapping[str, Any], key: str, *, about: bool) -> Support:
    first, last = quote_around(chunk["text"], key)
    start = chunk["start"] + first
    return Support(
        document_id=chunk["document_id"],
        chunk_id=chunk["id"],
        title=chunk["title"],
        quote=chunk["text"][first:last],
        start=start,
        end=chunk["start"] + last,
        page=page_at(chunk["page"], chunk["page_breaks"] or [], start),
        about=about,
    )
