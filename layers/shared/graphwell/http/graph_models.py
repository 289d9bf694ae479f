"""Replies about the entity graph; their names and keys are the contract with callers outside."""

from __future__ import annotations

from pydantic import BaseModel

from graphwell.domain.graph.reading import Direction


class EntityReply(BaseModel):
    """A name that live passages hold; counting ends at 1,000 passages."""

    id: str
    name: str
    passage_count: int
    document_count: int


class EntityPageReply(BaseModel):
    """Names, best first; `truncated` when there are more than a listing holds."""

    entities: list[EntityReply]
    next_cursor: str | None
    truncated: bool


class RelationReply(BaseModel):
    """What passages state of two entities; `weight` counts them all, `evidence` has the ids of ten at most."""

    name: str
    direction: Direction
    weight: int
    evidence: list[str]


class NeighbourReply(BaseModel):
    """An entity that the same passages mention; `weight` counts them all, `evidence` has the ids of ten at most."""

    id: str
    name: str
    passage_count: int
    weight: int
    evidence: list[str]
    relations: list[RelationReply]


class SupportReply(BaseModel):
    """A passage that mentions the entity: `quote` is the document's text from `start` to `end`, verbatim."""

    document_id: str
    chunk_id: str
    title: str
    quote: str
    start: int
    end: int
    page: int | None
    about: bool


class EntityViewReply(EntityReply):
    """An entity, its neighbours, strongest first, and its passages, those about it first.

    `next_cursor` goes on with both lists; one that has ended is empty from then on.
    """

    neighbours: list[NeighbourReply]
    passages: list[SupportReply]
    next_cursor: str | None
    truncated: bool
