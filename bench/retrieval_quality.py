"""nDCG@10 and latency of whole collections through the HTTP API."""

from __future__ import annotations

from typing import Any

from bench.local_stack import COLLECTIONS, BenchStack

TARGETS = {"scifact": 0.722, "cranfield": 0.465}
"""What plain rank fusion over whole documents gives."""


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return the report of `graphwell eval` for each collection, over all queries."""
    reports = {}
    for name, target in TARGETS.items():
        report = stack.json("eval", str(COLLECTIONS / name), "--tenant", name)
        reports[name] = {**report, "target": f"ndcg@10 >= {target}"}
    return reports
