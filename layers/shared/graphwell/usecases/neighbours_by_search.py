"""The names around a name, read off the passages that a search for it finds."""

from __future__ import annotations

from collections import Counter

from graphwell.domain.deadline import Deadline
from graphwell.domain.graph.entities import entities_of
from graphwell.domain.graph.names import comparable, holds_name, normal_form
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import Neighbourhood
from graphwell.usecases.find_passages import FindPassages
from graphwell.usecases.search import SearchRequest

LOOKED_AT = 30
"""Passages that are looked at for a name."""

MOST_NAMES = 20


class NeighboursBySearch:
    """The `Neighbours` port where no graph is read: names count by the passages that they share with the name."""

    def __init__(self, find_passages: FindPassages) -> None:
        self._find_passages = find_passages

    def around(self, scope: TenantScope, name: str, deadline: Deadline) -> Neighbourhood:
        """Return what stands around a name; see the port."""
        key = normal_form(name)
        if not key:
            return Neighbourhood()
        found = self._find_passages(scope, SearchRequest(name, LOOKED_AT, SearchMode.HYBRID), deadline)
        holding = [
            passage
            for passage in found.passages
            if holds_name(comparable(" ".join((passage.title, *passage.headings, passage.text))), key)
        ]
        names: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for passage in holding:
            for entity in entities_of(passage.title, passage.headings, passage.text):
                if entity.key != key:
                    names.setdefault(entity.key, entity.name)
                    counts[entity.key] += 1
        return Neighbourhood([names[each] for each, _ in counts.most_common(MOST_NAMES)], holding)
