"""Pairs of questions that people have judged, with the cosine of their vectors."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

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


QQP = COLLECTIONS / "qqp" / "pairs.jsonl"
PAWS = COLLECTIONS / "paws_x_en_dev" / "pairs.jsonl"
OWN_PAIRS = Path(__file__).with_name("questions") / "intent_pairs.jsonl"
"""Pairs that were written to break the guard, after its rules."""


def load_pairs(path: Path) -> list[Pair]:
    """Return pairs, embedded as the search embeds questions.

    Parameters:
        path: a file with lines of id, a, b and label, 1 for the same meaning.
    """
    embedder = OnnxEmbedder(ensure_model())
    pairs = []
    for line in path.read_text(encoding="utf-8").splitlines():
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
