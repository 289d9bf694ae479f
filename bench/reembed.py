"""`python -m bench.reembed`: a stack moves to another embedding model while it is read and written; what that costs.

The next model is an OpenAI-compatible endpoint in this process whose vectors count a text's hashed words. It is away at
first, so the move begins with a model that does not answer, while documents come in all the same.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import mul
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bench.local_stack import COLLECTIONS, BenchStack, running_stack
from devstack.evaluation.collection import load_collection
from devstack.evaluation.metrics import percentile
from devstack.ports import choose_ports

MODEL, DIMENSIONS = "hashed-words", 256
TENANT = "moving"
DOCUMENTS = 400
BEFORE = 200
"""Documents that are there before it begins; a reader asks for those that both models find, all the time."""

A_REQUEST = 5
PATIENCE_S = 900.0
RESULT = Path(__file__).with_name("results") / "reembed.json"


def hashed_words(text: str) -> list[float]:
    """Return the unit vector of a text that counts its words by their hashes."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:2]) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector] if any(vector) else [1.0, *vector[1:]]


Found = TypeVar("Found")


class _Endpoint(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        data = [{"index": place, "embedding": hashed_words(text)} for place, text in enumerate(texts)]
        body = json.dumps({"object": "list", "model": MODEL, "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving(port: int) -> Iterator[None]:
    """Serve the next model for the length of a with block."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class Reader(threading.Thread):
    """Searches by vectors for documents that are there, over and over.

    Parameters:
        questions: a question and the document that it must find, each.
    """

    def __init__(self, client: httpx.Client, questions: Sequence[tuple[str, str]]) -> None:
        super().__init__(daemon=True)
        self.times_ms: list[float] = []
        self.failed: list[str] = []
        self.missed: list[tuple[str, str]] = []
        self._client, self._questions, self._done = client, questions, threading.Event()

    def run(self) -> None:
        """Read until `stop`."""
        while not self._done.is_set():
            for question, document_id in self._questions:
                if self._done.is_set():
                    return
                started = time.perf_counter()
                reply = search(self._client, question)
                self.times_ms.append(1000 * (time.perf_counter() - started))
                if not isinstance(reply, list):
                    self.failed.append(reply)
                elif document_id not in reply:
                    self.missed.append((question, document_id))

    def stop(self) -> None:
        """End it."""
        self._done.set()
        self.join()


def search(client: httpx.Client, question: str) -> list[str] | str:
    """Return the documents that a search by vectors finds, or what it failed with."""
    try:
        reply = client.post("/v1/search", json={"query": question, "mode": "vector", "top_k": 20})
    except httpx.HTTPError as error:
        return type(error).__name__
    return [found["document_id"] for found in reply.json()["passages"]] if reply.is_success else reply.text


def in_both(client: httpx.Client, records: Sequence[Any]) -> list[tuple[str, str]]:
    """Return questions, titles, whose document is among the first of either model's."""
    vectors = {record.id: hashed_words(f"{record.title}\n{record.text}") for record in records}
    found = []
    for record in records[:BEFORE]:
        question = hashed_words(record.title)
        cosines = sorted((-sum(map(mul, question, vector)), name) for name, vector in vectors.items())
        if record.id in {name for _, name in cosines[:3]} and record.id in search(client, record.title)[:3]:
            found.append((record.title, record.id))
    return found


def ingest(client: httpx.Client, records: Sequence[Any]) -> list[str]:
    """Send documents a few at a time, each after the one before is done, and return what did not succeed."""
    wrong = []
    for first in range(0, len(records), A_REQUEST):
        documents = [
            {"id": record.id, "title": record.title, "text": record.text}
            for record in records[first : first + A_REQUEST]
        ]
        reply = client.post("/v1/documents", json={"documents": documents})
        if not reply.is_success:
            wrong.append(reply.text)
            continue
        status = until(partial(ended, client, reply.json()["job_id"]))
        if status != "succeeded":
            wrong.append(status)
    return wrong


def ended(client: httpx.Client, job_id: str) -> str | None:
    """Return how a job ended; None while it has not."""
    status: str = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()["status"]
    return None if status in {"queued", "running"} else status


def until(ask: Callable[[], Found | None]) -> Found:
    """Ask until there is an answer.

    Raises:
        RuntimeError: there was none in a quarter of an hour.
    """
    began = time.monotonic()
    while (answer := ask()) is None:
        if time.monotonic() - began > PATIENCE_S:
            raise RuntimeError("It takes too long.")
        time.sleep(0.5)
    return answer


def state(stack: BenchStack) -> dict[str, Any]:
    """Return what the index records of its models, and how many chunks have a vector in which slot."""
    query = """MATCH (m:IndexMetadata {id: 'embedding'}) RETURN m.model AS model, coalesce(m.move, 'none') AS move,
      COUNT { (c:Chunk) } AS chunks, COUNT { (c:Chunk) WHERE c.embedding IS NOT NULL } AS a,
      COUNT { (c:Chunk) WHERE c.embedding_b IS NOT NULL } AS b"""
    with stack.open_neo4j() as driver:
        return driver.execute_query(query).records[0].data()


def move(stack: BenchStack, port: int) -> dict[str, Any]:
    """Read and write while the index moves, and return what happened."""
    records = [record for record in load_collection(COLLECTIONS / "cranfield").records if record.text][:DOCUMENTS]
    client = stack.client(TENANT)
    wrong = ingest(client, records[:BEFORE])
    questions = in_both(client, records)
    reader = Reader(stack.client(TENANT), questions)
    reader.start()
    later = records[BEFORE:]
    wrong += ingest(client, later[: len(later) // 2])  # the next model is still away
    before = state(stack)
    with serving(port):
        began = time.perf_counter()
        writer = threading.Thread(target=lambda: wrong.extend(ingest(client, later[len(later) // 2 :])))
        writer.start()
        until(lambda: state(stack)["move"] == "switched" or None)
        switched_s = time.perf_counter() - began
        writer.join()
        time.sleep(60)
        reader.stop()
        after = state(stack)
        misses_at_rest = {(question, id_) for question, id_ in {*reader.missed} if id_ not in search(client, question)}
    return {
        "documents": DOCUMENTS,
        "while_the_next_model_was_away": before,
        "s_from_its_answering_to_the_switch": round(switched_s, 1),
        "after_the_switch": after,
        "searches": len(reader.times_ms),
        "searches_failed": len(reader.failed),
        "searches_that_missed_their_document": len(reader.missed),
        "of_these_missed_by_the_next_model_at_rest_as_well": sum(miss in misses_at_rest for miss in reader.missed),
        "search_p50_ms": round(percentile(reader.times_ms, 0.5), 1),
        "search_p95_ms": round(percentile(reader.times_ms, 0.95), 1),
        "requests_or_jobs_of_ingestion_failed": len(wrong),
        "what_failed": sorted({*reader.failed, *wrong})[:5],
    }


def let_the_last_model_go(stack: BenchStack, port: int) -> dict[str, Any]:
    """Deploy with the new model alone, as the end of a move, and return the index when the old vectors are gone."""
    address = f"http://127.0.0.1:{port}/v1"
    own = {"EmbeddingProvider": "openai", "EmbeddingModel": MODEL, "EmbeddingDimensions": str(DIMENSIONS)}
    options = [word for name, value in own.items() for word in ("--parameter", f"{name}={value}")]
    with serving(port):
        stack.command("down")
        gateway = choose_ports(["gateway"], {})["gateway"]
        stack.command(
            *("up", "--detach", "--rate-limits", "off", "--port", str(gateway)),
            *options,
            *("--parameter", f"EmbeddingBaseUrl={address}"),
        )
        began = time.perf_counter()
        until(lambda: (state(stack)["move"] == "none" and state(stack)["a"] == 0) or None)
        dropped_s = time.perf_counter() - began
        found = search(stack.client(TENANT), "boundary layer")
    return {
        "s_from_the_last_deployment_to_the_drop": round(dropped_s, 1),
        "after_the_drop": state(stack),
        "found_after_the_drop": len(found) if isinstance(found, list) else found,
    }


def main() -> None:
    """Move, and keep the figures in bench/results/reembed.json."""
    port = choose_ports(["endpoint"], {})["endpoint"]
    following = {
        "NextEmbeddingModel": MODEL,
        "NextEmbeddingDimensions": str(DIMENSIONS),
        "NextEmbeddingBaseUrl": f"http://127.0.0.1:{port}/v1",
    }
    options = [word for name, value in following.items() for word in ("--parameter", f"{name}={value}")]
    with running_stack(*options) as stack:
        report = move(stack, port) | let_the_last_model_go(stack, port)
    report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), **report}
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
