"""What the stack says of its own state, and to whom."""

from __future__ import annotations

import httpx

from tests.e2e.stack import ClientFactory, Stack

PARTS = {"neo4j", "valkey", "breakers", "embed_queue", "extract_queue", "agent_queue", "machine"}


def test_everybody_hears_the_state_and_nothing_else(stack: Stack) -> None:
    reply = httpx.get(f"{stack.status['url']}/v1/health/ready", timeout=60)
    assert reply.status_code == 200
    assert reply.json().keys() == {"status"}


def test_an_administrator_sees_every_part(client_of: ClientFactory) -> None:
    reply = client_of("acme", "admin").get("/v1/health/ready").json()
    checks = reply["checks"]
    assert checks.keys() == PARTS
    assert {name: check["status"] for name, check in checks.items()} == dict.fromkeys(PARTS, "healthy")
    assert checks["neo4j"]["detail"]["chunk_embedding"] == "online"
    assert checks["embed_queue"]["detail"].keys() == {"waiting", "in_flight", "dead_letters", "oldest_s"}
    assert 0 < checks["machine"]["detail"]["memory"] < 1
