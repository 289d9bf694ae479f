"""CloudFormation's intrinsic functions, parameters and conditions, evaluated to plain values."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from devstack.errors import DevstackError
from devstack.gateway.document import is_intrinsic

Reference = Callable[[str, str | None], Any]
"""Value of a resource's attribute, by logical id and attribute name; None as attribute is what `Ref` gives."""

NO_VALUE: Final = object()
"""`AWS::NoValue`: the property, or the element of a list, that holds it is left out."""

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


class Intrinsics:
    """Evaluates the values of one template."""

    def __init__(
        self,
        document: Mapping[str, Any],
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, str],
        reference: Reference,
    ) -> None:
        """Evaluate values of `document`.

        Parameters:
            document: the template.
            parameters: value of each parameter; text, or a list of text.
            pseudo: value of each pseudo parameter, such as AWS::Region.
            reference: attributes of resources.
        """
        self._conditions: Mapping[str, Any] = document.get("Conditions") or {}
        self._mappings: Mapping[str, Any] = document.get("Mappings") or {}
        self._parameters = parameters
        self._pseudo = pseudo
        self._reference = reference
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": self._if,
            "Fn::Equals": lambda pair: _text(self.resolve(pair[0])) == _text(self.resolve(pair[1])),
            "Fn::And": lambda parts: all(self.truth(part) for part in parts),
            "Fn::Or": lambda parts: any(self.truth(part) for part in parts),
            "Fn::Not": lambda parts: not self.truth(parts[0]),
            "Fn::Join": self._join,
            "Fn::Select": lambda pair: self.resolve(pair[1])[int(self.resolve(pair[0]))],
            "Fn::Split": lambda pair: _text(self.resolve(pair[1])).split(pair[0]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda value: base64.b64encode(_text(self.resolve(value)).encode()).decode(),
        }

    def resolve(self, value: Any) -> Any:
        """Return `value` with every intrinsic function replaced by its result.

        Raises:
            DevstackError: it uses a function or a name that has no value here.
        """
        if isinstance(value, dict):
            if is_intrinsic(value):
                return self._call(*next(iter(value.items())))
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        return value

    def condition(self, name: str) -> bool:
        """Whether the condition of this name holds.

        Raises:
            DevstackError: the template has no such condition.
        """
        if name not in self._conditions:
            raise DevstackError(
                f"The template uses the condition {name}, which its Conditions section does not define."
            )
        return self.truth(self._conditions[name])

    def truth(self, value: Any) -> bool:
        """Whether a condition expression holds."""
        resolved = self.resolve(value)
        return resolved is True or (isinstance(resolved, str) and resolved.lower() == "true")

    def _call(self, function: str, argument: Any) -> Any:
        if function not in self._functions:
            raise DevstackError(f"The local stack cannot evaluate {function}; write that value in another way.")
        try:
            return self._functions[function](argument)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise DevstackError(f"The template's {function} of {argument!r} cannot be evaluated: {error!r}.") from error

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        return self._reference(name, None)

    def _get_att(self, argument: list[Any]) -> Any:
        logical_id, *attribute = argument
        return self._reference(logical_id, ".".join(_text(self.resolve(part)) for part in attribute))

    def _sub(self, argument: Any) -> str:
        template, variables = (argument, {}) if isinstance(argument, str) else argument

        def value_of(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in variables:
                return _text(self.resolve(variables[name]))
            if "." in name and not name.startswith("AWS::"):
                return _text(self._reference(*name.split(".", 1)))
            return _text(self._ref(name))

        return _PLACEHOLDER.sub(value_of, template)

    def _if(self, argument: list[Any]) -> Any:
        name, when_true, when_false = argument
        return self.resolve(when_true if self.condition(name) else when_false)

    def _join(self, argument: list[Any]) -> str:
        delimiter, values = argument
        return str(delimiter).join(_text(value) for value in self.resolve(values))

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (_text(self.resolve(part)) for part in argument[:3])
        return self.resolve(self._mappings[name][first][second])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
