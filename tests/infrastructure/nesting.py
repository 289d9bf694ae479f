"""Templates with their parameters given, as CloudFormation would evaluate them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devstack.gateway.template import Template

GIVEN: Mapping[str, str] = {
    "Neo4jUri": "neo4j+s://example.org",
    "Neo4jPassword": "correct horse",
    "FirebaseProjectId": "graphwell-demo",
    "ModelApiKey": "key",
    "Release": "test",
}
"""What template.yaml has no default for, and a key, which its default models need."""


def stack(root: Path, **parameters: str) -> Template:
    """Return template.yaml with these parameters.

    Raises:
        DevstackError: they break one of its rules.
    """
    return Template(root / "template.yaml", {**GIVEN, **parameters})


def kinds(template: Template) -> dict[str, list[str]]:
    """Return the logical ids that exist under a template's parameters, by type of resource."""
    found: dict[str, list[str]] = {}
    for kind in {str(resource["Type"]) for resource in template.document["Resources"].values()}:
        ids = [resource.logical_id for resource in template.resources(kind)]
        if ids:
            found[kind] = ids
    return found


def nested_parameters(template: Template, logical_id: str) -> Mapping[str, Any]:
    """Return what a template hands to one that it nests, not evaluated."""
    found: Mapping[str, Any] = template.document["Resources"][logical_id]["Properties"]["Parameters"]
    return found
