"""A search with one of its indexes out of service."""

from __future__ import annotations

import pytest

from graphwell.domain.circuit_breaker import BreakerPolicy, CircuitBreaker
from graphwell.domain.deadline import Deadline
from graphwell.domain.errors import DeadlineExceeded, IndexFault, Unavailable
from graphwell.domain.passages import SearchMode
from graphwell.domain.tenancy import TenantScope
from graphwell.ports import SearchQuery
from graphwell.usecases.ask_legs import AskLegs
from graphwell.usecases.search import Search, SearchRequest
from tests.fakes.clock import FakeMonotonic
from tests.fakes.embedding import FakeEmbedder
from tests.fakes.metadata_keys import FakeMetadataKeys
from tests.fakes.search import FakePassageGraph, FakePassageIndex, FakeTermCounter, passage

ACME = TenantScope("acme")
BOTH = frozenset({SearchMode.VECTOR, SearchMode.FULLTEXT})
FAILURES = 3
OTHER = {SearchMode.VECTOR: SearchMode.FULLTEXT, SearchMode.FULLTEXT: SearchMode.VECTOR}
legs = pytest.mark.parametrize("broken", OTHER)


class World:
    """An index that finds d1 by its vector and d2 by its words, and the time."""

    def __init__(self) -> None:
        self.index = FakePassageIndex(vector=[passage(1)], fulltext=[passage(2)])
        self.clock = FakeMonotonic()
        policy = BreakerPolicy(FAILURES, 60)
        self.breakers: dict[str, CircuitBreaker] = {leg: CircuitBreaker(leg, policy, clock=self.clock) for leg in OTHER}
        self._ask = AskLegs(self.index, self.breakers)

    def ask(self, wanted: frozenset[SearchMode] = BOTH) -> tuple[list[str], list[str]]:
        """Return the documents found, and the legs that were missing."""
        query = SearchQuery("boiler", [1.0, 0.0], wanted, 10)
        reply, missing = self._ask(ACME, query, Deadline.after(10, self.clock))
        return [hit.passage.document_id for hit in reply.hits], list(missing)

    def asked(self) -> list[frozenset[SearchMode]]:
        """Return the legs of each question to the index since the last call."""
        questions = [query.legs for _, query in self.index.queries]
        self.index.queries.clear()
        return questions


@pytest.fixture
def world() -> World:
    return World()


def test_legs_that_work_are_asked_in_one_round_trip(world: World) -> None:
    assert world.ask() == (["d1", "d2"], [])
    assert world.asked() == [BOTH]


@legs
def test_without_one_leg_the_other_answers_and_the_missing_one_is_named(world: World, broken: SearchMode) -> None:
    world.index.broken = {broken}
    found, missing = world.ask()
    assert found == [{SearchMode.VECTOR: "d2", SearchMode.FULLTEXT: "d1"}[broken]]
    assert missing == [broken]


@legs
def test_a_leg_that_keeps_failing_costs_no_round_trip(world: World, broken: SearchMode) -> None:
    world.index.broken = {broken}
    for _ in range(FAILURES):
        world.ask()
    world.asked()
    assert world.ask()[1] == [broken]
    assert world.asked() == [frozenset({OTHER[broken]})]


@legs
def test_failures_with_a_search_of_both_between_them_open_nothing(world: World, broken: SearchMode) -> None:
    for _ in range(2 * FAILURES):
        world.index.broken = {broken}
        assert world.ask()[1] == [broken]
        world.index.broken = set()
        assert world.ask()[1] == []
    world.asked()
    world.ask()
    assert world.asked() == [BOTH]


@legs
def test_a_leg_that_is_back_is_asked_with_the_other_again(world: World, broken: SearchMode) -> None:
    world.index.broken = {broken}
    for _ in range(FAILURES):
        world.ask()
    world.index.broken = set()
    world.clock.reading_s += 60
    assert world.ask() == (["d2", "d1"], [])  # by name: fulltext first
    world.asked()
    assert world.ask() == (["d1", "d2"], [])
    assert world.asked() == [BOTH]


def test_without_any_leg_it_is_unavailable(world: World) -> None:
    world.index.broken = set(BOTH)
    for _ in range(FAILURES + 2):
        with pytest.raises(Unavailable):
            world.ask()


@legs
def test_a_search_of_one_leg_has_no_other_to_fall_back_to(world: World, broken: SearchMode) -> None:
    world.index.broken = {broken}
    for _ in range(FAILURES + 2):
        with pytest.raises(Unavailable):
            world.ask(frozenset({broken}))
    assert world.ask(frozenset({OTHER[broken]}))[1] == []


def test_an_index_that_is_away_is_asked_once_and_no_leg_is_blamed(world: World) -> None:
    world.index.down = True
    for _ in range(FAILURES + 1):
        with pytest.raises(Unavailable) as failure:
            world.ask()
        assert not isinstance(failure.value, IndexFault)
    world.index.down = False
    assert world.ask() == (["d1", "d2"], [])


def test_a_deadline_that_passes_while_legs_are_asked_alone_ends_the_search(world: World) -> None:
    world.index.broken = {SearchMode.VECTOR}
    with pytest.raises(DeadlineExceeded):
        world._ask(ACME, SearchQuery("q", [1.0, 0.0], BOTH, 10), Deadline.after(0, world.clock))


def test_a_search_names_the_leg_beside_what_else_is_missing() -> None:
    index = FakePassageIndex(vector=[passage(1)], fulltext=[passage(2)])
    index.broken = {SearchMode.VECTOR}
    search = Search(FakeEmbedder(), index, FakeTermCounter(), FakeMetadataKeys().declared, FakePassageGraph)
    result = search(ACME, SearchRequest("boiler"), Deadline.after(10))
    assert ([found.document_id for found in result.passages], result.degraded) == (["d2"], ("vector",))
