"""Time of day."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time of day."""

    def now(self) -> datetime:
        """Return the present as an aware UTC time."""
