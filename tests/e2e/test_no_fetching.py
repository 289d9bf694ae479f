"""Addresses in what users send are text: the service fetches none of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.e2e.stack import ClientFactory, finished_job, ingest


class Canary:
    """A server that nobody has a reason to ask; `asked` lists the paths that somebody did."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        canary = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                canary.asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            do_HEAD = do_POST = do_PUT = do_OPTIONS = do_GET  # noqa: N815  # the names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def canary() -> Iterator[Canary]:
    found = Canary()
    with found.server:
        threading.Thread(target=found.server.serve_forever, daemon=True).start()
        yield found
        found.server.shutdown()


def test_no_address_is_fetched(client_of: ClientFactory, canary: Canary) -> None:
    client, url = client_of("e2e-canary", "editor"), canary.url
    page = f"""<!DOCTYPE html PUBLIC "-//X" "{url}/dtd"><html manifest="{url}/manifest"><head><base href="{url}/base/">
<meta http-equiv="refresh" content="0;url={url}/refresh"><link rel="stylesheet" href="{url}/style.css">
<script src="{url}/script.js"></script><style>@import url("{url}/import.css");</style></head>
<body background="{url}/background"><img src="{url}/image.png" srcset="{url}/large.png 2x">
<iframe src="{url}/frame"></iframe><object data="{url}/object"></object><embed src="{url}/embed">
<video poster="{url}/poster" src="{url}/video"></video><svg><image href="{url}/svg"/></svg>
<p>The boiler is at <a href="{url}/link" ping="{url}/ping">this address</a>.</p></body></html>"""
    markdown = f"# Boiler\n\n![image]({url}/md.png) [link]({url}/md) <{url}/auto>\n\n[ref]: {url}/ref\n\n{url}/bare"
    job = ingest(
        client,
        {"id": "html", "title": f"{url}/title", "text": page, "content_type": "text/html", "source": f"{url}/source"},
        {
            "id": "md",
            "title": "M",
            "text": markdown,
            "content_type": "text/markdown",
            "metadata": {"url": f"{url}/meta"},
        },
        {"id": "xml", "title": "X", "text": f'<!DOCTYPE x [<!ENTITY e SYSTEM "{url}/entity">]><x>&e; boiler</x>'},
    )
    assert job["status"] == "succeeded"
    body = {"filename": "page.html", "content_type": "text/html", "size": len(page.encode())}
    target = client.post("/v1/uploads", json=body).raise_for_status().json()
    httpx.put(target["url"], content=page.encode(), headers=target["headers"]).raise_for_status()
    assert finished_job(client, target["job_id"])["status"] == "succeeded"

    question = f"What is at {url}/question about the boiler?"
    headers = {"Referer": f"{url}/referer", "Origin": url, "X-Forwarded-Host": url.removeprefix("http://")}
    client.post("/v1/query", json={"question": question}, headers=headers).raise_for_status()

    assert canary.asked == []
    httpx.get(f"{url}/proof")
    assert canary.asked == ["/proof"], "the canary hears nothing, so it proves nothing"
