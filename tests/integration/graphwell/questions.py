"""The cache of questions over a real Valkey, as environments have it: what looked once has made the index."""

from __future__ import annotations

from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.adapters.valkey_question_cache import ValkeyQuestionCache
from graphwell.domain.tenancy import TenantScope
from tests.fakes.embedding import DIMENSIONS, vector_of

STAMP = "ab" * 32


def question_cache(client: ValkeyClient) -> ValkeyQuestionCache:
    """Return the cache with its index there, which an environment's first look makes before anything is kept.

    An index that is made over entries reads them in the background and for a moment finds none of them.
    """
    questions = ValkeyQuestionCache(client, DIMENSIONS)
    questions.nearest(TenantScope("nobody"), STAMP, vector_of("0"))
    return questions
