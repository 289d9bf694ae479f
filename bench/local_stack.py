"""A local stack of its own for measurements, so that none of them sees another's data."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import neo4j

from devstack.ports import choose_ports
from devstack.services.neo4j import USERNAME
from devstack.stack_options import GATEWAY
from devstack.state import DataFolder

GRAPHWELL = Path(sys.executable).with_name("graphwell")
CHECKOUT = Path(__file__).resolve().parents[1]
COLLECTIONS = CHECKOUT.parent / "shared" / "data"


@dataclass(frozen=True)
class BenchStack:
    """A running stack, with throttling off."""

    data: Path

    def command(self, *words: str) -> str:
        """Run a graphwell command against this stack and return what it prints.

        Raises:
            RuntimeError: it failed; the message is what it said.
        """
        done = subprocess.run(
            [str(GRAPHWELL), *words, "--data", str(self.data)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"graphwell {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command that prints JSON and return it."""
        return json.loads(self.command(*words, "--json"))

    def client(self, tenant: str) -> httpx.Client:
        """Return an HTTP client with a token of that tenant."""
        token = self.command("token", "--tenant", tenant).strip()
        url = self.json("status")["url"]
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def open_neo4j(self) -> neo4j.Driver:
        """Return a driver of the stack's database."""
        password = DataFolder(self.data).secret("neo4j-password")
        return neo4j.GraphDatabase.driver(f"bolt://127.0.0.1:{self._port('neo4j')}", auth=(USERNAME, password))

    @property
    def valkey_url(self) -> str:
        """The address of the stack's Valkey."""
        return f"redis://127.0.0.1:{self._port('valkey')}"

    def _port(self, service: str) -> int:
        state = DataFolder(self.data).read_state()
        if state is None:
            raise RuntimeError(f"No stack runs on {self.data}.")
        return state.ports[service]


def finished_job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Wait until a job has ended, and return it."""
    while True:
        job: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
        if job["status"] not in {"queued", "running"}:
            return job
        time.sleep(0.2)


@contextmanager
def running_stack(*options: str) -> Iterator[BenchStack]:
    """Run a stack on a new folder for the length of a with block.

    Parameters:
        options: more of `graphwell up`.
    """
    with tempfile.TemporaryDirectory(prefix="graphwell-bench-") as folder:
        stack = BenchStack(Path(folder).resolve())
        port = choose_ports([GATEWAY], {})[GATEWAY]  # the usual one may be another stack's by the time it is taken
        stack.command("up", "--detach", "--rate-limits", "off", "--port", str(port), *options)
        try:
            yield stack
        finally:
            stack.command("down")
