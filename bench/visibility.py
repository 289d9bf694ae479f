"""How soon a document can be found: from sending it to the first search that has it."""

from __future__ import annotations

import time
from typing import Any

import httpx

from bench.local_stack import BenchStack
from devstack.evaluation.metrics import percentile

DOCUMENTS = 60
WARM_UP = 10
PATIENCE_S = 300.0


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return p50 and p95 in milliseconds from POST to searchable, one small document at a time, and of the POST alone.

    Searches follow each other at once, so the last one found it within its own length.
    """
    client = stack.client("visibility")
    times = [searchable_after(client, f"visible{number}") for number in range(WARM_UP + DOCUMENTS)][WARM_UP:]
    posts = [posted_s * 1000 for posted_s, _ in times]
    found = [found_s * 1000 for _, found_s in times]
    return {
        "documents": DOCUMENTS,
        "post_p50_ms": round(percentile(posts, 0.5), 1),
        "post_p95_ms": round(percentile(posts, 0.95), 1),
        "searchable_p50_ms": round(percentile(found, 0.5), 1),
        "searchable_p95_ms": round(percentile(found, 0.95), 1),
        "over_post_p50": round(percentile(found, 0.5) / percentile(posts, 0.5), 2),
    }


def searchable_after(client: httpx.Client, word: str) -> tuple[float, float]:
    """Return the seconds until a new document of that one word was accepted, and until a search found it.

    Raises:
        RuntimeError: it was not found in five minutes.
    """
    document = {"id": word, "title": "One", "text": f"The code word of this document is {word}."}
    search = {"query": word, "mode": "fulltext", "top_k": 1}
    started = time.perf_counter()
    client.post("/v1/documents", json={"documents": [document]}).raise_for_status()
    posted_s = time.perf_counter() - started
    while not client.post("/v1/search", json=search).raise_for_status().json()["passages"]:
        if time.perf_counter() - started > PATIENCE_S:
            raise RuntimeError(f"The document {word} cannot be found after {PATIENCE_S:.0f} s.")
    return posted_s, time.perf_counter() - started
