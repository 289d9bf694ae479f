"""Which chunk size ranks documents best: nDCG@10 of the vector leg, of a BM25 leg and of their rank fusion.

python bench/chunk_sizes.py ../shared/data/scifact ../shared/data/cranfield --sizes 128 256 448 --overlaps 0 10

Documents are ranked by their best chunk. Vectors are kept in ~/.cache/graphwell/bench, so a second run takes seconds.
BM25 here has a light stemmer; Lucene's english analyzer, which `graphwell eval` measures, differs a little.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import embedding_text
from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import ContentType
from graphwell.domain.words import content_stems

CACHE = Path.home() / ".cache" / "graphwell"
MODEL_DIR = CACHE / "models" / "bge-small-en-v1.5-q"
CANDIDATES = 100
CUTOFF = 10
RANK_CONSTANT = 60
"""k of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009, section 3."""
NO_HURRY_S = 86_400.0

Matrix = NDArray[np.float32]
Key = TypeVar("Key", str, int)


@dataclass(frozen=True)
class Collection:
    """A test collection: documents, queries and graded judgements."""

    name: str
    documents: Sequence[Mapping[str, str]]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class ChunkIndex:
    """Chunks of a collection: the document of each, and the text that is embedded and searched."""

    owners: Sequence[str]
    texts: Sequence[str]


def load(folder: Path) -> Collection:
    """Return the collection of a folder with corpus.jsonl, queries.jsonl and qrels.tsv."""
    judgements: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, score = line.split("\t")
        judgements[query][document] = float(score)
    lines = (folder / "corpus.jsonl").read_text().split("\n")
    queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text().split("\n") if line]
    texts = {query["id"]: query["text"] for query in queries if any(s > 0 for s in judgements[query["id"]].values())}
    return Collection(folder.name, [json.loads(line) for line in lines if line], texts, judgements)


def chunk(collection: Collection, chunker: SemanticChunker) -> ChunkIndex:
    """Return the collection's chunks; a document without text is indexed by its title."""
    owners: list[str] = []
    texts: list[str] = []
    for document in collection.documents:
        title = document.get("title") or ""
        for draft in chunker.split(document.get("text") or title, ContentType.PLAIN):
            owners.append(document["id"])
            texts.append(embedding_text(title, draft.headings, draft.text))
    return ChunkIndex(owners, texts)


class VectorCache:
    """Vectors of texts by collection and fingerprint on disk; equal texts are embedded once a run."""

    def __init__(self, embedder: OnnxEmbedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder
        self._known: dict[str, Matrix] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def passages(self, name: str, texts: Sequence[str]) -> Matrix:
        """Return the vectors of passages, one a row."""
        path = self._folder / f"{name.replace(':', '-')}.npy"
        if path.exists() and len(vectors := np.load(path)) == len(texts):
            self._known.update(zip(texts, vectors, strict=True))
            return np.asarray(vectors, dtype=np.float32)
        deadline = Deadline.after(NO_HURRY_S)
        for text in texts:
            if text not in self._known:
                [vector] = self._embedder.embed_passages([text], deadline)
                self._known[text] = np.asarray(vector, dtype=np.float32)
        vectors = np.stack([self._known[text] for text in texts])
        np.save(path, vectors)
        return vectors

    def queries(self, texts: Iterable[str]) -> Matrix:
        """Return the vectors of questions, one a row."""
        deadline = Deadline.after(NO_HURRY_S)
        return np.asarray([self._embedder.embed_query(text, deadline) for text in texts], dtype=np.float32)


class Bm25:
    """Okapi BM25 with Lucene's k1 = 1.2 and b = 0.75."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(content_stems(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        norms = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, count in enumerate(counts):
            for term, frequency in count.items():
                postings[term].append((row, frequency))
        self._size = len(texts)
        self._weights: dict[str, tuple[NDArray[np.int64], Matrix]] = {}
        for term, entries in postings.items():
            rows, frequencies = np.array(entries).T
            idf = math.log(1 + (self._size - len(entries) + 0.5) / (len(entries) + 0.5))
            self._weights[term] = (rows, (idf * frequencies / (frequencies + norms[rows])).astype(np.float32))

    def scores(self, query: str) -> Matrix:
        """Return the score of every text."""
        scores = np.zeros(self._size, dtype=np.float32)
        for term in content_stems(query):
            if term in self._weights:
                rows, weights = self._weights[term]
                scores[rows] += weights
        return scores


def best_rows(scores: Matrix, limit: int) -> list[int]:
    """Return the rows of the highest positive scores, best first."""
    order = np.argsort(-scores, kind="stable")[:limit]
    return [int(row) for row in order if scores[row] > 0]


def documents_of(rows: Iterable[int], owners: Sequence[str]) -> list[str]:
    """Return the documents of ranked chunks, each where its best chunk stands."""
    return list(dict.fromkeys(owners[row] for row in rows))


def fuse(*rankings: Sequence[Key]) -> list[Key]:
    """Return the reciprocal rank fusion of rankings, best first."""
    scores: dict[Key, float] = defaultdict(float)
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] += 1 / (RANK_CONSTANT + rank)
    return sorted(scores, key=lambda key: -scores[key])


def ndcg(ranking: Sequence[str], judged: Mapping[str, float]) -> float:
    """Return nDCG@10 with linear gain; a document judged -1 is left out of the ranking."""
    kept = [document for document in ranking if judged.get(document, 0) >= 0][:CUTOFF]
    gains = [max(judged.get(document, 0), 0) for document in kept]
    ideal = sorted((score for score in judged.values() if score > 0), reverse=True)[:CUTOFF]
    return dcg(gains) / dcg(ideal)


def dcg(gains: Sequence[float]) -> float:
    """Return the discounted cumulative gain."""
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def evaluate(collection: Collection, index: ChunkIndex, passages: Matrix, queries: Matrix) -> dict[str, float]:
    """Return the mean nDCG@10 of each way of ranking."""
    lexical = Bm25(index.texts)
    totals: dict[str, float] = defaultdict(float)
    for vector, (query_id, text) in zip(queries, collection.queries.items(), strict=True):
        nearest = best_rows(passages @ vector, CANDIDATES)
        matching = best_rows(lexical.scores(text), CANDIDATES)
        by_document = (documents_of(nearest, index.owners), documents_of(matching, index.owners))
        rankings = {
            "vector": by_document[0],
            "bm25": by_document[1],
            "fused_chunks": documents_of(fuse(nearest, matching), index.owners),
            "fused_documents": fuse(*by_document),
        }
        for name, ranking in rankings.items():
            totals[name] += ndcg(ranking, collection.judgements[query_id])
    return {name: total / len(collection.queries) for name, total in totals.items()}


def main() -> None:
    """Print one row for each collection, size and overlap."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=[128, 192, 256, 320, 400, 448], help="tokens")
    parser.add_argument("--overlaps", nargs="+", type=int, default=[0, 10], help="percent of the size")
    options = parser.parse_args()
    vectors = VectorCache(OnnxEmbedder(MODEL_DIR, threads=1), CACHE / "bench")
    print("| collection | tokens | overlap | chunks | vector | bm25 | fused chunks | fused documents |")
    print("|---|---|---|---|---|---|---|---|")
    for folder in options.folders:
        collection = load(folder)
        queries = vectors.queries(collection.queries.values())
        for size, percent in ((size, percent) for percent in options.overlaps for size in options.sizes):
            chunker = SemanticChunker.for_local_model(
                MODEL_DIR / "tokenizer.json", ChunkSize(size, size * percent // 100)
            )
            index = chunk(collection, chunker)
            passages = vectors.passages(f"{collection.name}-{chunker.fingerprint}", index.texts)
            means = evaluate(collection, index, passages, queries)
            figures = " | ".join(f"{means[name]:.4f}" for name in means)
            print(f"| {collection.name} | {size} | {percent} % | {len(index.texts)} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
