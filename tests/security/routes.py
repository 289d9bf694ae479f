"""Requests to every route of docs/openapi.json, made from the document: a new route is among them by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.stack import CHECKOUT

DOCUMENT: dict[str, Any] = json.loads((CHECKOUT / "docs" / "openapi.json").read_text(encoding="utf-8"))

VALUES: dict[str, Any] = {
    "query": "What is the code of the vault?",
    "question": "What is the code of the vault?",
    "documents": [{"id": "another", "title": "Another", "text": "Just another text."}],
    "filename": "another.md",
    "content_type": "text/markdown",
    "size": 10,
}
"""What a required field of a body holds, by its name. A route with another one needs its value here."""


@dataclass(frozen=True)
class Route:
    """An operation of the document.

    Parameters:
        role: the least role it asks for, None for a public one.
        parameters: names of those in its path.
    """

    name: str
    method: str
    path: str
    role: str | None
    parameters: tuple[str, ...]
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def request(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments of an HTTP client's `request`; an erase, after which nothing else is let in, only dry.

        Raises:
            KeyError: a parameter or a field has no value in `parameters` or `VALUES`.
        """
        values = {name: parameters[name] for name in self.parameters}
        body = {name: VALUES[name] for name in self.fields}
        has_body = self.method in {"POST", "PUT", "PATCH"}
        url = self.path.format(**values) + ("?dry_run=true" if self.name == "tenants.erase" else "")
        return {"method": self.method, "url": url, "json": body if has_body else None}


def _fields(operation: Mapping[str, Any]) -> tuple[str, ...]:
    if "requestBody" not in operation:
        return ()
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    return tuple(schema.get("required", ()))


ROUTES = [
    Route(
        operation["operationId"],
        method.upper(),
        path,
        operation.get("x-role"),
        tuple(each["name"] for each in operation["parameters"] if each["in"] == "path"),
        _fields(operation),
    )
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
GUARDED = [route for route in ROUTES if route.role is not None]
