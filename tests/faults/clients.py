"""Who uses the stack while it is being killed: one that sends documents until they are accepted, one that reads."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from tests.faults.library import Entry, fault_in_chunks, fault_in_search

_PATIENCE_S = 600.0
_SEARCHED = 50


class Sender:
    """Sends documents again until they are accepted; `jobs` has the documents and the revision of each job."""

    def __init__(self, client: httpx.Client) -> None:
        self.jobs: dict[str, tuple[Sequence[Entry], int]] = {}
        self.refusals = 0
        self._client = client

    def send(self, entries: Sequence[Entry], revision: int) -> None:
        """Send a revision of documents, the uploaded ones as files."""
        posted = [entry for entry in entries if not entry.is_uploaded]
        if posted:
            body = {"documents": [entry.body(revision) for entry in posted]}
            reply = self._accepted(lambda: self._client.post("/v1/documents", json=body))
            self.jobs[reply["job_id"]] = (posted, revision)
        for entry in entries:
            if entry.is_uploaded:
                self._upload(entry, revision)

    def is_finished(self, job_id: str) -> bool:
        """Tell whether a job has ended well; a stack that does not answer has not said so.

        Raises:
            AssertionError: it failed.
        """
        try:
            reply = self._client.get(f"/v1/jobs/{job_id}")
        except httpx.HTTPError:
            return False
        if reply.status_code != httpx.codes.OK:
            return False
        job = reply.json()
        assert job["status"] in {"queued", "running", "succeeded"}, job
        return bool(job["status"] == "succeeded")

    def _upload(self, entry: Entry, revision: int) -> None:
        data = entry.text(revision).encode()
        body = {"filename": entry.title, "content_type": "text/plain", "size": len(data), "id": entry.id}
        target = self._accepted(lambda: self._client.post("/v1/uploads", json=body))
        put = httpx.put(target["url"], content=data, headers=target["headers"], timeout=60)
        assert put.status_code == httpx.codes.OK, put.text
        self.jobs[target["job_id"]] = ([entry], revision)

    def _accepted(self, request: Callable[[], httpx.Response]) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                reply = request()
                assert reply.is_success or reply.is_server_error, reply.text
                if reply.is_success:
                    accepted: dict[str, Any] = reply.json()
                    return accepted
            except httpx.HTTPError:
                pass
            self.refusals += 1
            assert time.monotonic() < until, "nothing was accepted for ten minutes"
            time.sleep(0.5)


class Reader(threading.Thread):
    """Reads documents that are live, over and over, until `stop` is called; `faults` has what it must never see.

    Parameters:
        seed: of which documents it reads.
    """

    def __init__(self, client: httpx.Client, seed: int) -> None:
        super().__init__(daemon=True)
        self.faults: list[str] = []
        self.reads = 0
        self._client = client
        self._random = random.Random(seed)
        self._live: list[Entry] = []
        self._revisions: dict[int, list[int]] = {}
        self._done = threading.Event()

    def may_see(self, entries: Sequence[Entry], revision: int) -> None:
        """A revision was sent: from now on either it or the one before may be live."""
        for entry in entries:
            self._revisions.setdefault(entry.number, []).append(revision)

    def must_see(self, entries: Sequence[Entry]) -> None:
        """These were live once, so they must be from now on."""
        self._live.extend(entries)

    def run(self) -> None:
        """Read."""
        while not self._done.is_set():
            if not self._live:
                self._done.wait(0.1)
                continue
            entry = self._random.choice(self._live)
            search = {"query": entry.word, "mode": "fulltext", "top_k": _SEARCHED}
            found = self._read(lambda search=search: self._client.post("/v1/search", json=search))  # type: ignore[misc]
            if found is not None:
                self._note(fault_in_search(entry, found["passages"]))
            path = f"/v1/documents/{entry.id}/chunks?limit=100"
            listed = self._read(lambda path=path: self._client.get(path))  # type: ignore[misc]
            if listed is not None:
                self._note(fault_in_chunks(entry, listed["chunks"], self._revisions[entry.number]))

    def stop(self) -> None:
        """End it."""
        self._done.set()
        self.join()

    def _read(self, request: Callable[[], httpx.Response]) -> dict[str, Any] | None:
        try:
            reply = request()
        except httpx.HTTPError:
            return None
        if reply.is_server_error:
            return None
        assert reply.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND}, reply.text
        self.reads += 1
        content: dict[str, Any] = reply.json()
        return content if reply.status_code == httpx.codes.OK else {"passages": [], "chunks": []}

    def _note(self, fault: str | None) -> None:
        if fault:
            self.faults.append(fault)
