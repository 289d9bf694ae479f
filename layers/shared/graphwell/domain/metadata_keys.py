"""The metadata keys that a tenant filters by: their types, the slots of the index they lie in, their values there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from graphwell.domain.documents import MetadataValue
from graphwell.domain.errors import InvalidInput
from graphwell.domain.text import accept_keys

MAX_KEYS = 8
"""Keys that a tenant can declare; as many slots stand in the vector index."""

MAX_KEY_LENGTH = 64
"""Characters of a key."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Comparable = str | float | bool
"""A value of a declared key in the form in which values are compared: dates are microseconds since 1970."""


class MetadataType(StrEnum):
    """What the values of a key are; a date is a text such as 2026-01-31 or 2026-01-31T09:30:00Z, UTC by default."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """A key that can be filtered by; `slot` is from 1 to `MAX_KEYS`."""

    type: MetadataType
    slot: int


DeclaredKeys = Mapping[str, DeclaredKey]


def declare(wanted: Mapping[str, MetadataType], current: DeclaredKeys, field: str) -> dict[str, DeclaredKey]:
    """Return the keys of a new declaration: those that stay keep their slots, others take the free ones.

    Raises:
        InvalidInput: too many keys, or a name that is no key.
    """
    if len(wanted) > MAX_KEYS:
        raise InvalidInput(field, f"At most {MAX_KEYS} keys can be declared; this has {len(wanted)}.")
    types = dict(zip(accept_keys(wanted, field, max_length=MAX_KEY_LENGTH), wanted.values(), strict=True))
    kept = {name: current[name] for name, kind in types.items() if name in current and current[name].type is kind}
    taken = {key.slot for key in kept.values()}
    free = iter([slot for slot in range(1, MAX_KEYS + 1) if slot not in taken])
    return {name: kept[name] if name in kept else DeclaredKey(kind, next(free)) for name, kind in types.items()}


def comparable(value: MetadataValue, kind: MetadataType) -> Comparable | None:
    """Return a value as values of its key's type are compared; None for one of another type, which equals nothing."""
    if kind is MetadataType.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind is MetadataType.NUMBER:
        return _number(value)
    if not isinstance(value, str):
        return None
    return value if kind is MetadataType.STRING else _microseconds(value)


def _number(value: MetadataValue) -> float | None:
    """Return a number as a double, which is how numbers are compared; zero has no sign."""
    if isinstance(value, bool | str):
        return None
    try:
        return float(value) + 0.0
    except OverflowError:
        return None


def _microseconds(value: str) -> float | None:
    """Return a date in microseconds since 1970; a double counts them exactly until the year 2255."""
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return float((moment - _EPOCH) // _MICROSECOND)
    except (ValueError, OverflowError):
        return None
