"""Measures a stack on a collection: ingests it, asks its queries, scores the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from devstack.client.api import GraphwellClient
from devstack.client.document_ids import collection_document_ids
from devstack.client.documents import Document
from devstack.client.file_reader import corpus_document
from devstack.client.ingestion import Ingestion, IngestProgress, IngestReport
from devstack.client.problems import ApiError
from devstack.client.text_repair import repair
from devstack.errors import DevstackError
from devstack.evaluation.collection import CORPUS_FILE, Collection, Query
from devstack.evaluation.figures import DEPTH, EvaluationFigures, query_figures
from devstack.evaluation.metrics import left_out_documents
from devstack.evaluation.ranking import DocumentRanker, RankedDocuments

DEFAULT_TOP_K = 20
DEFAULT_MODE = "hybrid"
_MAX_TENANT_LENGTH = 64


def default_tenant(collection: str) -> str:
    """Return the tenant that a collection is ingested into unless another is named."""
    return f"eval-{re.sub('[^A-Za-z0-9_-]', '-', collection)}"[:_MAX_TENANT_LENGTH]


@dataclass(frozen=True)
class EvaluationOptions:
    """How to measure.

    Parameters:
        top_k: passages to ask for at first.
        limit: only so many of the queries; None for all.
        skip_ingest: whether the documents are there already.
        concurrency: queries in flight at a time; latencies are only comparable at one.
        mode: of the searches, one of the API's.
    """

    top_k: int = DEFAULT_TOP_K
    limit: int | None = None
    skip_ingest: bool = False
    concurrency: int = 1
    mode: str = DEFAULT_MODE


class Evaluation:
    """Measures one stack on one collection.

    Parameters:
        client: the stack, as the tenant that holds the collection.
        ingestion: brings documents into it.
        collection: what to measure with.
        tenant: its name, for the figures.
    """

    def __init__(self, client: GraphwellClient, ingestion: Ingestion, collection: Collection, tenant: str) -> None:
        self._client = client
        self._ingestion = ingestion
        self._collection = collection
        self._tenant = tenant
        self._document_ids = collection_document_ids(record.id for record in collection.records)

    def run(
        self,
        options: EvaluationOptions,
        *,
        ingest_progress: IngestProgress | None = None,
        on_query_done: Callable[[], None] = lambda: None,
    ) -> EvaluationFigures:
        """Ingest the collection, ask its queries and return the figures.

        Raises:
            DevstackError: the stack cannot be reached or refuses the caller, or no query in the limit can be scored.
        """
        queries = list(self._collection.queries)[: options.limit]
        if not any(self._collection.has_relevant_documents(query) for query in queries):
            raise DevstackError(f"None of the first {len(queries)} queries has a relevant document; raise --limit.")
        ingest = None if options.skip_ingest else self._ingestion.run(self._documents(), progress=ingest_progress)
        results = self._ask(queries, options, on_query_done)
        rankings = {
            query.id: result if isinstance(result, RankedDocuments) else None
            for query, result in zip(queries, results, strict=True)
        }
        return EvaluationFigures(
            collection=self._collection.name,
            tenant=self._tenant,
            documents=len(self._collection.records),
            queries_asked=len(queries),
            queries=query_figures(self._collection, rankings),
            latencies_s=[ranked.call_s for ranked in rankings.values() if ranked],
            ingest=ingest,
            errors=[*_ingest_errors(ingest), *_query_errors(queries, results)],
        )

    def _documents(self) -> Iterator[Document]:
        """Yield the documents; one without any text cannot be found and is left out."""
        for record in self._collection.records:
            document = corpus_document(record, self._document_ids[record.id], CORPUS_FILE)
            if document.text.strip():
                yield document

    def _ask(
        self, queries: Sequence[Query], options: EvaluationOptions, on_query_done: Callable[[], None]
    ) -> list[RankedDocuments | ApiError]:
        collection_ids = {document_id: record_id for record_id, document_id in self._document_ids.items()}
        ranker = DocumentRanker(self._client, collection_ids, top_k=options.top_k, depth=DEPTH, mode=options.mode)

        def ask(query: Query) -> RankedDocuments | ApiError:
            try:
                left_out = left_out_documents(self._collection.judgements.get(query.id, {}))
                return ranker.rank(repair(query.text).text, left_out=left_out)
            except ApiError as error:
                if error.is_refused_caller:
                    raise
                return error
            finally:
                on_query_done()

        with ThreadPoolExecutor(options.concurrency, thread_name_prefix="ask") as executor:
            return list(executor.map(ask, queries))


def _ingest_errors(ingest: IngestReport | None) -> Iterator[str]:
    for failure in ingest.failures if ingest else ():
        yield f"document {failure.document_id}: {failure.reason}"


def _query_errors(queries: Sequence[Query], results: Sequence[RankedDocuments | ApiError]) -> Iterator[str]:
    ranked = [result for result in results if isinstance(result, RankedDocuments)]
    for query, result in zip(queries, results, strict=True):
        if isinstance(result, ApiError):
            yield f"query {query.id}: {result}"
        elif result.degraded:
            yield f"query {query.id}: searched without {', '.join(sorted(result.degraded))}"
    if foreign := frozenset[str]().union(*(result.foreign for result in ranked)):
        yield (
            f"The tenant holds documents that are not of the collection, such as {min(foreign)}: "
            "they take places in the rankings; name an empty tenant with --tenant."
        )
