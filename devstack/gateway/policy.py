"""Evaluation of the IAM policy that a Lambda authorizer returns, for one method."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_ACTION = "execute-api:Invoke"


class UnusablePolicy(Exception):
    """The document is not a policy, or has an element that cannot be decided here; it must not let anyone pass."""


def allows(policy: Any, method_arn: str) -> bool:
    """Whether the policy lets a caller invoke the method: some statement allows it, and none denies it.

    Parameters:
        policy: the authorizer's policyDocument.
        method_arn: arn:aws:execute-api:region:account:api/stage/METHOD/path.

    Raises:
        UnusablePolicy: the document cannot be evaluated.
    """
    statements = _listed(policy.get("Statement")) if isinstance(policy, Mapping) else []
    if not statements:
        raise UnusablePolicy("the policy has no Statement")
    effects = {_effect(statement) for statement in statements if _applies(statement, method_arn)}
    for statement in statements:
        _effect(statement)
    return effects == {"Allow"}


def _effect(statement: Any) -> str:
    if not isinstance(statement, Mapping) or statement.get("Effect") not in {"Allow", "Deny"}:
        raise UnusablePolicy("a statement's Effect is neither Allow nor Deny")
    return str(statement["Effect"])


def _applies(statement: Any, method_arn: str) -> bool:
    if not isinstance(statement, Mapping):
        raise UnusablePolicy("a statement is not an object")
    undecidable = {"Condition", "NotAction", "NotResource", "Principal", "NotPrincipal"} & set(statement)
    if undecidable:
        raise UnusablePolicy(f"a statement has {', '.join(sorted(undecidable))}")
    actions, resources = _patterns(statement, "Action"), _patterns(statement, "Resource")
    return any(_matches(action.lower(), _ACTION.lower()) for action in actions) and any(
        _matches(resource, method_arn) for resource in resources
    )


def _patterns(statement: Mapping[str, Any], key: str) -> list[str]:
    patterns = _listed(statement.get(key))
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise UnusablePolicy(f"a statement has no {key}")
    return patterns


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL)


def _matches(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None
