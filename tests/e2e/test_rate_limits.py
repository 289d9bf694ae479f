"""Limits through the gateway: they count, they are told, a platform administrator moves them, Valkey may go away."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from tests.e2e.stack import Stack, running_stack

SEARCH = {"query": "anything"}
QUESTION = {"question": "Is there anything?"}


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose gateway does not throttle and whose functions count, and soon try again what was away."""
    parameters = ("--parameter", "RateLimits=on", "--parameter", "BreakerSeconds=2")
    with running_stack(tmp_path_factory.mktemp("counting"), *parameters) as running:
        yield running


def _client(stack: Stack, tenant: str, role: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.token(tenant, role)}"}
    return httpx.Client(base_url=stack.status["url"], headers=headers, timeout=60)


def test_the_eleventh_question_of_a_minute_waits_and_searches_do_not(counting: Stack) -> None:
    with _client(counting, "asking", "reader") as client:
        replies = [client.post("/v1/query", json=QUESTION) for _ in range(11)]
        assert [reply.status_code for reply in replies] == [200] * 10 + [429]
        assert [reply.headers["ratelimit-remaining"] for reply in replies] == [
            str(left) for left in range(9, -1, -1)
        ] + ["0"]
        assert replies[-1].json()["type"] == "urn:graphwell:problem:rate-limited"
        assert 0 < int(replies[-1].headers["retry-after"]) <= 60
        assert client.post("/v1/search", json=SEARCH).status_code == 200


def test_a_platform_administrator_moves_a_tenants_limits(counting: Stack) -> None:
    with _client(counting, "ops", "platform_admin") as platform, _client(counting, "moved", "admin") as client:
        body = {"limits": {"requests_per_minute": 3}}
        assert platform.put("/v1/tenants/moved", json=body).status_code == 200
        assert client.put("/v1/tenants/moved", json={}).status_code == 403
        assert [client.get("/v1/tenants/moved").status_code for _ in range(4)] == [200, 200, 429, 429]
        assert platform.get("/v1/tenants/moved").json()["limits"]["requests_per_minute"] == 3


def test_without_valkey_a_quarter_of_the_limits_is_allowed(counting: Stack) -> None:
    (valkey,) = (
        process
        for process in psutil.Process(counting.status["pid"]).children(recursive=True)
        if "valkey-server" in process.name()
    )
    with _client(counting, "local", "reader") as client:
        assert client.post("/v1/search", json=SEARCH).headers["ratelimit-limit"] == "100"
        valkey.suspend()
        try:
            until = time.monotonic() + 30
            while (reply := client.post("/v1/search", json=SEARCH)).status_code == 200 and time.monotonic() < until:
                assert reply.headers["ratelimit-limit"] == "25"
            assert (reply.status_code, reply.headers["ratelimit-limit"]) == (429, "25")
        finally:
            valkey.resume()
        until = time.monotonic() + 30
        while (limit := _limit(client)) != "100" and time.monotonic() < until:
            time.sleep(0.2)
        assert limit == "100"


def _limit(client: httpx.Client) -> str:
    """Return the caller's limit, as the reply to a search tells it."""
    return client.post("/v1/search", json=SEARCH).headers["ratelimit-limit"]
