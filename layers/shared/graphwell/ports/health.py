"""The parts the service stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Detail = Mapping[str, str | int | float]
"""What operators are shown of a part; no address, name of a tenant or text of an error."""


class Ailing(Exception):
    """A part answers, but not as it should; `reason` is one word for it, `detail` what it said of itself."""

    def __init__(self, reason: str, detail: Detail) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class HealthProbe(Protocol):
    """One part the service stands on."""

    @property
    def name(self) -> str:
        """Short name of the part."""

    @property
    def vital(self) -> bool:
        """Tell whether nothing works without it."""

    @property
    def timeout_s(self) -> float:
        """Longest wait for a check."""

    @property
    def fresh_for_s(self) -> float:
        """How long the outcome of a check is shown again instead of checking anew."""

    def check(self) -> Detail:
        """Return details of a healthy part, such as its version.

        Raises:
            Ailing: the part answers, but not as it should.
            Exception: of any other kind, when it does not answer.
        """


class BreakerBoard(Protocol):
    """Where all environments show which of their circuit breakers are open."""

    def show(self, part: str, *, is_open: bool) -> None:
        """Tell that this environment's breaker before a part has opened, or closed.

        Raises:
            Unavailable: the board cannot be reached; go on without it.
        """

    def open_breakers(self) -> Mapping[str, int]:
        """Return how many environments have an open breaker before each part; parts without one are left out.

        Raises:
            Unavailable: the board cannot be reached.
        """
