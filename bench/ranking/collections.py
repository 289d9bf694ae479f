"""Test collections as graphwell stores them: chunks of the shipped chunker, their vectors, and judged questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.chunk_sizes import CACHE, Matrix, VectorCache
from bench.local_stack import COLLECTIONS
from devstack.client.document_ids import collection_document_ids
from devstack.client.file_reader import corpus_document
from devstack.downloads.model import ensure_model
from devstack.evaluation.collection import Collection, load_collection
from devstack.evaluation.metrics import Judgements
from graphwell.adapters.onnx_embedder import QUERY_PREFIX, OnnxEmbedder
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import embedding_text
from graphwell.domain.documents import ContentType

NAMES = ("scifact", "cranfield", "hotpotqa_100", "musique_100", "xquad_en", "mtrag_un")
CHUNK_TOKENS = 256
"""The shipped default."""


@dataclass(frozen=True)
class StoredChunk:
    """A chunk: its document's id in the collection, its place there, and what both legs read."""

    document: str
    ordinal: int
    title: str
    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class StoredCollection:
    """A collection as one tenant holds it.

    Parameters:
        vectors: of the chunks, one a row, of unit length.
        questions: of each query that has a relevant document, by its id.
        question_vectors: of the questions with the model's prefix for queries, in the same order.
        bare_vectors: of the questions without it.
    """

    name: str
    chunks: Sequence[StoredChunk]
    vectors: Matrix
    questions: Mapping[str, str]
    question_vectors: Matrix
    bare_vectors: Matrix
    judgements: Mapping[str, Judgements]

    @cached_property
    def documents(self) -> list[str]:
        """The document of each chunk."""
        return [chunk.document for chunk in self.chunks]


def load_stored(name: str) -> StoredCollection:
    """Return a collection with its vectors, which are made once and kept in the user's cache folder."""
    model = ensure_model()
    chunker = SemanticChunker.for_local_model(model / "tokenizer.json", ChunkSize(CHUNK_TOKENS))
    cache = VectorCache(OnnxEmbedder(model), CACHE / "bench")
    collection = load_collection(COLLECTIONS / name)
    chunks = _chunks(collection, chunker)
    judged = {query.id: query.text for query in collection.queries if collection.has_relevant_documents(query)}
    texts = [embedding_text(chunk.title, chunk.headings, chunk.text) for chunk in chunks]
    key = f"{name}-stored-{chunker.fingerprint}"
    return StoredCollection(
        name,
        chunks,
        cache.passages(key, texts),
        judged,
        cache.passages(f"{key}-questions", [QUERY_PREFIX + text for text in judged.values()]),
        cache.passages(f"{key}-bare", list(judged.values())),
        collection.judgements,
    )


def _chunks(collection: Collection, chunker: SemanticChunker) -> list[StoredChunk]:
    ids = collection_document_ids(record.id for record in collection.records)
    found: list[StoredChunk] = []
    for record in collection.records:
        document = corpus_document(record, ids[record.id], collection.name)
        found += [
            StoredChunk(record.id, draft.ordinal, document.title, draft.headings, draft.text)
            for draft in chunker.split(document.text, ContentType.PLAIN)
        ]
    return found


def main() -> None:
    """Make the vectors of all collections."""
    for name in NAMES:
        stored = load_stored(name)
        print(
            name,
            len(stored.chunks),
            "chunks,",
            len(stored.questions),
            "questions",
            np.shape(stored.vectors),
            flush=True,
        )


if __name__ == "__main__":
    main()
