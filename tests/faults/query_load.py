"""Questions at a steady rate, whatever becomes of them, and a judgement on every reply."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE_S = 60.0
"""Longer than the gateway's 29 s, so that a late reply is seen as one."""


@dataclass(frozen=True)
class Library:
    """The documents of one tenant, each about a pump of its own; no other tenant has the same figures.

    Parameters:
        tenant: its name, which stands in every text.
        size: how many documents.
        base: figure of the first.
    """

    tenant: str
    size: int
    base: int

    def text(self, number: int) -> str:
        """Return the text of a document, one chunk."""
        return f"The pump of {self._word(number)} runs at {self.base + number} bar. Only {self.tenant} may read this."

    def body(self, number: int) -> dict[str, Any]:
        """Return what POST /v1/documents takes."""
        return {"id": f"d{number}", "title": f"Pump {number}", "text": self.text(number)}

    def question(self, number: int) -> str:
        """Return a question that only this document answers."""
        return f"At how many bar does the pump of {self._word(number)} run?"

    def fault_in_search(self, number: int, reply: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the passages found; None when nothing is."""
        passages = reply["passages"]
        if not passages or passages[0]["document_id"] != f"d{number}":
            return f"d{number} is not the first passage"
        return self._foreign(passages)

    def fault_in_answer(self, number: int, reply: Mapping[str, Any]) -> str | None:
        """Return what is wrong with an answer; None when nothing is."""
        if not reply["grounded"] or f"{self.base + number} bar" not in reply["answer"]:
            return f"d{number} is not what answers: {reply['answer']}"
        if any(citation["quote"] not in self.text(int(citation["document_id"][1:])) for citation in reply["citations"]):
            return f"a quotation of d{number} does not stand in the document"
        return self._foreign(reply["passages"])

    def _word(self, number: int) -> str:
        return f"quartz{self.tenant}{number}x"

    def _foreign(self, passages: Sequence[Mapping[str, Any]]) -> str | None:
        strange = [each for each in passages if each["text"] != self.text(int(each["document_id"][1:]))]
        return f"a text that is not the tenant's own: {strange[0]['text']}" if strange else None


@dataclass(frozen=True)
class Sample:
    """One request: when it was sent, what came of it, and what is wrong with that.

    Parameters:
        sent_s: monotonic time.
        status: 0 for no reply.
    """

    sent_s: float
    took_s: float
    status: int
    degraded: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether it is an answer with nothing missing."""
        return self.status == httpx.codes.OK and not self.degraded and self.fault is None


class QueryLoad(threading.Thread):
    """Sends searches and questions until `stop` is called, `rate` a second; `samples` has what became of them.

    Parameters:
        clients: an Authorization header for each library.
        most_waiting: requests without a reply above which none is sent, so that a machine that is slower than the rate
            is not asked more and more at once; None for no such bound.
    """

    def __init__(
        self,
        url: str,
        clients: Sequence[tuple[Library, str]],
        rate: float,
        seed: int,
        most_waiting: int | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self._waiting: set[float] = set()
        self._url = url
        self._clients = clients
        self._rate = rate
        self._most_waiting = most_waiting
        self._random = random.Random(seed)
        self._done = threading.Event()

    def run(self) -> None:
        """Send."""
        asyncio.run(self._send_all())

    def stop(self) -> None:
        """Send no more, and wait for what was sent."""
        self._done.set()
        self.join()

    def since(self, sent_s: float, until_s: float = float("inf")) -> list[Sample]:
        """Return the samples that were sent in a stretch of time."""
        return [sample for sample in self.samples if sent_s <= sample.sent_s < until_s]

    def settled(self, sent_s: float) -> list[Sample]:
        """Return the samples sent since a moment, in order, up to the first request that still has no reply."""
        until_s = min(self._waiting.copy(), default=float("inf"))
        return sorted(self.since(sent_s, until_s), key=lambda sample: sample.sent_s)

    async def _send_all(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        async with httpx.AsyncClient(base_url=self._url, timeout=PATIENCE_S, limits=limits) as client:
            sent: set[asyncio.Task[None]] = set()
            next_s = time.monotonic()
            while not self._done.is_set():
                if self._most_waiting is None or len(sent) < self._most_waiting:
                    sent.add(task := asyncio.create_task(self._send(client)))
                    task.add_done_callback(sent.discard)
                next_s += 1 / self._rate
                await asyncio.sleep(max(0.0, next_s - time.monotonic()))
            await asyncio.gather(*sent)

    async def _send(self, client: httpx.AsyncClient) -> None:
        library, token = self._random.choice(self._clients)
        number = self._random.randrange(library.size)
        asks = self._random.random() < 0.5
        sent_s = time.monotonic()
        self._waiting.add(sent_s)
        path, field = ("/v1/query", "question") if asks else ("/v1/search", "query")
        body = {field: library.question(number), "top_k": 5}
        try:
            reply = await client.post(path, json=body, headers={"Authorization": token})
        except httpx.HTTPError as error:
            sample = Sample(sent_s, time.monotonic() - sent_s, 0, fault=f"no reply: {error!r}")
        else:
            judge = library.fault_in_answer if asks else library.fault_in_search
            sample = _judged(reply, sent_s, time.monotonic() - sent_s, lambda content: judge(number, content))
        self.samples.append(sample)
        self._waiting.discard(sent_s)


def _judged(
    reply: httpx.Response, sent_s: float, took_s: float, judge: Callable[[Mapping[str, Any]], str | None]
) -> Sample:
    if reply.status_code != httpx.codes.OK:
        return Sample(sent_s, took_s, reply.status_code, fault=_fault_in_refusal(reply))
    content = reply.json()
    return Sample(sent_s, took_s, reply.status_code, tuple(content["degraded"]), judge(content))


def _fault_in_refusal(reply: httpx.Response) -> str | None:
    if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        return f"status {reply.status_code}: {reply.text[:200]}"
    if not reply.headers.get("Retry-After", "").isdigit() or not reply.json()["request_id"]:
        return f"a refusal that does not say when to come back: {reply.text[:200]}"
    return None
