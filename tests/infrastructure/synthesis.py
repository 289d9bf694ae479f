"""The template as SAM hands it to CloudFormation: with versions, aliases, deployment groups and permissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.infrastructure.nesting import GIVEN

Resources = Mapping[str, Mapping[str, Any]]

_PLACES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Application": "Location",
}
_TOO_NEW = "ResponseTransferMode"
"""What this translator does not know, the newest beside pydantic 2.14; the one of `sam validate --lint` does."""

_UPLOADED = {"Location": "https://bucket.example/template.yaml"}


class _NoManagedPolicies:
    """Stands for the account's list of managed policies, which the template does not name by their short names."""

    def load(self) -> dict[str, str]:
        """Return none."""
        return {}


def synthesise(root: Path, **parameters: str) -> Resources:
    """Return the resources that a deployment with these parameters hands to CloudFormation."""
    template = yaml_parse((root / "template.yaml").read_text("utf-8"))
    for resource in template["Resources"].values():
        place = _PLACES.get(resource["Type"])
        if place:
            resource["Properties"][place] = _UPLOADED.get(place, f"s3://bucket/{resource['Properties'][place]}")
        for event in resource["Properties"].get("Events", {}).values() if place == "CodeUri" else ():
            event["Properties"].pop(_TOO_NEW, None)
    defaults = {name: spec["Default"] for name, spec in template["Parameters"].items() if "Default" in spec}
    values = {**{name: str(value) for name, value in defaults.items()}, **GIVEN, **parameters}
    resources: Resources = transform(template, values, _NoManagedPolicies())["Resources"]
    return resources


def of_type(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the resources of a type by logical id."""
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def references(value: Any) -> Iterator[str]:
    """Give every logical id that a value refers to by Ref, GetAtt or Sub."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            yield value["Ref"]
        target = value.get("Fn::GetAtt")
        if target:
            yield target[0] if isinstance(target, list) else target.partition(".")[0]
        text = value.get("Fn::Sub")
        if isinstance(text, str):
            yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
        for item in value.values():
            yield from references(item)
