"""How durations are told."""

from __future__ import annotations


def in_ms(seconds: float) -> float:
    """Return seconds in milliseconds, to the hundredth."""
    return round(seconds * 1000, 2)
