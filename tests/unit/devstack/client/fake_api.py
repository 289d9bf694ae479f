"""A stack's HTTP API in memory: documents are indexed at once, searches find documents that share a word."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

STATISTICS = {
    "id": "acme",
    "documents": 1_000,
    "versions": 2,
    "chunks": 3,
    "jobs": 4,
    "bytes": 5,
    "corpus_version": 6,
    "embedding": {"model": "small", "dimensions": 8},
}
Handler = Callable[[httpx.Request], httpx.Response]


def problem(status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    """Return an error as the API sends it."""
    body = {"type": "about:blank", "title": "Error", "status": status, "detail": detail, "request_id": "req-1", **more}
    return httpx.Response(status, json=body, headers={**(headers or {}), "content-type": "application/problem+json"})


def streamed(*events: tuple[str, Any]) -> httpx.Response:
    """Return events as the API sends them."""
    text = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


class Waits:
    """Sleeps without sleeping, and tells the time that would have passed."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Note a wait."""
        self.slept_s.append(seconds)

    def clock_s(self) -> float:
        """Return the sum of all waits."""
        return sum(self.slept_s)


@dataclass
class FakeApi:
    """Handler of an httpx.MockTransport.

    `interruptions` are taken one for each request before it is handled: a response to answer with, or an error to
    raise; `refusals` one for each search. `refused_word` is refused in documents with 422, `failing_word` lets their
    indexing fail. Files are put at /files/ID, and their bytes are their text; `store_faults` are taken like
    `interruptions` before one is taken in. `entities` has what is read of each by its id; they are found in its order.
    """

    interruptions: list[httpx.Response | BaseException] = field(default_factory=list)
    refusals: list[httpx.Response] = field(default_factory=list)
    refused_word: str = "REFUSE"
    failing_word: str = "FAIL"
    polls_until_done: int = 1
    answer: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, Any]] = field(default_factory=list)
    explanation: dict[str, Any] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    passages_a_document: int = 1
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    store_faults: list[httpx.Response | BaseException] = field(default_factory=list)
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    statistics: list[dict[str, Any]] = field(default_factory=lambda: [STATISTICS])

    @property
    def transport(self) -> httpx.MockTransport:
        """The API as a transport."""
        return httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.interruptions:
            interruption = self.interruptions.pop(0)
            if isinstance(interruption, BaseException):
                raise interruption
            return interruption
        route = f"{request.method} {request.url.path}"
        if job_id := re.fullmatch("GET /v1/jobs/(.+)", route):
            return self._job(job_id.group(1))
        if action := re.fullmatch("POST /v1/jobs/(.+)/(retry|cancel)", route):
            return self._act(*action.groups())
        if upload_id := re.fullmatch("PUT /files/(.+)", route):
            return self._take_file(upload_id.group(1), request)
        if route.startswith("DELETE /v1/tenants/"):
            return self._erase(dry_run=request.url.params.get("dry_run") == "true")
        handlers: dict[str, Callable[[], httpx.Response]] = {
            "POST /v1/uploads": lambda: self._place_file(json.loads(request.content)),
            "POST /v1/documents": lambda: self._submit(json.loads(request.content)["documents"]),
            "POST /v1/search": lambda: (
                self.refusals.pop(0) if self.refusals else self._search(json.loads(request.content))
            ),
            "POST /v1/debug/search": lambda: httpx.Response(200, json=self.explanation),
            "POST /v1/query": lambda: httpx.Response(200, json=self.answer),
            "POST /v1/agent": lambda: self._run(json.loads(request.content)),
            "POST /v1/query/stream": lambda: streamed(*self.events),
            "GET /v1/documents": lambda: self._page_of_documents(request.url.params.get("cursor")),
            "GET /v1/graph/entities": lambda: self._names(request.url.params),
            "GET /v1/jobs": lambda: self._newest_jobs(request.url.params),
            "GET /v1/tenants/acme/stats": self._statistics,
        }
        return handlers.get(route, lambda: self._entity(request.url))()

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return the JSON bodies of the requests to a path."""
        return [json.loads(request.content) for request in self.requests if request.url.path == path]

    def _run(self, body: dict[str, Any]) -> httpx.Response:
        if body.get("budget", {}).get("seconds", 0) <= 25:
            return httpx.Response(200, json=self.answer)
        job_id = self._new_job([])
        self.jobs[job_id] |= {"status": "succeeded", "result": self.answer} if self.answer else {"status": "failed"}
        self.jobs[job_id]["errors"] = [] if self.answer else [{"document_id": "", "reason": "Neo4j was away."}]
        return httpx.Response(202, json={"job_id": job_id, "status": "queued", "request_id": "r"})

    def _submit(self, documents: list[dict[str, Any]]) -> httpx.Response:
        for place, document in enumerate(documents):
            if self.refused_word in document["text"]:
                return problem(422, "Invalid", errors=[{"field": f"documents[{place}].text", "detail": "no."}])
        fresh = [document for document in documents if not self._is_indexed(document)]
        states = [
            {"id": document["id"], "version": 1, "status": "queued" if document in fresh else "unchanged"}
            for document in documents
        ]
        self.documents.update((document["id"], document) for document in fresh)
        job_id = self._new_job(fresh) if fresh else None
        return httpx.Response(202, json={"job_id": job_id, "documents": states})

    def _page_of_documents(self, cursor: str | None) -> httpx.Response:
        first = int(cursor or 0)
        rest = list(self.documents.values())[first:]
        following = str(first + 1) if len(rest) > 1 else None
        return httpx.Response(200, json={"documents": rest[:1], "next_cursor": following})

    def _names(self, params: httpx.QueryParams) -> httpx.Response:
        keys = ("id", "name", "passage_count", "document_count")
        found = [{key: entity[key] for key in keys} for entity in self.entities.values()]
        named = [
            entity for entity in found if set(params["query"].lower().split()) & set(entity["name"].lower().split())
        ]
        page = named[: int(params["limit"])]
        return httpx.Response(200, json={"entities": page, "next_cursor": None, "truncated": False})

    def _entity(self, url: httpx.URL) -> httpx.Response:
        entity = self.entities.get(url.path.removeprefix("/v1/graph/entities/"))
        if entity is None:
            return problem(404, "No such route")
        return httpx.Response(200, json={**entity, "neighbours": entity["neighbours"][: int(url.params["limit"])]})

    def _place_file(self, body: dict[str, Any]) -> httpx.Response:
        if not body["size"]:
            return problem(422, "Invalid", errors=[{"field": "size", "detail": "A file has 1 byte or more."}])
        job_id = self._new_job([{"id": body["id"], "text": ""}])
        self.uploads[job_id] = body
        headers = {"Content-Type": body["content_type"], "Content-Length": str(body["size"])}
        place = {"job_id": job_id, "document_id": body["id"], "url": f"https://files.test/files/{job_id}"}
        return httpx.Response(201, json={**place, "headers": headers})

    def _take_file(self, job_id: str, request: httpx.Request) -> httpx.Response:
        if self.store_faults:
            fault = self.store_faults.pop(0)
            if isinstance(fault, BaseException):
                raise fault
            return fault
        asked = self.uploads[job_id]
        if "authorization" in request.headers or request.headers["content-type"] != asked["content_type"]:
            return httpx.Response(403)
        document = {"id": asked["id"], "title": asked["filename"], "text": request.content.decode()}
        job = self.jobs.pop(job_id)
        is_indexed = self._is_indexed(document)
        if self.failing_word in document["text"]:
            job |= {"status": "failed", "documents": {"total": 1, "failed": 1}}
            job["errors"] = [{"document_id": asked["id"], "reason": "scanned: pictures only"}]
        else:
            self.documents[asked["id"]] = document
            job["documents"] = {"total": 1, "unchanged": int(is_indexed), "done": int(not is_indexed)}
        self.jobs[job_id] = job
        return httpx.Response(200)

    def _is_indexed(self, document: dict[str, Any]) -> bool:
        """Whether readers see this content already; content that is on its way is followed by the new job too."""
        pending = {name for job in self.jobs.values() if job["polls_left"] > 0 for name in job["submitted"]}
        return self.documents.get(document["id"]) == document and document["id"] not in pending

    def _new_job(self, documents: list[dict[str, Any]]) -> str:
        job_id = f"job-{len(self.jobs) + 1}"
        failing = [document["id"] for document in documents if self.failing_word in document["text"]]
        status = "succeeded" if not failing else "failed" if len(failing) == len(documents) else "partially_failed"
        total = len(documents)
        self.jobs[job_id] = {
            "id": job_id,
            "status": status,
            "stalled": False,
            "documents": {"total": total, "done": total - len(failing), "failed": len(failing)},
            "chunks": {"total": 2 * total, "embedded": 2 * (total - len(failing))},
            "errors": [{"document_id": document_id, "reason": "no text in it"} for document_id in failing],
            "submitted": [document["id"] for document in documents],
            "polls_left": self.polls_until_done,
        }
        for document_id in failing:
            del self.documents[document_id]
        return job_id

    def _statistics(self) -> httpx.Response:
        return httpx.Response(200, json=self.statistics.pop(0) if len(self.statistics) > 1 else self.statistics[0])

    def _erase(self, *, dry_run: bool) -> httpx.Response:
        counts = {"documents": len(self.documents), "idempotency_records": 1_234}
        if dry_run:
            return httpx.Response(200, json={"dry_run": True, "counts": counts})
        self.documents.clear()
        job_id = self._new_job([])
        self.jobs[job_id]["erased"] = {"before": counts, "after": dict.fromkeys(counts, 0)}
        return httpx.Response(202, json={"job_id": job_id, "status": "running", "counts": counts})

    def _newest_jobs(self, params: httpx.QueryParams) -> httpx.Response:
        newest_first = [self._state(job) for job in reversed(self.jobs.values())]
        wanted = {name: params[name] for name in ("status", "stalled") if name in params}
        found = [job for job in newest_first if all(str(job[name]).lower() == wanted[name] for name in wanted)]
        return httpx.Response(200, json={"jobs": found, "next_cursor": None})

    def _act(self, job_id: str, action: str) -> httpx.Response:
        if job_id not in self.jobs:
            return problem(404, f"There is no job {job_id}")
        if action == "cancel":
            self.jobs[job_id]["status"] = "cancelled"
            return httpx.Response(200, json=self._state(self.jobs[job_id]))
        lost = [
            {"document_id": each["document_id"], "reason": "Send it again."} for each in self.jobs[job_id]["errors"]
        ]
        return httpx.Response(202, json={**self._state(self.jobs[job_id]), "send_again": lost})

    def _job(self, job_id: str) -> httpx.Response:
        if job_id not in self.jobs:
            return problem(404, f"There is no job {job_id}")
        reply = httpx.Response(200, json=self._state(self.jobs[job_id]))
        self.jobs[job_id]["polls_left"] -= 1
        return reply

    @staticmethod
    def _state(job: dict[str, Any]) -> dict[str, Any]:
        if job["polls_left"] > 0:
            return {**job, "status": "running", "chunks": {"total": 2, "embedded": 0}}
        return job

    def _search(self, body: dict[str, Any]) -> httpx.Response:
        words = set(body["query"].split())
        scored = [
            (len(words & set(document["text"].split())), document_id)
            for document_id, document in self.documents.items()
        ]
        ranked = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
        passages = [
            {
                "document_id": document_id,
                "chunk_id": f"{document_id}#{part}",
                "title": self.documents[document_id]["title"],
                "text": self.documents[document_id]["text"],
                "score": score / 10,
                "start": 0,
                "end": len(self.documents[document_id]["text"]),
                "headings": [],
            }
            for score, document_id in ranked
            for part in range(self.passages_a_document)
        ]
        return httpx.Response(200, json={"passages": passages[: body.get("top_k", 10)], "timings_ms": {}})
