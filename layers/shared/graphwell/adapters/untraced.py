"""The tracer of deployments without a tracing system."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class Untraced:
    """A `Tracer` that tells nobody."""

    def root(self, name: str, carrier: str = "", **annotations: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Run what is within."""
        return nullcontext()

    def span(self, name: str, **annotations: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Run what is within."""
        return nullcontext()

    def carrier(self) -> str:
        """Return that there is no trace."""
        return ""


UNTRACED = Untraced()
