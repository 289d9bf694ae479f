"""One whole local stack for all end-to-end tests: gateway, functions under the real runtime client, real servers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.stack import ORIGIN, ClientFactory, Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, with throttling off; stopped at the end."""
    with running_stack(tmp_path_factory.mktemp("stack"), "--parameter", f"AllowedOrigin={ORIGIN}") as running:
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
