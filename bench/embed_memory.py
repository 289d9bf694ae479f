"""Whether the memory of `embed` grows with the documents that it embeds."""

from __future__ import annotations

import time
from typing import Any

import httpx

from bench.local_stack import BenchStack
from devstack.gateway.gateway_file import read_management_url

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
        while (job := client.get(f"/v1/jobs/{job_id}").json())["status"] in {"queued", "running"}:
            time.sleep(0.5)
        report[f"{job['chunks']['total']} chunks"] = round(_largest_mb(stack), 1)
    first, *_, last = report.values()
    return {"resident_mb_after_a_document_of": report, "last_over_first": round(last / first, 3)}


def _largest_mb(stack: BenchStack) -> float:
    status = httpx.get(f"{read_management_url(stack.data)}/status").raise_for_status().json()
    (embed,) = (entry for entry in status["functions"] if entry["function"] == "embed")
    return float(max(environment["rss_bytes"] for environment in embed["environments"]) / 1e6)
