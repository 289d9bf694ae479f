"""The request that work goes back to, passed along with it from function to function."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass

from graphwell.domain.ambient import held_in


@dataclass(frozen=True, slots=True)
class Origin:
    """What ties the log lines and the spans of one request together; text of neither a tenant nor a person.

    Parameters:
        correlation_id: the gateway's id of the request, or Lambda's of the invocation that began the work.
        trace: what the tracer's `carrier` gave there; empty without a trace.
    """

    correlation_id: str
    trace: str = ""

    @classmethod
    def current(cls) -> Origin | None:
        """Return the origin of what this code does; None outside of an invocation, as in a shell."""
        return _CURRENT.get()

    def held(self) -> AbstractContextManager[None]:
        """Make this the origin of all that is done within."""
        return held_in(_CURRENT, self)


_CURRENT: ContextVar[Origin | None] = ContextVar("origin", default=None)
