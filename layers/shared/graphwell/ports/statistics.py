"""What a tenant amounts to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphwell.domain.embedding_plan import EmbeddingIdentity
from graphwell.domain.tenancy import TenantScope


@dataclass(frozen=True, slots=True)
class TenantStatistics:
    """Counts of one tenant.

    Parameters:
        documents: those that readers see or will see.
        versions, chunks, jobs: all that are kept.
        bytes: text of the live versions, in UTF-8.
        corpus_version: grows with every change that a reader can see.
        embedding: the model that the vectors come from.
        moving_to: the model that the index is moving to, None when it stays.
        moved_chunks: chunks that have a vector of it.
    """

    documents: int
    versions: int
    chunks: int
    jobs: int
    bytes: int
    corpus_version: int
    embedding: EmbeddingIdentity
    moving_to: EmbeddingIdentity | None = None
    moved_chunks: int = 0


ReadStatistics = Callable[[TenantScope], TenantStatistics]
"""Counts a tenant; raises Unavailable when the store does not answer."""
