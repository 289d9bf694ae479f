"""Run repairs that do not depend on each other: one that fails holds up none of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping


def run_repairs(repairs: Iterable[Callable[[], Mapping[str, int]]]) -> tuple[dict[str, int], list[Exception]]:
    """Run each repair once, in order.

    Parameters:
        repairs: each returns what it did, as counts under names of its own.

    Returns:
        What those that succeeded did, and the errors of those that failed.
    """
    done: dict[str, int] = {}
    failures: list[Exception] = []
    for repair in repairs:
        try:
            done |= repair()
        except Exception as failure:  # noqa: BLE001  # whatever it is, the caller raises it when the rest is done
            failures.append(failure)
    return done, failures
