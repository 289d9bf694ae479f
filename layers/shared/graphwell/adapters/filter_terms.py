"""Filters inside the indexes: values as terms of the fulltext index, and as properties of the vector index."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any

from graphwell.adapters.tenant_term import tenant_term
from graphwell.domain.documents import MetadataValue
from graphwell.domain.filters import Condition, Filters
from graphwell.domain.metadata_keys import MAX_KEYS, Comparable, DeclaredKeys, comparable
from graphwell.domain.tenancy import TenantScope

SLOTS = tuple(f"slot{number}" for number in range(1, MAX_KEYS + 1))
"""Properties of a chunk that hold the values of its tenant's declared keys."""

_DOCUMENT = 0
_SIGN = 1 << 63
_ALL_BITS = (1 << 64) - 1


def slot_values(declared: DeclaredKeys, metadata: Mapping[str, MetadataValue]) -> dict[str, Comparable | None]:
    """Return what lies in each slot of a document's chunks; None for no value."""
    values: dict[str, Comparable | None] = dict.fromkeys(SLOTS)
    for key, value in _held(declared, metadata).items():
        values[SLOTS[declared[key].slot - 1]] = _slot_value(value)
    return values


def filter_terms(
    scope: TenantScope, document_id: str, declared: DeclaredKeys, metadata: Mapping[str, MetadataValue]
) -> str:
    """Return the terms by which the fulltext index finds a document's chunks, parted by spaces."""
    terms = [_term(scope, _DOCUMENT, document_id)]
    terms += [_term(scope, declared[key].slot, value) for key, value in _held(declared, metadata).items()]
    return " ".join(sorted(terms))


def lucene_filters(scope: TenantScope, filters: Filters) -> str:
    """Return the required clauses of Lucene's query; they do not count in its scores."""
    return "".join(f" +filter_terms:{_clause(scope, condition)}^0" for condition in filters)


def cypher_filters(filters: Filters) -> str:
    """Return the predicates of the vector index's search; `filter_parameters` has their values."""
    return "".join(f" AND {predicate}" for condition in filters for predicate in _predicates(condition))


def filter_parameters(filters: Filters) -> dict[str, Any]:
    """Return the parameters of `cypher_filters`."""
    parameters: dict[str, Any] = {}
    for condition in filters:
        name = _property(condition)
        if condition.one_of is not None:
            given = condition.one_of if condition.declared is None else map(_slot_value, condition.one_of)
            parameters[f"{name}_values"] = list(given)
        if condition.least is not None:
            parameters[f"{name}_least"] = condition.least
        if condition.most is not None:
            parameters[f"{name}_most"] = condition.most
    return parameters


def _held(declared: DeclaredKeys, metadata: Mapping[str, MetadataValue]) -> dict[str, Comparable]:
    values = {key: comparable(metadata[key], declared[key].type) for key in declared if key in metadata}
    return {key: value for key, value in values.items() if value is not None}


def _property(condition: Condition) -> str:
    return "document_id" if condition.declared is None else SLOTS[condition.declared.slot - 1]


def _predicates(condition: Condition) -> list[str]:
    name = _property(condition)
    if condition.one_of is not None:
        return [f"c.{name} IN ${name}_values"]
    ends = ((">=", "least", condition.least), ("<=", "most", condition.most))
    return [f"c.{name} {sign} ${name}_{end}" for sign, end, value in ends if value is not None]


def _clause(scope: TenantScope, condition: Condition) -> str:
    slot = _DOCUMENT if condition.declared is None else condition.declared.slot
    if condition.one_of is not None:
        return f"({' '.join(_term(scope, slot, value) for value in condition.one_of)})"
    least = float("-inf") if condition.least is None else condition.least
    most = float("inf") if condition.most is None else condition.most
    return f"[{_term(scope, slot, least)} TO {_term(scope, slot, most)}]"


def _slot_value(value: Comparable) -> Comparable:
    """Return a value as it lies in a slot: a text as its hash, since a chunk need not carry a long one."""
    return _hashed(value) if isinstance(value, str) else value


def _term(scope: TenantScope, slot: int, value: Comparable) -> str:
    """Return one word that the english analyzer keeps whole, in the order of numbers where it is one.

    It begins with the tenant's term, so that a range runs over this tenant's values alone.
    """
    if isinstance(value, str):
        form = f"s{_hashed(value)}"
    elif isinstance(value, bool):
        form = f"b{value:d}"
    else:
        form = f"n{_in_order(value):016x}"
    return f"{tenant_term(scope)}k{slot}{form}0"


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32]


def _in_order(value: float) -> int:
    """Return the bits of a double as a number that is larger for a larger double."""
    bits = int.from_bytes(struct.pack(">d", value))
    return bits ^ (_ALL_BITS if bits & _SIGN else _SIGN)
