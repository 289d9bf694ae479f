"""Values of a template's parameters: what was given, else the default, checked as CloudFormation checks them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from devstack.errors import DevstackError


def resolve_parameters(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of each declared parameter; text, or a list for the list types.

    Parameters:
        declared: the template's Parameters section.
        given: values by parameter name, which override defaults.

    Raises:
        DevstackError: a value is missing, not allowed, or given for a parameter that the template does not have.
    """
    check_given(declared, given)
    missing = sorted(name for name, spec in declared.items() if "Default" not in spec and name not in given)
    if missing:
        raise DevstackError(f"Give a value for the template's parameter {', '.join(missing)}: it has no default.")
    return {name: _value(name, spec, str(given.get(name, spec.get("Default")))) for name, spec in declared.items()}


def check_given(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> None:
    """Make sure that values can be given to a template, whatever the other parameters are.

    Raises:
        DevstackError: one is not allowed, or is for a parameter that the template does not have.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise DevstackError(
            f"The template has no parameter {', '.join(unknown)}; it has {', '.join(sorted(declared))}."
        )
    for name, text in given.items():
        _value(name, declared[name], text)


def _value(name: str, spec: Mapping[str, Any], text: str) -> str | list[str]:
    kind = spec.get("Type", "String")
    if kind.startswith("AWS::SSM::"):
        raise DevstackError(f"The parameter {name} is read from Parameter Store ({kind}), which has no local value.")
    allowed = [str(value) for value in spec.get("AllowedValues", [])]
    if allowed and text not in allowed:
        raise DevstackError(f"The parameter {name} is {text!r} but must be one of: {', '.join(allowed)}.")
    pattern = spec.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, text):
        raise DevstackError(f"The parameter {name} is {text!r} but must match {pattern}.")
    if kind == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise DevstackError(f"The parameter {name} is {text!r} but must be a number.")
    if kind == "Number":
        _check_range(name, spec, float(text))
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")]
    return text


def _check_range(name: str, spec: Mapping[str, Any], number: float) -> None:
    least, most = spec.get("MinValue"), spec.get("MaxValue")
    if (least is not None and number < float(least)) or (most is not None and number > float(most)):
        raise DevstackError(f"The parameter {name} is {number:g} but must be from {least} to {most}.")
