"""TLS to Neo4j and Valkey: a certificate counts only if a trusted authority gave it to this very host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.endpoints import Endpoints
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.errors import Unavailable
from tests.integration.graphwell.store import POOL
from tests.integration.graphwell.tls_proxy import Authority, tls_in_front_of


@dataclass(frozen=True)
class Server:
    """One that a client can be pointed at.

    Parameters:
        address: where it listens without TLS.
        ask: asks it something through TLS on a port of localhost.
    """

    address: Callable[[Endpoints], str]
    ask: Callable[[Endpoints, int], object]

    def ask_behind(self, certificate: Path, endpoints: Endpoints) -> object:
        """Ask it through TLS with a certificate."""
        port = urlsplit(self.address(endpoints)).port
        assert port is not None
        with tls_in_front_of(port, certificate) as tls_port:
            return self.ask(endpoints, tls_port)


def _ask_neo4j(endpoints: Endpoints, port: int) -> object:
    account = (endpoints.neo4j_username, endpoints.neo4j_password)
    pool = replace(POOL, max_retry_time_s=1, acquisition_timeout_s=5)
    client = Neo4jClient(f"bolt+s://localhost:{port}", "neo4j", lambda: account, pool)
    try:
        return client.read("RETURN 1 AS one")[0]["one"] == 1
    finally:
        client.close()


def _ask_valkey(_endpoints: Endpoints, port: int) -> object:
    return ValkeyClient(f"rediss://localhost:{port}", dict).run(lambda redis: redis.ping())


@pytest.fixture(params=["neo4j", "valkey"])
def server(request: pytest.FixtureRequest) -> Server:
    if request.param == "neo4j":
        return Server(lambda endpoints: endpoints.neo4j_uri, _ask_neo4j)
    return Server(lambda endpoints: endpoints.valkey_url, _ask_valkey)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_certificate_of_a_trusted_authority_for_this_host_counts(
    server: Server, authority: Authority, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    assert server.ask_behind(authority.issue("localhost"), endpoints)


def test_a_certificate_of_an_authority_that_nobody_trusts_does_not(
    server: Server, authority: Authority, endpoints: Endpoints
) -> None:
    with pytest.raises(Unavailable):
        server.ask_behind(authority.issue("localhost"), endpoints)


def test_a_certificate_for_another_host_does_not(
    server: Server, authority: Authority, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with pytest.raises(Unavailable):
        server.ask_behind(authority.issue("other.example"), endpoints)
