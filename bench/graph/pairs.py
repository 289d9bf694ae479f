"""Two questions in one, as those that compare two things are: both have to be followed from where they begin."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from bench.chunk_sizes import NO_HURRY_S
from bench.ranking.collections import StoredCollection
from devstack.downloads.model import ensure_model
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from graphwell.domain.deadline import Deadline

MOST_RELEVANT = 2
"""Documents that each of the two needs at most, so that five can hold those of both."""


def in_pairs(stored: StoredCollection) -> StoredCollection:
    """Return a collection whose questions are pairs of its own, drawn without order, each question in one."""
    relevant = {
        query: sum(grade > 0 for grade in judgements.values()) for query, judgements in stored.judgements.items()
    }
    queries = [query for query in stored.questions if relevant[query] <= MOST_RELEVANT]
    random.Random(0).shuffle(queries)  # the same pairs each time
    pairs = list(zip(queries[::2], queries[1::2], strict=False))
    questions = {f"{one}|{other}": _joined(stored.questions[one], stored.questions[other]) for one, other in pairs}
    embedder = OnnxEmbedder(ensure_model(), threads=1)
    vectors = [embedder.embed_query(question, Deadline.after(NO_HURRY_S)) for question in questions.values()]
    matrix = np.asarray(vectors, dtype=np.float32)
    judgements = {f"{one}|{other}": {**stored.judgements[one], **stored.judgements[other]} for one, other in pairs}
    return replace(stored, questions=questions, question_vectors=matrix, bare_vectors=matrix, judgements=judgements)


def _joined(one: str, other: str) -> str:
    return f"{one.rstrip('? ')}, and {other[:1].lower()}{other[1:]}"
