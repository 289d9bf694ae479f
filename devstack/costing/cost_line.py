"""One component's share of an estimate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CostLine:
    """What one component costs.

    Parameters:
        component: its name.
        formula: how the dollars follow from figures of the price list, by their names.
    """

    component: str
    usd: float
    formula: str

    def as_json(self) -> dict[str, Any]:
        """Return the line for programs."""
        return {"component": self.component, "usd": round(self.usd, 6), "formula": self.formula}


def total_usd(lines: Iterable[CostLine]) -> float:
    """Return the sum of lines, in dollars."""
    return sum(line.usd for line in lines)
