"""Ways to let the graph take part in a ranking: each returns the case with the candidates that it adds, and scores."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.graph.entity_index import EntityIndex
from bench.ranking.cases import Case, Numbers, with_rows
from bench.ranking.ways import Setting
from graphwell.domain.graph import walk
from graphwell.domain.graph.names import comparable, holds_name
from graphwell.domain.graph.walk import Bridge, Leading, Start

Ranked = tuple[Case, Numbers]
Way = Callable[[Case, EntityIndex], Ranked]
Narrowness = Callable[[int], float]
Starts = Callable[[str, Sequence[Leading]], list[Start]]

HYBRID = Setting()


def hybrid(case: Case, index: EntityIndex) -> Ranked:  # noqa: ARG001
    """Return the shipped ranking, which knows no graph."""
    return case, HYBRID(case)


def leg(way: Callable[[Case], Numbers]) -> Way:
    """Return the way of one leg alone."""
    return lambda case, index: (case, way(case))  # noqa: ARG005


def leading(case: Case, scores: Numbers, limit: int) -> list[Leading]:
    """Return the best candidates, best first."""
    order = np.argsort(-scores, kind="stable")[:limit].tolist()
    chunks = [case.stored.chunks[case.rows[place]] for place in order]
    return [
        Leading(str(case.rows[place]), chunk.title, float(scores[place]))
        for place, chunk in zip(order, chunks, strict=True)
    ]


def shipped(case: Case, index: EntityIndex) -> Ranked:
    """Return the hybrid ranking with the evidence of the shipped walk, by its own functions."""
    scores = HYBRID(case)
    begun = walk.starts(case.question, leading(case, scores, walk.LEADING))
    bridges = [bridge for start in begun for bridge in index.bridges(int(start.chunk_id), walk.MAX_HOLDERS)]
    paths = walk.best_paths(case.question, begun, bridges)
    added = walk.reached(paths, [str(row) for row in case.rows])
    joined = with_rows(case, [int(chunk_id) for chunk_id in added])
    return joined, HYBRID(joined) + np.array(walk.graph_evidence(paths, [str(row) for row in joined.rows]))


def by_odds(question: str, ranked: Sequence[Leading]) -> list[Start]:  # noqa: ARG001
    """Return starts by their odds alone, whether the question names them or not."""
    return [Start(found.chunk_id, math.exp(found.score - ranked[0].score)) for found in ranked]


def by_rank(question: str, ranked: Sequence[Leading]) -> list[Start]:  # noqa: ARG001
    """Return starts whose strength falls with the root of the rank, as that of title evidence does."""
    return [Start(found.chunk_id, rank**-0.5) for rank, found in enumerate(ranked, start=1)]


@dataclass(frozen=True)
class Walk:
    """The walk with its settings; the defaults are the shipped ones.

    Parameters:
        leading, most_holders, most_added, reach: see `graphwell.domain.graph.walk`.
        narrowness: of a bridge by its holders.
        starts: gives those of a question by its best passages.
        keeps_starts: whether a start has the path of length zero.
        asked_bridge: whether names that the question holds are bridges.
        hops: bridges of a path at most; the strength of each further one counts by `decay`.
        titles_alone: whether a bridge must be a subject of the chunk that it reaches.
    """

    leading: int = walk.LEADING
    most_holders: int = walk.MAX_HOLDERS
    most_added: int = walk.MAX_REACHED
    reach: float = walk.REACH
    narrowness: Narrowness = walk.narrowness
    starts: Starts = walk.starts
    keeps_starts: bool = True
    asked_bridge: bool = False
    hops: int = 1
    decay: float = 0.5
    titles_alone: bool = False

    def __call__(self, case: Case, index: EntityIndex) -> Ranked:
        """Return the case with what the walk adds, and the scores."""
        scores = HYBRID(case)
        begun = self.starts(case.question, leading(case, scores, self.leading))
        best = self._paths(case, index, begun)
        known = {str(row) for row in case.rows}
        added = sorted((-strength, row) for row, strength in best.items() if row not in known)[: self.most_added]
        joined = with_rows(case, [int(row) for _, row in added])
        return joined, HYBRID(joined) + self.reach * np.array([best.get(str(row), 0.0) for row in joined.rows])

    def _paths(self, case: Case, index: EntityIndex, begun: Sequence[Start]) -> dict[str, float]:
        asked = comparable(case.question)
        strongest = {start.chunk_id: start.strength for start in begun}
        best = dict(strongest) if self.keeps_starts else {}
        frontier = strongest
        for hop in range(self.hops):
            found: dict[str, float] = {}
            for row, strength in sorted(frontier.items(), key=lambda item: -item[1])[: self.leading]:
                for bridge in index.bridges(int(row), self.most_holders):
                    if self._leads(bridge, asked, index):
                        value = strength * self.narrowness(bridge.holders) * (self.decay if hop else 1.0)
                        found[bridge.end] = max(found.get(bridge.end, 0.0), value)
            frontier = {row: value for row, value in found.items() if value > best.get(row, 0.0)}
            best |= frontier
        return best

    def _leads(self, bridge: Bridge, asked: str, index: EntityIndex) -> bool:
        if not self.asked_bridge and holds_name(asked, bridge.key):
            return False
        return not self.titles_alone or any(
            entity.key == bridge.key and entity.is_subject for entity in index.entities[int(bridge.end)]
        )


@dataclass(frozen=True)
class PageRank:
    """Personalised PageRank over the candidates, what a walk of one hop adds, and the entities of both.

    As HippoRAG 2 has it, without a model: seeds are the starts of the walk, the mass of a passage goes to its
    entities by how narrow they are, that of an entity to its passages alike.

    Parameters:
        damping: part of the mass that goes on at each step.
        power: of the mass, in parts of the greatest, that counts.
        weight: what a passage with the greatest mass is given.
        steps: of the iteration.
    """

    damping: float = 0.5
    power: float = 0.5
    weight: float = 4.0
    steps: int = 20

    def __call__(self, case: Case, index: EntityIndex) -> Ranked:
        """Return the case with what the walk adds, and the scores."""
        joined, _ = Walk()(case, index)
        scores = HYBRID(joined)
        rows = joined.rows.tolist()
        seeds = np.zeros(len(rows))
        for start in walk.starts(joined.question, leading(case, HYBRID(case), walk.LEADING)):
            seeds[rows.index(int(start.chunk_id))] = start.strength
        seeds /= seeds.sum()
        to_entity, to_passage = _transitions(case.question, rows, index)
        mass = seeds
        for _ in range(self.steps):
            mass = (1 - self.damping) * seeds + self.damping * (mass @ to_entity) @ to_passage
        return joined, scores + self.weight * (mass / float(np.max(mass))) ** self.power


def _transitions(question: str, rows: Sequence[int], index: EntityIndex) -> tuple[Numbers, Numbers]:
    asked = comparable(question)
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for entity in index.entities[row]:
            if 1 < index.holders[entity.key] <= walk.MAX_HOLDERS and not holds_name(asked, entity.key):
                places[entity.key].append(place)
    keys = [key for key, holding in places.items() if len(holding) > 1]
    held = np.zeros((len(rows), len(keys)))
    for column, key in enumerate(keys):
        held[places[key], column] = 1.0
    narrow = held * np.array([walk.narrowness(index.holders[key]) for key in keys])
    outgoing = narrow / np.maximum(narrow.sum(axis=1, keepdims=True), 1e-9)
    return outgoing, (held / np.maximum(held.sum(axis=0, keepdims=True), 1e-9)).T
