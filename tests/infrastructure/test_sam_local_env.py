"""The file that points `sam local` at a running local stack."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.services.group import SERVICE_NAMES

PORTS = {name: 20_000 + index for index, name in enumerate(SERVICE_NAMES)}


@pytest.fixture(scope="module")
def script(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("sam_local_env")


@pytest.fixture(scope="module")
def variables(script: ModuleType) -> dict[str, str]:
    return dict(script.variables(script.endpoints(PORTS), "http://127.0.0.1:8787"))


def test_only_declared_variables_are_set_because_sam_drops_the_others(
    variables: dict[str, str], functions: dict[str, dict[str, Any]]
) -> None:
    for function in functions.values():
        assert set(variables) <= set(function["Environment"]["Variables"])


def test_aws_is_the_local_servers(variables: dict[str, str]) -> None:
    assert variables["AWS_ENDPOINT_URL_SQS"] == f"http://127.0.0.1:{PORTS['sqs']}"
    assert variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] == f"http://127.0.0.1:{PORTS['aws']}"
    assert variables["GRAPHWELL_EMBED_QUEUE_URL"].startswith(f"http://127.0.0.1:{PORTS['sqs']}/000000000000/")


def test_tokens_are_those_of_the_local_issuer(variables: dict[str, str]) -> None:
    assert variables["GRAPHWELL_JWKS_URL"].startswith("http://127.0.0.1:8787/")


def test_without_a_stack_it_says_how_to_start_one(script: ModuleType, tmp_path: Any) -> None:
    with pytest.raises(DevstackError, match="graphwell up"):
        script.main([str(tmp_path)])
