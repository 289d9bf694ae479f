"""Whether time tells an id of another tenant from one that nobody has."""

from __future__ import annotations

import random
import time
from statistics import median
from typing import Any

from bench.local_stack import BenchStack

PATHS = ("/v1/documents/{}", "/v1/documents/{}/chunks", "/v1/jobs/{}")
PAIRS = 1_000
WARM_UP = 50


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return, for each route, both medians in milliseconds, and how often the foreign id took longer.

    The two are asked in random order within each pair. Of two times from one distribution the first is the longer one
    in half of the pairs (the area under the ROC curve is 0.5), within two standard errors: 1 / sqrt(pairs).
    """
    owner, stranger = stack.client("owner"), stack.client("stranger")
    body = {"documents": [{"id": "private", "title": "Private", "text": "Nobody else reads this. " * 50}]}
    job_id = owner.post("/v1/documents", json=body).raise_for_status().json()["job_id"]
    while owner.get(f"/v1/jobs/{job_id}").json()["status"] != "succeeded":
        time.sleep(0.1)
    report: dict[str, Any] = {"pairs": PAIRS, "two_standard_errors": round(PAIRS**-0.5, 3)}
    for path in PATHS:
        foreign_id, unknown_id = (job_id, "0" * 32) if "jobs" in path else ("private", "unheard")
        times: dict[str, list[float]] = {foreign_id: [], unknown_id: []}
        for _ in range(PAIRS + WARM_UP):
            for each in random.sample(list(times), 2):
                started = time.perf_counter()
                assert stranger.get(path.format(each)).status_code == 404
                times[each].append((time.perf_counter() - started) * 1000)
        foreign, unknown = times[foreign_id][WARM_UP:], times[unknown_id][WARM_UP:]
        longer = sum(a > b for a, b in zip(foreign, unknown, strict=True)) / PAIRS
        report[path] = {
            "foreign_p50_ms": round(median(foreign), 3),
            "unknown_p50_ms": round(median(unknown), 3),
            "foreign_longer": round(longer, 3),
        }
    return report
