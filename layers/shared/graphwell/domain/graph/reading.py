"""The entity graph as readers see it: names, what they are mentioned with, and the passages that say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from graphwell.domain.graph.names import normal_form
from graphwell.domain.text import accept_text

MAX_QUERY_LENGTH = 200
"""Characters of what names are looked for by."""

MAX_NAMES = 200
"""Names that a listing holds in all, its pages together."""

MAX_PASSAGES = 1_000
"""Live passages of a name that are counted and looked through for neighbours; a name that more hold is cut there."""

NEWEST_PASSAGES = 2_000
"""Live passages, of the newest documents, whose names are listed when none is asked for."""

MAX_NEIGHBOURS = 200
"""Neighbours of a name in all, the strongest ones."""

MAX_EVIDENCE = 10
"""Ids of chunks that a neighbour or relation is shown with; its weight counts all of them."""

ENTITY_ID_PATTERN = r"^[0-9a-f]{24}$"


@dataclass(frozen=True, slots=True)
class EntitySummary:
    """A name that live passages of a tenant hold.

    Parameters:
        name: as it is written.
        passage_count, document_count: live passages that mention it and their documents; counting ends at
            `MAX_PASSAGES` passages.
    """

    id: str
    name: str
    passage_count: int
    document_count: int


class Direction(StrEnum):
    """Which way a relation goes, seen from the entity that is read."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class StatedRelation:
    """What passages state of two entities.

    Parameters:
        name: such as "directed by".
        weight: live chunks that state it.
        evidence: ids of these chunks, `MAX_EVIDENCE` at most.
    """

    name: str
    direction: Direction
    weight: int
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity beside another.

    Parameters:
        passage_count: live passages that mention it, wherever; see `EntitySummary`.
        weight: live chunks that mention both; 0 when only a relation joins them.
        evidence: ids of these chunks, `MAX_EVIDENCE` at most.
        relations: what is stated of the two, that with the most evidence first.
    """

    id: str
    name: str
    passage_count: int
    weight: int
    evidence: Sequence[str]
    relations: Sequence[StatedRelation] = ()


@dataclass(frozen=True, slots=True)
class Support:
    """A live passage that mentions an entity.

    Parameters:
        quote: exactly the document's text from `start` to `end` (code points): the words around the mention, or how the
            chunk begins when only its title or a heading names the entity.
        about: whether the document's title or a heading of the chunk names it.
    """

    document_id: str
    chunk_id: str
    title: str
    quote: str
    start: int
    end: int
    page: int | None
    about: bool


@dataclass(frozen=True, slots=True)
class EntityPage:
    """A page of names; `next_cursor` is None on the last one, `truncated` when the listing leaves names out."""

    entities: Sequence[EntitySummary]
    next_cursor: str | None
    truncated: bool


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity with a page of its neighbours and of its passages.

    Parameters:
        neighbours: strongest first.
        passages: those about it first.
        next_cursor: continues both; None when both have ended.
        truncated: whether it has more passages than `MAX_PASSAGES`, or more neighbours than `MAX_NEIGHBOURS`.
    """

    entity: EntitySummary
    neighbours: Sequence[Neighbour]
    passages: Sequence[Support]
    next_cursor: str | None
    truncated: bool


Rank = tuple[int | str, ...]
"""What a listing is sorted by, ascending; ends with an id, so no two are the same."""


def accept_query(query: str | None, field: str = "query") -> str | None:
    """Return what names are looked for by, in Unicode NFC; None for all of them, as when nothing visible is asked for.

    Raises:
        InvalidInput: it is no text, or longer than `MAX_QUERY_LENGTH`.
    """
    return accept_text(query, field, max_length=MAX_QUERY_LENGTH) if query and query.strip() else None


def name_rank(query: str | None, entity: EntitySummary) -> Rank:
    """Return where a name stands among those that a query finds.

    The very name comes first, then those that hold more of the query's words, then those with fewer words besides, then
    those that more passages mention, then in the order of letters. Nothing in it depends on what other tenants hold.

    Parameters:
        query: None when there is none: then names go by passages alone.
    """
    asked, key = normal_form(query or ""), normal_form(entity.name)
    wanted, found = set(asked.split()), set(key.split())
    is_other = int(asked != key)
    besides = len(found - wanted) if wanted else 0
    return is_other, -len(wanted & found), besides, -entity.passage_count, key, entity.id


def neighbour_rank(neighbour: Neighbour) -> Rank:
    """Return where a neighbour stands: stated relations first, then by weight, then the rarer one, then by letters."""
    stated = sum(relation.weight for relation in neighbour.relations)
    key = normal_form(neighbour.name)
    return int(not stated), -stated, -neighbour.weight, neighbour.passage_count, key, neighbour.id


def relations_of(stated: Iterable[tuple[str, str, Sequence[str]]]) -> tuple[StatedRelation, ...]:
    """Return relations from names, directions and ids of chunks, one for each name and direction, strongest first."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for name, direction, chunk_ids in stated:
        found.setdefault((name, direction), {}).update(dict.fromkeys(chunk_ids))
    relations = [
        StatedRelation(name, Direction(direction), len(chunk_ids), sorted(chunk_ids)[:MAX_EVIDENCE])
        for (name, direction), chunk_ids in found.items()
        if chunk_ids
    ]
    return tuple(sorted(relations, key=lambda relation: (-relation.weight, relation.name, relation.direction)))
