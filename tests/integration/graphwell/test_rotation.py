"""Credentials that change while a client lives: it reads its secret again and goes on."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from devstack.endpoints import Endpoints
from graphwell.adapters.neo4j_client import Neo4jClient
from graphwell.adapters.secrets_manager import BETWEEN_READS_S, RotatedSecret, read_secret
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.errors import Unavailable
from tests.integration.graphwell.store import POOL

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class StoredSecret:
    """A secret in the server, and the time of the client that reads it."""

    def __init__(self, secrets: SecretsManagerClient, username: str) -> None:
        self._secrets = secrets
        self.username = username
        self.password = uuid.uuid4().hex
        self.id = secrets.create_secret(Name=uuid.uuid4().hex, SecretString=self._text)["Name"]
        self.now_s = 0.0
        self.reader = RotatedSecret(self.id, lambda: self.now_s)

    def rotate(self) -> str:
        """Store a new password and return it."""
        self.password = uuid.uuid4().hex
        self._secrets.put_secret_value(SecretId=self.id, SecretString=self._text)
        return self.password

    @property
    def _text(self) -> str:
        return json.dumps({"username": self.username, "password": self.password})


@pytest.fixture
def stored(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> StoredSecret:
    for name, value in endpoints.aws_environment().items():
        monkeypatch.setenv(name, value)
    return StoredSecret(boto3.client("secretsmanager"), f"user{uuid.uuid4().hex[:8]}")


def test_a_secret_is_read_again_when_it_is_asked_for_again_but_not_for_every_request(stored: StoredSecret) -> None:
    first = stored.reader()["password"]
    second = stored.rotate()
    assert stored.reader()["password"] == second != first
    third = stored.rotate()
    assert stored.reader()["password"] == second
    stored.now_s += BETWEEN_READS_S
    assert stored.reader()["password"] == third
    assert read_secret(stored.id)["password"] == third, "the cache is filled anew"


@pytest.fixture
def neo4j_user(neo4j_client: Neo4jClient, stored: StoredSecret) -> Iterator[str]:
    name = stored.username
    statement = "CREATE USER $name SET PASSWORD $password CHANGE NOT REQUIRED"
    neo4j_client.run(statement, name=name, password=stored.password)
    yield name
    neo4j_client.run("DROP USER $name", name=name)


def test_neo4j_goes_on_with_a_rotated_password(
    endpoints: Endpoints, neo4j_client: Neo4jClient, stored: StoredSecret, neo4j_user: str
) -> None:
    client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: _account(stored), replace(POOL, max_lifetime_s=0.05))
    assert client.read("RETURN 1 AS one")[0]["one"] == 1
    statement = "ALTER USER $name SET PASSWORD $password CHANGE NOT REQUIRED"
    neo4j_client.run(statement, name=neo4j_user, password=stored.rotate())
    time.sleep(0.1)  # the connection of the old password has had its life
    assert client.read("RETURN 1 AS one")[0]["one"] == 1
    assert client.write(lambda tx: tx.run("RETURN 1 AS one").single(strict=True)["one"]) == 1
    client.close()


def _account(stored: StoredSecret) -> tuple[str, str]:
    fields = stored.reader()
    return fields["username"], fields["password"]


@pytest.fixture
def valkey_user(endpoints: Endpoints, stored: StoredSecret) -> Iterator[str]:
    name = stored.username
    administrator: Any = ValkeyClient(endpoints.valkey_url, dict)()
    administrator.execute_command("ACL", "SETUSER", name, "on", f">{stored.password}", "+@all", "~*")
    yield name
    administrator.execute_command("ACL", "DELUSER", name)


def test_valkey_goes_on_with_a_rotated_password(endpoints: Endpoints, stored: StoredSecret, valkey_user: str) -> None:
    client = ValkeyClient(endpoints.valkey_url, stored.reader)
    assert client.run(lambda redis: redis.ping())
    administrator: Any = ValkeyClient(endpoints.valkey_url, dict)()
    administrator.execute_command("ACL", "SETUSER", valkey_user, "resetpass", f">{stored.rotate()}")
    administrator.client_kill_filter(_type="normal", skipme=True)
    assert client.run(lambda redis: redis.ping())


def test_a_password_that_is_wrong_for_good_is_unavailable(endpoints: Endpoints, valkey_user: str) -> None:
    client = ValkeyClient(endpoints.valkey_url, lambda: {"username": valkey_user, "password": "wrong"})
    with pytest.raises(Unavailable):
        client.run(lambda redis: redis.ping())


def test_a_user_that_the_graph_does_not_know_is_unavailable(endpoints: Endpoints) -> None:
    client = Neo4jClient(endpoints.neo4j_uri, "neo4j", lambda: ("nobody", "wrong-password"), POOL)
    with pytest.raises(Unavailable, match="secret"):
        client.read("RETURN 1")
    client.close()
