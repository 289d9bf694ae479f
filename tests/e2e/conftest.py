"""One whole local stack for all end-to-end tests: gateway, functions under the real runtime client, real servers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from devstack.otlp_collector import Collector, collecting
from tests.e2e.stack import ORIGIN, ClientFactory, Stack, running_stack


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the functions of the stack send their spans."""
    with collecting() as running:
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    """The stack, with throttling off; stopped at the end."""
    parameters = (f"AllowedOrigin={ORIGIN}", "Tracing=otlp", f"OtlpEndpoint={collector.endpoint}")
    options = [word for parameter in parameters for word in ("--parameter", parameter)]
    with running_stack(tmp_path_factory.mktemp("stack"), *options) as running:
        yield running


@pytest.fixture(scope="session")
def client_of(stack: Stack) -> Iterator[ClientFactory]:
    """Make HTTP clients of the stack: client_of("acme", "reader")."""
    url = stack.status["url"]
    clients: dict[tuple[str, ...], httpx.Client] = {}

    def make(tenant: str, *roles: str) -> httpx.Client:
        key = (tenant, *roles)
        if key not in clients:
            headers = {"Authorization": f"Bearer {stack.token(tenant, *roles)}"}
            clients[key] = httpx.Client(base_url=url, headers=headers, timeout=60)
        return clients[key]

    yield make
    for client in clients.values():
        client.close()
