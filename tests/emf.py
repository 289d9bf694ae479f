"""Reading metrics in CloudWatch's embedded metric format from what a function printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Emitted:
    """One metric of one line: its name, its dimensions by name, and its value."""

    name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float


def emitted(printed: str) -> Iterator[Emitted]:
    """Give every metric in the lines that a function printed; other lines are passed over."""
    for line in printed.splitlines():
        if not line.startswith("{") or '"CloudWatchMetrics"' not in line:
            continue
        fields = json.loads(line)
        for directive in fields["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple(sorted((name, fields[name]) for name in names))
                for metric in directive["Metrics"]:
                    for value in fields[metric["Name"]]:
                        yield Emitted(metric["Name"], dimensions, value)
