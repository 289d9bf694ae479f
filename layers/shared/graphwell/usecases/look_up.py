"""Make the calls of one run of the agent: search, expand a name, read on in a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphwell.domain.agent.calls import Look
from graphwell.domain.agent.evidence import Evidence
from graphwell.domain.agent.steps import StepKind
from graphwell.domain.chunks import Chunk
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import GraphwellError
from graphwell.domain.passages import Passage
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import DocumentRepository, Neighbours
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.search import SearchRequest

READ_CHUNKS = 8
"""Chunks of a document that one call reads: some 2,000 tokens."""


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
        neighbours: Neighbours,
    ) -> None:
        self._scope = scope
        self._request = replace(request, history=(), vector=None)
        self._evidence = evidence
        self._find_passages = find_passages
        self._documents = documents
        self._neighbours = neighbours
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
        around = self._neighbours.around(self._scope, name, deadline)
        passages = [each for each in around.passages if not self._request.filters or self._is_seen(each.document_id)]
        if not around.names and not passages:
            return Found(error="No document holds this name; search for it in other words.")
        return Found(passages[: self._request.top_k], around.names)

    def _read(self, document_id: str, deadline: Deadline) -> Found:
        seen = self._evidence.of(document_id)
        if seen is None:
            return Found(error="No search has found this document; read one that a passage was found in.")
        deadline.remaining_s()
        page = self._documents.chunks(
            self._scope, document_id, cursor=self._next_pages.get(document_id), limit=READ_CHUNKS
        )
        if page.next_cursor is not None:
            self._next_pages[document_id] = page.next_cursor
        return Found([_passage(chunk, seen.title) for chunk in page.items], has_more=page.next_cursor is not None)

    def _is_seen(self, document_id: str) -> bool:
        return self._evidence.of(document_id) is not None


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
