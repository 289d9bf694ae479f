"""Every string of the Big List of Naughty Strings in every field: no 5xx, and an exact round trip where it is taken."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from graphwell.domain.documents import DOCUMENT_ID_PATTERN, MAX_TITLE_LENGTH
from graphwell.domain.errors import InvalidInput
from graphwell.domain.files import MAX_FILENAME_LENGTH
from graphwell.domain.graph.reading import MAX_QUERY_LENGTH
from graphwell.domain.tenancy import TENANT_ID_PATTERN
from graphwell.domain.text import accept_text
from tests.e2e.stack import CHECKOUT, JOB_TIMEOUT_S, Stack

FILE = CHECKOUT.parent / "shared" / "data" / "strings" / "blns.json"
TENANT = "naughty"
CLIENTS = 4

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/strings/blns.json")


@pytest.fixture(scope="module")
def strings() -> list[str]:
    found: list[str] = json.loads(FILE.read_text(encoding="utf-8"))
    assert len(found) > 500
    return found


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack.token(TENANT, 'editor')}"}
    with httpx.Client(base_url=stack.status["url"], headers=headers, timeout=60) as found:
        yield found


def each(strings: list[str], send: Callable[[str], httpx.Response]) -> list[httpx.Response]:
    """Return the replies to a request made of each string, none of which may be a fault of the server."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        replies = list(threads.map(send, strings))
    for text, reply in zip(strings, replies, strict=True):
        assert reply.status_code < 500, (text, reply.text)
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json", (text, reply.text)
            assert reply.json()["detail"], text
    return replies


def is_text(text: str, max_length: int = MAX_TITLE_LENGTH) -> bool:
    try:
        accept_text(text, "text", max_length=max_length)
    except InvalidInput:
        return False
    return True


@pytest.mark.timeout(300)
def test_documents_come_back_as_they_were_sent(client: httpx.Client, strings: list[str]) -> None:
    numbered = {text: f"n{number}" for number, text in enumerate(dict.fromkeys(strings))}

    def ingest(text: str) -> httpx.Response:
        document = {"id": numbered[text], "title": text, "text": text, "source": text, "metadata": {"note": text}}
        return client.post("/v1/documents", json={"documents": [document]})

    texts = list(numbered)
    taken = [text for text, reply in zip(texts, each(texts, ingest), strict=True) if reply.status_code == 202]
    assert taken == [text for text in texts if is_text(text)]
    assert len(taken) > 450
    await_documents(client, len(taken))
    for text in taken:
        assert_round_trip(client, numbered[text], unicodedata.normalize("NFC", text))


def await_documents(client: httpx.Client, count: int) -> None:
    """Wait until so many documents can be read."""
    until = time.monotonic() + JOB_TIMEOUT_S
    while time.monotonic() < until:
        jobs = list(pages(client, "jobs"))
        assert not [job for job in jobs if job["status"] == "failed" and job["errors"][0]["reason"] == ""]
        if all(job["status"] in {"succeeded", "failed"} for job in jobs):
            assert len(jobs) == count
            return
        time.sleep(0.5)
    raise AssertionError("the documents were not embedded in time")


def pages(client: httpx.Client, what: str) -> Iterator[dict[str, Any]]:
    """Give every entry of a listing."""
    cursor: dict[str, str] = {}
    while True:
        page = client.get(f"/v1/{what}", params={"limit": 100, **cursor}).raise_for_status().json()
        yield from page[what]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def assert_round_trip(client: httpx.Client, document_id: str, text: str) -> None:
    """Check that title, source, metadata and chunks hold the text to the last character."""
    document = client.get(f"/v1/documents/{document_id}").raise_for_status().json()
    assert document["status"] == "active", (text, document)
    assert (document["title"], document["source"], document["metadata"]) == (text, text, {"note": text})
    chunks = client.get(f"/v1/documents/{document_id}/chunks").raise_for_status().json()["chunks"]
    rest, end = "", 0
    for chunk in chunks:
        assert chunk["text"] == text[chunk["start"] : chunk["end"]]
        rest += text[end : chunk["start"]]
        end = chunk["end"]
    assert not (rest + text[end:]).strip(), (text, chunks)


@pytest.mark.parametrize(("route", "field"), [("search", "query"), ("query", "question")])
def test_questions_are_answered_or_refused_by_name(
    client: httpx.Client, strings: list[str], route: str, field: str
) -> None:
    replies = each(strings, lambda text: client.post(f"/v1/{route}", json={field: text}))
    for text, reply in zip(strings, replies, strict=True):
        assert (reply.status_code == 200) is is_text(text), (text, reply.text)


def test_names_are_looked_for_or_refused_by_name(client: httpx.Client, strings: list[str]) -> None:
    replies = each(strings, lambda text: client.get("/v1/graph/entities", params={"query": text}))
    for text, reply in zip(strings, replies, strict=True):
        taken = is_text(text, MAX_QUERY_LENGTH) or not text.strip()
        assert (reply.status_code == 200) is taken, (text, reply.text)


def test_ids_are_taken_or_refused_by_name(client: httpx.Client, strings: list[str]) -> None:
    def ingest(text: str) -> httpx.Response:
        return client.post("/v1/documents", json={"documents": [{"id": text, "title": "t", "text": "t"}]})

    for text, reply in zip(strings, each(strings, ingest), strict=True):
        assert (reply.status_code == 202) is bool(re.fullmatch(DOCUMENT_ID_PATTERN, text)), (text, reply.text)


@pytest.mark.parametrize(
    "path", ["/v1/documents/{}", "/v1/documents/{}/chunks", "/v1/jobs/{}", "/v1/tenants/{}", "/v1/graph/entities/{}"]
)
def test_ids_in_paths_find_nothing_that_is_not_there(client: httpx.Client, strings: list[str], path: str) -> None:
    replies = each(strings, lambda text: client.get(path.format(quote(text, safe=""))))
    for text, reply in zip(strings, replies, strict=True):
        assert reply.status_code in {200, 403, 404, 422}, (text, reply.text)


def test_names_of_tenants_reach_no_tenant(client: httpx.Client, strings: list[str]) -> None:
    sendable = [text for text in strings if re.fullmatch(r"[\x20-\x7e\x80-\U0010ffff]*", text) and text == text.strip()]
    assert len(sendable) > 400
    replies = each(sendable, lambda text: client.get("/v1/jobs", headers={b"X-Tenant-Id": text.encode()}))
    for text, reply in zip(sendable, replies, strict=True):
        assert reply.status_code in ({403} if re.fullmatch(TENANT_ID_PATTERN, text) else {403, 422}), (text, reply.text)


def test_filenames_are_taken_or_refused_by_name(client: httpx.Client, strings: list[str]) -> None:
    def upload(text: str) -> httpx.Response:
        body = {"filename": f"{text}.txt", "content_type": "text/plain", "size": 1}
        return client.post("/v1/uploads", json=body)

    for text, reply in zip(strings, each(strings, upload), strict=True):
        assert (reply.status_code == 201) is is_text(f"{text}.txt", MAX_FILENAME_LENGTH), (text, reply.text)
