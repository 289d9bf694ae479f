"""The load script asks what the API takes, and holds no address and no token of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def script(root: Path) -> str:
    return (root / "bench" / "load" / "query.js").read_text("utf-8")


@pytest.mark.parametrize("route", ["search", "query"])
def test_its_bodies_are_those_of_the_api(root: Path, script: str, route: str) -> None:
    found = re.search(rf"\b{route}: \"(\w+)\"", script)
    assert found
    document = json.loads((root / "docs" / "openapi.json").read_text())
    body = document["paths"][f"/v1/{route}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert schema["required"] == [found[1]]
    assert "top_k" in schema["properties"]


def test_address_and_token_come_from_the_environment(script: str) -> None:
    assert "__ENV.GRAPHWELL_URL" in script
    assert "__ENV.GRAPHWELL_TOKEN" in script
    assert not re.search(r"https?://|eyJ[\w-]{10}", script)
    assert "console." not in script  # nothing that could print the token
