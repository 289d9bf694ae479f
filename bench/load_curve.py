"""`python -m bench.load_curve`: requests a second and latency from 1 to 32 callers, and where the time of one goes.

The first by `graphwell bench` against a stack of its own that holds cranfield; the second from the spans of a stack
that traces to a collector in this process, one caller at a time.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.local_stack import COLLECTIONS, BenchStack, running_stack
from devstack.evaluation.collection import load_collection
from devstack.otlp_collector import Collector, Span, collecting

COLLECTION = "cranfield"
TENANT = "load"
CALLERS = "1,2,4,8,16,32"
SECONDS = "10"
ASKED = 200
WARM_UP = 20
RESULT = Path(__file__).with_name("results") / "load_curve.json"


def fill(stack: BenchStack) -> list[str]:
    """Ingest the collection and return its questions."""
    stack.json("eval", str(COLLECTIONS / COLLECTION), "--tenant", TENANT, "--limit", "1")
    return [query.text for query in load_collection(COLLECTIONS / COLLECTION).queries]


def curve(route: str) -> list[dict[str, Any]]:
    """Return the steps of `graphwell bench` on one route."""
    with running_stack() as stack:
        questions = stack.data / "questions"
        questions.write_text("\n".join(fill(stack)))
        asked = ("--tenant", TENANT, "--questions", str(questions), "--route", route)
        stack.json("bench", *asked, "--concurrency", "4", "--seconds", "20")  # warms up
        report = stack.json("bench", *asked, "--concurrency", CALLERS, "--seconds", SECONDS)
        steps: list[dict[str, Any]] = report["steps"]
        return steps


def parts(path: str, field: str) -> dict[str, float]:
    """Return the mean milliseconds of each part of a request, and of the request itself, with nothing from a cache."""
    with collecting() as collector:
        options = ("Tracing=otlp", f"OtlpEndpoint={collector.endpoint}")
        with running_stack(*(word for option in options for word in ("--parameter", option))) as stack:
            questions = fill(stack)
            client = stack.client(TENANT)
            for question in questions[:WARM_UP]:
                client.post(path, json={field: question}).raise_for_status()
            collector.spans.clear()
            for number in range(ASKED):
                question = questions[number % len(questions)]
                client.post(path, json={field: f"{question} {number}"}).raise_for_status()
        return shares(collector, f"POST {path}")


def shares(collector: Collector, root: str) -> dict[str, float]:
    """Return the mean length of root spans, and how much of it the spans right below them take, by name."""
    roots = collector.named(root)
    by_trace: dict[str, list[Span]] = defaultdict(list)
    for span in collector.spans:
        by_trace[span.trace].append(span)
    lengths: dict[str, list[float]] = defaultdict(list)
    for each in roots:
        below = [span for span in by_trace[each.trace] if span.parent == each.id]
        for name in {span.name for span in below}:
            lengths[name].append(sum(span.ms for span in below if span.name == name))
    found = {name: round(sum(times) / len(roots), 2) for name, times in lengths.items()}
    whole = fmean(span.ms for span in roots)
    return {"whole": round(whole, 2), **found, "the rest": round(whole - sum(found.values()), 2)}


def main(routes: Iterable[tuple[str, str]] = (("search", "query"), ("query", "question"))) -> None:
    """Measure, print, and keep the figures in bench/results/load_curve.json."""
    report: dict[str, Any] = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds")}
    for route, field in routes:
        report[route] = {"steps": curve(route), "ms_one_at_a_time": parts(f"/v1/{route}", field)}
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
