"""The parts the service stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class HealthProbe(Protocol):
    """One part the service stands on."""

    @property
    def name(self) -> str:
        """Short name of the part."""

    @property
    def vital(self) -> bool:
        """Tell whether nothing works without it."""

    def check(self) -> Mapping[str, str | int | float]:
        """Return details of a healthy part, such as its version.

        Raises:
            Exception: of any kind, when the part does not answer as it should.
        """
