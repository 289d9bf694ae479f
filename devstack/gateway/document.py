"""Reading a CloudFormation document: its short tags, and SAM's Globals merged into the resources they apply to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from devstack.errors import DevstackError

_GLOBALS_SECTIONS = {
    "Function": "AWS::Serverless::Function",
    "Api": "AWS::Serverless::Api",
    "SimpleTable": "AWS::Serverless::SimpleTable",
}


class _CloudFormationLoader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: `!Name value` is `{"Fn::Name": value}`, and dates stay text."""


_CloudFormationLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _construct_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - the YAML grammar has three node kinds
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_CloudFormationLoader.add_multi_constructor("!", _construct_tag)


def load_document(path: Path) -> dict[str, Any]:
    """Return the template at `path` as plain values, its Globals merged into its resources.

    Raises:
        DevstackError: the file is missing, is not YAML, or has no Resources.
    """
    try:
        document = yaml.load(path.read_text("utf-8"), Loader=_CloudFormationLoader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise DevstackError(f"The template {path} cannot be read ({error.strerror}); check its path.") from error
    except yaml.YAMLError as error:
        raise DevstackError(f"The template {path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise DevstackError(f"The template {path} has no Resources section.")
    return _with_globals(document)


def _with_globals(document: dict[str, Any]) -> dict[str, Any]:
    shared_by_type = {
        _GLOBALS_SECTIONS[section]: shared
        for section, shared in (document.get("Globals") or {}).items()
        if section in _GLOBALS_SECTIONS
    }
    resources = {
        logical_id: {
            **resource,
            "Properties": merge(shared_by_type.get(resource.get("Type"), {}), resource.get("Properties") or {}),
        }
        for logical_id, resource in document["Resources"].items()
    }
    return {**document, "Resources": resources}


def merge(shared: Any, own: Any) -> Any:
    """Merge a Globals value with a resource's own as SAM does: mappings merge, lists add up, the rest is replaced."""
    if isinstance(shared, dict) and isinstance(own, dict) and not (is_intrinsic(shared) or is_intrinsic(own)):
        merged = {key: merge(value, own[key]) if key in own else value for key, value in shared.items()}
        return merged | {key: value for key, value in own.items() if key not in shared}
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    return own


def is_intrinsic(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a call of an intrinsic function, such as `{"Ref": "Queue"}`."""
    if len(value) != 1:
        return False
    key = next(iter(value))
    return isinstance(key, str) and (key in {"Ref", "Condition"} or key.startswith("Fn::"))
