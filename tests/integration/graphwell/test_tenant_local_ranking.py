"""What other tenants load changes neither the order nor the scores of a tenant's passages."""

from __future__ import annotations

import pytest

from graphwell.adapters.porter_term_counter import PorterTermCounter
from graphwell.domain.chunks import embedding_text
from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.embedding import FakeEmbedder, vector_of
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakePassageGraph
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

# Words that no other test's texts hold, so that the floods alone make them frequent in the index.
QUESTION = "quorbix zemplar"
TEXTS = (
    "quorbix pump one two",
    "zemplar pump one two",
    "zemplar quorbix pump two",
    "zemplar zemplar one two",
    "pump pump one two",
)
FLOOD = [f"quorbix quorbix filler {number}" for number in range(120)]


def test_a_tenant_that_floods_the_index_with_a_term_changes_nothing_for_another(
    store: Store, scope: TenantScope
) -> None:
    documents = [prepared(f"d{number}", text) for number, text in enumerate(TEXTS)]
    ingest(store.staging, scope, *documents)
    search = Search(FakeEmbedder(), store.index, PorterTermCounter(), FakeMetadataKeys().declared, FakePassageGraph)

    def found(mode: SearchMode) -> list[tuple[str, float]]:
        result = search(scope, SearchRequest(QUESTION, mode=mode), Deadline.after(10))
        return [(passage.document_id, passage.score) for passage in result.passages]

    def order_of_the_index() -> list[str]:
        query = SearchQuery(QUESTION, None, frozenset({SearchMode.FULLTEXT}), 100)
        return [hit.passage.document_id for hit in store.index.search(scope, query, Deadline.after(10)).hits]

    before = {mode: found(mode) for mode in SearchMode}
    order_before = order_of_the_index()
    for term in ("quorbix", "zemplar"):
        flood = TenantScope(f"{scope.tenant_id}{term}")
        texts = [text.replace("quorbix", term) for text in FLOOD]
        ingest(store.staging, flood, prepared("flood", *texts))
        assert {mode: found(mode) for mode in SearchMode} == before
        if order_of_the_index() != order_before:
            return
    raise AssertionError("Neither flood moved the index's own order: the test shows nothing; choose other texts.")


def test_every_hit_brings_its_cosine_whichever_leg_found_it(store: Store, scope: TenantScope) -> None:
    texts = {f"d{number}": text for number, text in enumerate(TEXTS)}
    ingest(store.staging, scope, *(prepared(document_id, text) for document_id, text in texts.items()))
    asked = vector_of(QUESTION)
    query = SearchQuery(QUESTION, asked, frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT}), 100)
    hits = store.index.search(scope, query, Deadline.after(10)).hits
    assert {hit.leg for hit in hits} == {SearchMode.VECTOR, SearchMode.FULLTEXT}
    for hit in hits:
        embedded = vector_of(embedding_text("Title", (), texts[hit.passage.document_id]))
        cosine = sum(one * other for one, other in zip(asked, embedded, strict=True))
        assert hit.similarity == pytest.approx(cosine, abs=1e-5)


def test_without_a_vector_no_hit_has_a_cosine(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("d", TEXTS[0]))
    query = SearchQuery(QUESTION, None, frozenset({SearchMode.FULLTEXT}), 100)
    (hit,) = store.index.search(scope, query, Deadline.after(10)).hits
    assert hit.similarity is None
