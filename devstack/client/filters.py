"""Filters as people type them: KEY=VALUE, KEY>=VALUE, KEY<=VALUE."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from devstack.errors import UsageError

_FILTER = re.compile(r"(?P<key>[^=<>]+?)(?P<sign>>=|<=|=)(?P<value>.*)", re.DOTALL)
_ENDS = {">=": "gte", "<=": "lte"}
_DOCUMENT_ID = "document_id"


def read_filters(typed: Sequence[str]) -> dict[str, Any]:
    """Return the `filters` of a request.

    A key is one of the metadata, or `document_id`. A value is a number, true or false where it looks like one, and else
    a text; in double quotes it is a text. The same key twice with `=` means one of both values.

    Raises:
        UsageError: one has another form, or a key has values as well as a range.
    """
    filters: dict[str, Any] = {}
    for each in typed:
        found = _FILTER.fullmatch(each)
        if found is None:
            raise UsageError(f"{each!r} is no filter; write KEY=VALUE, KEY>=VALUE or KEY<=VALUE.")
        key = found["key"].strip()
        name = key if key == _DOCUMENT_ID else f"metadata.{key}"
        value = found["value"].strip() if key == _DOCUMENT_ID else _value(found["value"].strip())
        operator = _ENDS.get(found["sign"], "in")
        conditions = filters.setdefault(name, {})
        if conditions and (operator == "in") is not ("in" in conditions):
            raise UsageError(f"{key} has both values and a range; use one of them.")
        if operator == "in":
            conditions.setdefault("in", []).append(value)
        else:
            conditions[operator] = value
    return filters


def _value(typed: str) -> Any:
    try:
        value = json.loads(typed)
    except ValueError:
        return typed
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no NaN and no infinity
        return typed
    return value if isinstance(value, str | int | float | bool) else typed
