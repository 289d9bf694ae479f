"""The walk from the best passages of a search over the names they hold to passages that hold them too.

A question with two hops finds the passage of its first hop by its own words; that passage names what the second one is
about. So the strength of a path is how surely it begins rightly times how narrow its bridge is, and a passage has the
strength of its best path alone: sums over all paths, as of a personalised PageRank, favour passages that hold many
names (docs/graph.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from graphwell.domain.graph.mentions import mentions_of
from graphwell.domain.graph.names import comparable, holds_name, normal_form, title_names, without_bracket

LEADING = 10
"""Best passages from which paths begin."""

LEAST_STRENGTH = 0.05
"""Strength below which a path is not begun: three standard deviations behind the best passage."""

MAX_HOLDERS = 20
"""Documents that may hold a bridging name: 10 to 50 find the same (docs/graph.md)."""

MAX_REACHED = 40
"""Passages that a walk may add to the candidates, those with the strongest paths; 20 find the same."""

REACH = 3.0
"""What a path of strength 1 adds to a score, in standard deviations of the candidates; 2.5 to 4 are alike."""


@dataclass(frozen=True, slots=True)
class Leading:
    """One of the best passages of a search: its chunk, the title of its document, and its score."""

    chunk_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Start:
    """A passage from which paths begin, and how sure it is to be right, 0 to 1."""

    chunk_id: str
    strength: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """An entity that a starting passage shares with a passage of another document.

    Parameters:
        start: chunk that the path begins with.
        key, name: of the entity.
        holders: documents whose chunks mention it, both ends among them, so two at least.
        end: chunk that is reached.
    """

    start: str
    key: str
    name: str
    holders: int
    end: str


@dataclass(frozen=True, slots=True)
class Path:
    """Why a passage is thought to answer: the passage that led there and the bridge, None for a start itself."""

    strength: float
    start: str
    bridge: Bridge | None = None


def starts(question: str, ranked: Sequence[Leading]) -> list[Start]:
    """Return where a walk begins, in the order given.

    Scores are in standard deviations of the candidates, so the strength of a passage is the ratio of its odds to those
    of the best one: e to the power of the difference of their scores. A passage whose subject the question names is a
    sure start: a question that compares two things goes on from both.

    Parameters:
        ranked: best first; those after `LEADING` are left out.
    """
    asked = comparable(question)
    names = {mention.key for mention in mentions_of(question)}
    found = [
        Start(leading.chunk_id, 1.0 if _is_named(leading.title, asked, names) else math.exp(leading.score - best.score))
        for best in ranked[:1]
        for leading in ranked[:LEADING]
    ]
    return [start for start in found if start.strength >= LEAST_STRENGTH]


def _is_named(title: str, asked: str, names: AbstractSet[str]) -> bool:
    """Tell whether a question names what a title is about, in capitals or by all of its words, two at least."""
    whole = normal_form(without_bracket(title))
    return (" " in whole and holds_name(asked, whole)) or any(key in names for key in title_names(title))


def narrowness(holders: int) -> float:
    """Return how much a bridge tells, 0 to 1: 1 for a name that two documents share, less the more hold it.

    It falls with the logarithm, as the rarity of a term does, but knows nothing of how large the collection is: a name
    in two of a hundred documents joins them as well as one in two of a million.

    Raises:
        ValueError: fewer than two documents hold it.
    """
    if holders < 2:  # noqa: PLR2004  # the two ends of a bridge
        raise ValueError("A bridge joins two documents.")
    return 1 / (1 + math.log(holders - 1))


def best_paths(question: str, begun: Iterable[Start], bridges: Iterable[Bridge]) -> dict[str, Path]:
    """Return the best path to each passage that is reached; a start's may be the one of length zero.

    Names that the question holds are no bridges: what shares them was found by the question itself. Nor are names that
    more than `MAX_HOLDERS` documents hold. Of equally strong paths the first start and key in order are taken.
    """
    asked = comparable(question)
    paths = {start.chunk_id: Path(start.strength, start.chunk_id) for start in begun}
    strengths = {chunk_id: path.strength for chunk_id, path in paths.items()}
    for bridge in sorted(bridges, key=lambda bridge: (bridge.start, bridge.key)):
        if bridge.start not in strengths or bridge.holders > MAX_HOLDERS or holds_name(asked, bridge.key):
            continue
        strength = strengths[bridge.start] * narrowness(bridge.holders)
        if bridge.end not in paths or strength > paths[bridge.end].strength:
            paths[bridge.end] = Path(strength, bridge.start, bridge)
    return paths


def reached(paths: Mapping[str, Path], known: Iterable[str]) -> list[str]:
    """Return the passages that a walk adds to those known, `MAX_REACHED` at most, strongest path first."""
    before = frozenset(known)
    added = sorted((-path.strength, chunk_id) for chunk_id, path in paths.items() if chunk_id not in before)
    return [chunk_id for _, chunk_id in added[:MAX_REACHED]]


def graph_evidence(paths: Mapping[str, Path], chunk_ids: Sequence[str]) -> list[float]:
    """Return what the best path to each chunk adds to its score, 0 where none leads."""
    return [REACH * paths[chunk_id].strength if chunk_id in paths else 0.0 for chunk_id in chunk_ids]
