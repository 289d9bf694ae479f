"""`python -m bench [NAME...]`: measure, print, and keep the figures in bench/results/<name>.json."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import (
    answer_cache,
    authorizer,
    cold_start,
    embed_memory,
    fairness,
    file_extraction,
    foreign_ids,
    ingest_throughput,
    init_time,
    rate_limits,
    retrieval_quality,
    search_overhead,
    tenant_growth,
    visibility,
)
from bench.local_stack import COLLECTIONS, BenchStack, running_stack

RESULTS = Path(__file__).with_name("results")

MEASURES: dict[str, Callable[[BenchStack], dict[str, Any]]] = {
    "answer_cache": answer_cache.measure,
    "authorizer": authorizer.measure,
    "cold_start": cold_start.measure,
    "embed_memory": embed_memory.measure,
    "fairness": fairness.measure,
    "file_extraction": file_extraction.measure,
    "foreign_ids": foreign_ids.measure,
    "ingest_throughput": ingest_throughput.measure,
    "init_time": init_time.measure,
    "rate_limits": rate_limits.measure,
    "retrieval_quality": retrieval_quality.measure,
    "search_overhead": search_overhead.measure,
    "tenant_growth": tenant_growth.measure,
    "visibility": visibility.measure,
}


def main() -> None:
    """Run the measurements that are named, all by default, on one stack of their own."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []], help="measurements; all by default")
    names = parser.parse_args().names or list(MEASURES)
    if not COLLECTIONS.is_dir():
        parser.error(f"The test collections are not at {COLLECTIONS}; they are needed to measure anything.")
    with running_stack() as stack:
        for name in names:
            figures = MEASURES[name](stack)
            report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), **figures}
            (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
            print(json.dumps({name: report}, indent=1), flush=True)


if __name__ == "__main__":
    main()
