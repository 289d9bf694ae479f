"""Clocks that move only when a test moves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """The `Clock` port: time of day, set by hand."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by


class FakeMonotonic:
    """A monotonic clock in seconds, set by hand."""

    def __init__(self, reading_s: float = 100.0) -> None:
        self.reading_s = reading_s

    def __call__(self) -> float:
        """Return the reading it was set to."""
        return self.reading_s
