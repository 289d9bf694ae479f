"""Half an hour of mixed load: memory, open files and connections of everything that answers it must not grow.

`python -m bench.soak [--minutes 30]` runs a stack of its own with the local model. Searches and questions come at a
steady rate, and every few seconds a document is replaced or deleted, the health is polled, and a wrong request is sent.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench.local_stack import BenchStack, running_stack
from bench.stack_processes import functions, servers

RESULT = Path(__file__).with_name("results") / "soak.json"

TENANTS = ("soak-a", "soak-b")
DOCUMENTS = 60
QUESTIONS_A_SECOND = 5.0
CHANGE_EVERY_S = 4.0
LOOK_EVERY_S = 15.0
WARM_UP = 0.2
"""Share of the run after which everything has been used once: caches are full, code is compiled."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one kind of process held at a moment, summed over its processes."""

    at_s: float
    rss_mb: float
    files: int
    connections: int


def text_of(tenant: str, number: int, revision: int) -> str:
    """Return a text of a few chunks."""
    sentences = (
        f"Pump {number} of {tenant} ran at {1000 + number + step} bar on day {revision} of step {step}, and the valve "
        f"behind it was {'open' if (number + step) % 2 else 'closed'} for inspection by the operator."
        for step in range(12)
    )
    return " ".join(sentences)


class Users:
    """Everybody who uses the stack, in threads of their own."""

    def __init__(self, stack: BenchStack, seed: int) -> None:
        self.statuses: Counter[str] = Counter()
        self._stack = stack
        self._random = random.Random(seed)
        self._done = threading.Event()
        self._clients = {tenant: stack.client(tenant) for tenant in TENANTS}
        self._threads = [
            threading.Thread(target=self._every, args=(1 / QUESTIONS_A_SECOND, self._ask)),
            threading.Thread(target=self._every, args=(CHANGE_EVERY_S, self._change)),
            threading.Thread(target=self._every, args=(1.0, self._poll)),
        ]

    def fill(self) -> None:
        """Ingest every tenant's documents and wait until they can be found."""
        for tenant, client in self._clients.items():
            body = {
                "documents": [
                    {"id": f"d{number}", "title": f"Pump {number}", "text": text_of(tenant, number, 0)}
                    for number in range(DOCUMENTS)
                ]
            }
            job = client.post("/v1/documents", json=body).raise_for_status().json()["job_id"]
            while client.get(f"/v1/jobs/{job}").raise_for_status().json()["status"] != "succeeded":
                time.sleep(1)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, and wait for what was sent."""
        self._done.set()
        for thread in self._threads:
            thread.join()
        for client in self._clients.values():
            client.close()

    def _every(self, seconds: float, work: Any) -> None:
        next_s = time.monotonic()
        while not self._done.wait(max(0.0, next_s - time.monotonic())):
            next_s = max(next_s + seconds, time.monotonic())
            try:
                work()
            except httpx.HTTPError as error:
                self.statuses[type(error).__name__] += 1

    def _ask(self) -> None:
        client = self._clients[self._random.choice(TENANTS)]
        number = self._random.randrange(DOCUMENTS)
        question = f"At how many bar did pump {number} run in step {self._random.randrange(12)}?"
        kind = self._random.random()
        if kind < 0.45:
            self._count("search", client.post("/v1/search", json={"query": question, "top_k": 5}))
        elif kind < 0.9:
            self._count("query", client.post("/v1/query", json={"question": question, "top_k": 5}))
        elif kind < 0.95:
            self._count("wrong", client.post("/v1/search", json={"query": "", "top_k": 5000}))
        else:
            self._count("list", client.get("/v1/documents?limit=50"))

    def _change(self) -> None:
        tenant = self._random.choice(TENANTS)
        number, revision = self._random.randrange(DOCUMENTS), int(time.time())
        document = {"id": f"d{number}", "title": f"Pump {number}", "text": text_of(tenant, number, revision)}
        self._count("ingest", self._clients[tenant].post("/v1/documents", json={"documents": [document]}))

    def _poll(self) -> None:
        self._count("health", self._clients[TENANTS[0]].get("/v1/health/ready"))

    def _count(self, kind: str, reply: httpx.Response) -> None:
        self.statuses[f"{kind} {reply.status_code}"] += 1


def look(stack: BenchStack, began_s: float) -> dict[str, Look]:
    """Return what each function and each server holds now."""
    of_servers = servers(stack)
    of = {**functions(stack), **{name: of_servers[name] for name in ("neo4j", "valkey")}}
    at_s = time.monotonic() - began_s
    return {name: _held(processes, at_s) for name, processes in of.items() if processes}


def _held(processes: Sequence[psutil.Process], at_s: float) -> Look:
    rss, files, connections = 0, 0, 0
    for process in processes:
        try:
            rss += process.memory_info().rss
            files += process.num_fds()
            connections += len(process.net_connections("tcp"))
        except psutil.Error:
            continue
    return Look(at_s, round(rss / 1024**2, 1), files, connections)


def growth(looks: Sequence[Look], field: str) -> dict[str, float]:
    """Return the medians of the first and the last fifth after the warm-up, and what one is of the other."""
    warm = [getattr(each, field) for each in looks[int(len(looks) * WARM_UP) :]]
    fifth = max(1, len(warm) // 5)
    first, last = statistics.median(warm[:fifth]), statistics.median(warm[-fifth:])
    return {"first": first, "last": last, "ratio": round(last / first, 3) if first else 1.0}


def measure(stack: BenchStack, minutes: float) -> dict[str, Any]:
    """Return what grew, by process, and what became of the requests."""
    users = Users(stack, seed=7)
    users.fill()
    began_s = time.monotonic()
    looks: dict[str, list[Look]] = {}
    users.start()
    try:
        while time.monotonic() - began_s < minutes * 60:
            time.sleep(LOOK_EVERY_S)
            for name, each in look(stack, began_s).items():
                looks.setdefault(name, []).append(each)
    finally:
        users.stop()
    fields = ("rss_mb", "files", "connections")
    return {
        "minutes": minutes,
        "requests": dict(sorted(users.statuses.items())),
        "processes": {name: {field: growth(each, field) for field in fields} for name, each in looks.items()},
    }


def main() -> None:
    """Run the soak, print it and keep it in bench/results/soak.json."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    minutes = parser.parse_args().minutes
    with running_stack() as stack:
        figures = measure(stack, minutes)
    report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), **figures}
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
