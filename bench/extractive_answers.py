"""How well the extractive answerer answers, and refuses: xquad_en for answers, mtrag_un for unanswerable questions.

python bench/extractive_answers.py ../shared/data

Passages come from the rank fusion of the local model and BM25, as in bench/chunk_sizes.py, ten a question.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, quantiles

from bench.chunk_sizes import CACHE, CANDIDATES, MODEL_DIR, Bm25, VectorCache, best_rows, fuse
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.adapters.semantic_chunker import ChunkSize, SemanticChunker
from graphwell.domain.chunks import embedding_text
from graphwell.domain.documents import ContentType
from graphwell.domain.extraction import find_answers
from graphwell.domain.passages import Passage

TOP_K = 10
CHUNK_TOKENS = 256


@dataclass(frozen=True)
class Asked:
    """A question, the passages found for it, and what its collection says of it."""

    question: Mapping[str, str]
    passages: Sequence[Passage]


def read(path: Path) -> list[Mapping[str, str]]:
    """Return the objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def search(
    name: str, documents: Sequence[Mapping[str, str]], questions: Sequence[Mapping[str, str]], vectors: VectorCache
) -> Iterator[Asked]:
    """Yield each question with its passages, best first."""
    chunker = SemanticChunker.for_local_model(MODEL_DIR / "tokenizer.json", ChunkSize(CHUNK_TOKENS))
    chunks = [
        Passage(doc["id"], f"{doc['id']}~{d.ordinal}", doc.get("title") or "", d.text, d.start, d.end, 0.0, d.headings)
        for doc in documents
        for d in chunker.split(doc["text"], ContentType(doc.get("content_type", "text/plain")))
    ]
    texts = [embedding_text(chunk.title, chunk.headings, chunk.text) for chunk in chunks]
    matrix = vectors.passages(f"{name}-answers-{chunker.fingerprint}", texts)
    lexical = Bm25(texts)
    for question, vector in zip(questions, vectors.queries(q["text"] for q in questions), strict=True):
        nearest = best_rows(matrix @ vector, CANDIDATES)
        matching = best_rows(lexical.scores(question["text"]), CANDIDATES)
        yield Asked(question, [chunks[row] for row in fuse(nearest, matching)[:TOP_K]])


def gold_shares(asked: Sequence[Asked]) -> dict[str, float]:
    """Return the shares of answers, and of first-ranked sentences, that hold the gold string, and time taken."""
    in_answer, in_best, refused, times_ms = [], [], [], []
    for item in asked:
        began = time.perf_counter()
        found = find_answers(item.question["text"], item.passages)
        times_ms.append((time.perf_counter() - began) * 1000)
        gold = item.question["answer"].casefold()
        refused.append(not found)
        in_answer.append(any(gold in finding.sentence.text.casefold() for finding in found))
        best = max(found, key=lambda finding: finding.score, default=None)
        in_best.append(best is not None and gold in best.sentence.text.casefold())
    return {
        "gold in answer": fmean(in_answer),
        "gold in best sentence": fmean(in_best),
        "refused": fmean(refused),
        "p50 ms": quantiles(times_ms, n=20)[9],
        "p95 ms": quantiles(times_ms, n=20)[18],
    }


def refusal_accuracy(asked: Sequence[Asked], threshold: float) -> dict[str, float]:
    """Return how often answerable questions are answered and unanswerable ones refused."""
    outcomes: dict[str, list[bool]] = {"ANSWERABLE": [], "UNANSWERABLE": []}
    for item in asked:
        label = item.question["answerability"]
        if label in outcomes:
            outcomes[label].append(bool(find_answers(item.question["text"], item.passages, least_coverage=threshold)))
    answered = fmean(outcomes["ANSWERABLE"])
    refused = 1 - fmean(outcomes["UNANSWERABLE"])
    return {"answered": answered, "refused": refused, "balanced": (answered + refused) / 2}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    vectors = VectorCache(OnnxEmbedder(MODEL_DIR, threads=1), CACHE / "bench")
    for name in ("xquad_en", "mtrag_un"):
        folder = options.data / name
        asked = list(search(name, read(folder / "corpus.jsonl"), read(folder / "queries.jsonl"), vectors))
        if name == "xquad_en":
            print(name, {key: round(value, 3) for key, value in gold_shares(asked).items()})
            continue
        for threshold in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8):
            shares = refusal_accuracy(asked, threshold)
            print(name, threshold, {key: round(value, 3) for key, value in shares.items()})


if __name__ == "__main__":
    main()
