"""Runs of `graphwell eval` kept in files, to be compared later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.errors import DevstackError, UsageError
from devstack.evaluation.figures import MEASURES


@dataclass(frozen=True)
class Run:
    """What a run file holds.

    Parameters:
        name: the file's name without its ending.
        collection: name of the collection.
        measures: by query id, the value of each of `MEASURES`.
        latencies_ms: of the queries that succeeded.
    """

    name: str
    collection: str
    measures: Mapping[str, Mapping[str, float]]
    latencies_ms: tuple[float, ...]

    @classmethod
    def of(cls, name: str, figures: Mapping[str, Any]) -> Run:
        """Return the run that figures with those of each query describe.

        Raises:
            KeyError, TypeError, ValueError: they are not of that form.
        """
        queries = figures["per_query"]
        return cls(
            name=name,
            collection=str(figures["collection"]),
            measures={str(query["id"]): {measure: float(query[measure]) for measure in MEASURES} for query in queries},
            latencies_ms=tuple(float(query["ms"]) for query in queries if query["ms"] is not None),
        )


def write_run(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the figures of a run."""
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """Return the run in a file.

    Raises:
        UsageError: there is no such file.
        DevstackError: it holds something else.
    """
    try:
        return Run.of(path.stem, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist; name a file that `graphwell eval --output` wrote.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DevstackError(f"{path} is not a run; write one with `graphwell eval DIR --output FILE`.") from error
