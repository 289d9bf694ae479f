"""The graph of entities: what chunks say, and what a search reaches over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from graphwell.domain.deadline import Deadline
from graphwell.domain.filters import Filters
from graphwell.domain.graph.chunk_graph import ChunkGraph
from graphwell.domain.graph.walk import Bridge, Start
from graphwell.domain.passages import Hit
from graphwell.domain.tenancy import TenantScope
from graphwell.ports.documents import UnembeddedChunk
from graphwell.ports.embedding import Vector


class GraphExtractor(Protocol):
    """Reads entities and relations out of texts."""

    @property
    def identity(self) -> str:
        """Name of the rules or model; another name may find others, so stored chunks are read anew."""

    def extract(self, scope: TenantScope, chunks: Sequence[UnembeddedChunk], deadline: Deadline) -> list[ChunkGraph]:
        """Return what each of a tenant's chunks says. A model that does not answer is done without."""


class TokenBudget(Protocol):
    """What a tenant's texts may still cost."""

    def take(self, scope: TenantScope, tokens: int) -> bool:
        """Take tokens of what is left, all or none; return whether there were enough.

        Raises:
            Unavailable: the store does not answer.
        """


@dataclass(frozen=True, slots=True)
class WalkQuery:
    """What a walk asks of the graph.

    Parameters:
        question: as typed; names in it are no bridges.
        starts: chunks that paths begin with.
        known: chunks that are candidates already.
        vector: the question's, by which what is reached is compared with it; None without a model.
        filters: what the document of a passage that is added must satisfy.
        as_of_ms: moment of the search, by the server's clock, whose versions count; see `IndexReply`.
    """

    question: str
    starts: Sequence[Start]
    known: Sequence[str]
    vector: Vector | None
    filters: Filters
    as_of_ms: int


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The best bridges to candidates and to passages that are new, and these passages, strongest path first."""

    bridges: Sequence[Bridge] = ()
    hits: Sequence[Hit] = ()


class PassageGraph(Protocol):
    """Follows the names that passages share."""

    def neighbourhood(self, scope: TenantScope, query: WalkQuery, deadline: Deadline) -> Neighbourhood:
        """Return what lies one bridge from the starts, in one round trip and within bounds.

        Raises:
            Unavailable: the graph does not answer.
        """
