"""Bad input through the real gateway: a clear problem each time, and nothing half-written."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.e2e.stack import ClientFactory, ingest

GOOD = {"id": "good", "title": "Good", "text": "A good text."}


def documents(**changes: Any) -> dict[str, Any]:
    return {"documents": [GOOD | changes]}


BAD_DOCUMENTS = {
    "empty text": (documents(text=""), "documents[0].text"),
    "blank text": (documents(text=" \n\t "), "documents[0].text"),
    "control character": (documents(text="a\x00b"), "documents[0].text"),
    "no title": ({"documents": [{"text": "A text."}]}, "documents[0].title"),
    "wrong type": (documents(text=7), "documents[0].text"),
    "unknown field": (documents(colour="red"), "documents[0].colour"),
    "unknown content type": (documents(content_type="image/png"), "documents[0].content_type"),
    "id with slashes": (documents(id="a/b"), "documents[0].id"),
    "same id twice": ({"documents": [GOOD, GOOD | {"text": "Another."}]}, "documents[1].id"),
    "no documents": ({"documents": []}, "documents"),
    "too many documents": ({"documents": [GOOD | {"id": f"d{n}"} for n in range(101)]}, "documents"),
    "one bad among good": ({"documents": [GOOD, GOOD | {"id": "bad", "text": ""}]}, "documents[1].text"),
    "not an object": ([1, 2], "body"),
}


def assert_problem(reply: httpx.Response, status: int) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"]
    assert problem["request_id"]
    assert "Traceback" not in reply.text
    return problem


@pytest.fixture(scope="module")
def client(client_of: ClientFactory) -> httpx.Client:
    return client_of("e2e-bad-input", "reader", "editor")


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_bad_document_is_refused_by_name_and_nothing_is_written(client: httpx.Client, name: str) -> None:
    body, field = BAD_DOCUMENTS[name]

    reply = client.post("/v1/documents", json=body)

    problem = assert_problem(reply, 422)
    assert field in {error["field"] for error in problem["errors"]}
    assert client.get("/v1/documents").json()["documents"] == []
    assert client.get("/v1/jobs").json()["jobs"] == []


def test_a_lone_surrogate_is_refused(client: httpx.Client) -> None:
    body = b'{"documents":[{"id":"x","title":"t","text":"a \\ud800 b"}]}'
    reply = client.post("/v1/documents", content=body, headers={"Content-Type": "application/json"})

    problem = assert_problem(reply, 422)
    assert problem["errors"][0]["field"] == "documents[0].text"


def test_invalid_json_is_refused(client: httpx.Client) -> None:
    reply = client.post("/v1/documents", content=b'{"documents": [', headers={"Content-Type": "application/json"})

    assert "JSON" in assert_problem(reply, 400)["detail"]


def test_a_body_without_the_json_header_is_refused_with_the_remedy(client: httpx.Client) -> None:
    reply = client.post("/v1/search", content=b'{"query": "x"}', headers={"Content-Type": "text/plain"})

    assert "Content-Type: application/json" in assert_problem(reply, 422)["detail"]


@pytest.mark.parametrize("size_mb", [5, 10, 11])
def test_a_large_body_is_refused(client: httpx.Client, size_mb: int) -> None:
    body = b'{"documents":[{"title":"t","text":"' + b"a " * (size_mb * 524_288) + b'"}]}'
    reply = client.post("/v1/documents", content=body, headers={"Content-Type": "application/json"})

    assert_problem(reply, 413)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": " "}, "query"),
        ({"query": "x" * 10_001}, "query"),
        ({"query": "x", "top_k": 0}, "top_k"),
        ({"query": "x", "top_k": 101}, "top_k"),
        ({"query": "x", "top_k": "ten"}, "top_k"),
        ({"query": "x", "mode": "magic"}, "mode"),
        ({"query": "x", "tenant_id": "other"}, "tenant_id"),
        ({}, "query"),
    ],
)
def test_a_bad_search_is_refused_by_name(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(client.post("/v1/search", json=body), 422)

    assert field in {error["field"] for error in problem["errors"]}


def test_a_question_of_ten_thousand_different_words_is_answered(client: httpx.Client) -> None:
    question = " ".join(f"w{number}" for number in range(10_000))[:10_000]

    assert client.post("/v1/search", json={"query": question}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/jobs/unknown", "/v1/documents/unknown", "/v1/documents/unknown/chunks"])
def test_what_does_not_exist_is_a_404(client: httpx.Client, path: str) -> None:
    assert_problem(client.get(path), 404)


def test_an_unknown_route_is_a_404(client: httpx.Client) -> None:
    assert_problem(client.get("/v1/nothing"), 404)


@pytest.mark.parametrize("path", ["/v1/documents?cursor=garbage", "/v1/jobs?cursor=garbage", "/v1/documents?limit=0"])
def test_a_bad_listing_parameter_is_refused(client: httpx.Client, path: str) -> None:
    assert_problem(client.get(path), 422)


def test_another_tenant_is_refused_and_tells_nothing(client_of: ClientFactory, client: httpx.Client) -> None:
    owner = client_of("e2e-owner", "editor")
    ingest(owner, {"id": "private", "title": "Private", "text": "Nobody else reads this."})

    assert_problem(client.get("/v1/documents/private", headers={"X-Tenant-Id": "e2e-owner"}), 403)
    foreign = assert_problem(client.get("/v1/documents/private"), 404)
    unknown = assert_problem(client.get("/v1/documents/unheard"), 404)
    assert foreign["detail"].replace("private", "unheard") == unknown["detail"]


def test_a_role_too_small_is_refused(client_of: ClientFactory) -> None:
    reader = client_of("e2e-bad-input", "reader")

    assert_problem(reader.post("/v1/documents", json=documents()), 403)
    assert_problem(reader.delete("/v1/documents/good"), 403)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer a.b.c"])
def test_no_valid_token_is_a_401(client: httpx.Client, authorization: str | None) -> None:
    with httpx.Client(base_url=client.base_url) as anonymous:
        headers = {} if authorization is None else {"Authorization": authorization}
        assert_problem(anonymous.post("/v1/search", json={"query": "x"}, headers=headers), 401)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filename": "a.exe", "content_type": "application/octet-stream", "size": 10}, "filename"),
        ({"filename": "a.md", "content_type": "text/html", "size": 10}, "content_type"),
        ({"filename": "a.md", "content_type": "text/markdown", "size": 0}, "size"),
        ({"filename": "a.md", "content_type": "text/markdown", "size": 10**12}, "size"),
        ({"filename": "a.md", "content_type": "text/markdown", "size": 10, "id": "a/b"}, "id"),
    ],
)
def test_an_unsupported_upload_is_refused_by_name(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(client.post("/v1/uploads", json=body), 422)

    assert field in {error["field"] for error in problem["errors"]}
