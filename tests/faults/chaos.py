"""What goes wrong while documents are ingested: kills at random instants, messages twice, messages late."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil

from devstack.gateway.gateway_file import read_management_url
from devstack.state import DataFolder, Status

SERVERS = ("neo4j", "valkey", "sqs")
FUNCTIONS = ("embed", "extract", "ingest")
BREAKERS_SOON_TRY_AGAIN = ("--parameter", "BreakerSeconds=2")
"""So that a test waits for servers to come back, and not for breakers to notice it."""

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 3.0
_STEALS_EVERY_S = 3.0
_LONGEST_DELAY_S = 4
_COPIED = 0.3
"""Share of the taken messages that are sent once more; with all of them the copies would be copied without end."""

_QUEUE_TIMEOUT_S = "20"
"""Visibility timeout of the queues: a message whose receiver died before it could hold it comes back in time."""


class Machinery:
    """The processes of a running stack, and its queues."""

    def __init__(self, data: Path) -> None:
        self._folder = DataFolder(data)
        self._management = httpx.Client(base_url=read_management_url(data), timeout=120)
        state = self._folder.read_state()
        assert state is not None
        self.ports = state.ports
        session = boto3.Session("local", "local", region_name="us-east-1")
        self.sqs: Any = session.client("sqs", endpoint_url=f"http://127.0.0.1:{state.ports['sqs']}")
        self.queues = [url for url in self.sqs.list_queues()["QueueUrls"] if not url.endswith("DeadLetterQueue")]

    def shorten_visibility(self) -> None:
        """Let every message that nobody holds come back soon."""
        for url in self.queues:
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": _QUEUE_TIMEOUT_S})

    def kill(self, name: str) -> bool:
        """Kill -9 a server, or an environment of a function; tell whether there was one that ran."""
        pid = self._server_pid(name) if name in SERVERS else self._environment_pid(name)
        if pid is None:
            return False
        try:
            psutil.Process(pid).kill()
        except psutil.NoSuchProcess:
            return False
        return True

    def reconcile(self) -> dict[str, int]:
        """Run the reconciler once, as its schedule does every minute; nothing is repaired when it fails."""
        reply = self._management.post("/2015-03-31/functions/reconcile/invocations", content=b"{}")
        repaired: dict[str, int] = {} if "x-amz-function-error" in reply.headers else json.loads(reply.content)
        return repaired

    def neo4j_password(self) -> str:
        """The password of the stack's database."""
        return self._folder.secret("neo4j-password")

    def _server_pid(self, name: str) -> int | None:
        state = self._folder.read_state()
        server = state.services[name] if state else None
        return server.pid if server and server.status is Status.READY else None

    def _environment_pid(self, name: str) -> int | None:
        functions = self._management.get("/status").json()["functions"]
        pids = [each["pid"] for entry in functions if entry["function"] == name for each in entry["environments"]]
        return random.choice(pids) if pids else None


class Killer(threading.Thread):
    """Kills one process after the other at random instants; `killed` counts them by name.

    Parameters:
        kills: how many; each of the six kinds is killed about as often as any other.
        seed: of the order and the pauses.
    """

    def __init__(self, machinery: Machinery, kills: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.killed: Counter[str] = Counter()
        self.wanted = kills
        self._machinery = machinery
        self._random = random.Random(seed)

    @property
    def progress(self) -> float:
        """Share of the kills that were done."""
        return self.killed.total() / self.wanted

    def run(self) -> None:
        """Kill until all is done."""
        names = [*SERVERS, *FUNCTIONS]
        order = [names[place % len(names)] for place in range(self.wanted)]
        self._random.shuffle(order)
        while order:
            time.sleep(self._random.uniform(_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S))
            with suppress(httpx.HTTPError):
                for name in order:  # the next one that runs at this instant
                    if self._machinery.kill(name):
                        self.killed[name] += 1
                        order.remove(name)
                        break


class Redeliverer(threading.Thread):
    """Takes messages away for a while and sends copies of them, until `stop` is called.

    Parameters:
        seed: of the delays.
    """

    def __init__(self, machinery: Machinery, seed: int) -> None:
        super().__init__(daemon=True)
        self.copies = 0
        self._machinery = machinery
        self._random = random.Random(seed)
        self._done = threading.Event()

    def run(self) -> None:
        """Meddle with the queues."""
        sqs = self._machinery.sqs
        while not self._done.wait(_STEALS_EVERY_S):
            for url in self._machinery.queues:
                with suppress(Exception):  # the queue's server may be dead
                    delay_s = self._random.randint(0, _LONGEST_DELAY_S)
                    taken = sqs.receive_message(QueueUrl=url, VisibilityTimeout=delay_s).get("Messages", [])
                    if taken and self._random.random() < _COPIED:
                        (message,) = taken
                        sqs.send_message(QueueUrl=url, MessageBody=message["Body"], DelaySeconds=delay_s)
                        self.copies += 1

    def stop(self) -> None:
        """End it."""
        self._done.set()
        self.join()


def until(condition: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it is not, in time.
    """
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within_s:.0f} s"
        time.sleep(0.5)
