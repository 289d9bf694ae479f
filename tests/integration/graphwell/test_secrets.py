"""Secrets, read from a Secrets Manager server."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import boto3
import pytest

from devstack.endpoints import Endpoints
from graphwell.adapters.secrets_manager import read_secret
from graphwell.adapters.system_clock import SystemClock
from graphwell.adapters.valkey_answer_cache import ValkeyAnswerCache
from graphwell.adapters.valkey_client import ValkeyClient
from graphwell.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture(autouse=True)
def secrets(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> SecretsManagerClient:
    for name, value in endpoints.aws_environment().items():
        monkeypatch.setenv(name, value)
    return boto3.client("secretsmanager")


def created(secrets: SecretsManagerClient, value: str) -> str:
    return secrets.create_secret(Name=uuid.uuid4().hex, SecretString=value)["Name"]


def test_a_secret_is_its_fields(secrets: SecretsManagerClient) -> None:
    name = created(secrets, '{"username": "neo4j", "password": "p"}')
    assert read_secret(name) == {"username": "neo4j", "password": "p"}


def test_no_secret_has_no_fields() -> None:
    assert read_secret("") == {}


def test_a_secret_that_is_not_there_or_no_json_is_unavailable(secrets: SecretsManagerClient) -> None:
    for name in (uuid.uuid4().hex, created(secrets, "no json")):
        with pytest.raises(Unavailable):
            read_secret(name)


def test_without_its_secret_the_cache_is_unavailable_like_without_its_server(endpoints: Endpoints) -> None:
    missing = uuid.uuid4().hex
    cache = ValkeyAnswerCache(ValkeyClient(endpoints.valkey_url, lambda: read_secret(missing)), SystemClock())
    with pytest.raises(Unavailable):
        cache.get("key")
