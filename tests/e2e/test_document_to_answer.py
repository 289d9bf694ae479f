"""The whole path: a document goes in over HTTP, and a question comes back answered with a quotation."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from devstack.client import calls
from devstack.client.typed import AsyncGraphwell, Event, Graphwell
from graphwell.http.search_models import QueryReply
from tests.e2e.stack import ClientFactory, Stack, finished_job, ingest

HANDBOOK = """# Travel handbook

## Booking

Book flights at least fourteen days ahead. The travel desk confirms each booking within one working day.

## Expenses

Meals are refunded up to 45 euros a day. Keep every receipt; claims older than ninety days are refused.

```python
# limits of the expense tool
LIMIT = 45
```

## Emergencies

Call the duty officer at any hour. Überlebenskits 🧰 liegen im Büro bereit.
"""


@pytest.fixture(scope="module")
def acme(client_of: ClientFactory) -> httpx.Client:
    client = client_of("e2e-acme", "reader", "editor")
    job = ingest(
        client,
        {"id": "handbook", "title": "Travel handbook", "text": HANDBOOK, "content_type": "text/markdown"},
        {"id": "menu", "title": "Canteen menu", "text": "On Monday there is lentil soup. On Friday there is fish."},
    )
    assert job["status"] == "succeeded"
    counts = {"total": 2, "unchanged": 0, "pending": 0, "done": 2, "failed": 0, "cancelled": 0}
    assert job["documents"] == counts
    assert job["chunks"]["embedded"] == job["chunks"]["total"] >= 2
    return client


def test_an_answer_quotes_the_document_word_for_word(acme: httpx.Client) -> None:
    reply = acme.post("/v1/query", json={"question": "How much of a meal is refunded a day?"})

    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["grounded"] is True
    assert "45 euros a day" in body["answer"]
    assert body["citations"]
    for citation in body["citations"]:
        assert citation["document_id"] == "handbook"
        assert citation["quote"] == HANDBOOK[citation["start"] : citation["end"]]
    assert body["degraded"] == []
    assert body["request_id"] == reply.headers["x-amzn-requestid"]


def test_an_answer_in_parts_is_the_same_answer_and_kept_like_it(acme: httpx.Client) -> None:
    question = {"question": "What does the travel desk confirm?"}
    reply = acme.post("/v1/query/stream", json=question)
    again = acme.post("/v1/query/stream", json=question)
    whole = acme.post("/v1/query", json=question).json()

    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    events, kept = events_of(reply), events_of(again)
    assert [name for name, _ in events] == [name for name, _ in kept] == ["passages", "delta", "answer"]
    assert events[1][1]["text"] == events[2][1]["answer"] == whole["answer"]
    assert events[2][1]["request_id"] == reply.headers["x-request-id"]
    assert [answer["cache"]["hit"] for answer in (events[2][1], kept[2][1], whole)] == [None, "exact", "exact"]
    assert {**events[2][1], "cache": None, "request_id": None} == {**whole, "cache": None, "request_id": None}


def test_the_typed_clients_ask_and_follow(stack: Stack, acme: httpx.Client) -> None:  # noqa: ARG001  it has the documents
    url, token = stack.status["url"], stack.token("e2e-acme", "reader")
    call = calls.query_stream("Whom do I call in an emergency?")

    async def follow() -> list[Event]:
        async with AsyncGraphwell(url, token) as client:
            return [event async for event in client.stream(call)]

    with Graphwell(url, token) as client:
        assert {document.id for document in client.send(calls.documents()).documents} == {"handbook", "menu"}
        *_, answer = client.stream(call)
        *_, again = asyncio.run(follow())
    assert isinstance(answer, QueryReply)
    assert isinstance(again, QueryReply)
    assert again.answer == answer.answer


def test_a_streamed_question_that_is_refused_is_a_problem(acme: httpx.Client) -> None:
    reply = acme.post("/v1/query/stream", json={"question": " "})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert acme.post("/v1/query/stream", json={"question": "?"}, headers={"Host": "evil.test"}).status_code == 400


def events_of(reply: httpx.Response) -> list[tuple[str, Any]]:
    """Return name and data of each event of a reply."""
    found = [event.split("\ndata: ") for event in reply.text.removesuffix("\n\n").split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data)) for name, data in found]


def test_the_same_question_again_is_answered_from_the_cache(acme: httpx.Client) -> None:
    question = {"question": "When are expense claims refused?"}
    first = acme.post("/v1/query", json=question).json()
    second = acme.post("/v1/query", json=question).json()

    assert first["cache"] == {"hit": None}
    assert second["cache"] == {"hit": "exact"}
    assert {**second, "cache": None, "request_id": None} == {**first, "cache": None, "request_id": None}


def test_another_wording_of_a_question_is_answered_from_the_cache_and_another_question_is_not(
    acme: httpx.Client,
) -> None:
    first = acme.post("/v1/query", json={"question": "How do I claim an expense?"}).json()
    same = acme.post("/v1/query", json={"question": "How can I claim expenses?"}).json()
    other = acme.post("/v1/query", json={"question": "How can I not claim expenses?"}).json()

    assert [reply["cache"]["hit"] for reply in (first, same, other)] == [None, "semantic", None]
    assert same["answer"] == first["answer"]


@pytest.mark.parametrize("mode", ["hybrid", "vector", "fulltext"])
def test_search_finds_passages_with_exact_offsets(acme: httpx.Client, mode: str) -> None:
    reply = acme.post("/v1/search", json={"query": "booking flights ahead", "mode": mode, "top_k": 3})

    passages = reply.raise_for_status().json()["passages"]
    assert passages[0]["document_id"] == "handbook"
    for passage in passages:
        if passage["document_id"] == "handbook":
            assert passage["text"] == HANDBOOK[passage["start"] : passage["end"]]
    scores = [passage["score"] for passage in passages]
    assert scores == sorted(scores, reverse=True)


def test_chunks_cover_the_document_with_offsets_and_headings(acme: httpx.Client) -> None:
    chunks = acme.get("/v1/documents/handbook/chunks").raise_for_status().json()["chunks"]

    covered: set[int] = set()
    for chunk in chunks:
        assert chunk["text"] == HANDBOOK[chunk["start"] : chunk["end"]]
        covered.update(range(chunk["start"], chunk["end"]))
    missed = [character for place, character in enumerate(HANDBOOK) if place not in covered]
    assert "".join(missed).strip() == ""


def test_the_same_content_again_changes_nothing(acme: httpx.Client) -> None:
    before = acme.get("/v1/documents/handbook").json()
    reply = acme.post(
        "/v1/documents",
        json={
            "documents": [
                {"id": "handbook", "title": "Travel handbook", "text": HANDBOOK, "content_type": "text/markdown"}
            ]
        },
    ).json()

    assert reply["documents"] == [{"id": "handbook", "version": before["version"], "status": "unchanged"}]
    assert finished_job(acme, reply["job_id"])["status"] == "succeeded"
    assert acme.get("/v1/documents/handbook").json() == before


def test_new_content_replaces_the_old_and_answers_follow(client_of: ClientFactory) -> None:
    client = client_of("e2e-update", "editor")
    question = {"question": "What is the colour of the gate?"}
    ingest(client, {"id": "gate", "title": "Gate", "text": "The colour of the gate is green."})
    assert "green" in client.post("/v1/query", json=question).json()["answer"]

    ingest(client, {"id": "gate", "title": "Gate", "text": "The colour of the gate is blue."})

    reply = client.post("/v1/query", json=question).json()
    assert "blue" in reply["answer"]
    assert "green" not in str(reply)
    history = client.get("/v1/documents/gate").json()["history"]
    assert [(entry["version"], entry["status"]) for entry in history] == [(2, "active"), (1, "superseded")]


def test_a_deleted_document_is_gone_from_every_answer_at_once(client_of: ClientFactory) -> None:
    client = client_of("e2e-delete", "editor")
    ingest(client, {"id": "secret", "title": "Plan", "text": "The launch is planned for the ninth of May."})
    question = {"question": "When is the launch planned?"}
    assert client.post("/v1/query", json=question).json()["grounded"] is True

    assert client.delete("/v1/documents/secret").status_code == 204

    after = client.post("/v1/query", json=question).json()
    assert (after["grounded"], after["citations"], after["passages"]) == (False, [], [])
    assert client.get("/v1/documents/secret").status_code == 404
    assert client.get("/v1/documents").json()["documents"] == []
    assert client.delete("/v1/documents/secret").status_code == 404


def test_tenants_with_alike_names_never_see_each_other(client_of: ClientFactory) -> None:
    names = ["Acme", "acme", "ac-me", "ac_me"]
    for name in names:
        ingest(client_of(name, "editor"), {"id": "colour", "title": "Colour", "text": f"The secret word is {name}x."})

    for name in names:
        client = client_of(name, "editor")
        passages = client.post("/v1/search", json={"query": "secret word"}).json()["passages"]
        assert [passage["text"] for passage in passages] == [f"The secret word is {name}x."]
        answer = client.post("/v1/query", json={"question": "What is the secret word?"}).json()
        assert [citation["quote"] for citation in answer["citations"]] == [f"The secret word is {name}x."]
        listed = client.get("/v1/documents").json()["documents"]
        assert [document["id"] for document in listed] == ["colour"]


def test_html_is_searched_as_text(client_of: ClientFactory) -> None:
    client = client_of("e2e-html", "editor")
    page = "<html><title>T</title><script>steal()</script><h1>Opening hours</h1><p>We open at <b>nine</b>.</p></html>"
    ingest(client, {"id": "hours", "title": "Hours", "text": page, "content_type": "text/html"})

    passage = client.post("/v1/search", json={"query": "when do you open"}).json()["passages"][0]

    assert "Opening hours" in passage["text"]
    assert "steal" not in passage["text"]


def test_an_uploaded_file_becomes_a_document(client_of: ClientFactory) -> None:
    client = client_of("e2e-upload", "editor")
    content = b"# Parking\n\nVisitors park on level two.\n"
    asked = {"filename": "parking.md", "content_type": "text/markdown", "size": len(content), "id": "parking"}
    upload = client.post("/v1/uploads", json=asked)
    assert upload.status_code == 201, upload.text
    target = upload.json()
    assert client.get(f"/v1/jobs/{target['job_id']}").json()["status"] == "queued"

    put = httpx.put(target["url"], content=content, headers=target["headers"])

    assert put.status_code == 200, put.text
    time.sleep(0.2)
    assert finished_job(client, target["job_id"])["status"] == "succeeded"
    found = client.post("/v1/query", json={"question": "Where do visitors park?"}).json()
    assert [citation["quote"] for citation in found["citations"]] == ["Visitors park on level two."]


def test_an_unusable_upload_fails_with_the_reason(client_of: ClientFactory) -> None:
    client = client_of("e2e-upload", "editor")
    content = b"\x00\x01\x02\x03" * 64
    asked = {"filename": "noise.txt", "content_type": "text/plain", "size": len(content), "id": "noise"}
    target = client.post("/v1/uploads", json=asked).json()

    httpx.put(target["url"], content=content, headers=target["headers"]).raise_for_status()

    job = finished_job(client, target["job_id"])
    assert job["status"] == "failed"
    assert job["errors"][0]["document_id"] == "noise"
    assert job["errors"][0]["reason"]


def test_an_explanation_shows_the_search_itself(acme: httpx.Client, client_of: ClientFactory) -> None:
    body = {"query": "How much of a meal is refunded a day?", "top_k": 2}
    reply = client_of("e2e-acme", "admin").post("/v1/debug/search", json=body)
    assert reply.status_code == 200, reply.text
    shown = reply.json()
    assert shown["passages"] == acme.post("/v1/search", json=body).json()["passages"]
    best = shown["candidates"][0]
    assert best["document_id"] == "handbook"
    assert best["ranks"]["vector"] == 1
    weights = shown["weights"]
    for each in shown["candidates"]:
        assert each["score"] == pytest.approx(sum(weights[part] * (each[part] or 0.0) for part in weights))
    assert "SEARCH c IN" in shown["legs"]["vector"]["statement"]
    assert "meal" in shown["legs"]["fulltext"]["text"]
    assert shown["cache"]["hit"] is None
    assert shown["cache"]["corpus_version"] >= 1
    assert acme.post("/v1/debug/search", json=body).status_code == 403
