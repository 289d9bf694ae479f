"""Documents are ingested while every part is killed again and again: each is there once, whole, and always was.

GRAPHWELL_FAULT_DOCUMENTS sets how many documents there are (with 2,000, parts are killed 36 times), and
GRAPHWELL_FAULT_SEED repeats a run's order of kills; it is printed, as are the counts.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import neo4j
import pytest

from devstack.downloads.model import ensure_model
from devstack.ports import choose_ports
from devstack.services.neo4j import USERNAME
from graphwell.adapters.onnx_embedder import OnnxEmbedder
from tests.e2e.stack import Stack, running_stack
from tests.faults.census import (
    chunks_without_faults,
    has_vector_of,
    leftovers,
    live_versions,
    misread,
    stored_chunks,
)
from tests.faults.chaos import BREAKERS_SOON_TRY_AGAIN, Killer, Machinery, Redeliverer, until
from tests.faults.clients import Reader, Sender
from tests.faults.library import Entry

pytestmark = pytest.mark.faults

DOCUMENTS = int(os.environ.get("GRAPHWELL_FAULT_DOCUMENTS", "120"))
SEED = int(os.environ.get("GRAPHWELL_FAULT_SEED") or random.SystemRandom().randrange(10**6))
KILLS = max(6, DOCUMENTS * 36 // 2_000)
TENANT = "faults"
A_REQUEST = 20
READ = DOCUMENTS // 10
"""Documents that are live before the first kill and are read and replaced throughout."""

VECTORS_COMPARED = 500
SETTLED_WITHIN_S = 420.0


def client_of(stack: Stack, role: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.token(TENANT, role)}"}
    return httpx.Client(base_url=stack.status["url"], headers=headers, timeout=60)


def in_requests(entries: Sequence[Entry]) -> list[Sequence[Entry]]:
    return [entries[first : first + A_REQUEST] for first in range(0, len(entries), A_REQUEST)]


class Run:
    """One ingestion under fire, and what it is expected to leave behind."""

    def __init__(self, stack: Stack) -> None:
        self.entries = [Entry(number) for number in range(DOCUMENTS)]
        self.revisions = dict.fromkeys(range(DOCUMENTS), 1)
        self.machinery = Machinery(stack.data)
        self.sender = Sender(client_of(stack, "editor"))
        self.reader = Reader(client_of(stack, "reader"), SEED)
        self.killer = Killer(self.machinery, KILLS, SEED)
        self.redeliverer = Redeliverer(self.machinery, SEED)
        self._finished: set[str] = set()

    def __str__(self) -> str:
        """What happened, in numbers."""
        return (
            f"{DOCUMENTS} documents, kills {dict(self.killer.killed)}, {self.redeliverer.copies} messages doubled,"
            f" {self.sender.refusals} requests sent again, {self.reader.reads} reads"
        )

    def settle(self, within_s: float) -> None:
        """Reconcile and wait until every job that was accepted has succeeded; from then on its documents are read."""

        def all_finished() -> bool:
            open_jobs = [job_id for job_id in self.sender.jobs if job_id not in self._finished]
            for job_id in open_jobs:
                if not self.sender.is_finished(job_id):
                    self.machinery.reconcile()
                    time.sleep(1)
                    return False
                self._finished.add(job_id)
                self.reader.must_see(self.sender.jobs[job_id][0])
            return True

        until(all_finished, within_s, "Every accepted job has succeeded")

    def ingest(self, entries: Sequence[Entry]) -> None:
        """Send new documents in step with the kills, and in between new revisions of those that are read."""
        requests = in_requests(entries)
        replaced = iter(self.entries[:READ:2])
        for place, request in enumerate(requests):
            until(lambda place=place: place <= (self.killer.progress + 0.1) * len(requests), 600, "The kills go on")  # type: ignore[misc]
            self._send(request, 1)
            if entry := next(replaced, None):
                self._send([entry], 2)

    def _send(self, entries: Sequence[Entry], revision: int) -> None:
        self.reader.may_see(entries, revision)
        self.sender.send(entries, revision)
        self.revisions.update((entry.number, revision) for entry in entries)

    def first(self) -> None:
        """Ingest the documents that are read throughout."""
        for request in in_requests(self.entries[:READ]):
            self._send(request, 1)
        self.settle(120)


@pytest.mark.timeout(1_800)
def test_every_accepted_document_is_there_once_and_whole_whatever_was_killed(tmp_path: Path) -> None:
    began = time.monotonic()
    port = choose_ports(["gateway"], {})["gateway"]  # not the one that any other stack takes first
    with running_stack(tmp_path, "--port", str(port), *BREAKERS_SOON_TRY_AGAIN) as stack:
        run = Run(stack)
        run.machinery.shorten_visibility()
        run.first()
        for thread in (run.reader, run.redeliverer, run.killer):
            thread.start()
        try:
            run.ingest(run.entries[READ:])
            run.killer.join()
        finally:
            run.redeliverer.stop()
        run.settle(SETTLED_WITHIN_S)
        run.reader.stop()
        print(f"\nseed {SEED}: {run}, {time.monotonic() - began:.0f} s")  # noqa: T201
        check_readers(run.reader)
        url = f"bolt://127.0.0.1:{run.machinery.ports['neo4j']}"
        with neo4j.GraphDatabase.driver(url, auth=(USERNAME, run.machinery.neo4j_password())) as driver:
            check_graph(run, driver)


def check_readers(reader: Reader) -> None:
    assert reader.faults == []
    assert reader.reads > KILLS


def check_graph(run: Run, driver: neo4j.Driver) -> None:
    until(lambda: "tasks of the outbox" not in leftovers(driver), 60, "Late copies of messages are done")
    assert leftovers(driver) == {}
    assert misread(driver, TENANT) == []
    expected_versions = {entry.id: run.revisions[entry.number] for entry in run.entries}
    assert live_versions(driver, TENANT) == expected_versions
    expected, stored = chunks_without_faults(run.entries, run.revisions), stored_chunks(driver, TENANT)
    assert {identifier: text for identifier, (text, _) in stored.items()} == {
        identifier: text for identifier, (text, _) in expected.items()
    }
    embedder = OnnxEmbedder(ensure_model(), threads=1)
    compared = random.Random(SEED).sample(sorted(expected), min(VECTORS_COMPARED, len(expected)))
    wrong = [each for each in compared if not has_vector_of(expected[each][1], stored[each][1], embedder)]
    assert wrong == []
