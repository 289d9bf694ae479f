"""Pairs of questions that people have judged, with the cosine of their vectors."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from bench.local_stack import COLLECTIONS
from devstack.downloads.model import ensure_model
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.domain.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions, and whether a person found that they mean the same."""

    id: str
    a: str
    b: str
    same: bool
    cosine: float


def load_pairs(collection: str) -> list[Pair]:
    """Return the pairs of a collection of ../shared/data, embedded as the search embeds questions."""
    embedder = OnnxEmbedder(ensure_model())
    pairs = []
    for line in (COLLECTIONS / collection / "pairs.jsonl").read_text().splitlines():
        fields = json.loads(line)
        a, b = (embedder.embed_query(fields[side], Deadline.after(60)) for side in "ab")
        cosine = math.fsum(x * y for x, y in zip(a, b, strict=True))
        pairs.append(Pair(fields["id"], fields["a"], fields["b"], bool(fields["label"]), cosine))
    return pairs


def clusters(pairs: list[Pair]) -> list[int]:
    """Return a number for each pair that it shares with all pairs linked to it by a question that both hold."""
    first: dict[str, int] = {}
    parent = list(range(len(pairs)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, pair in enumerate(pairs):
        for text in (pair.a, pair.b):
            words = " ".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
            parent[root(number)] = root(first.setdefault(words, number))
    return [root(number) for number in range(len(pairs))]
