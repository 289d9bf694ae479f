"""Whether the memory of `embed` grows with the documents that it embeds."""

from __future__ import annotations

from typing import Any

from bench.local_stack import BenchStack, finished_job
from bench.stack_processes import functions

CHUNKS = (20, 200, 2_000)
"""About as many chunks in each document."""

_PARAGRAPH = "Paragraph {} of the manual tells how the valve of the boiler is opened, cleaned and closed again. "
_PARAGRAPHS_A_CHUNK = 12


def measure(stack: BenchStack) -> dict[str, Any]:
    """Return the largest resident memory of an `embed` environment, in MB, after documents of growing length."""
    client = stack.client("memory")
    report: dict[str, Any] = {}
    for chunks in CHUNKS:
        text = "".join(_PARAGRAPH.format(place) for place in range(chunks * _PARAGRAPHS_A_CHUNK))
        document = {"id": f"manual-{chunks}", "title": "Manual", "text": text}
        job_id = client.post("/v1/documents", json={"documents": [document]}).raise_for_status().json()["job_id"]
        job = finished_job(client, job_id)
        report[f"{job['chunks']['total']} chunks"] = round(_largest_mb(stack), 1)
    first, *_, last = report.values()
    return {"resident_mb_after_a_document_of": report, "last_over_first": round(last / first, 3)}


def _largest_mb(stack: BenchStack) -> float:
    return float(max(process.memory_info().rss for process in functions(stack)["embed"]) / 1e6)
