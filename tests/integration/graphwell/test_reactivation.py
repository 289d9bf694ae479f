"""Readers while a document is replaced again and again: never neither version, never both, never part of one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from tests.fakes.embedding import vector_of
from tests.integration.graphwell.ingestion import ingest, prepared
from tests.integration.graphwell.store import Store

CHUNKS = 30
REVISIONS = 12
READERS = 2
ALL_CANDIDATES = CHUNKS * (REVISIONS + 1)

Read = Callable[[], Sequence[str]]


def manual(revision: int) -> list[str]:
    return [f"Boiler pressure, step {step} of revision {revision}." for step in range(CHUNKS)]


def searching(store: Store, scope: TenantScope, leg: SearchMode) -> Read:
    query = SearchQuery("boiler pressure", vector_of("boiler"), frozenset({leg}), ALL_CANDIDATES)
    return lambda: [hit.passage.text for hit in store.index.search(scope, query, Deadline.after(20)).hits]


def listing(store: Store, scope: TenantScope) -> Read:
    return lambda: [chunk.draft.text for chunk in store.documents.chunks(scope, "manual", cursor=None, limit=100).items]


def read_until(done: threading.Event, read: Read) -> Counter[str]:
    """Return how often a read found one whole revision, and how often something else."""
    whole = {frozenset(manual(revision)) for revision in range(REVISIONS + 1)}
    found: Counter[str] = Counter()
    while not done.is_set():
        texts = read()
        fits = frozenset(texts) in whole and len(texts) == CHUNKS
        found["one whole revision" if fits else f"{len(texts)} chunks"] += 1
    return found


@pytest.mark.parametrize("reader", ["vector", "fulltext", "chunks"])
def test_every_read_during_reactivation_sees_one_whole_version(store: Store, scope: TenantScope, reader: str) -> None:
    ingest(store.staging, scope, prepared("manual", *manual(0)))
    read = listing(store, scope) if reader == "chunks" else searching(store, scope, SearchMode(reader))
    done = threading.Event()
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read_until, done, read) for _ in range(READERS)]
        try:
            for revision in range(1, REVISIONS + 1):
                ingest(store.staging, scope, prepared("manual", *manual(revision)))
        finally:
            done.set()
        found = sum((future.result() for future in readers), Counter[str]())

    assert found["one whole revision"] > 0
    assert set(found) == {"one whole revision"}
    assert store.documents.get(scope, "manual").version == REVISIONS + 1
