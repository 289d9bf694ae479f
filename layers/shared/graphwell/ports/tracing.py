"""Where the time of an invocation goes, told to a tracing system."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Tracer(Protocol):
    """Times work in spans that lie within each other, and ties the spans of one request together across functions.

    Names and annotations are of a bounded number and never text of a tenant: both are kept, searched and shown by a
    system that knows no tenants.
    """

    def root(self, name: str, carrier: str = "", **annotations: str) -> AbstractContextManager[None]:
        """Time an invocation, or one message of several.

        An exception marks the span as failed with the name of its class, never with its text.

        Parameters:
            carrier: what `carrier` gave in the span that caused this one; empty when nobody knows.
            annotations: what traces are searched by.
        """

    def span(self, name: str, **annotations: str) -> AbstractContextManager[None]:
        """Time a part of what the current span does, such as a call to a server; marked as failed like `root`."""

    def carrier(self) -> str:
        """Return what a message takes along so that its receiver's spans join the trace; empty without a trace."""
