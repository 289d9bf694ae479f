"""Make the calls of one run of the agent: search, expand a name, read on in a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphwell.domain.agent.calls import Look
from graphwell.domain.agent.evidence import Evidence
from graphwell.domain.agent.steps import StepKind
from graphwell.domain.chunks import Chunk
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import GraphwellError, NotFound, Unavailable
from graphwell.domain.graph.entities import entity_id
from graphwell.domain.graph.names import comparable, holds_name, normal_form
from graphwell.domain.graph.reading import Direction, Neighbour
from graphwell.domain.passages import Passage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import DocumentRepository, GraphReader
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.search import SearchRequest

READ_CHUNKS = 8
"""Chunks of a document that one call reads: some 2,000 tokens."""

NAMES_AROUND = 20
"""Names that an expansion gives."""

_LOOKED_AT = 30
"""Passages among which those that hold a name are looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a call brought.

    Parameters:
        passages: best first, or in the document's order.
        names: that an expansion gave.
        degraded: parts of a search that were missing.
        error: why it brought nothing, for the model and the asker; None where nothing went wrong.
        has_more: whether the same call would bring what follows.
    """

    passages: Sequence[Passage] = ()
    names: Sequence[str] = ()
    degraded: Sequence[str] = ()
    error: str | None = None
    has_more: bool = False


class LookUp:
    """Makes calls in the one tenant, and under the filters, of the request that it is made for.

    Nothing that a model writes gets into either: a call is one text. Documents can be read only when a search of this
    run found a passage of them, so filters hold for reading too.

    Safe for several threads, as long as nothing is added to the evidence meanwhile and no document is read twice at
    once.

    Parameters:
        request: the question as it stands alone; its other fields are those of every search.
        evidence: what was seen so far.
    """

    def __init__(
        self,
        scope: TenantScope,
        request: SearchRequest,
        evidence: Evidence,
        *,
        find_passages: FindPassages,
        documents: DocumentRepository,
        graph: GraphReader,
    ) -> None:
        self._scope = scope
        self._request = replace(request, history=(), vector=None)
        self._evidence = evidence
        self._find_passages = find_passages
        self._documents = documents
        self._graph = graph
        self._next_pages: dict[str, str] = {}

    def __call__(self, look: Look, deadline: Deadline) -> Found:
        """Return what a call brings; one that fails brings its error."""
        make = {StepKind.SEARCH: self._search, StepKind.EXPAND: self._expand, StepKind.READ: self._read}[look.kind]
        try:
            with deadline.held():
                return make(look.text, deadline)
        except GraphwellError as error:
            return Found(error=error.detail)

    def _search(self, query: str, deadline: Deadline) -> Found:
        result = self._find_passages(self._scope, replace(self._request, query=query), deadline)
        return Found(result.passages, degraded=result.degraded)

    def _expand(self, name: str, deadline: Deadline) -> Found:
        degraded: tuple[str, ...] = ()
        names: list[str] = []
        try:
            names = self._names_around(name, deadline)
        except Unavailable:
            degraded = ("graph",)
        request = replace(self._request, query=name, top_k=max(_LOOKED_AT, self._request.top_k))
        result = self._find_passages(self._scope, request, deadline)
        key = normal_form(name)
        holding = [passage for passage in result.passages if holds_name(_words(passage), key)]
        if not names and not holding:
            return Found(error="No document holds this name; search for it in other words.")
        return Found(holding[: self._request.top_k], names, (*degraded, *result.degraded))

    def _names_around(self, name: str, deadline: Deadline) -> list[str]:
        """Return what the graph has around a name, or around the name that is most like it."""
        try:
            return self._neighbours(entity_id(normal_form(name)), deadline)
        except NotFound:
            alike = self._graph.find(self._scope, name, deadline, cursor=None, limit=1).entities
        try:
            return [each for entity in alike for each in self._neighbours(entity.id, deadline)]
        except NotFound:  # its last passage went meanwhile
            return []

    def _neighbours(self, entity: str, deadline: Deadline) -> list[str]:
        view = self._graph.read(self._scope, entity, deadline, cursor=None, limit=NAMES_AROUND)
        return [_told(neighbour) for neighbour in view.neighbours]

    def _read(self, document_id: str, deadline: Deadline) -> Found:
        seen = self._evidence.of(document_id)
        if seen is None:
            return Found(error="No search of this run has found this document; search first.")
        deadline.remaining_s()
        page = self._documents.chunks(
            self._scope, document_id, cursor=self._next_pages.get(document_id), limit=READ_CHUNKS
        )
        if page.next_cursor is not None:
            self._next_pages[document_id] = page.next_cursor
        return Found([_passage(chunk, seen.title) for chunk in page.items], has_more=page.next_cursor is not None)


def _words(passage: Passage) -> str:
    return comparable(" ".join((passage.title, *passage.headings, passage.text)))


def _told(neighbour: Neighbour) -> str:
    """Return a name with what is stated of it, as in "directed by: Jane Doe"; the other way round in brackets."""
    if not neighbour.relations:
        return neighbour.name
    relation = neighbour.relations[0]
    if relation.direction is Direction.OUT:
        return f"{relation.name}: {neighbour.name}"
    return f"{neighbour.name} ({relation.name} this)"


def _passage(chunk: Chunk, title: str) -> Passage:
    draft = chunk.draft
    return Passage(
        document_id=chunk.document_id,
        chunk_id=chunk.id,
        title=title,
        text=draft.text,
        start=draft.start,
        end=draft.end,
        score=0.0,
        headings=draft.headings,
        page=draft.page,
        page_breaks=draft.page_breaks,
    )
