"""Asks one peer, in its own environment: a request as JSON on standard input, rankings and times on standard output.

Each library is used as its documentation shows, over a vector and a fulltext index that are there already.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

TOP_K = 20
Ask = Callable[[str, list[float]], list[str]]


def main() -> None:
    """Answer every question of the request."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    request = json.load(sys.stdin)
    ask = PEERS[request["peer"]](request)
    questions = request["questions"]
    for question in questions[:10]:
        ask(question["text"], question["vector"])
    rankings, times_ms = {}, []
    for question in questions:
        started = time.perf_counter()
        rankings[question["id"]] = ask(question["text"], question["vector"])
        times_ms.append((time.perf_counter() - started) * 1000)
    json.dump({"rankings": rankings, "times_ms": times_ms}, sys.stdout)


def neo4j_graphrag(request: dict[str, Any]) -> Ask:
    """Return neo4j-graphrag's HybridRetriever."""
    import neo4j
    from neo4j_graphrag.retrievers import HybridRetriever
    from neo4j_graphrag.types import RetrieverResultItem

    driver = neo4j.GraphDatabase.driver(request["uri"], auth=tuple(request["login"]), notifications_min_severity="OFF")
    retriever = HybridRetriever(
        driver,
        request["vector_index"],
        request["fulltext_index"],
        return_properties=["id"],
        result_formatter=lambda record: RetrieverResultItem(content=record["node"]["id"]),
    )

    def ask(text: str, vector: list[float]) -> list[str]:
        return [item.content for item in retriever.search(query_text=text, query_vector=vector, top_k=TOP_K).items]

    return ask


def langchain_neo4j(request: dict[str, Any]) -> Ask:
    """Return langchain-neo4j's Neo4jVector in hybrid mode."""
    from langchain_core.embeddings import Embeddings
    from langchain_neo4j import Neo4jVector

    class Known(Embeddings):  # type: ignore[misc]  # mypy's environment lacks the library
        """Embeddings that are there already."""

        vector: list[float] = [0.01] * request["dimensions"]

        def embed_query(self, text: str) -> list[float]:  # noqa: ARG002
            return self.vector

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [self.vector for _ in texts]

    known = Known()
    store = Neo4jVector.from_existing_index(
        known,
        url=request["uri"],
        username=request["login"][0],
        password=request["login"][1],
        index_name=request["vector_index"],
        keyword_index_name=request["fulltext_index"],
        node_label=request["label"],
        text_node_property="text",
        embedding_node_property="embedding",
        search_type="hybrid",
    )

    def ask(text: str, vector: list[float]) -> list[str]:
        known.vector = vector
        return [document.metadata["id"] for document in store.similarity_search(text, k=TOP_K)]

    return ask


def llama_index(request: dict[str, Any]) -> Ask:
    """Return llama-index's Neo4jVectorStore with hybrid search."""
    from llama_index.core.vector_stores.types import VectorStoreQuery
    from llama_index.vector_stores.neo4jvector import Neo4jVectorStore

    store = Neo4jVectorStore(
        request["login"][0],
        request["login"][1],
        request["uri"],
        request["dimensions"],
        index_name=request["vector_index"],
        keyword_index_name=request["fulltext_index"],
        node_label=request["label"],
        embedding_node_property="embedding",
        text_node_property="text",
        hybrid_search=True,
        retrieval_query=(
            "RETURN node.text AS text, score, node.id AS id,"
            " {id: node.id, _node_content: '{}', _node_type: 'TextNode'} AS metadata"
        ),
    )

    def ask(text: str, vector: list[float]) -> list[str]:
        query = VectorStoreQuery(query_embedding=vector, query_str=text, similarity_top_k=TOP_K)
        return list(store.query(query).ids or [])

    return ask


PEERS: dict[str, Callable[[dict[str, Any]], Ask]] = {
    "neo4j-graphrag": neo4j_graphrag,
    "langchain-neo4j": langchain_neo4j,
    "llama-index": llama_index,
}


if __name__ == "__main__":
    main()
