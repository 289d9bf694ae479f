"""Real servers, started once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.endpoints import Endpoints
from devstack.testing import RunningServices, running_services


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServices]:
    """Every server of the local stack."""
    with running_services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture(scope="session")
def neo4j_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Neo4j alone."""
    with running_services(tmp_path_factory.mktemp("neo4j"), only=["neo4j"]) as running:
        yield running.endpoints


@pytest.fixture(scope="session")
def valkey_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Valkey alone."""
    with running_services(tmp_path_factory.mktemp("valkey"), only=["valkey"]) as running:
        yield running.endpoints
