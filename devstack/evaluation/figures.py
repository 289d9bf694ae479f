"""The figures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from devstack.client.documents import OutcomeStatus
from devstack.client.ingestion import IngestReport
from devstack.evaluation.collection import Collection
from devstack.evaluation.metrics import Judgements, judged_ranking, ndcg, percentile, recall, reciprocal_rank
from devstack.evaluation.ranking import RankedDocuments

DEPTH = 10
RECALL_DEPTHS = (1, 5, 10)
MEASURES = ("ndcg@10", "mrr@10", *(f"recall@{depth}" for depth in RECALL_DEPTHS))
_PERCENTILES = (50, 90, 95, 99)
_MAX_ERRORS_SHOWN = 20


@dataclass(frozen=True)
class QueryFigures:
    """One query that has a relevant document.

    Parameters:
        query_id: its id in the collection.
        measures: value of each of `MEASURES`; all zero when the search failed.
        latency_s: seconds of its HTTP call; None when it failed.
    """

    query_id: str
    measures: Mapping[str, float]
    latency_s: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the figures as a run file holds them."""
        measures = {name: round(value, 6) for name, value in self.measures.items()}
        latency_ms = None if self.latency_s is None else round(self.latency_s * 1000, 2)
        return {"id": self.query_id, **measures, "ms": latency_ms}


@dataclass(frozen=True)
class EvaluationFigures:
    """Result of an evaluation.

    Parameters:
        collection: its name.
        tenant: where its documents are.
        documents: documents of the collection.
        queries_asked: queries that were asked.
        queries: figures of each query that has a relevant document, one at least.
        latencies_s: seconds of the HTTP call of each query that succeeded.
        ingest: how the documents came in; None when that was skipped.
        errors: what went wrong, as sentences.
    """

    collection: str
    tenant: str
    documents: int
    queries_asked: int
    queries: Sequence[QueryFigures]
    latencies_s: Sequence[float]
    ingest: IngestReport | None
    errors: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as `graphwell eval --json` prints them."""
        return {
            "collection": self.collection,
            "tenant": self.tenant,
            "documents": self.documents,
            "queries": len(self.queries),
            "queries_asked": self.queries_asked,
            **{name: round(fmean(query.measures[name] for query in self.queries), 4) for name in MEASURES},
            **{f"p{share}_ms": self._latency_ms(share / 100) for share in _PERCENTILES},
            "chunks_per_s": self._chunks_per_s(),
            "ingest": self._ingest_json(),
            "error_count": len(self.errors),
            "errors": list(self.errors[:_MAX_ERRORS_SHOWN]),
        }

    def as_run(self) -> dict[str, Any]:
        """Return the figures with those of each query, as `graphwell eval --output` keeps them."""
        return {**self.as_json(), "per_query": [query.as_json() for query in self.queries]}

    def _latency_ms(self, share: float) -> float | None:
        return round(percentile(self.latencies_s, share) * 1000, 1) if self.latencies_s else None

    def _chunks_per_s(self) -> float | None:
        rate = self.ingest.chunks_per_s if self.ingest else None
        return round(rate, 1) if rate is not None else None

    def _ingest_json(self) -> dict[str, Any] | None:
        if self.ingest is None:
            return None
        counts = {status.value: self.ingest.count(status) for status in OutcomeStatus}
        return {**counts, "chunks": self.ingest.chunks_embedded, "elapsed_s": round(self.ingest.elapsed_s, 1)}


def query_figures(collection: Collection, rankings: Mapping[str, RankedDocuments | None]) -> list[QueryFigures]:
    """Return the figures of each query that was asked and has a relevant document, in the collection's order.

    Parameters:
        collection: with the judgements.
        rankings: by query id; None for a query whose search failed.
    """
    return [
        _figures_of(query.id, rankings[query.id], collection.judgements[query.id])
        for query in collection.queries
        if query.id in rankings and collection.has_relevant_documents(query)
    ]


def _figures_of(query_id: str, ranked: RankedDocuments | None, judgements: Judgements) -> QueryFigures:
    ranking = judged_ranking(ranked.documents if ranked else (), judgements)
    measures = {
        f"ndcg@{DEPTH}": ndcg(ranking, judgements, depth=DEPTH),
        f"mrr@{DEPTH}": reciprocal_rank(ranking, judgements, depth=DEPTH),
        **{f"recall@{depth}": recall(ranking, judgements, depth=depth) for depth in RECALL_DEPTHS},
    }
    return QueryFigures(query_id, measures, ranked.call_s if ranked else None)
