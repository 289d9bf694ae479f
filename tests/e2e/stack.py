"""How end-to-end tests drive a running local stack: its command line and its address."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from devstack.ports import choose_ports

GRAPHWELL = Path(sys.executable).with_name("graphwell")
CHECKOUT = Path(__file__).resolve().parents[2]
ORIGIN = "https://app.example.com"
"""Whose pages may call the end-to-end tests' stack."""

START_TIMEOUT_S = 240
JOB_TIMEOUT_S = 120

ClientFactory = Callable[..., httpx.Client]


class Stack:
    """A running local stack, driven through its command line and its address."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a graphwell command against this stack."""
        return subprocess.run(
            [str(GRAPHWELL), *words, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            check=False,
            cwd=CHECKOUT,
        )

    @property
    def status(self) -> dict[str, Any]:
        """What `status --json` prints."""
        found: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return found

    def token(self, tenant: str, *roles: str) -> str:
        """Return a bearer token of the stack's own issuer."""
        asked = [word for role in roles for word in ("--role", role)]
        return self.command("token", "--tenant", tenant, *asked).stdout.strip()


@contextmanager
def running_stack(data: Path, *options: str) -> Iterator[Stack]:
    """Run a stack, whose gateway does not throttle, for the length of a with block.

    Parameters:
        options: more of `graphwell up`.
    """
    stack = Stack(data)
    port = choose_ports(["gateway"], {})["gateway"]  # two stacks that start at once would both find the usual one free
    started = stack.command("up", "--detach", "--rate-limits", "off", "--port", str(port), *options)
    assert started.returncode == 0, started.stderr
    try:
        yield stack
    finally:
        stopped = stack.command("down")
    assert stopped.returncode == 0, stopped.stderr


def finished_job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Wait until a job has ended and return it."""
    until = time.monotonic() + JOB_TIMEOUT_S
    while time.monotonic() < until:
        job: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
        if job["status"] not in {"queued", "running"}:
            return job
        time.sleep(0.1)
    raise AssertionError(f"Job {job_id} did not end within {JOB_TIMEOUT_S} s: {job}")


def ingest(client: httpx.Client, *documents: dict[str, Any]) -> dict[str, Any]:
    """Ingest documents, wait until they can be found, and return the job."""
    reply = client.post("/v1/documents", json={"documents": list(documents)})
    assert reply.status_code == 202, reply.text
    return finished_job(client, reply.json()["job_id"])
