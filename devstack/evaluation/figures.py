"""The figures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from devstack.client.documents import OutcomeStatus
from devstack.client.ingestion import IngestReport
from devstack.evaluation.collection import Collection
from devstack.evaluation.metrics import judged_ranking, ndcg, percentile, recall, reciprocal_rank
from devstack.evaluation.ranking import RankedDocuments

DEPTH = 10
_MAX_ERRORS_SHOWN = 20


@dataclass(frozen=True)
class Quality:
    """Means over the queries that have a relevant document; a query whose search failed counts as zero."""

    ndcg: float
    recall: float
    reciprocal_rank: float
    queries: int


@dataclass(frozen=True)
class EvaluationFigures:
    """Result of an evaluation.

    Parameters:
        collection: its name.
        tenant: where its documents are.
        documents: documents of the collection.
        queries_asked: queries that were asked.
        quality: retrieval measures at depth 10.
        latencies_s: seconds of the HTTP call of each query that succeeded.
        ingest: how the documents came in; None when that was skipped.
        errors: what went wrong, as sentences.
    """

    collection: str
    tenant: str
    documents: int
    queries_asked: int
    quality: Quality
    latencies_s: Sequence[float]
    ingest: IngestReport | None
    errors: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as `graphwell eval --json` prints them."""
        return {
            "collection": self.collection,
            "tenant": self.tenant,
            "documents": self.documents,
            "queries": self.quality.queries,
            "queries_asked": self.queries_asked,
            "ndcg@10": round(self.quality.ndcg, 4),
            "recall@10": round(self.quality.recall, 4),
            "mrr@10": round(self.quality.reciprocal_rank, 4),
            "p50_ms": self._latency_ms(0.50),
            "p95_ms": self._latency_ms(0.95),
            "chunks_per_s": self._chunks_per_s(),
            "ingest": self._ingest_json(),
            "error_count": len(self.errors),
            "errors": list(self.errors[:_MAX_ERRORS_SHOWN]),
        }

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


def quality_of(collection: Collection, rankings: Mapping[str, RankedDocuments | None]) -> Quality:
    """Return the measures of the rankings.

    Parameters:
        collection: with the judgements.
        rankings: by query id; None for a query whose search failed. One of them at least has a relevant document.
    """
    scored = []
    for query in collection.queries:
        if query.id not in rankings or not collection.has_relevant_documents(query):
            continue
        ranked = rankings[query.id]
        judgements = collection.judgements[query.id]
        ranking = judged_ranking(ranked.documents if ranked else (), judgements)
        scored.append((ndcg(ranking, judgements), recall(ranking, judgements), reciprocal_rank(ranking, judgements)))
    ndcgs, recalls, reciprocal_ranks = zip(*scored, strict=True)
    return Quality(fmean(ndcgs), fmean(recalls), fmean(reciprocal_ranks), queries=len(scored))
