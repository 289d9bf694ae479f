"""What a tenant amounts to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphwell.domain.tenancy import TenantScope
from graphwell.ports.embedding import EmbeddingIdentity


@dataclass(frozen=True, slots=True)
class TenantStatistics:
    """Counts of one tenant.

    Parameters:
        documents: those that readers see or will see.
        versions, chunks, jobs: all that are kept.
        bytes: text of the live versions, in UTF-8.
        corpus_version: grows with every change that a reader can see.
        embedding: the model that the vectors come from.
    """

    documents: int
    versions: int
    chunks: int
    jobs: int
    bytes: int
    corpus_version: int
    embedding: EmbeddingIdentity


ReadStatistics = Callable[[TenantScope], TenantStatistics]
"""Counts a tenant; raises Unavailable when the store does not answer."""
