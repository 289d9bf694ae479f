"""A SAM template with its parameters given: which resources exist, and the plain values of their properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.errors import DevstackError
from devstack.gateway.document import load_document
from devstack.gateway.intrinsics import NO_VALUE, Intrinsics
from devstack.gateway.parameters import resolve_parameters
from devstack.gateway.references import NAME_PROPERTIES, Account, References


@dataclass(frozen=True)
class Resource:
    """One resource of a template; its properties are evaluated when they are read."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    intrinsics: Intrinsics

    def get(self, name: str, default: Any = None) -> Any:
        """Return the property's value, or `default` when it is absent or AWS::NoValue."""
        if name not in self.properties:
            return default
        value = self.intrinsics.resolve(self.properties[name])
        return default if value is NO_VALUE else value

    def require(self, name: str) -> Any:
        """Return the property's value.

        Raises:
            DevstackError: the resource does not have it.
        """
        value = self.get(name)
        if value is None:
            raise DevstackError(f"The template's {self.logical_id} ({self.type}) needs the property {name}.")
        return value


class Template:
    """A template, its parameters and what is known about its resources."""

    def __init__(
        self,
        path: Path,
        parameters: Mapping[str, str],
        *,
        local_defaults: Mapping[str, str] | None = None,
        account: Account | None = None,
    ) -> None:
        """Load the template.

        Parameters:
            path: source template.yaml, or the one that `sam build` writes.
            parameters: values of its parameters.
            local_defaults: values that replace the template's own defaults, for the parameters that it has.
            account: where the stack pretends to be deployed.

        Raises:
            DevstackError: the template or a parameter is not valid.
        """
        self.folder = path.resolve().parent
        self.account = account or Account()
        self.document = document = load_document(path)
        declared = document.get("Parameters") or {}
        defaults = {name: value for name, value in (local_defaults or {}).items() if name in declared}
        self.parameters = resolve_parameters(declared, {**defaults, **parameters})
        self._raw: Mapping[str, Mapping[str, Any]] = document["Resources"]
        types = {logical_id: str(resource.get("Type")) for logical_id, resource in self._raw.items()}
        self.references = References(self.account, types, self.physical_name)
        self.intrinsics = Intrinsics(document, self.parameters, self.account.pseudo_parameters(), self.references)
        self._check_rules(document.get("Rules") or {})

    def resources(self, resource_type: str) -> Iterator[Resource]:
        """Yield the resources of a type whose condition holds, in the template's order."""
        for logical_id, raw in self._raw.items():
            if raw.get("Type") == resource_type and self._exists(raw):
                yield self._resource(logical_id)

    def find(self, logical_id: str) -> Resource | None:
        """Return the resource of this logical id, or None when the template has none or its condition does not hold."""
        raw = self._raw.get(logical_id)
        return self._resource(logical_id) if raw is not None and self._exists(raw) else None

    def physical_name(self, logical_id: str) -> str:
        """Return the name that the template gives a resource, or one made of the stack's name and its logical id."""
        resource = self._resource(logical_id)
        name = resource.get(NAME_PROPERTIES.get(resource.type, ""))
        if name:
            return str(name)
        derived = f"{self.account.stack_name}-{logical_id}"
        return derived.lower() if resource.type == "AWS::S3::Bucket" else derived

    def _check_rules(self, rules: Mapping[str, Any]) -> None:
        for rule in rules.values():
            if not self.intrinsics.truth(rule.get("RuleCondition", True)):
                continue
            for assertion in rule["Assertions"]:
                if not self.intrinsics.truth(assertion["Assert"]):
                    raise DevstackError(
                        str(assertion.get("AssertDescription", "The parameters break a rule of the template."))
                    )

    def _resource(self, logical_id: str) -> Resource:
        raw = self._raw[logical_id]
        return Resource(logical_id, str(raw.get("Type")), raw.get("Properties") or {}, self.intrinsics)

    def _exists(self, raw: Mapping[str, Any]) -> bool:
        return "Condition" not in raw or self.intrinsics.condition(raw["Condition"])
