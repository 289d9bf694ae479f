"""What one tenant's large ingestion costs another tenant's single document, with the sender's window and without."""

from __future__ import annotations

from statistics import median
from typing import Any

import httpx

from bench.local_stack import BenchStack, finished_job, running_stack
from bench.visibility import searchable_after

CROWD_REQUESTS = 15
CROWD_DOCUMENTS = 100
"""Of one chunk each: 1,500 chunks in all."""

SINGLES = 5
NO_WINDOW = "EmbedMaximumConcurrency=1000"
"""The window is three tasks a worker; the local stack runs two workers whatever is declared, so this opens it wide."""

_SENTENCE = "Paragraph {} of the long report number {} says that the pressure of the boiler was two bar all day. "


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return the seconds until a small tenant's document is found, alone and beside a crowd, and their ratios.

    All in one run: `stack` has the window, a second stack has none. Each document is sent when the one before it was
    found; without a window the first comes after the crowd, so only that one counts.
    """
    alone = median(_found_s(stack, f"alone{number}") for number in range(SINGLES))
    with_window, left = _beside_a_crowd(stack, SINGLES)
    with running_stack("--parameter", NO_WINDOW) as open_stack:
        _found_s(open_stack, "warmup")
        without_window, _ = _beside_a_crowd(open_stack, 1)
    return {
        "crowd_chunks": CROWD_REQUESTS * CROWD_DOCUMENTS,
        "crowd_chunks_left_when_the_last_single_was_found": left,
        "alone_s": round(alone, 3),
        "with_window_s": round(with_window, 3),
        "without_window_s": round(without_window, 3),
        "with_window_over_alone": round(with_window / alone, 2),
        "without_window_over_alone": round(without_window / alone, 2),
        "without_over_with_window": round(without_window / with_window, 2),
    }


def _beside_a_crowd(stack: BenchStack, singles: int) -> tuple[float, int]:
    """Return the median seconds of single documents during a crowd's ingestion, and how much of that was left then."""
    crowd = stack.client("crowd")
    jobs = [_send_crowd(crowd, request) for request in range(CROWD_REQUESTS)]
    found = median(_found_s(stack, f"single{number}") for number in range(singles))
    counts = [crowd.get(f"/v1/jobs/{job_id}").raise_for_status().json()["chunks"] for job_id in jobs]
    left = sum(count["total"] - count["embedded"] for count in counts)
    finished_job(crowd, jobs[-1])
    return found, left


def _found_s(stack: BenchStack, word: str) -> float:
    return searchable_after(stack.client("small"), word)[1]


def _send_crowd(client: httpx.Client, request: int) -> str:
    documents = [
        {
            "id": f"report-{request}-{place}",
            "title": "Report",
            "text": "".join(_SENTENCE.format(sentence, f"{request}-{place}") for sentence in range(8)),
        }
        for place in range(CROWD_DOCUMENTS)
    ]
    job_id: str = client.post("/v1/documents", json={"documents": documents}).raise_for_status().json()["job_id"]
    return job_id
