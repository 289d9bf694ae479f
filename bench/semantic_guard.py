"""How often the guard lets a wrong and a right answer through: `python -m bench.semantic_guard`.

A hit is a pair of questions that the semantic cache would take for the same. On qqp precision counts (how many of the
hits are true pairs) and recall (how many of the true pairs are hits); on paws_x_en_dev, whose pairs share their words
by design, the share of the wrong pairs that are hits. The least cosine is chosen on nine tenths of qqp and counted on
the tenth, in turn, pairs that share a question staying together; intervals are of 2,000 resamples of such clusters.
The rules themselves were written with both collections at hand: what that hides only other pairs can show. A few were
written to break them, in bench/questions/intent_pairs.jsonl.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.question_pairs import OWN_PAIRS, PAWS, QQP, Pair, clusters, load_pairs
from devstack.evaluation.metrics import percentile
from graphwell.domain.intent import compare, read_question
from graphwell.domain.intent.guard import MIN_COSINE

RESULT = Path(__file__).with_name("results") / "semantic_guard.json"
GRID = [step / 100 for step in range(80, 99)]
WANTED_PRECISION = 0.97
"""On the pairs that the cosine is chosen by; a point above what is wanted of others."""
FOLDS = 10
REPEATS = 20
RESAMPLES = 2_000

Hit = Callable[[Pair], bool]


def main() -> None:
    """Measure, print, and keep the figures."""
    qqp, paws, own = map(load_pairs, (QQP, PAWS, OWN_PAIRS))
    report = {
        "shipped_min_cosine": MIN_COSINE,
        "qqp": _figures(qqp, lambda pair: _accepted(pair, MIN_COSINE)),
        "qqp_held_out": _held_out(qqp),
        "qqp_by_min_cosine": {f"{at:.2f}": _counts(qqp, _guarded_at(at)) for at in GRID[::2]},
        "own_pairs": _figures(own, lambda pair: _accepted(pair, MIN_COSINE)),
        "paws_x_en_dev": _figures(paws, lambda pair: _accepted(pair, MIN_COSINE)),
        "plain_cosine": {
            f"{name} {at}": _counts(pairs, _near(at))
            for name, pairs in (("qqp", qqp), ("paws_x_en_dev", paws), ("own_pairs", own))
            for at in (0.9, 0.95, 0.97)
        },
        "told_apart_by": {"qqp": _reasons(qqp), "paws_x_en_dev": _reasons(paws)},
        "guard_ms_a_pair": {"qqp": _times(qqp), "paws_x_en_dev": _times(paws)},
    }
    RESULT.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def _accepted(pair: Pair, min_cosine: float) -> bool:
    return compare(pair.a, pair.b, pair.cosine, min_cosine).same


def _guarded_at(min_cosine: float) -> Hit:
    return lambda pair: _accepted(pair, min_cosine)


def _near(min_cosine: float) -> Hit:
    return lambda pair: pair.cosine >= min_cosine


def _counts(pairs: Sequence[Pair], hit: Hit) -> dict[str, Any]:
    hits = [pair for pair in pairs if hit(pair)]
    true = sum(pair.same for pair in hits)
    return {
        "true_hits": true,
        "false_hits": len(hits) - true,
        "precision": round(true / len(hits), 4) if hits else None,
        "share_of_true_pairs": round(true / sum(pair.same for pair in pairs), 4),
        "share_of_wrong_pairs": round((len(hits) - true) / sum(not pair.same for pair in pairs), 4),
    }


def _figures(pairs: list[Pair], hit: Hit) -> dict[str, Any]:
    """Return the counts, their 95 % intervals, and the ids of the false hits: their texts may not be copied here."""
    false = sorted((pair for pair in pairs if hit(pair) and not pair.same), key=lambda pair: -pair.cosine)
    return {
        "pairs": len(pairs),
        "true_pairs": sum(pair.same for pair in pairs),
        **_counts(pairs, hit),
        "intervals": _intervals(pairs, [hit(pair) for pair in pairs]),
        "false_hit_ids": {pair.id: round(pair.cosine, 3) for pair in false},
    }


def _intervals(pairs: list[Pair], hits: list[bool]) -> dict[str, list[float]]:
    tallies: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for pair, hit, cluster in zip(pairs, hits, clusters(pairs), strict=True):
        tallies[cluster][2 * pair.same + hit] += 1
    drawn = random.Random(7)
    population = list(tallies.values())
    found: dict[str, list[float]] = {"precision": [], "share_of_true_pairs": [], "share_of_wrong_pairs": []}
    for _ in range(RESAMPLES):
        wrong, false, missed, true = map(sum, zip(*drawn.choices(population, k=len(population)), strict=True))
        found["precision"].append(true / (true + false))
        found["share_of_true_pairs"].append(true / (true + missed))
        found["share_of_wrong_pairs"].append(false / (false + wrong))
    return {
        name: [round(percentile(values, 0.025), 4), round(percentile(values, 0.975), 4)]
        for name, values in found.items()
    }


def _held_out(pairs: list[Pair]) -> dict[str, Any]:
    """Return what is hit in each fold with the cosine that the other folds choose, all folds and repeats together."""
    same_by_rules = {pair.id: _accepted(pair, -1.0) for pair in pairs}
    members: dict[int, list[Pair]] = defaultdict(list)
    for pair, cluster in zip(pairs, clusters(pairs), strict=True):
        members[cluster].append(pair)
    chosen: Counter[float] = Counter()
    true = false = 0
    for repeat in range(REPEATS):
        order = list(members.values())
        random.Random(repeat).shuffle(order)
        for fold in range(FOLDS):
            training = [pair for number, group in enumerate(order) if number % FOLDS != fold for pair in group]
            held_out = [pair for group in order[fold::FOLDS] for pair in group]
            at = _choose([pair for pair in training if same_by_rules[pair.id]])
            chosen[at] += 1
            hits = [pair for pair in held_out if same_by_rules[pair.id] and pair.cosine >= at]
            true += sum(pair.same for pair in hits)
            false += sum(not pair.same for pair in hits)
    return {
        "folds": FOLDS,
        "repeats": REPEATS,
        "chosen_min_cosine": {f"{at:.2f}": count for at, count in sorted(chosen.items())},
        "precision": round(true / (true + false), 4),
        "share_of_true_pairs": round(true / (REPEATS * sum(pair.same for pair in pairs)), 4),
    }


def _choose(alike: list[Pair]) -> float:
    """Return the lowest cosine from which on enough of the pairs that the rules find alike are true."""
    for at in GRID:
        hits = [pair.same for pair in alike if pair.cosine >= at]
        if hits and sum(hits) / len(hits) >= WANTED_PRECISION:
            return at
    return GRID[-1]


def _reasons(pairs: list[Pair]) -> dict[str, dict[str, int]]:
    """Return how many wrong and how many true pairs of a sufficient cosine each difference keeps apart."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"wrong": 0, "true": 0})
    for pair in pairs:
        verdict = compare(pair.a, pair.b, pair.cosine)
        if pair.cosine >= MIN_COSINE:
            counts[str(verdict.difference or "hit")]["true" if pair.same else "wrong"] += 1
    return dict(sorted(counts.items()))


def _times(pairs: list[Pair]) -> dict[str, float]:
    """Return milliseconds of processor time of one comparison of two questions that were not read before."""
    times = []
    for pair in pairs:
        read_question.cache_clear()
        started = time.process_time()
        compare(pair.a, pair.b, 1.0)
        times.append((time.process_time() - started) * 1000)
    return {f"p{share}": round(percentile(times, share / 100), 3) for share in (50, 95, 99)}


if __name__ == "__main__":
    main()
