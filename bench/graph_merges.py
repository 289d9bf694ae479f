"""Whether names that mean the same should be one entity: by the short forms that texts explain, and by embedding.

python -m bench.graph_merges

Names are merged before the walk, and the walk's figures compared with those of names merged by normal form alone. Of
merges by embedding a sample is printed, to be read: a cosine does not tell "Neil Young" from "Neil Younger".
"""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.chunk_sizes import NO_HURRY_S, Matrix
from bench.graph import ways
from bench.graph.entity_index import EntityIndex, shipped
from bench.graph_trial import JUDGED_BY, MEASURES, interval
from bench.ranking.cases import Numbers, cases_of
from bench.ranking.collections import StoredChunk, StoredCollection, load_stored
from devstack.downloads.model import ensure_model
from devstack.evaluation.metrics import ndcg, recall
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.aliases import aliases_of
from graphwell.domain.graph.entities import Entity

RESULT = Path(__file__).parent / "results" / "graph_merges.json"
NAMES = ("musique_100", "hotpotqa_100", "scifact", "cranfield")
COSINES = (0.98, 0.95, 0.9, 0.85)
SAMPLE = 40
"""Pairs of each threshold that are kept for reading."""

Keys = Mapping[str, str]


def main() -> None:
    """Measure every way of merging on every collection."""
    report: dict[str, Any] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "collections": {}}
    for name in NAMES:
        report["collections"][name] = measured(name, load_stored(name))
        print(name, json.dumps(report["collections"][name], indent=1), flush=True)
        RESULT.write_text(json.dumps(report, indent=1) + "\n")


def measured(name: str, stored: StoredCollection) -> dict[str, Any]:
    """Return the figures of a collection."""
    cases = list(cases_of(stored, len(stored.questions)))
    judge = MEASURES.index(JUDGED_BY.get(name, "recall@5"))

    def values(index: EntityIndex) -> Numbers:
        found = []
        for case in cases:
            joined, scores = ways.shipped(case, index)
            ranking = joined.ranking(scores)
            five, ten = (recall(ranking, case.judgements, depth=depth) for depth in (5, 10))
            found.append((five, ten, ndcg(ranking, case.judgements)))
        return np.array(found)

    plain = EntityIndex(stored)
    base = values(plain)
    rows: dict[str, Any] = {"normal form alone": dict(zip(MEASURES, base.mean(axis=0).round(4).tolist(), strict=True))}

    def add(way: str, index: EntityIndex, more: Mapping[str, Any]) -> None:
        found = values(index)
        difference = found[:, judge] - base[:, judge]
        rows[way] = {
            **dict(zip(MEASURES, found.mean(axis=0).round(4).tolist(), strict=True)),
            "gain": round(float(difference.mean()), 4),
            "interval": interval(difference),
            **more,
        }

    explained = short_forms(stored)
    merged = sum(len(each) for each in explained.values())
    add(
        "short forms", EntityIndex(stored, lambda chunk: _renamed(chunk, explained[chunk.document])), {"merged": merged}
    )

    names = {entity.key: entity.name for entities in plain.entities for entity in entities}
    keys = sorted(names)
    began = time.process_time()
    vectors = embedded([names[key] for key in keys])
    per_name_ms = (time.process_time() - began) / len(keys) * 1000
    for cosine in COSINES:
        pairs = near(vectors, cosine)
        joined = united(keys, pairs)
        sample = random.Random(0).sample(pairs, min(SAMPLE, len(pairs)))
        more: dict[str, Any] = {
            "merged": len(keys) - len(set(joined.values())),
            "of": len(keys),
            "ms_a_name": round(per_name_ms, 2),
            "sample": [[names[keys[one]], names[keys[other]]] for one, other in sample],
        }
        add(f"cosine {cosine}", EntityIndex(stored, lambda chunk, joined=joined: _renamed(chunk, joined)), more)  # type: ignore[misc]  # bound now
    return rows


def short_forms(stored: StoredCollection) -> Mapping[str, Keys]:
    """Return the short forms that each document explains, by their keys."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for chunk in stored.chunks:
        found[chunk.document] |= aliases_of(chunk.text)
    return found


def _renamed(chunk: StoredChunk, keys: Keys) -> Iterable[Entity]:
    entities: dict[str, Entity] = {}
    for entity in shipped(chunk):
        key = keys.get(entity.key, entity.key)
        entities.setdefault(key, replace(entity, key=key))
    return entities.values()


def embedded(names: list[str]) -> Matrix:
    """Return a vector for each name, of unit length."""
    embedder = OnnxEmbedder(ensure_model(), threads=2)
    deadline = Deadline.after(NO_HURRY_S)
    batches = [names[first : first + 64] for first in range(0, len(names), 64)]
    return np.array([vector for batch in batches for vector in embedder.embed_passages(batch, deadline)], np.float32)


def near(vectors: Matrix, cosine: float) -> list[tuple[int, int]]:
    """Return the pairs of rows that are so near to each other."""
    found = []
    for first in range(0, len(vectors), 2_000):
        block = vectors[first : first + 2_000] @ vectors.T
        ones, others = np.nonzero(block >= cosine)
        found += [
            (int(one) + first, int(other)) for one, other in zip(ones, others, strict=True) if one + first < other
        ]
    return found


def united(keys: list[str], pairs: Iterable[tuple[int, int]]) -> Keys:
    """Return for each key that of the set it is in, when all pairs are joined."""
    parents = list(range(len(keys)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for one, other in pairs:
        parents[root(other)] = root(one)
    return {key: keys[root(place)] for place, key in enumerate(keys)}


if __name__ == "__main__":
    main()
