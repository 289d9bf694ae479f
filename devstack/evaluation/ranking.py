"""Asks a stack for the documents that fit a query best."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from devstack.client.api import GraphwellClient

MAX_TOP_K = 100
_DEEPER = 2


@dataclass(frozen=True)
class RankedDocuments:
    """What a search found.

    Parameters:
        documents: ids in the collection, each once, in the order of their best passages.
        degraded: parts of the stack that the search had to do without.
        foreign: document ids of the reply that are not the collection's.
        call_s: seconds that the first HTTP call took.
        calls: HTTP calls that were needed to see enough documents.
    """

    documents: tuple[str, ...]
    degraded: frozenset[str]
    foreign: frozenset[str]
    call_s: float
    calls: int


class DocumentRanker:
    """Ranks the documents of a collection for queries, through POST /v1/search.

    Parameters:
        client: the stack.
        collection_ids: id in the collection by document id in the stack.
        top_k: passages to ask for; when they come from fewer than `depth` documents, more are asked for.
        depth: documents to see at least, besides those that are left out, where the stack has as many.
        mode: of the search, one of the API's.
    """

    def __init__(
        self, client: GraphwellClient, collection_ids: Mapping[str, str], *, top_k: int, depth: int, mode: str
    ) -> None:
        self._client = client
        self._collection_ids = collection_ids
        self._top_k = top_k
        self._depth = depth
        self._mode = mode

    def rank(self, query: str, *, left_out: Collection[str] = ()) -> RankedDocuments:
        """Return the documents for a query.

        Parameters:
            left_out: documents of the collection that do not count as seen.

        Raises:
            DevstackError: the search failed.
        """
        top_k, calls = self._top_k, 1
        reply, first_call_s = self._client.timed_search(query, top_k=top_k, mode=self._mode)
        found = dict.fromkeys(passage.document_id for passage in reply.passages)
        while self._seen(found, left_out) < self._depth and len(reply.passages) >= top_k and top_k < MAX_TOP_K:
            top_k, calls = min(MAX_TOP_K, top_k * _DEEPER), calls + 1
            reply, _ = self._client.timed_search(query, top_k=top_k, mode=self._mode)
            found = dict.fromkeys(passage.document_id for passage in reply.passages)
        known = tuple(self._collection_ids[document] for document in found if document in self._collection_ids)
        foreign = frozenset(document for document in found if document not in self._collection_ids)
        return RankedDocuments(known, frozenset(map(str, reply.degraded)), foreign, first_call_s, calls)

    def _seen(self, found: Collection[str], left_out: Collection[str]) -> int:
        return sum(self._collection_ids.get(document) not in left_out for document in found)
