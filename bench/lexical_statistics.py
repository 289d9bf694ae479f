"""Whose term statistics weigh lexical hits best: the shared index's, the tenant's, or the search's candidates'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import neo4j

from bench.local_stack import COLLECTIONS, BenchStack
from bench.search_overhead import RAW_FULLTEXT, RAW_VECTOR
from devstack.client.document_ids import collection_document_ids
from devstack.downloads.model import ensure_model
from devstack.evaluation.collection import load_collection
from devstack.evaluation.metrics import judged_ranking, ndcg
from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.bm25 import TermCounts, bm25_scores
from graphwell.domain.deadline import Deadline
from graphwell.domain.fusion import reciprocal_rank_fusion
from graphwell.domain.passages import Hit, Passage, SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.usecases.search import TITLE_WEIGHT

NAMES = ("scifact", "cranfield", "hotpotqa_100", "musique_100", "xquad_en", "mtrag_un")
QUERIES = 300
TITLE_WEIGHTS = (1, 2, 3)

_CHUNKS = """
MATCH (c:Chunk) WHERE c.tenant_id = $tenant_id
RETURN c.id AS id, c.document_id AS document_id, c.title AS title, c.text AS text"""


class Measured:
    """A collection in the index, and the ways to rank its lexical hits.

    Parameters:
        passages: every chunk of the tenant by its id.
    """

    def __init__(self, passages: dict[str, Passage]) -> None:
        self._passages = passages
        self._terms = PorterTermCounter()

    def rankings(self, question: str, vector: Sequence[str], fulltext: Sequence[str]) -> dict[str, list[str]]:
        """Return the documents in the fused order of each way."""
        candidates = list(dict.fromkeys([*vector, *fulltext]))
        ways: dict[str, Sequence[str]] = {"index": fulltext}
        for weight in TITLE_WEIGHTS:
            scores = dict(zip(candidates, bm25_scores(self._counts(question, candidates, weight)), strict=True))
            ways[f"candidates, title x{weight}"] = sorted(fulltext, key=lambda chunk: (-scores[chunk], chunk))
        everything = list(self._passages)
        whole = dict(zip(everything, bm25_scores(self._counts(question, everything, TITLE_WEIGHT)), strict=True))
        ways[f"tenant, title x{TITLE_WEIGHT}"] = sorted(fulltext, key=lambda chunk: (-whole[chunk], chunk))
        return {way: self._fused(vector, ranked) for way, ranked in ways.items()}

    def _counts(self, question: str, chunks: Sequence[str], title_weight: int) -> list[TermCounts]:
        found = (self._passages[chunk] for chunk in chunks)
        return self._terms.count(question, [f"{hit.title}\n" * title_weight + hit.text for hit in found])

    def _fused(self, vector: Sequence[str], fulltext: Sequence[str]) -> list[str]:
        hits = [
            Hit(self._passages[chunk], leg, rank)
            for leg, ranked in ((SearchMode.VECTOR, vector), (SearchMode.FULLTEXT, fulltext))
            for rank, chunk in enumerate(ranked, start=1)
        ]
        return list(dict.fromkeys(passage.document_id for passage in reciprocal_rank_fusion(hits)))


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return nDCG@10 of hybrid search by collection and way; all collections are tenants of one index."""
    for name in NAMES:
        stack.command("eval", str(COLLECTIONS / name), "--tenant", name, "--limit", "1")
    embedder = OnnxEmbedder(ensure_model())
    with stack.open_neo4j() as driver, driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        figures = {name: _of_collection(session, embedder, name) for name in NAMES}
    ways = next(iter(figures.values()))
    mean = {way: round(fmean(figure[way] for figure in figures.values()), 4) for way in ways}
    return {"ndcg@10": figures, "mean": mean}


def _of_collection(session: neo4j.Session, embedder: OnnxEmbedder, name: str) -> dict[str, float]:
    collection = load_collection(COLLECTIONS / name)
    scope = TenantScope(name)
    measured = Measured({chunk["id"]: _passage(chunk) for chunk in session.run(_CHUNKS, tenant_id=name)})
    ids = collection_document_ids(record.id for record in collection.records)
    named = {document: record for record, document in ids.items()}
    judged = [query for query in collection.queries if collection.has_relevant_documents(query)]
    gains: dict[str, list[float]] = {}
    for query in judged[:: math.ceil(len(judged) / QUERIES)]:
        parameters = {
            "tenant_id": name,
            "vector": embedder.embed_query(query.text, Deadline.after(5)),
            "lucene": lucene_query(scope, query.text),
        }
        legs = [[hit["id"] for hit in session.run(leg, parameters)] for leg in (RAW_VECTOR, RAW_FULLTEXT)]
        for way, ranked in measured.rankings(query.text, *legs).items():
            judgements = collection.judgements[query.id]
            ranking = judged_ranking([named[document] for document in ranked], judgements)
            gains.setdefault(way, []).append(ndcg(ranking, judgements))
    return {way: round(fmean(values), 4) for way, values in gains.items()}


def _passage(chunk: neo4j.Record) -> Passage:
    text = chunk["text"]
    return Passage(chunk["document_id"], chunk["id"], chunk["title"], text, 0, len(text), score=0.0)
