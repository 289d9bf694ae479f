"""What a sample of searches tells of the index, and that nobody's search suffers for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded
from graphwell.domain.filters import Filters, accept_filters
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery, Vector
from graphwell.usecases.sample_recall import WITHIN_S, SampleRecall
from tests.fakes.clock import FakeMonotonic
from tests.fakes.search import FakePassageIndex, passage

ACME = TenantScope("acme")
BOTH = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})


class Exact:
    """Gives the same cosines to every question, or fails; `left_s` is the time that it was given last."""

    def __init__(self) -> None:
        self.nearest: Sequence[float] = ()
        self.is_slow = False
        self.left_s = 0.0

    def cosines(self, scope: TenantScope, vector: Vector, count: int, deadline: Deadline) -> Sequence[float]:  # noqa: ARG002
        self.left_s = deadline.remaining_s()
        if self.is_slow:
            raise DeadlineExceeded("Too many chunks.")
        return self.nearest[:count]


class World:
    """A sampler of every search over an index whose vector leg finds three chunks; `told` has what it measured."""

    def __init__(self, share: float = 1.0, drawn: float = 0.5) -> None:
        self.exact, self.told = Exact(), list[float]()
        self.index = FakePassageIndex(vector=[passage(number, "boiler") for number in range(3)])
        self.sampled = SampleRecall(self.index, self.exact, share, self.told.append, lambda: drawn)
        self.clock = FakeMonotonic()

    def search(self, legs: frozenset[SearchMode] = BOTH, filters: Filters = ()) -> None:
        query = SearchQuery("boiler", [1.0], legs, 60, filters)
        deadline = Deadline.after(20, self.clock)
        assert self.sampled.search(ACME, query, deadline) == self.index.search(ACME, query, deadline)

    @property
    def found(self) -> list[float]:
        """The cosines of what the vector leg finds."""
        query = SearchQuery("boiler", [1.0], BOTH, 60)
        hits = self.index.search(ACME, query, Deadline.after(20, self.clock)).hits
        return [hit.similarity for hit in hits if hit.leg is SearchMode.VECTOR and hit.similarity is not None]


def test_an_index_that_finds_all_has_recall_1() -> None:
    world = World()
    world.exact.nearest = world.found
    world.search()
    assert world.told == [1.0]


def test_what_is_nearer_than_what_was_found_lowers_it() -> None:
    world = World()
    nearer = [1.1] * 2
    world.exact.nearest = [*nearer, *world.found]
    world.search()
    assert world.told == [3 / 5]


def test_chunks_as_near_as_each_other_stand_for_each_other() -> None:
    world = World()
    best = world.found[0]
    world.exact.nearest = [best]
    world.search()
    assert world.told == [1.0]


@pytest.mark.parametrize(
    ("share", "drawn", "compared"), [(0.1, 0.0999, 1), (0.1, 0.1, 0), (0.0, 0.0, 0), (1.0, 0.999, 1)]
)
def test_a_share_of_the_searches_is_compared(share: float, drawn: float, compared: int) -> None:
    world = World(share, drawn)
    world.exact.nearest = world.found
    world.search()
    assert len(world.told) == compared


def test_nothing_is_compared_without_a_vector_or_with_filters_or_in_an_empty_tenant() -> None:
    world = World()
    world.search()
    world.exact.nearest = world.found
    world.search(legs=frozenset({SearchMode.FULLTEXT}))
    world.search(filters=accept_filters({"document_id": "a"}, {}))
    assert world.told == []


def test_a_tenant_too_large_to_compare_is_searched_all_the_same() -> None:
    world = World()
    world.exact.is_slow = True
    world.search()
    assert world.told == []
    assert world.exact.left_s == WITHIN_S


def test_all_else_is_the_indexs() -> None:
    world = World()
    world.index.version = 7
    deadline = Deadline.after(20)
    assert world.sampled.corpus_version(ACME, deadline) == 7
    assert world.sampled.is_current(ACME, 7, [], deadline) is True
