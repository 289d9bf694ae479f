"""The OpenAPI document: up to date, complete, and of the same routes as template.yaml."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from devstack.gateway.document import load_document
from devstack.openapi import openapi_document
from graphwell.domain.identity import Role

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT: dict[str, Any] = openapi_document()
OPERATIONS = {
    (method.upper(), path): operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}


def test_the_committed_document_is_up_to_date() -> None:
    committed = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert committed == DOCUMENT, "Run `make openapi` and commit docs/openapi.json."


def test_it_has_the_routes_of_the_template() -> None:
    template = load_document(ROOT / "template.yaml")
    events = [
        event["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    ]
    in_template = {(event["Method"], event["Path"]) for event in events}
    assert in_template == {(method, re.sub(r"\{\w+\}", "{id}", path)) for method, path in OPERATIONS}


@pytest.mark.parametrize("route", OPERATIONS)
def test_every_route_names_its_role_and_its_errors(route: tuple[str, str]) -> None:
    operation = OPERATIONS[route]
    statuses = set(operation["responses"])
    assert {"429", "500", "503", "504"} <= statuses
    if operation["security"] == [{"bearerAuth": []}]:
        assert operation["x-role"] in set(Role)
        assert {"401", "403", "422"} <= statuses
    else:
        assert route[1].startswith("/v1/health")


def test_operation_ids_are_unique_and_links_lead_to_them() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(ids) == len(set(ids))
    targets = {
        link["operationId"]
        for operation in OPERATIONS.values()
        for reply in operation["responses"].values()
        for link in reply.get("links", {}).values()
    }
    assert targets
    assert targets <= set(ids)


def test_every_reference_leads_somewhere() -> None:
    for pointer in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT)):
        found: Any = DOCUMENT
        for part in pointer.split("/"):
            found = found[part]


def test_every_body_and_every_reply_has_an_example() -> None:
    for operation in OPERATIONS.values():
        for content in _contents(operation):
            assert "example" in content, operation["operationId"]


@pytest.mark.parametrize("route", OPERATIONS)
def test_an_example_is_of_its_schema(route: tuple[str, str]) -> None:
    for content in _contents(OPERATIONS[route]):
        if "schema" in content:
            _validate(content["example"], content["schema"])
            continue
        for event in content["example"].removesuffix("\n\n").split("\n\n"):
            name, data = (line.partition(": ")[2] for line in event.split("\n"))
            _validate({"event": name, "data": data}, content["itemSchema"])
            (schema,) = (
                each["properties"]["data"]["contentSchema"]
                for each in content["itemSchema"]["oneOf"]
                if each["properties"]["event"]["const"] == name
            )
            _validate(json.loads(data), schema)


def test_the_example_of_a_problem_is_one() -> None:
    problem = DOCUMENT["components"]["schemas"]["Problem"]
    _validate(problem["examples"][0], problem)


def _contents(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is sent and what a success gives, by media type."""
    success = [reply for status, reply in operation["responses"].items() if status.startswith("2")]
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    return [content for each in [*bodies, *success] for content in each.get("content", {}).values()]


def _validate(value: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)
