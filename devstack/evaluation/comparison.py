"""Whether one run is better than another, query by query, or only luckier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devstack.errors import DevstackError
from devstack.evaluation.run_file import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 10_000
"""Draws of each test; a p value of .05 then has a standard error of .002."""

_ROWS_AT_ONCE = 500
_SEED = 20090719
_INTERVAL_PERCENT = (2.5, 97.5)
_EXTREMES = 10


@dataclass(frozen=True)
class QueryDifference:
    """A query's measure in both runs."""

    query_id: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """How much the later run gained."""
        return self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """The later run against the earlier one.

    Parameters:
        measure: which measure.
        queries: those that both runs have, by rising difference.
        interval: 95 % interval of the mean difference, by a paired bootstrap over queries.
        p_value: share of random assignments of each query's two values to the two runs with a mean difference as large
            as the one seen, two-sided: Fisher's randomisation test as in Smucker, Allan and Carterette, A Comparison of
            Statistical Significance Tests for Information Retrieval Evaluation, CIKM 2007.
    """

    measure: str
    queries: Sequence[QueryDifference]
    interval: tuple[float, float]
    p_value: float

    @property
    def before(self) -> float:
        """Mean of the earlier run."""
        return sum(query.before for query in self.queries) / len(self.queries)

    @property
    def after(self) -> float:
        """Mean of the later run."""
        return sum(query.after for query in self.queries) / len(self.queries)

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as `graphwell compare --json` prints it."""
        worse = [query for query in self.queries if query.difference < 0]
        better = [query for query in self.queries if query.difference > 0]
        return {
            "measure": self.measure,
            "queries": len(self.queries),
            "before": round(self.before, 4),
            "after": round(self.after, 4),
            "difference": round(self.after - self.before, 4),
            "interval_95": [round(bound, 4) for bound in self.interval],
            "p_value": round(self.p_value, 4),
            "better": len(better),
            "worse": len(worse),
            "equal": len(self.queries) - len(better) - len(worse),
            "most_worse": [_shown(query) for query in worse[:_EXTREMES]],
            "most_better": [_shown(query) for query in reversed(better[-_EXTREMES:])],
        }


def compare(before: Run, after: Run, measure: str) -> Comparison:
    """Return how a run compares with an earlier one on the queries that both have.

    Parameters:
        measure: one of `devstack.evaluation.figures.MEASURES`.

    Raises:
        DevstackError: the runs are of different collections, or have no query in common.
    """
    if before.collection != after.collection:
        raise DevstackError(
            f"The runs are of different collections, {before.collection} and {after.collection}; compare runs of one."
        )
    common = [query_id for query_id in before.measures if query_id in after.measures]
    if not common:
        raise DevstackError("The runs have no query in common; run both over the same queries.")
    queries = [
        QueryDifference(query_id, before.measures[query_id][measure], after.measures[query_id][measure])
        for query_id in common
    ]
    queries.sort(key=lambda query: (query.difference, query.query_id))
    import numpy as np  # noqa: PLC0415  (start-up time)

    differences = np.array([query.difference for query in queries])
    return Comparison(measure, queries, _bootstrap_interval(differences), _randomisation_p(differences))


def _bootstrap_interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the mean, from resamples of the queries with replacement (Efron 1979)."""
    import numpy as np  # noqa: PLC0415

    random = np.random.default_rng(_SEED)
    size = len(differences)
    means = [
        differences[random.integers(size, size=(_ROWS_AT_ONCE, size))].mean(axis=1)
        for _ in range(RESAMPLES // _ROWS_AT_ONCE)
    ]
    low, high = np.percentile(np.concatenate(means), _INTERVAL_PERCENT)
    return float(low), float(high)


def _randomisation_p(differences: NDArray[np.float64]) -> float:
    """Return the two-sided p value; the observed assignment is one of those counted, so that it is never zero."""
    import numpy as np  # noqa: PLC0415

    random = np.random.default_rng(_SEED)
    observed = abs(differences.mean())
    size = len(differences)
    extreme = 0
    for _ in range(RESAMPLES // _ROWS_AT_ONCE):
        signs = random.integers(2, size=(_ROWS_AT_ONCE, size)) * 2 - 1
        # Sums of the same numbers in another order differ in their last bits.
        extreme += int((np.abs((signs * differences).mean(axis=1)) >= observed - 1e-12).sum())
    return (extreme + 1) / (RESAMPLES + 1)


def _shown(query: QueryDifference) -> dict[str, Any]:
    return {"id": query.query_id, "before": round(query.before, 4), "after": round(query.after, 4)}
