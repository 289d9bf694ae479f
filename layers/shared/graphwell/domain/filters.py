"""Filters of a search: conditions on documents, all of which must hold (docs/filter-semantics.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphwell.domain.documents import MAX_METADATA_LENGTH, MetadataValue, check_document_id
from graphwell.domain.errors import InvalidInput
from graphwell.domain.metadata_keys import Comparable, DeclaredKey, DeclaredKeys, MetadataType, comparable
from graphwell.domain.text import accept_text, shown_name

DOCUMENT_ID = "document_id"
METADATA = "metadata."
"""What a filter's name is, or begins with."""

MAX_VALUES = 256
"""Values in all lists of a request together: each is a clause of Lucene's query, beside two for a word of the question,
of 1,024 that it takes."""

_RANGED = (MetadataType.NUMBER, MetadataType.DATE)
_OPERATORS = ("eq", "in", "gte", "lte")
_VALUES = {
    MetadataType.STRING: "a text",
    MetadataType.NUMBER: "a number",
    MetadataType.BOOLEAN: "true or false",
    MetadataType.DATE: "a date such as 2026-01-31 or 2026-01-31T09:30:00Z",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one value: that it is one of some, or lies between two, ends included.

    Parameters:
        key: of the metadata; None for the document's id.
        declared: type and slot of the key; None for the document's id.
        one_of: None for a range.
        least, most: ends of a range; None for an open one.
    """

    key: str | None
    declared: DeclaredKey | None
    one_of: tuple[Comparable, ...] | None = None
    least: float | None = None
    most: float | None = None

    def holds(self, document_id: str, metadata: Mapping[str, MetadataValue]) -> bool:
        """Return whether a document satisfies it; one without the key, or with a value of another type, does not."""
        value: Comparable | None = document_id
        if self.key is not None and self.declared is not None:
            value = comparable(metadata[self.key], self.declared.type) if self.key in metadata else None
        if value is None:
            return False
        if self.one_of is not None:
            return value in self.one_of
        return not isinstance(value, str) and (
            (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        )


Filters = tuple[Condition, ...]
"""Conditions that must all hold, in the order of their keys; none lets every document pass."""


def accept_filters(given: Mapping[str, Any], declared: DeclaredKeys, field: str = "filters") -> Filters:
    """Return the filters of a request.

    Parameters:
        given: by `document_id` and `metadata.<key>`: a value, a list of values, or an object of `eq`, `in`, or `gte`
            and `lte`.
        declared: the tenant's keys.

    Raises:
        InvalidInput: an unknown name, an undeclared key, an operator or value that does not fit the key's type.
    """
    conditions = [_condition(name, given[name], declared, field) for name in sorted(given)]
    values = sum(len(condition.one_of or ()) for condition in conditions)
    if values > MAX_VALUES:
        raise InvalidInput(field, f"At most {MAX_VALUES} values are accepted in all filters; this has {values}.")
    return tuple(conditions)


def passes(filters: Filters, document_id: str, metadata: Mapping[str, MetadataValue]) -> bool:
    """Return whether a document satisfies every condition."""
    return all(condition.holds(document_id, metadata) for condition in filters)


def _condition(name: str, given: Any, declared: DeclaredKeys, field: str) -> Condition:
    if name == DOCUMENT_ID:
        return _Reader(f"{field}.{DOCUMENT_ID}", None, None).read(given)
    if not name.startswith(METADATA):
        raise InvalidInput(
            f"{field}.{shown_name(name)}",
            f"Filters are named {DOCUMENT_ID} and {METADATA}KEY; rename or remove this one.",
        )
    key = name.removeprefix(METADATA)
    if key not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise InvalidInput(
            f"{field}.{shown_name(name)}",
            f"The key is not declared; declare it in PUT /v1/tenants/ID, or use a declared one ({known}).",
        )
    return _Reader(f"{field}.{METADATA}{key}", key, declared[key]).read(given)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what was given for one key."""

    field: str
    key: str | None
    declared: DeclaredKey | None

    def read(self, given: Any) -> Condition:
        """Return the condition."""
        if isinstance(given, list):
            return self._one_of(given)
        if not isinstance(given, dict):
            return self._one_of([given])
        if not given or not set(given) <= set(_OPERATORS):
            raise InvalidInput(self.field, f"Use the operators {', '.join(_OPERATORS)}.")
        if set(given) <= {"gte", "lte"}:
            return self._range(given)
        if len(given) > 1:
            raise InvalidInput(self.field, "Use either eq, or in, or gte and lte.")
        if "eq" in given:
            return self._one_of([given["eq"]])
        if not isinstance(given["in"], list):
            raise InvalidInput(f"{self.field}.in", "Send a list of values.")
        return self._one_of(given["in"])

    def _one_of(self, values: Sequence[Any]) -> Condition:
        if not values:
            raise InvalidInput(self.field, "The list is empty; send at least one value, or leave the filter out.")
        if len(values) > MAX_VALUES:
            raise InvalidInput(self.field, f"At most {MAX_VALUES} values are accepted; this has {len(values)}.")
        return Condition(self.key, self.declared, one_of=tuple(dict.fromkeys(map(self._value, values))))

    def _range(self, ends: Mapping[str, Any]) -> Condition:
        if self.declared is None or self.declared.type not in _RANGED:
            raise InvalidInput(self.field, "Only numbers and dates have a range; use eq or in.")
        least, most = (float(self._value(ends[name])) if name in ends else None for name in ("gte", "lte"))
        return Condition(self.key, self.declared, least=least, most=most)

    def _value(self, value: Any) -> Comparable:
        if self.declared is None:
            if not isinstance(value, str):
                raise InvalidInput(self.field, "A document id is a text.")
            return check_document_id(value, self.field)
        kind = self.declared.type
        found = comparable(self._kept(value), kind) if isinstance(value, str | int | float) else None
        if found is None or found != found:  # noqa: PLR0124  (NaN)
            raise InvalidInput(self.field, f"Values of this key are of type {kind}; send {_VALUES[kind]}.")
        return found

    def _kept(self, value: MetadataValue) -> MetadataValue:
        """Return a value in the form in which metadata is kept; what metadata cannot hold is refused here too."""
        return (
            accept_text(value, self.field, max_length=MAX_METADATA_LENGTH)
            if isinstance(value, str) and value
            else value
        )
