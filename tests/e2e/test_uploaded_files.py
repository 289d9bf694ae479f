"""Files of every kind, from upload to an answer that cites their page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from graphwell.domain.files import PDF
from tests.e2e.stack import ClientFactory, Stack, finished_job
from tests.fakes.sample_files import Line, docx, epub, paragraph, pdf, pptx, shape, xlsx

MANUAL = pdf(
    [
        [Line("Boiler manual", size=24), Line("This manual is for the people who look after the house.", y=660)],
        [Line("Pressure", size=18), Line("Keep the pressure between one and two bar.", y=670)],
        [Line("Emergencies", size=18), Line("In an emergency turn the red valve and leave the cellar.", y=670)],
    ]
)


def upload(client: httpx.Client, filename: str, content_type: str, content: bytes) -> dict[str, Any]:
    """Upload a file and return its finished job."""
    asked = {"filename": filename, "content_type": content_type, "size": len(content), "id": filename}
    target = client.post("/v1/uploads", json=asked).raise_for_status().json()
    httpx.put(target["url"], content=content, headers=target["headers"]).raise_for_status()
    return finished_job(client, target["job_id"])


def test_an_answer_cites_the_page_of_a_pdf(client_of: ClientFactory) -> None:
    client = client_of("e2e-pdf", "editor")
    job = upload(client, "manual.pdf", PDF, MANUAL)
    assert job["status"] == "succeeded", job

    chunks = client.get("/v1/documents/manual.pdf/chunks").json()["chunks"]
    body = client.post("/v1/query", json={"question": "Which valve do I turn in an emergency?"}).json()

    assert chunks[0]["page"] == 1
    (citation,) = body["citations"]
    assert citation["quote"] == "In an emergency turn the red valve and leave the cellar."
    assert citation["page"] == 3
    whole = {chunk["start"]: chunk["text"] for chunk in chunks}
    start = max(place for place in whole if place <= citation["start"])
    assert whole[start][citation["start"] - start : citation["end"] - start] == citation["quote"]


def test_a_file_that_cannot_be_read_fails_its_job_by_name(client_of: ClientFactory) -> None:
    client = client_of("e2e-pdf", "editor")
    job = upload(client, "locked.pdf", PDF, pdf([[Line("x")]], encrypted=True))
    assert job["status"] == "failed"
    assert job["errors"] == [
        {
            "document_id": "locked.pdf",
            "reason": "encrypted: The PDF is encrypted; remove its password and upload it again.",
        }
    ]


def test_a_folder_of_every_kind_is_ingested_by_one_command(stack: Stack, tmp_path: Path) -> None:
    contents = {
        "manual.pdf": MANUAL,
        "notes.md": b"# Notes\n\nThe spare key hangs behind the door.",
        "plan.docx": docx(paragraph("The painters come on the second of May.")),
        "talk.pptx": pptx([shape(["Heating costs fell by a fifth."])]),
        "costs.xlsx": xlsx({"Costs": [("Item", "Euro"), ("Filter", 45)]}),
        "book.epub": epub(["<p>The house was built in 1911.</p>"]),
        "rooms.csv": b"Room,Colour\nKitchen,yellow\n",
        "broken.pptx": b"PK\x03\x04 cut off",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    words = ("ingest", str(tmp_path), "--tenant", "e2e-folder", "--json")

    report = json.loads(stack.command(*words).stdout)
    again = json.loads(stack.command(*words).stdout)

    assert report["counts"] == {"accepted": 7, "unchanged": 0, "skipped": 0, "failed": 1}, report
    (failure,) = [entry for entry in report["documents"] if entry["status"] == "failed"]
    assert failure["id"] == "broken.pptx"
    assert failure["reason"].startswith("corrupt: ")
    assert again["counts"] == {"accepted": 0, "unchanged": 7, "skipped": 0, "failed": 1}
