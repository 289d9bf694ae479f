"""Values that are there for all that is called within a block, without being handed down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Value = TypeVar("Value")


@contextmanager
def held_in(variable: ContextVar[Value | None], value: Value) -> Iterator[None]:
    """Let a variable have a value within a block, and what it had before after it."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
