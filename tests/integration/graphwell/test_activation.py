"""A document's way from submission to being live."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from graphwell.domain.deadline import Deadline
from graphwell.domain.documents import VersionStatus
from graphwell.domain.tenancy import TenantScope
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import embed, ingest, prepared, stage
from tests.integration.graphwell.store import Store


def corpus_version(store: Store, scope: TenantScope) -> int:
    return store.index.corpus_version(scope, Deadline.after(10))


def live_texts(store: Store, scope: TenantScope, document_id: str) -> list[str]:
    return [chunk.draft.text for chunk in store.documents.chunks(scope, document_id, cursor=None, limit=100).items]


def test_a_new_document_is_live_once_its_last_chunk_is_embedded(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "one", "two"))
    assert (staged.version, staged.unchanged, staged.chunk_ids) == (1, False, ("a~1~0", "a~1~1"))

    assert embed(store.staging, scope, staged.chunk_ids[:1]).activated == 0
    assert (store.documents.get(scope, "a").version, live_texts(store, scope, "a")) == (0, [])
    assert corpus_version(store, scope) == 0

    assert embed(store.staging, scope, staged.chunk_ids[1:]).activated == 1
    record = store.documents.get(scope, "a")
    assert (record.version, record.status, record.chunk_count) == (1, VersionStatus.ACTIVE, 2)
    assert live_texts(store, scope, "a") == ["one", "two"]
    assert corpus_version(store, scope) == 1


def test_the_same_content_again_changes_nothing(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "one"))
    (again,) = ingest(store.staging, scope, prepared("a", "one"))
    assert (again.version, again.unchanged, again.chunk_ids) == (1, True, ())
    assert corpus_version(store, scope) == 1


def test_the_same_content_joins_the_version_that_is_on_its_way(store: Store, scope: TenantScope) -> None:
    (first,) = stage(store.staging, scope, prepared("a", "one"))
    (second,) = stage(store.staging, scope, prepared("a", "one"))
    assert second == first


def test_changed_content_replaces_the_live_version(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "old"))
    (staged,) = stage(store.staging, scope, prepared("a", "new"))
    assert live_texts(store, scope, "a") == ["old"]

    embed(store.staging, scope, staged.chunk_ids)
    assert live_texts(store, scope, "a") == ["new"]
    history = store.documents.get(scope, "a").history
    assert [(version.version, version.status) for version in history] == [
        (2, VersionStatus.ACTIVE),
        (1, VersionStatus.SUPERSEDED),
    ]
    assert corpus_version(store, scope) == 2


def test_another_chunking_of_the_same_content_is_a_new_version(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "one two"))
    (staged,) = ingest(store.staging, scope, prepared("a", "one two", fingerprint="other-chunks|fake-model"))
    assert (staged.version, staged.unchanged) == (2, False)


def test_an_older_version_that_finishes_late_retires(store: Store, scope: TenantScope) -> None:
    (older,) = stage(store.staging, scope, prepared("a", "older"))
    (newer,) = stage(store.staging, scope, prepared("a", "newer"))
    assert embed(store.staging, scope, newer.chunk_ids).activated == 1
    assert embed(store.staging, scope, older.chunk_ids).activated == 0

    assert live_texts(store, scope, "a") == ["newer"]
    assert [version.status for version in store.documents.get(scope, "a").history] == [
        VersionStatus.ACTIVE,
        VersionStatus.SUPERSEDED,
    ]


def test_of_two_last_batches_at_once_just_one_activates(store: Store, scope: TenantScope) -> None:
    for attempt in range(5):
        (staged,) = stage(store.staging, scope, prepared(f"d{attempt}", *(f"chunk {place}" for place in range(4))))
        together = Barrier(2)

        def last_batch(chunk_ids: tuple[str, ...], together: Barrier = together) -> int:
            chunks = store.staging.unembedded(scope, chunk_ids)
            together.wait(20)
            store.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks])
            return store.staging.activate(scope, chunk_ids)

        with ThreadPoolExecutor(2) as pool:
            outcomes = pool.map(last_batch, [staged.chunk_ids[:2], staged.chunk_ids[2:]])
            assert sum(outcomes) == 1
        assert corpus_version(store, scope) == attempt + 1


def test_a_batch_that_comes_again_after_its_work_was_done_does_nothing(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "one", "two"))
    first = embed(store.staging, scope, staged.chunk_ids)
    again = embed(store.staging, scope, staged.chunk_ids)
    assert (first.embedded, first.activated) == (2, 1)
    assert (again.embedded, again.activated) == (0, 0)
    assert corpus_version(store, scope) == 1


def test_vectors_written_again_after_a_lost_commit_activate_once(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "one"))
    chunks = store.staging.unembedded(scope, staged.chunk_ids)
    vectors = [vector_of(chunk.text) for chunk in chunks]
    activated = 0
    for _ in range(2):
        store.staging.store_vectors(scope, chunks, vectors)
        activated += store.staging.activate(scope, staged.chunk_ids)
    assert activated == 1
    assert corpus_version(store, scope) == 1


def test_a_batch_that_died_before_activation_is_activated_by_its_redelivery(store: Store, scope: TenantScope) -> None:
    (staged,) = stage(store.staging, scope, prepared("a", "one"))
    chunks = store.staging.unembedded(scope, staged.chunk_ids)
    store.staging.store_vectors(scope, chunks, [vector_of(chunk.text) for chunk in chunks])

    outcome = embed(store.staging, scope, staged.chunk_ids)
    assert (outcome.embedded, outcome.activated) == (0, 1)


def test_a_request_staged_again_under_its_job_joins_its_own_versions(store: Store, scope: TenantScope) -> None:
    job_id = uuid.uuid4().hex
    first = stage(store.staging, scope, prepared("a", "one"), prepared("b", "two"), job_id=job_id)
    again = stage(store.staging, scope, prepared("a", "one"), prepared("b", "two"), job_id=job_id)
    assert again == first
    assert store.jobs.get(scope, job_id).counts.total == 2


def test_a_failed_version_leaves_the_live_one_and_can_be_sent_again(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "old"))
    stage(store.staging, scope, prepared("a", "new"))
    store.staging.fail(scope, "a", 2, "It did not work.")

    record = store.documents.get(scope, "a")
    assert (record.version, record.status, record.history[0].error) == (1, VersionStatus.FAILED, "It did not work.")
    assert live_texts(store, scope, "a") == ["old"]
    (again,) = ingest(store.staging, scope, prepared("a", "new"))
    assert again.version == 3
    assert live_texts(store, scope, "a") == ["new"]


def test_a_live_version_cannot_be_failed_any_more(store: Store, scope: TenantScope) -> None:
    ingest(store.staging, scope, prepared("a", "one"))
    store.staging.fail(scope, "a", 1, "Too late.")
    assert store.documents.get(scope, "a").status is VersionStatus.ACTIVE
