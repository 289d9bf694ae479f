"""The prices and assumptions that an estimate rests on, read from one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from devstack.errors import UsageError

MILLION = 1_000_000
GB = 10**9

DEFAULT_PRICES = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Figure:
    """A price or an assumption, what it is of, and where it comes from."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class PriceList:
    """Every figure by name.

    Parameters:
        region: of AWS, whose prices these are.
        as_of: day of the prices.
        path: the file.
    """

    region: str
    as_of: date
    path: Path
    note: str
    prices: Mapping[str, Figure]
    assumptions: Mapping[str, Figure]

    def __getitem__(self, name: str) -> float:
        """Return a figure's value.

        Raises:
            UsageError: the file has none of this name.
        """
        figure = self.prices.get(name) or self.assumptions.get(name)
        if figure is None:
            raise UsageError(f"{self.path} has no figure {name}; copy it from {DEFAULT_PRICES.name}.")
        return figure.value


def read_prices(path: Path = DEFAULT_PRICES) -> PriceList:
    """Return the figures of a file.

    Raises:
        UsageError: it is missing or has another form.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        return PriceList(
            region=str(content["region"]),
            as_of=date.fromisoformat(content["as_of"]),
            path=path,
            note=str(content["note"]),
            prices=_figures(content["prices"]),
            assumptions=_figures(content["assumptions"]),
        )
    except OSError as error:
        raise UsageError(f"The prices {path} cannot be read ({error.strerror}); check the path.") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"The prices {path} have another form than {DEFAULT_PRICES}; copy that file and change its values."
        ) from error


def _figures(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Figure]:
    figures = {name: Figure(float(each["value"]), each["unit"], each["source"]) for name, each in entries.items()}
    for name, figure in figures.items():
        if not 0 <= figure.value < float("inf"):
            raise UsageError(f"The figure {name} of the prices is {figure.value}; give a number that is not negative.")
    return figures
