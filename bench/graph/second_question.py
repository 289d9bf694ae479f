"""Retrieval in two steps without a graph: the question is asked again, joined with what its best passages say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.chunk_sizes import NO_HURRY_S
from bench.graph.entity_index import EntityIndex
from bench.graph.ways import HYBRID, Ranked
from bench.ranking.cases import Case, Numbers, with_rows
from bench.ranking.ways import standardised
from devstack.downloads.model import ensure_model
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.names import comparable, holds_name

_NEAREST = 30
"""Passages that a second question adds at most."""


@cache
def _vector(text: str) -> Numbers:
    return np.asarray(_embedder().embed_query(text, Deadline.after(NO_HURRY_S)))


@cache
def _embedder() -> OnnxEmbedder:
    return OnnxEmbedder(ensure_model(), threads=1)


@dataclass(frozen=True)
class SecondQuestion:
    """Asks the question again behind each of the best passages, and adds the best similarity to any of these.

    Parameters:
        passages: behind which it is asked.
        weight: of the similarity, in standard deviations.
        names_alone: whether only the rare names of a passage are put before the question, not its text.
    """

    passages: int = 1
    weight: float = 0.5
    names_alone: bool = False

    def __call__(self, case: Case, index: EntityIndex) -> Ranked:
        """Return the case with what the second questions find, and the scores."""
        best = np.argsort(-HYBRID(case), kind="stable")[: self.passages]
        asked = np.stack([_vector(self._words(case, int(case.rows[place]), index)) for place in best.tolist()])
        near = (case.stored.vectors @ asked.T).max(axis=1)
        known = set(case.rows.tolist())
        added = [row for row in np.argsort(-near, kind="stable")[:_NEAREST].tolist() if row not in known]
        joined = with_rows(case, added)
        return joined, HYBRID(joined) + self.weight * standardised(np.asarray(near[joined.rows], dtype=np.float64))

    def _words(self, case: Case, row: int, index: EntityIndex) -> str:
        return f"{case.question} {_names(case, row, index) if self.names_alone else case.stored.chunks[row].text}"


def _names(case: Case, row: int, index: EntityIndex) -> str:
    asked = comparable(case.question)
    names: Sequence[str] = [
        entity.name
        for entity in index.entities[row]
        if index.holders[entity.key] > 1 and not holds_name(asked, entity.key)
    ]
    return ", ".join(names)
