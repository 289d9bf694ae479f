"""Bad input: a problem that names the field and the remedy, and nothing written."""

from __future__ import annotations

import json

import pytest

from graphwell.domain.identity import Role
from graphwell.http.document_routes import MAX_BODY_BYTES
from tests.fakes.container import FakeContainer
from tests.unit.graphwell.http.gateway import Gateway, assert_problem, caller

GOOD = {"title": "Title", "text": "text"}
TURN = {"role": "user", "content": "Who?"}


@pytest.fixture(autouse=True)
def _nothing_is_written(container: FakeContainer) -> object:
    yield
    assert container.staging.versions == {}
    assert container.staging.job_ids == []
    assert container.jobs.uploads == {}
    assert container.embed_queue.tasks == []


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**GOOD, "text": ""}, "documents[0].text"),
        ({**GOOD, "text": " \n\t\u00a0"}, "documents[0].text"),
        ({**GOOD, "text": "a\ud800b"}, "documents[0].text"),
        ({**GOOD, "text": "a\x00b"}, "documents[0].text"),
        ({**GOOD, "text": "a\x1bb"}, "documents[0].text"),
        ({**GOOD, "text": 7}, "documents[0].text"),
        ({**GOOD, "text": None}, "documents[0].text"),
        ({**GOOD, "text": ["a"]}, "documents[0].text"),
        ({"title": "Title"}, "documents[0].text"),
        ({"text": "text"}, "documents[0].title"),
        ({**GOOD, "title": ""}, "documents[0].title"),
        ({**GOOD, "title": "a\udfff"}, "documents[0].title"),
        ({**GOOD, "title": "a" * 501}, "documents[0].title"),
        ({**GOOD, "id": "a/b"}, "documents[0].id"),
        ({**GOOD, "id": ""}, "documents[0].id"),
        ({**GOOD, "id": 7}, "documents[0].id"),
        ({**GOOD, "content_type": "application/pdf"}, "documents[0].content_type"),
        ({**GOOD, "source": "\x07"}, "documents[0].source"),
        ({**GOOD, "colour": "red"}, "documents[0].colour"),
        ({**GOOD, "metadata": []}, "documents[0].metadata"),
        ({**GOOD, "metadata": {"k": [1]}}, "documents[0].metadata.k"),
        ({**GOOD, "metadata": {"k": None}}, "documents[0].metadata.k"),
        ({**GOOD, "metadata": {"k": {"deep": 1}}}, "documents[0].metadata.k"),
        ({**GOOD, "metadata": {"k": float("nan")}}, "documents[0].metadata.k"),
        ({**GOOD, "metadata": {"k": "a\ud800"}}, "documents[0].metadata.k"),
        ({**GOOD, "metadata": {str(number): 1 for number in range(9)}}, "documents[0].metadata"),
        ("text", "documents[0]"),
        (None, "documents[0]"),
    ],
)
def test_a_wrong_document_is_refused_by_its_field(gateway: Gateway, document: object, field: str) -> None:
    problem = assert_problem(gateway.send("POST", "/v1/documents", {"documents": [document]}), 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["detail"].startswith(f"{field}: ")
    assert all(error["detail"].endswith(".") for error in problem["errors"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "documents"),
        ({"documents": []}, "documents"),
        ({"documents": {}}, "documents"),
        ({"documents": [GOOD] * 101}, "documents"),
        ({"documents": [GOOD], "more": 1}, "more"),
        ([], "body"),
        ("text", "body"),
        (None, "body"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(gateway: Gateway, body: object, field: str) -> None:
    problem = assert_problem(gateway.send("POST", "/v1/documents", body), 422, "invalid-input")
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize(("route", "name"), [("/v1/search", "query"), ("/v1/query", "question")])
@pytest.mark.parametrize(
    ("history", "field"),
    [
        ("text", "history"),
        ({}, "history"),
        ([TURN] * 51, "history"),
        ([{**TURN, "content": "x" * 9_000}] * 5, "history"),
        ([TURN, "text"], "history[1]"),
        ([{**TURN, "role": "system"}], "history[0].role"),
        ([{"content": "x"}], "history[0].role"),
        ([{"role": "user"}], "history[0].content"),
        ([{**TURN, "content": ""}], "history[0].content"),
        ([{**TURN, "content": "a\x00"}], "history[0].content"),
        ([{**TURN, "content": 7}], "history[0].content"),
        ([{**TURN, "text": "both"}], "history[0].text"),
        ([{**TURN, "tool_calls": []}], "history[0].tool_calls"),
    ],
)
def test_a_wrong_conversation_is_refused_by_its_field(
    gateway: Gateway, route: str, name: str, history: object, field: str
) -> None:
    reply = gateway.send("POST", route, {name: "And when?", "history": history})
    problem = assert_problem(reply, 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_every_wrong_field_is_named(gateway: Gateway) -> None:
    body = {"documents": [{"title": 1, "text": 2}, {"title": "Title", "extra": 1}]}
    problem = assert_problem(gateway.send("POST", "/v1/documents", body), 422, "invalid-input")
    assert [error["field"] for error in problem["errors"]] == [
        "documents[0].title",
        "documents[0].text",
        "documents[1].text",
        "documents[1].extra",
    ]


def test_the_same_id_twice_is_refused(gateway: Gateway) -> None:
    body = {"documents": [{**GOOD, "id": "a"}, {**GOOD, "id": "a", "text": "other"}]}
    problem = assert_problem(gateway.send("POST", "/v1/documents", body), 422, "invalid-input")
    assert problem["errors"][0]["field"] == "documents[1].id"


@pytest.mark.parametrize(
    "raw",
    ["{", "", '{"documents": [}', "{'documents': []}", '{"documents": "a\nb"}', "[" * 100_000, "1" * 5_000],
)
def test_a_body_that_is_no_json_is_refused(gateway: Gateway, raw: str) -> None:
    reply = gateway.send("POST", "/v1/documents", raw=raw)
    problem = (
        assert_problem(reply, 400, "invalid-json")
        if reply.status == 400
        else assert_problem(reply, 422, "invalid-input")
    )
    assert "send a JSON object" in problem["detail"] or problem["detail"].startswith("body: ")


def test_a_body_that_is_not_utf_8_is_refused(gateway: Gateway) -> None:
    reply = gateway.send("POST", "/v1/documents", raw=b'{"documents": [{"title": "\xff", "text": "text"}]}')
    assert "UTF-8" in assert_problem(reply, 400, "invalid-json")["detail"]


def test_a_body_over_4_mb_is_refused_with_the_remedy(gateway: Gateway) -> None:
    body = json.dumps({"documents": [{"title": "Title", "text": "a" * MAX_BODY_BYTES}]})
    problem = assert_problem(gateway.send("POST", "/v1/documents", raw=body), 413, "payload-too-large")
    assert "upload large files" in problem["detail"]


def test_a_long_document_within_4_mb_of_a_wrong_form_is_not_repeated(gateway: Gateway) -> None:
    secret = "secret" * 100_000
    reply = gateway.send("POST", "/v1/documents", {"documents": [{"title": [secret], "text": "text", "id": secret}]})
    assert_problem(reply, 422, "invalid-input")
    assert "secret" not in reply.text
    assert len(reply.text) < 5_000


@pytest.mark.parametrize("name", ["secret" * 1_000, "\ud800", "a\x00b", "\u202eevil", "<script>"])
def test_an_unknown_field_of_a_strange_name_is_refused_in_a_short_reply(gateway: Gateway, name: str) -> None:
    for body in ({"documents": [{**GOOD, name: 1}]}, {name: 1}, {"documents": [{**GOOD, "metadata": {name: [1]}}]}):
        reply = gateway.send("POST", "/v1/documents", body)
        assert_problem(reply, 422, "invalid-input")
        assert len(reply.text) < 1_000
        assert reply.text.isascii()


def test_thousands_of_wrong_fields_are_refused_in_a_short_reply(gateway: Gateway) -> None:
    body = {"documents": [{**GOOD, **{f"unknown{number}": 1 for number in range(10_000)}}]}
    reply = gateway.send("POST", "/v1/documents", body)
    problem = assert_problem(reply, 422, "invalid-input")
    assert len(problem["errors"]) <= 20
    assert len(reply.text) < 5_000


@pytest.mark.parametrize("route", ["/v1/documents/{}", "/v1/documents/{}/chunks"])
@pytest.mark.parametrize(
    "identifier", ["a%2Fb", "a%2Fchunks%2Fb", "..%2Fjobs", "a%20b", "%00", "a~1", "%C3%A9", "x" * 201]
)
def test_a_document_id_in_a_path_is_checked(gateway: Gateway, route: str, identifier: str) -> None:
    problem = assert_problem(gateway.send("GET", route.format(identifier)), 422, "invalid-input")
    assert problem["errors"][0]["field"] == "id"


def test_a_document_with_a_wrong_id_cannot_be_deleted(gateway: Gateway) -> None:
    assert_problem(gateway.send("DELETE", "/v1/documents/a%2Fb"), 422, "invalid-input")


@pytest.mark.parametrize("path", ["/v1/documents/unknown", "/v1/documents/unknown/chunks", "/v1/jobs/unknown"])
def test_what_is_not_there_is_not_found(gateway: Gateway, path: str) -> None:
    assert_problem(gateway.send("GET", path), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/v1/documents", {"cursor": "garbage"}, "cursor"),
        ("/v1/documents", {"cursor": "a" * 2_000}, "cursor"),
        ("/v1/documents", {"limit": "0"}, "limit"),
        ("/v1/documents", {"limit": "101"}, "limit"),
        ("/v1/documents", {"limit": "many"}, "limit"),
        ("/v1/jobs", {"limit": "-1"}, "limit"),
    ],
)
def test_wrong_parameters_of_a_listing_are_refused(
    gateway: Gateway, path: str, query: dict[str, str], field: str
) -> None:
    problem = assert_problem(gateway.send("GET", path, query=query), 422, "invalid-input")
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": "  "}, "query"),
        ({"query": "a\ud800"}, "query"),
        ({"query": "a\x00"}, "query"),
        ({"query": "a" * 10_001}, "query"),
        ({"query": 7}, "query"),
        ({}, "query"),
        ({"query": "a", "top_k": 0}, "top_k"),
        ({"query": "a", "top_k": 101}, "top_k"),
        ({"query": "a", "top_k": -1}, "top_k"),
        ({"query": "a", "top_k": 1.5}, "top_k"),
        ({"query": "a", "top_k": "10"}, "top_k"),
        ({"query": "a", "top_k": True}, "top_k"),
        ({"query": "a", "top_k": None}, "top_k"),
        ({"query": "a", "mode": "graphs"}, "mode"),
        ({"query": "a", "mode": "HYBRID"}, "mode"),
        ({"query": "a", "tenant_id": "other"}, "tenant_id"),
        ({"question": "a"}, "query"),
    ],
)
def test_a_wrong_search_is_refused_by_its_field(gateway: Gateway, body: dict[str, object], field: str) -> None:
    problem = assert_problem(gateway.send("POST", "/v1/search", body), 422, "invalid-input")
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize("question", ["", " ", "a\x00", "a\ud800"])
def test_a_wrong_question_is_refused_by_its_field(gateway: Gateway, question: str) -> None:
    problem = assert_problem(gateway.send("POST", "/v1/query", {"question": question}), 422, "invalid-input")
    assert problem["errors"][0]["field"] == "question"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"filename": "a.exe"}, "filename"),
        ({"filename": "../../etc/passwd"}, "filename"),
        ({"filename": ""}, "filename"),
        ({"content_type": "text/plain"}, "content_type"),
        ({"size": 0}, "size"),
        ({"size": 10**12}, "size"),
        ({"size": "10"}, "size"),
        ({"size": 1.5}, "size"),
        ({"id": "a/b"}, "id"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_upload_is_refused_by_its_field(gateway: Gateway, wrong: dict[str, object], field: str) -> None:
    body = {"filename": "a.md", "content_type": "text/markdown", "size": 10, **wrong}
    problem = assert_problem(gateway.send("POST", "/v1/uploads", body), 422, "invalid-input")
    assert problem["errors"][0]["field"] == field


def test_an_unsupported_file_is_told_which_are_supported(gateway: Gateway) -> None:
    body = {"filename": "a.exe", "content_type": "application/octet-stream", "size": 10}
    assert ".md" in assert_problem(gateway.send("POST", "/v1/uploads", body), 422, "invalid-input")["detail"]


def test_an_unknown_route_and_method_are_problems_too(gateway: Gateway) -> None:
    assert_problem(gateway.send("GET", "/v1/unknown"), 404, "not-found")
    assert_problem(gateway.send("PUT", "/v1/documents", {}), 405, "method-not-allowed")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/documents", '{"documents": [{"title": "t", "text": "one", "text": "two"}]}'),
        ("POST", "/v1/documents", '{"documents": [{"title": "t", "text": "x", "metadata": {"a": 1, "a": 2}}]}'),
        ("POST", "/v1/uploads", '{"filename": "a.md", "filename": "b.md", "content_type": "text/markdown", "size": 1}'),
        ("POST", "/v1/search", '{"query": "a", "query": "b"}'),
        ("POST", "/v1/query", '{"question": "a", "question": "b"}'),
        ("PUT", "/v1/tenants/acme", '{"limits": {}, "limits": {}}'),
    ],
)
def test_a_name_that_stands_twice_is_refused(gateway: Gateway, method: str, path: str, body: str) -> None:
    as_caller = caller(Role.PLATFORM_ADMIN)
    problem = assert_problem(gateway.send(method, path, raw=body, as_caller=as_caller), 422, "invalid-input")
    assert "twice" in problem["detail"]
