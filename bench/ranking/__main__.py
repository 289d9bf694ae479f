"""`python -m bench.ranking`: every trial on every collection, its gain over what ships, and what cross-validation says.

Vectors are made once, half an hour on one core; then it takes some minutes. A gain's interval is that of a paired
bootstrap over questions, each collection counted alike. Cross-validation chooses the best setting of a family on five
collections and scores it on the sixth, for each in turn.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from bench.ranking import ways
from bench.ranking.cases import Case, Numbers, cases_of
from bench.ranking.collections import NAMES, load_stored
from bench.ranking.ways import Setting

RESULT = Path(__file__).parents[1] / "results" / "ranking.json"
BEST_PEER = dict(zip(NAMES, (0.716, 0.449, 0.874, 0.664, 0.965, 0.799), strict=True))
"""nDCG@10 of the best peer, alone in the index (`python -m bench.peers`)."""
RESAMPLES = 2000
SHIPPED = "shipped"

Way = Callable[[Case], Numbers]
Scores = Mapping[str, Numbers]


def trials() -> dict[str, Way]:
    """Return every way by its name; a name's first word is its family."""
    base = Setting()
    plain = Setting(pair_weight=0.0, named=0.0)
    found: dict[str, Way] = {
        SHIPPED: base,
        "leg vector": ways.vector_leg,
        "leg fulltext": ways.fulltext_leg,
        "without pairs": replace(base, pair_weight=0.0),
        "without names": replace(base, named=0.0),
        "without both": plain,
        "without similarities of fulltext hits": replace(base, similarities=ways.known_to_the_vector_leg),
        "similarity without prefix": replace(base, extra=ways.without_prefix, weight=0.2),
        "blend with reciprocal ranks": replace(base, extra=_blended_ranks, weight=0.2),
    }
    for constant in (5, 10, 20, 60):
        found[f"ranks k={constant}"] = ways.reciprocal_ranks(constant)
    for share in (0.3, 0.7):
        found[f"ranks k=60, words {share}"] = ways.reciprocal_ranks(60, share)
    normalisations = {"stretched": ways.stretched, "distribution": ways.distribution_based, "raw": _theoretical}
    for name, normalised in normalisations.items():
        for share in (0.2, 0.3, 0.4, 0.5):
            found[f"normalisation {name}, words {share}"] = replace(plain, normalised=normalised, share=share)
    families: dict[str, tuple[float, ...]] = {
        "share": (0.25, 0.3, 0.4, 0.45),
        "title_weight": (0, 1, 2, 5),
        "k1": (0.9, 1.6, 2.0),
        "b": (0.4, 1.0),
        "pair_weight": (0.15, 0.3, 0.6, 1.0),
        "named": (0.5, 0.75, 1.25, 1.5),
        "certainty": (1, 2, 4),
        "leading": (1, 3, 10),
        "contenders": (60, 1000),
    }
    for family, values in families.items():
        for value in values:
            found[f"{family} {value}"] = replace(base, **{family: value})  # type: ignore[arg-type]
    extras: dict[str, tuple[ways.Evidence, tuple[float, ...]]] = {
        "coverage": (ways.coverage, (0.1, 0.2)),
        "rocchio-1": (ways.rocchio(1), (0.1, 0.2)),
        "rocchio-3": (ways.rocchio(3), (0.1, 0.2)),
        "nearest": (ways.near_the_nearest, (0.1, 0.2)),
        "rm3-1": (ways.shared_words(1), (0.1,)),
        "rm3-3": (ways.shared_words(3), (0.1,)),
        "neighbours": (ways.neighbours, (0.1, 0.2)),
        "document": (ways.whole_document, (0.1, 0.2)),
        "sentence": (ways.best_sentence, (0.1,)),
        "mmr": (ways.far_from_better, (0.2,)),
    }
    for name, (evidence, weights) in extras.items():
        for weight in weights:
            found[f"{name} {weight}"] = replace(base, extra=evidence, weight=weight)
    return found


def main() -> None:
    """Run all trials and keep their figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.ranking", description=__doc__)
    parser.add_argument("--questions", type=int, default=400, help="of each collection at most, evenly spaced")
    options = parser.parse_args()
    tried = trials()
    scores: dict[str, dict[str, Numbers]] = {name: {} for name in tried}
    for collection in NAMES:
        cases = list(cases_of(load_stored(collection), options.questions))
        for name, way in tried.items():
            scores[name][collection] = np.array([case.ndcg(way(case)) for case in cases])
        print(collection, len(cases), "questions", flush=True)
    report: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "questions": {name: len(found) for name, found in scores[SHIPPED].items()},
        "trials": {name: figures(found, scores[SHIPPED]) for name, found in scores.items()},
        "legs": {name: against_legs(scores, name) for name in NAMES},
        "cross_validated": cross_validated(scores),
    }
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    for name, row in report["trials"].items():
        print(f"{name:44}", *row["ndcg@10"].values(), row["over_best_peer"], row["gain"], row["interval"])
    print(json.dumps(report["cross_validated"], indent=1))


def figures(found: Scores, shipped: Scores) -> dict[str, Any]:
    """Return a trial's nDCG@10 by collection, the mean of its ratios to the best peer, and its gain over what ships."""
    gain = fmean(float((found[name] - shipped[name]).mean()) / BEST_PEER[name] for name in NAMES)
    low, high = interval({name: (found[name] - shipped[name]) / BEST_PEER[name] for name in NAMES})
    return {
        "ndcg@10": {name: round(float(found[name].mean()), 4) for name in NAMES},
        "over_best_peer": round(over_best_peer(found, NAMES), 4),
        "gain": round(gain, 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def over_best_peer(found: Scores, names: Sequence[str]) -> float:
    """Return the mean over collections of nDCG@10 over the best peer's."""
    return fmean(float(found[name].mean()) / BEST_PEER[name] for name in names)


def interval(differences: Mapping[str, Numbers]) -> tuple[float, float]:
    """Return the 95 % interval of the mean over collections of the mean difference."""
    random = np.random.default_rng(0)
    means = np.zeros(RESAMPLES)
    for values in differences.values():
        rows = random.integers(0, len(values), size=(RESAMPLES, len(values)))
        means += values[rows].mean(axis=1) / len(differences)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def against_legs(scores: Mapping[str, Scores], collection: str) -> dict[str, Any]:
    """Return what ships gains over the better single leg of a collection, with the interval of the difference."""
    legs = {name: scores[name][collection] for name in scores if name.startswith("leg ")}
    better = max(legs, key=lambda name: float(legs[name].mean()))
    difference = scores[SHIPPED][collection] - legs[better]
    low, high = interval({collection: difference})
    return {
        "better_leg": better,
        "gain": round(float(difference.mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def cross_validated(scores: Mapping[str, Scores]) -> dict[str, Any]:
    """Return, for each family of settings and for all, what choosing on five collections gives on the sixth."""
    families: dict[str, list[str]] = {"all": [name for name in scores if not name.startswith("leg ")]}
    for name in scores:
        families.setdefault(name.split(" ", 1)[0], [SHIPPED]).append(name)
    return {family: _left_out(scores, names) for family, names in families.items() if len(names) > 2}


def _left_out(scores: Mapping[str, Scores], names: Sequence[str]) -> dict[str, Any]:
    chosen = {}
    for left in NAMES:
        others = [name for name in NAMES if name != left]
        chosen[left] = max(names, key=lambda name: over_best_peer(scores[name], others))
    ratio = fmean(over_best_peer(scores[name], [left]) for left, name in chosen.items())
    return {"over_best_peer": round(ratio, 4), "chosen": chosen}


def _theoretical(values: Numbers) -> Numbers:
    """Return values between 0 at the least that is possible and 1 at the greatest: TM2C2, -1 for cosines, else 0."""
    least = -1.0 if float(np.max(np.abs(values))) <= 1.0 else 0.0
    span = float(np.max(values)) - least
    return (values - least) / span if span > 0 else np.zeros_like(values)


def _blended_ranks(case: Case, scores: Numbers) -> Numbers:  # noqa: ARG001
    return ways.standardised(ways.reciprocal_ranks(60)(case))


if __name__ == "__main__":
    main()
